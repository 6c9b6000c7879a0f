import {
  type Body,
  type Catcher,
  type Machine,
  type State,
  type TaskState,
  allStates,
  innerBodies,
} from '../definition';
import { type Found } from './findings';
import { reachableFrom } from './reachability';

/** What the tasks of a machine may lack, state by state, with the reason. An exception that is not needed is a finding. */
export interface GuardOptions {
  /** Where the machine's one failure path begins; a Catch of States.ALL must lead there. Without it, anywhere. */
  readonly failurePath?: string;
  readonly withoutCatch?: Readonly<Record<string, string>>;
  readonly withoutTimeout?: Readonly<Record<string, string>>;
  readonly withoutRetry?: Readonly<Record<string, string>>;
}

type Lack = 'withoutCatch' | 'withoutTimeout' | 'withoutRetry';

/** Finds tasks whose failure leads nowhere, tasks that may last for ever, and tasks that give up at the first try. */
export function checkGuards(machine: Machine, options: GuardOptions = {}): Found[] {
  const caught = new Set(caughtTasks(machine, machine, options.failurePath, false));
  const tasks = allStates(machine).filter((state): state is TaskState => state.type === 'Task');
  const lacks: Record<Lack, { of: (task: TaskState) => boolean; message: string }> = {
    withoutCatch: {
      of: (task) => !caught.has(task.name),
      message:
        options.failurePath === undefined
          ? 'No Catch of States.ALL takes the failure of this task: add one, here or around its branch.'
          : `The failure of this task does not reach ${options.failurePath}: add a Catch of States.ALL that leads there.`,
    },
    withoutTimeout: {
      of: (task) => task.timeoutSeconds === undefined,
      message: 'This task may last for ever: give it TimeoutSeconds.',
    },
    withoutRetry: {
      of: (task) => task.retry.length === 0,
      message: 'This task gives up at the first failure: give it a Retry, or an exception that says why not.',
    },
  };
  const kinds = ['withoutCatch', 'withoutTimeout', 'withoutRetry'] as const;
  return kinds.flatMap((kind) => {
    const excused = options[kind] ?? {};
    const lacking = tasks.filter(lacks[kind].of).map((task) => task.name);
    return [
      ...lacking
        .filter((name) => excused[name] === undefined)
        .map((name): Found => ({ check: 'guards', state: name, message: lacks[kind].message })),
      ...Object.keys(excused)
        .filter((name) => !lacking.includes(name))
        .map((name): Found => {
          return { check: 'guards', state: name, message: `The exception ${kind} is not needed here: take it away.` };
        }),
    ];
  });
}

/** The tasks whose failure ends in the failure path: their own Catch leads there, or that of a state around them. */
function caughtTasks(machine: Machine, body: Body, failurePath: string | undefined, around: boolean): string[] {
  return [...body.states.values()].flatMap((state) => {
    const here = around || catchesAll(state, machine, failurePath);
    return [
      ...(state.type === 'Task' && here ? [state.name] : []),
      ...innerBodies(state).flatMap((inner) => caughtTasks(machine, inner, failurePath, here)),
    ];
  });
}

/** A Catch inside a branch leads to a state of the branch, which is not the machine's failure path. */
function catchesAll(state: State, machine: Machine, failurePath: string | undefined): boolean {
  if (!('catch' in state)) return false;
  const catcher = state.catch.find((candidate: Catcher) => candidate.errorEquals.includes('States.ALL'));
  if (catcher === undefined) return false;
  if (failurePath === undefined) return true;
  const onPath = reachableFrom(machine, failurePath);
  return onPath.has(catcher.next) || reachableFrom(machine, catcher.next).has(failurePath);
}
