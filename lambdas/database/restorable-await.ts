import * as z from 'zod';
import { FenceFailedError } from '../../contract/errors';
import { instant } from '../../contract/run';
import { databaseTasks } from '../../contract/tasks/database';
import { describeInstance } from '../gateways/rds';
import { automatedBackups } from '../gateways/rds-backups';
import { listChanges } from '../run/journal';
import { handler as task } from '../runtime/handler';
import { parse } from '../runtime/parse';

const fenceSchema = z.object({ fencedAt: instant.optional() });

/** The latest moment that can be restored to: the instance says so, its automated backups where it is gone. */
async function restorableTime(instanceIdentifier: string, resourceId: string): Promise<string | null> {
  const instance = await describeInstance(instanceIdentifier);
  if (instance?.resourceId === resourceId) return instance.latestRestorable;
  const backups = await automatedBackups({ resourceId });
  return backups.find((backup) => backup.resourceId === resourceId)?.latest ?? null;
}

/**
 * When the fence closed, in the database's time; null while none stands.
 * @throws FenceFailedError where only the network's stands: open connections survive a change of security groups (Amazon
 *   VPC guide, connection tracking), so nothing says when the last write was accepted.
 */
async function fencedAt(runId: string, fenceKeys: readonly string[], instance: string): Promise<string | null> {
  const fences = (await listChanges(runId)).filter(
    (change) => fenceKeys.includes(change.key) && change.state === 'confirmed',
  );
  const fence = fences.find(({ kind }) => kind === 'database-fence');
  if (fence === undefined) {
    if (fences.length === 0) return null;
    throw new FenceFailedError(
      `${instance} could be fenced around its network only. Connections that were open go on and may still write, so nobody ` +
        'knows which moment has everything that was accepted. Start again with a restoreTime, or stop the instance first ' +
        `(aws rds stop-db-instance --db-instance-identifier ${instance}) and ask for "latest" then.`,
    );
  }
  return parse(fenceSchema, fence.detail, `the detail of ${fence.key}`).fencedAt ?? fence.confirmedAt ?? null;
}

/** Whether the moment can be restored yet; for "latest", whether everything written before the fence can. */
export const handler = task(databaseTasks['restorable-await'], async ({ run, source, current, fenceKeys }) => {
  if (source.kind !== 'point-in-time') return { done: true, waitsFor: source.moment, restorable: null };
  const waitsFor =
    source.moment === 'latest' ? await fencedAt(run.id, fenceKeys, current.instanceIdentifier) : source.moment;
  const identifier = source.resourceId === current.resourceId ? current.instanceIdentifier : source.instanceIdentifier;
  const restorable = await restorableTime(identifier, source.resourceId);
  const done = waitsFor !== null && restorable !== null && Date.parse(restorable) >= Date.parse(waitsFor);
  return { done, waitsFor, restorable };
});
