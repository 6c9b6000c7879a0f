import { type Body, type State } from '../definition';
import { type Edge } from '../edges';
import { type Json } from '../json';
import { type Frame } from '../run';
import { runChoice, runFail, runWait } from './flow';
import { runMap } from './map';
import { runParallel } from './parallel';
import { runTask } from './task';
import { type Outcome, Visit, runtimeFailure } from './visit';

/** Runs a body from its start to an end, and returns its output. `entry` is how it is entered. */
export async function runBody(frame: Frame, body: Body, input: Json, entry: Edge): Promise<Json> {
  let current = input;
  for (let edge: Edge | undefined = entry; edge !== undefined;) {
    frame.cancellation.check();
    frame.run.edges.push(edge);
    const state = body.states.get(edge.to);
    if (state === undefined) throw runtimeFailure(`There is no state '${edge.to}'.`);
    const outcome = await runState(frame, state, current);
    current = outcome.output;
    edge = outcome.edge;
  }
  return current;
}

async function runState(frame: Frame, state: State, input: Json): Promise<Outcome> {
  const { name } = state;
  const entered = { stateEnteredEventDetails: { name, input: JSON.stringify(input) } };
  if (state.type === 'Fail') {
    frame.record('FailStateEntered', entered, name);
    return await runFail(new Visit(frame, state, input), state);
  }
  frame.record(`${state.type}StateEntered`, entered, name);
  const outcome = await abortable(frame, state, async () => await runTyped(new Visit(frame, state, input), state));
  frame.cancellation.check();
  frame.scope.commit(outcome.assigned);
  const assigned = Object.entries(outcome.assigned).map(([key, value]) => [key, JSON.stringify(value)] as const);
  frame.record(
    `${state.type}StateExited`,
    {
      stateExitedEventDetails: {
        name,
        output: JSON.stringify(outcome.output),
        ...(assigned.length === 0 ? {} : { assignedVariables: Object.fromEntries(assigned) }),
      },
    },
    name,
  );
  return outcome;
}

/** Has a state that takes time record that it was aborted. */
async function abortable(frame: Frame, state: State, run: () => Promise<Outcome>): Promise<Outcome> {
  const { type, name } = state;
  if (type !== 'Task' && type !== 'Wait' && type !== 'Parallel' && type !== 'Map') return await run();
  const dispose = frame.cancellation.onCancel(() => {
    frame.record(`${type}StateAborted`, {}, name);
  });
  try {
    return await run();
  } finally {
    dispose();
  }
}

async function runTyped(visit: Visit, state: Exclude<State, { type: 'Fail' }>): Promise<Outcome> {
  switch (state.type) {
    case 'Task':
      return await runTask(visit, state);
    case 'Parallel':
      return await runParallel(visit, state);
    case 'Map':
      return await runMap(visit, state);
    case 'Choice':
      return await runChoice(visit, state);
    case 'Wait':
      return await runWait(visit, state);
    case 'Pass':
      return await visit.leave(state, {}, visit.input, visit.next(state.next));
    case 'Succeed':
      return await visit.leave(state, {}, visit.input, undefined);
  }
}
