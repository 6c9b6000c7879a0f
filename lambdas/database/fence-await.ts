import * as z from 'zod';
import { instant } from '../../contract/run';
import { databaseTasks } from '../../contract/tasks/database';
import { describeInstance } from '../gateways/rds';
import { automatedBackups } from '../gateways/rds-backups';
import { findChange } from '../run/journal';
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

/** Whether everything that was written before the fence can be restored. */
export const handler = task(databaseTasks['fence-await'], async ({ run, fenceKey, resourceId, instanceIdentifier }) => {
  const entry = await findChange(run.id, fenceKey);
  const { fencedAt = null } = parse(fenceSchema, entry.detail, `the detail of ${fenceKey}`);
  const restorable = await restorableTime(instanceIdentifier, resourceId);
  const stands = entry.state === 'confirmed' && fencedAt !== null;
  const done = stands && restorable !== null && Date.parse(restorable) > Date.parse(fencedAt);
  return { done, fencedAt, restorable };
});
