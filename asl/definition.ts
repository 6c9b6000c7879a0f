import { type Template } from './expressions';
import { type Retrier } from './retry';

/** States and where they begin: a whole machine, a branch of a Parallel, the processor of a Map. */
export interface Body {
  readonly startAt: string;
  readonly states: ReadonlyMap<string, State>;
  /** JSON path of the object that holds StartAt and States. */
  readonly path: string;
}

/** A definition that has been checked and can be run. Made by `loadDefinition` alone. */
export interface Machine extends Body {
  readonly comment: string | undefined;
  readonly timeoutSeconds: number | undefined;
}

/** The variables that a transition sets, in the order of the definition. */
export type Assign = readonly (readonly [string, Template])[];

/** What a transition does on its way: set variables, make the next state's input. */
export interface Leaving {
  readonly assign: Assign;
  readonly output: Template | undefined;
}

interface Common extends Leaving {
  readonly name: string;
  readonly path: string;
}

/** `next` is undefined where the state ends its body. */
interface Flowing extends Common {
  readonly next: string | undefined;
}

export interface Catcher extends Leaving {
  readonly errorEquals: readonly string[];
  readonly next: string;
}

interface Guarded extends Flowing {
  readonly retry: readonly Retrier[];
  readonly catch: readonly Catcher[];
}

/** How a task ends: with the answer, with what it started, or with a token that somebody sends back. */
export type Integration = 'requestResponse' | 'sync' | 'waitForTaskToken';

export interface Resource {
  readonly arn: string;
  /** `lambda`, `states`, `aws-sdk:rds`, … as history calls it `resourceType`. */
  readonly service: string;
  /** `invoke.waitForTaskToken`, `startExecution.sync:2`, … as history calls it `resource`. */
  readonly action: string;
  readonly integration: Integration;
}

export interface TaskState extends Guarded {
  readonly type: 'Task';
  readonly resource: Resource;
  readonly arguments: Template | undefined;
  readonly timeoutSeconds: Template | undefined;
  readonly heartbeatSeconds: Template | undefined;
}

export interface ParallelState extends Guarded {
  readonly type: 'Parallel';
  readonly arguments: Template | undefined;
  readonly branches: readonly Body[];
}

export interface MapState extends Guarded {
  readonly type: 'Map';
  readonly items: Template | undefined;
  readonly itemSelector: Template | undefined;
  readonly maxConcurrency: Template | undefined;
  readonly processor: Body;
}

export interface ChoiceRule extends Leaving {
  readonly condition: Template;
  readonly next: string;
}

/** Its own `assign` and `output` belong to the default. */
export interface ChoiceState extends Common {
  readonly type: 'Choice';
  readonly choices: readonly ChoiceRule[];
  readonly default: string | undefined;
}

export interface WaitState extends Flowing {
  readonly type: 'Wait';
  readonly until: { readonly kind: 'Seconds' | 'Timestamp'; readonly value: Template };
}

export interface PassState extends Flowing {
  readonly type: 'Pass';
}

export interface SucceedState extends Common {
  readonly type: 'Succeed';
}

export interface FailState extends Common {
  readonly type: 'Fail';
  readonly error: Template | undefined;
  readonly cause: Template | undefined;
}

export type State =
  TaskState | ParallelState | MapState | ChoiceState | WaitState | PassState | SucceedState | FailState;

/** The bodies inside a state. */
export function innerBodies(state: State): readonly Body[] {
  switch (state.type) {
    case 'Parallel':
      return state.branches;
    case 'Map':
      return [state.processor];
    default:
      return [];
  }
}

/** Every state of a body, those of inner bodies included, outer before inner. */
export function allStates(body: Body): readonly State[] {
  return [...body.states.values()].flatMap((state) => [state, ...innerBodies(state).flatMap(allStates)]);
}
