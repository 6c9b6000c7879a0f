import * as z from 'zod';
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

/** When the fence closed, in the database or around its network; null while none stands. */
async function fencedAt(runId: string, fenceKeys: readonly string[]): Promise<string | null> {
  const fence = (await listChanges(runId)).find(
    (change) => fenceKeys.includes(change.key) && change.state === 'confirmed',
  );
  if (fence === undefined) return null;
  // A network fence knows no time of the database; it stands from its confirmation on.
  return parse(fenceSchema, fence.detail, `the detail of ${fence.key}`).fencedAt ?? fence.confirmedAt ?? null;
}

/** Whether the moment can be restored yet; for "latest", whether everything written before the fence can. */
export const handler = task(databaseTasks['restorable-await'], async ({ run, source, current, fenceKeys }) => {
  if (source.kind !== 'point-in-time') return { done: true, waitsFor: source.moment, restorable: null };
  const waitsFor = source.moment === 'latest' ? await fencedAt(run.id, fenceKeys) : source.moment;
  const identifier = source.resourceId === current.resourceId ? current.instanceIdentifier : source.instanceIdentifier;
  const restorable = await restorableTime(identifier, source.resourceId);
  const done = waitsFor !== null && restorable !== null && Date.parse(restorable) >= Date.parse(waitsFor);
  return { done, waitsFor, restorable };
});
