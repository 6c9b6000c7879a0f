import type { IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import type { ApplyArguments, ChangeKind, ChangeResult } from '../../contract/changes';
import { path, type Expression, type Input, type Path } from '../../contract/expressions';
import type { RunRef } from '../../contract/run';
import { changeTask, type ArgumentsOf, type ResultOf } from '../../contract/tasks';
import { startOfWait, type Assignment, type Patience, type Steps } from './steps';

type Task = ReturnType<typeof changeTask>;

/** Most changes are in force within seconds; the last pause is after about 8 minutes. */
export const moments: Patience = { firstSeconds: 2, longestSeconds: 30, rounds: 24 };
/** Modifications and reboots of an instance, stacks and builds: 64 questions, the last pauses two minutes, are 2 hours. */
export const modification: Patience = { firstSeconds: 10, longestSeconds: 120, rounds: 64 };
/** Renames and passwords, which take minutes: 34 questions, the last pauses two minutes, are an hour. */
export const anHour: Patience = { firstSeconds: 10, longestSeconds: 120, rounds: 34 };
/** A merge as long as its data is: 120 questions, the last pauses three minutes, are more than 5 hours. */
export const merging: Patience = { firstSeconds: 3, longestSeconds: 180, rounds: 120 };
/** Restores and snapshots, whose length follows the size of the data: 260 questions are more than 6 hours. */
export const hours: Patience = { firstSeconds: 15, longestSeconds: 90, rounds: 260 };
/** The same where nobody waits for it, since the application serves: 84 questions, the last pauses five minutes. */
export const unhurried: Patience = { firstSeconds: 15, longestSeconds: 300, rounds: 84 };

/** What is changed: the target is held against its kind's contract by the compiler. */
interface What<K extends ChangeKind> {
  readonly key: Input<string>;
  readonly target: Input<ApplyArguments<K>['target']>;
  readonly before?: Input<NonNullable<ApplyArguments<K>['before']>>;
  readonly pointOfNoReturn?: boolean;
}

/**
 * A change: `<name>` reads, records and changes, in that order; `<name>: in force?` confirms. Its undo is found by
 * `key` in the journal, by settling or by `takeBack`.
 */
export function change<K extends ChangeKind>(
  steps: Steps,
  name: string,
  kind: K,
  run: Expression<RunRef>,
  what: What<K>,
  patience: Patience,
  keep: (result: Path<ChangeResult>) => readonly Assignment[] = () => [],
): IChainable {
  const task = changeTask(kind);
  const ask = `${name}: in force?`;
  return steps.sequence(
    applyOnly(steps, name, kind, run, what, () => [startOfWait(ask)]),
    steps.until<Task>(
      ask,
      task,
      asArguments({ verb: 'confirm', run, key: what.key }),
      patience,
      (result) => done(result),
      keep,
    ),
  );
}

/** The second half of a change that `applyOnly` has begun under this name. */
export function confirmOnly(
  steps: Steps,
  name: string,
  kind: ChangeKind,
  run: Expression<RunRef>,
  key: Input<string>,
  patience: Patience,
): IChainable {
  const ask = `${name}: in force?`;
  const given = asArguments({ verb: 'confirm', run, key });
  return steps.sequence(
    steps.fromNow(ask),
    steps.until<Task>(ask, changeTask(kind), given, patience, (result) => done(result)),
  );
}

/** The first half of a change: it is begun, and nothing waits for it here. A repeated one finds what the first has begun. */
export function applyOnly<K extends ChangeKind>(
  steps: Steps,
  name: string,
  kind: K,
  run: Expression<RunRef>,
  { key, target, before, pointOfNoReturn }: What<K>,
  keep: () => readonly Assignment[] = () => [],
): IChainable {
  const given = { key, target, before, pointOfNoReturn };
  return steps.task<Task>(name, changeTask(kind), asArguments({ verb: 'apply', run, ...given }), keep);
}

/**
 * Takes back a change: `<name>` undoes, `<name>: as before?` confirms that the state before is there again.
 * @param of the finished run whose change it is; of `run` itself without it
 */
export function takeBack(
  steps: Steps,
  name: string,
  kind: ChangeKind,
  run: Expression<RunRef>,
  key: Input<string>,
  patience: Patience,
  of?: Expression<string>,
): IChainable {
  const task = changeTask(kind);
  const from = of === undefined ? {} : { of };
  const ask = `${name}: as before?`;
  return steps.sequence(
    steps.task<Task>(name, task, asArguments({ verb: 'undo', run, key, ...from }), () => [startOfWait(ask)]),
    steps.until<Task>(ask, task, asArguments({ verb: 'confirm-undo', run, key, ...from }), patience, (result) =>
      done(result),
    ),
  );
}

function done(_result: Path<ResultOf<Task>>): Expression<boolean> {
  return path<boolean>('$states.result.Payload.done');
}

/** `what` was held against its kind's contract by the caller's types; the task's own type is the union of all kinds. */
function asArguments(value: object): Input<ArgumentsOf<Task>> {
  // oxlint-disable-next-line typescript/consistent-type-assertions
  return value as Input<ArgumentsOf<Task>>;
}
