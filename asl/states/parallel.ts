import { type ParallelState } from '../definition';
import { startEdge } from '../edges';
import { type Json } from '../json';
import { settleAll } from './branches';
import { withRetryAndCatch } from './guarded';
import { type Outcome, type Visit } from './visit';

/** Parallel: every branch at once; the first to fail ends the others. */
export async function runParallel(visit: Visit, state: ParallelState): Promise<Outcome> {
  const { frame } = visit;
  return await withRetryAndCatch(visit, state, async () => {
    const input = state.arguments === undefined ? visit.input : await visit.evaluate(state.arguments, 'Arguments');
    visit.limit(input, 'arguments');
    frame.record('ParallelStateStarted', {}, state.name);
    const branches = state.branches.map((body, index) => {
      const inner = frame.inner();
      return {
        frame: inner,
        run: async (): Promise<Json> => await frame.run.body(inner, body, input, startEdge(state.name, body, index)),
      };
    });
    const result = await settleAll(visit, branches, branches.length, 'ParallelStateFailed');
    visit.limit(result, 'result');
    frame.record('ParallelStateSucceeded', {}, state.name);
    return await visit.leave(state, { result }, result, visit.next(state.next));
  });
}
