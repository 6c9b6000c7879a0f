import { type MapState } from '../definition';
import { startEdge } from '../edges';
import { Cancelled } from '../errors';
import { type Json, isList, toJson } from '../json';
import { type Branch, settleAll } from './branches';
import { withRetryAndCatch } from './guarded';
import { type Outcome, type Visit } from './visit';

/** How many iterations an inline Map runs at once where it does not say: the most that Step Functions runs. */
const INLINE_CONCURRENCY = 40;

/** Map, inline: the processor once for every item. */
export async function runMap(visit: Visit, state: MapState): Promise<Outcome> {
  const { frame } = visit;
  return await withRetryAndCatch(visit, state, async () => {
    const items = await itemsOf(visit, state);
    const concurrency =
      state.maxConcurrency === undefined
        ? 0
        : await visit.wholeNumber(state.maxConcurrency, 'MaxConcurrency', 0, 99_999_999);
    frame.record('MapStateStarted', { mapStateStartedEventDetails: { length: items.length } }, state.name);
    const iterations = items.map((value, index) => iteration(visit, state, value, index));
    const limit = concurrency === 0 ? INLINE_CONCURRENCY : Math.min(concurrency, INLINE_CONCURRENCY);
    const result = await settleAll(visit, iterations, limit, 'MapStateFailed');
    visit.limit(result, 'result');
    frame.record('MapStateSucceeded', {}, state.name);
    return await visit.leave(state, { result }, result, visit.next(state.next));
  });
}

async function itemsOf(visit: Visit, state: MapState): Promise<Json[]> {
  const items = state.items === undefined ? visit.input : await visit.evaluate(state.items, 'Items');
  if (!isList(items)) throw visit.wrongValue('Items', items, 'a list');
  return items.map((item) => toJson(item));
}

function iteration(visit: Visit, state: MapState, value: Json, index: number): Branch {
  const inner = visit.frame.inner({ index, value });
  const details = { name: state.name, index };
  const run = async (): Promise<Json> => {
    inner.cancellation.check();
    inner.record('MapIterationStarted', { mapIterationStartedEventDetails: details }, state.name);
    inner.cancellation.onCancel(() => {
      inner.record('MapIterationAborted', { mapIterationAbortedEventDetails: details }, state.name);
    });
    try {
      const output = await visit.frame.run.body(
        inner,
        state.processor,
        await inputOf(visit, state, value, index),
        startEdge(state.name, state.processor, 0),
      );
      inner.record('MapIterationSucceeded', { mapIterationSucceededEventDetails: details }, state.name);
      return output;
    } catch (thrown) {
      if (!(thrown instanceof Cancelled)) {
        inner.record('MapIterationFailed', { mapIterationFailedEventDetails: details }, state.name);
      }
      throw thrown;
    }
  };
  return { frame: inner, run };
}

async function inputOf(visit: Visit, state: MapState, value: Json, index: number): Promise<Json> {
  if (state.itemSelector === undefined) return value;
  return await visit.evaluate(state.itemSelector, 'ItemSelector', {}, { index, value });
}
