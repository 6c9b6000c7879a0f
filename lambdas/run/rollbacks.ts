import type { JournalEntry } from '../../contract/changes';
import type { EnvironmentName } from '../../contract/description';
import type { PlanName } from '../../contract/run';
import { findRun } from '../gateways/runs';
import { listChanges } from './journal';
import { runsBackwards } from './lease';

/** A run that went back, and what of it is still in force. */
export interface Rollback {
  readonly run: string;
  readonly settledAt: string;
  readonly changes: readonly JournalEntry[];
}

/** With a snapshot every night and one before each release, some months. */
const MOST = 200;

const isInForce = ({ state, undoes }: JournalEntry): boolean =>
  undoes === undefined && state !== 'not-applied' && state !== 'undone';

/**
 * Runs of these plans that succeeded and were not undone, the newest first. What one of them went away from was left for a
 * reason: nobody who is woken twice may be led back there unasked.
 */
export async function rollbacks(name: EnvironmentName, plans: readonly PlanName[]): Promise<Rollback[]> {
  const found: Rollback[] = [];
  let looked = 0;
  for await (const id of runsBackwards(name)) {
    if ((looked += 1) > MOST) break;
    const record = await findRun(id);
    if (record?.status !== 'succeeded' || record.settledAt === undefined) continue;
    if (record.plan === null || !plans.includes(record.plan)) continue;
    const changes = (await listChanges(id)).filter(isInForce);
    if (changes.length > 0) found.push({ run: id, settledAt: record.settledAt, changes });
  }
  return found;
}
