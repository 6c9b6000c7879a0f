import { TAGS } from '../../contract/environment';
import { NoWayBackError } from '../../contract/errors';
import { endedStatuses } from '../../contract/tasks/database';
import { undoTasks } from '../../contract/tasks/undo';
import { throughOf } from '../database/passes';
import { currentInstance } from '../gateways/current-instance';
import { lastPass } from '../gateways/evidence';
import { describeSnapshot } from '../gateways/rds-backups';
import { recordDecision } from '../run/journal';
import { verifyLease } from '../run/lease';
import { measureOf } from '../run/measures';
import { handler as task } from '../runtime/handler';

/** When it was taken. @throws NoWayBackError where it is gone, unfit, or not the run's own */
async function requireSnapshot(of: string, name: string): Promise<string> {
  const noWayBack = (why: string) =>
    new NoWayBackError(
      `What the migrations that ${of} undid had dropped is in the snapshot ${name} and nowhere else, ${why}. Nothing was changed.`,
    );
  const found = await describeSnapshot(name);
  if (found === null) throw noWayBack('which is there no more');
  if (found.tags[TAGS.run] !== of) throw noWayBack('and the one of that name is another');
  if (found.status !== 'available' || found.takenAt === null) throw noWayBack(`which is ${found.status}`);
  return found.takenAt;
}

/**
 * Says from what the data of before the migrations is brought back, and what it has to be like: the run's own snapshot, what
 * the run measured right before it was taken (else the last probe before it that passed), and the present instance, which is
 * kept. Changes nothing.
 */
export const handler = task(undoTasks['undo-source'], async ({ run, of, snapshot, database }) => {
  await verifyLease(run);
  const moment = await requireSnapshot(of, snapshot);
  const current = await currentInstance(database);
  if (endedStatuses.some((status) => status === current.status))
    throw new NoWayBackError(
      `${current.instanceIdentifier} is ${current.status}: what was written to it since ${of} can neither be counted nor fenced. {"plan": "database-recovery"} is for that. Nothing was changed.`,
    );
  const baseline = await measureOf(of, 'fenced');
  const passed = baseline === null ? await lastPass({ notAfter: moment }) : null;
  await recordDecision(run.id, {
    at: new Date().toISOString(),
    subject: 'recovery source',
    choice: JSON.stringify({ kind: 'snapshot', snapshot, moment }),
    reason: `what ${of} dropped is in it; ${current.instanceIdentifier} is kept as it is`,
    alternatives: [
      { choice: 'applying the migrations again', because: 'it brings back tables and columns, not what was in them' },
    ],
  });
  return {
    current,
    source: { kind: 'snapshot' as const, snapshot, moment },
    baseline,
    baselineTakenAt: passed?.takenAt ?? null,
    baselineThrough: throughOf(baseline ?? passed?.measure),
  };
});
