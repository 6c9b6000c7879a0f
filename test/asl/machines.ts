import {
  VirtualClock,
  type ExecutionOptions,
  type Execution,
  type TaskHandler,
  loadDefinition,
  startExecution,
} from '../../asl';

export const identity = {
  executionArn: 'arn:aws:states:eu-west-1:111122223333:execution:plan:run-1',
  executionName: 'run-1',
  stateMachineArn: 'arn:aws:states:eu-west-1:111122223333:stateMachine:plan',
  stateMachineName: 'plan',
  roleArn: 'arn:aws:iam::111122223333:role/plan',
};

export const invoke = 'arn:aws:states:::lambda:invoke';
export const invokeWithToken = 'arn:aws:states:::lambda:invoke.waitForTaskToken';
export const startNested = 'arn:aws:states:::states:startExecution.sync:2';

/** A definition around states. */
export function machine(states: Record<string, unknown>, extra: Record<string, unknown> = {}): Record<string, unknown> {
  return { QueryLanguage: 'JSONata', StartAt: Object.keys(states)[0], States: states, ...extra };
}

/** A task that ends its body. */
export function task(extra: Record<string, unknown> = {}): Record<string, unknown> {
  const flow = 'Next' in extra ? {} : { End: true };
  return { Type: 'Task', Resource: invoke, Arguments: {}, ...flow, ...extra };
}

/** Answers every task with its arguments. */
export const echo: TaskHandler = async (_resource, taskArguments) => await Promise.resolve(taskArguments);

/** Never answers. */
export const silent: TaskHandler = async () =>
  await new Promise(() => {
    // never
  });

/** An error as a function's failure arrives. */
export function failure(name: string, cause = ''): Error {
  return Object.assign(new Error(cause), { name, cause });
}

/** Starts a definition on a virtual clock. */
export function start(
  definition: Record<string, unknown>,
  options: Partial<ExecutionOptions> = {},
): Execution & { readonly clock: VirtualClock } {
  const clock = new VirtualClock();
  const execution = startExecution({
    machine: loadDefinition(definition),
    input: {},
    clock,
    handler: echo,
    identity,
    ...options,
  });
  return Object.assign(execution, { clock });
}

/** The types of an execution's events. */
export function types(execution: Execution): string[] {
  return execution.history().map((event) => event.type);
}

/** A text with a part, for matchers: Jest types its own as `any`. */
export function containing(part: string): unknown {
  return expect.stringContaining(part);
}

/** What an action throws. */
export function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (thrown) {
    return thrown;
  }
  throw new Error('Nothing was thrown.');
}
