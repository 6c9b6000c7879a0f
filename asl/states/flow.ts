import { type ChoiceState, type FailState, type WaitState } from '../definition';
import { StateError } from '../errors';
import { parseTimestamp } from '../load/state';
import { type Outcome, type Visit } from './visit';

/** Choice: the first rule that holds, or else the default. */
export async function runChoice(visit: Visit, state: ChoiceState): Promise<Outcome> {
  for (const [index, rule] of state.choices.entries()) {
    const field = `Choices[${index}]/Condition`;
    const holds = await visit.evaluate(rule.condition, field);
    if (typeof holds !== 'boolean') throw visit.wrongValue(field, holds, 'true or false');
    if (holds) {
      return await visit.leave(rule, {}, visit.input, { from: state.name, to: rule.next, kind: 'Choice', index });
    }
  }
  if (state.default === undefined) {
    throw new StateError('States.NoChoiceMatched', `No rule of the state '${state.name}' holds and it has no Default.`);
  }
  return await visit.leave(state, {}, visit.input, { from: state.name, to: state.default, kind: 'Default' });
}

/** Wait: seconds from now, or until a time that may have passed. */
export async function runWait(visit: Visit, state: WaitState): Promise<Outcome> {
  const { kind, value } = state.until;
  if (kind === 'Seconds') {
    await visit.sleep(await visit.wholeNumber(value, 'Seconds', 0, 99_999_999));
  } else {
    const text = await visit.evaluate(value, 'Timestamp');
    const time = parseTimestamp(text);
    if (time === undefined) throw visit.wrongValue('Timestamp', text, 'a time such as 2030-01-31T12:00:00Z');
    await visit.sleep(Math.max(0, time - visit.frame.run.clock.now().at) / 1000);
  }
  return await visit.leave(state, {}, visit.input, visit.next(state.next));
}

/** Fail: ends the body with the error that it states. */
export async function runFail(visit: Visit, state: FailState): Promise<never> {
  const error = await textOf(visit, state.error, 'Error');
  throw new StateError(error, await textOf(visit, state.cause, 'Cause'));
}

async function textOf(visit: Visit, template: FailState['error'], field: string): Promise<string> {
  if (template === undefined) return '';
  const value = await visit.evaluate(template, field);
  if (typeof value !== 'string') throw visit.wrongValue(field, value, 'a text');
  return value;
}
