import type { IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import type { ApplyArguments, ChangeKind, ChangeResult } from '../../contract/changes';
import { path, type Expression, type Input, type Path } from '../../contract/expressions';
import type { RunRef } from '../../contract/run';
import { changeTask, type ArgumentsOf, type ResultOf } from '../../contract/tasks';
import { startOfWait, type Assignment, type Patience, type Steps } from './steps';

type Task = ReturnType<typeof changeTask>;

/** Most changes are in force within seconds; the last pause is after about 8 minutes. */
export const moments: Patience = { firstSeconds: 2, longestSeconds: 30, rounds: 24 };
/** What RDS takes: restores, modifications, snapshots. 400 questions a minute apart are more than 6 hours. */
export const hours: Patience = { firstSeconds: 15, longestSeconds: 60, rounds: 400 };

/**
 * A change: `<name>` reads, records and changes, in that order; `<name>: in force?` confirms. Its undo is found by
 * `key` in the journal, by settling or by `takeBack`.
 */
export function change<K extends ChangeKind>(
  steps: Steps,
  name: string,
  kind: K,
  run: Expression<RunRef>,
  what: Input<ApplyArguments<K>>,
  patience: Patience,
  keep: (result: Path<ChangeResult>) => readonly Assignment[] = () => [],
): IChainable {
  const task = changeTask(kind);
  const ask = `${name}: in force?`;
  return steps.sequence(
    steps.task<Task>(name, task, asArguments({ verb: 'apply', run, ...what }), () => [startOfWait(ask)]),
    steps.until<Task>(ask, task, asArguments({ verb: 'confirm', run, key: keyOf(what) }), patience, (result) => done(result), keep),
  );
}

/** Takes back a change of this run: `<name>` undoes, `<name>: as before?` confirms that the state before is there again. */
export function takeBack(
  steps: Steps,
  name: string,
  kind: ChangeKind,
  run: Expression<RunRef>,
  key: Input<string>,
  patience: Patience,
): IChainable {
  const task = changeTask(kind);
  const ask = `${name}: as before?`;
  return steps.sequence(
    steps.task<Task>(name, task, asArguments({ verb: 'undo', run, key }), () => [startOfWait(ask)]),
    steps.until<Task>(ask, task, asArguments({ verb: 'confirm-undo', run, key }), patience, (result) => done(result)),
  );
}

function done(_result: Path<ResultOf<Task>>): Expression<boolean> {
  return path<boolean>('$states.result.Payload.done');
}

function keyOf(what: unknown): string {
  if (typeof what === 'object' && what !== null && 'key' in what && typeof what.key === 'string') return what.key;
  throw new Error('a change is named by a literal key');
}

/** `what` was held against its kind's contract by the caller's types; the task's own type is the union of all kinds. */
function asArguments(value: object): Input<ArgumentsOf<Task>> {
  // eslint-disable-next-line @typescript-eslint/consistent-type-assertions
  return value as Input<ArgumentsOf<Task>>;
}
