import { changeKinds } from '../../contract/changes';
import { type Report } from '../../contract/report';
import { containing } from '../asl/machines';
import { type Ran, type Stage } from './stage';
import { fromOutside, stateOf, type State } from './state';

/** How a run has to have ended. */
export interface Ending {
  readonly status: 'failed' | 'rejected' | 'aborted';
  readonly error: string;
  /** `machine › state`; null where the run was ended from outside. */
  readonly step: string | null;
  /** Said to the people in so many words. */
  readonly says?: RegExp;
  /** Keys of changes that could not be taken back. */
  readonly undoFailed?: readonly string[];
  /** Whether it got as far as announcing itself; it did unless said. */
  readonly announced?: boolean;
}

/** What settling has to take back of a failed run, with what it came to. */
const lifted = (report: Report) =>
  report.changes
    .filter(({ kind }) => changeKinds[kind].lifted !== 'never')
    .map(({ key, state }) => ({ key, state: state === 'not-applied' ? 'undone' : state }));

/** A run that did not succeed: it is settled once, says why, and everything is as it was before. */
export async function expectPutBack(stage: Stage, before: State, ran: Ran, ending: Ending): Promise<void> {
  const { report, entry, messages } = ran;
  const { status, error, step, says = /./, undoFailed = [], announced = true } = ending;
  expect(entry.execution.status).toBe(status === 'aborted' ? 'ABORTED' : 'FAILED');
  expect({ status: report.status, error: report.error, step: report.failedStep ?? null }).toEqual({
    status,
    error,
    step,
  });
  expect(report.cause).toMatch(says);
  // Words, not what a function threw.
  expect(report.cause).not.toContain('"errorType"');
  expect(report.undoFailed).toEqual(undoFailed);
  expect(lifted(report)).toEqual(
    lifted(report).map(({ key }) => ({ key, state: undoFailed.includes(key) ? 'undo-failed' : 'undone' })),
  );
  expect(report.pointOfNoReturnPassed).toBe(false);
  expect(report.health).toMatchObject({ healthy: true, status: 200 });

  const act = status === 'failed' ? 'ACT NOW: ' : '';
  const plan = report.plan ?? 'run';
  expect(messages.map(({ subject }) => subject)).toEqual([
    ...(announced ? [`[DRILL] begins: ${plan} of drill`] : []),
    `[DRILL] ${act}${status}: ${plan} of drill`,
  ]);
  const last = messages.at(-1)?.message;
  expect(last).toContain(`Error:       ${error}: `);
  expect(last).not.toContain('"errorType"');
  for (const key of undoFailed) expect(last).toContain(key);

  // No host was taken for broken since it had only just been started.
  expect(stage.world.autoScaling.terminated).toEqual([]);
  expect(await stage.leaseHolder()).toBe('');
  expect(await fromOutside(stage.world)).toMatchObject({ status: 200, body: containing('"healthy"') });
  await expectAsBefore(stage, before, ran.id);
}

/** Nothing differs from before but what a run leaves beside it: its copy, kept with its data. */
export async function expectAsBefore(stage: Stage, before: State, id: string): Promise<void> {
  const { instances, snapshots, ...now } = await stateOf(stage);
  const { instances: instancesBefore, snapshots: snapshotsBefore, ...then } = before;
  expect(now).toEqual(then);
  const known = Object.keys(instancesBefore);
  expect(Object.fromEntries(known.map((name) => [name, instances[name]]))).toEqual(instancesBefore);
  expect(snapshots).toEqual(expect.arrayContaining([...snapshotsBefore]));
  const added = Object.keys(instances).filter((name) => !known.includes(name));
  expect(added.filter((name) => !name.startsWith(`lifeboat-drill-${id}`))).toEqual([]);
}

/** Not even a copy. */
export async function expectNothingMade(stage: Stage, before: State): Promise<void> {
  expect(await stateOf(stage)).toEqual(before);
}

/** A run that succeeded: everything that protected the application while it ran is gone, and it serves. */
export async function expectServing(stage: Stage, before: State, ran: Ran): Promise<void> {
  const { suspended, pages, services, connect, alarms } = await stateOf(stage);
  const { suspended: then, pages: none, services: active } = before;
  expect({ suspended, pages, services }).toEqual({ suspended: then, pages: none, services: active });
  // Whoever could connect can; the logins of the description are granted it by name besides.
  expect(connect.split(',')).toEqual(expect.arrayContaining(before.connect.split(',')));
  expect(alarms).toHaveLength(before.alarms.length);
  expect(stage.world.autoScaling.terminated).toEqual([]);
  expect(await stage.leaseHolder()).toBe('');
  expect(await fromOutside(stage.world)).toMatchObject({ status: 200, body: containing('"healthy"') });
  expect(ran.messages.map(({ subject }) => subject)).toEqual([
    `[DRILL] begins: ${ran.report.plan ?? 'run'} of drill`,
    `[DRILL] succeeded: ${ran.report.plan ?? 'run'} of drill`,
  ]);
}
