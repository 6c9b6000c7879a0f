import type { IntegrityMeasure } from '../../contract/documents';
import { LossNotAcceptedError } from '../../contract/errors';
import type { Check } from '../../contract/run';
import { undoTasks } from '../../contract/tasks/undo';
import { listChecks, listDecisions, recordChecks, recordDecision } from '../run/journal';
import { verifyLease } from '../run/lease';
import { measureOf } from '../run/measures';
import { handler as task } from '../runtime/handler';
import { measuredThen } from './measured';

interface Counted {
  readonly table: string;
  readonly now: number;
  /** When nobody could write to it yet; null where the run did not measure it. */
  readonly then: number | null;
}

/** A run that changed the database in its place has measured that itself, before it opened it again. */
async function count(of: string, { tables }: IntegrityMeasure): Promise<Counted[]> {
  const opening = await measureOf(of, 'opening');
  const checks = opening === null ? await listChecks(of) : [];
  const then = (table: string) =>
    opening === null
      ? measuredThen(checks, table)
      : (opening.tables.find((each) => each.table === table)?.rows.after ?? null);
  return tables.map(({ table, rows }) => ({ table, now: rows.after, then: then(table) }));
}

function wordsOf(counted: readonly Counted[]): string {
  const parts = counted.flatMap(({ table, now, then }) => {
    if (then === null) return [`an unknown number of ${table} (${now} now)`];
    return now === then ? [] : [`${now - then} of ${table} (${then} when it was put into service, ${now} now)`];
  });
  return parts.length === 0 ? 'no rows' : parts.join(', ');
}

/** Null where it cannot be counted. A table that has become smaller was written to as well. */
const total = (counted: readonly Counted[]): number | null =>
  counted.some(({ then }) => then === null)
    ? null
    : counted.reduce((sum, { now, then }) => sum + Math.abs(now - (then ?? now)), 0);

const SUBJECT = 'the loss of an undo';

/**
 * Counts what going back loses: rows of the database in service against what the run had measured of it before anything led
 * to it. Rows that were only changed are not seen by a count. Nobody can accept what was not counted before: the first
 * undo of a run says the rows and is refused, `acceptLoss` or not.
 * @throws LossNotAcceptedError
 */
export const handler = task(undoTasks['undo-count'], async (asked) => {
  const { run, of, serving, before, acceptLoss, isFenced, instead } = asked;
  await verifyLease(run);
  const counted = await count(of, serving);
  const rows = total(counted);
  const words = wordsOf(counted);
  const back =
    before === null
      ? 'what the snapshot holds'
      : before.tables.map(({ table, rows: { after } }) => `${after} in ${table}`).join(', ');
  const evidence = `probe-integrity at ${serving.takenAt}${isFenced ? ', behind the fence' : ''}, against the measure of ${of}`;
  const accepted = acceptLoss ? 'what was counted is accepted to be lost' : 'no accepted row is lost';
  const check = (status: Check['status']): Check => ({
    name: 'rows accepted since the run',
    status,
    expected: accepted,
    actual: `${words}; it goes back to ${back}`,
    evidence,
  });
  if (isFenced || rows === 0) {
    await recordChecks(run.id, [check(rows === null ? 'not-checkable' : 'passed')]);
    return { rows, words };
  }
  const wasSaid = (await listDecisions(of)).some(({ subject }) => subject === SUBJECT);
  if (acceptLoss && wasSaid) {
    await recordDecision(run.id, {
      at: new Date().toISOString(),
      subject: SUBJECT,
      choice: `accepted: ${words}`,
      reason: 'acceptLoss was given after the rows had been counted and said',
      alternatives: [],
    });
    return { rows, words };
  }
  // A rehearsal says it, and leaves the next undo no word of it.
  if (run.mode === 'live')
    await recordDecision(of, {
      at: new Date().toISOString(),
      subject: SUBJECT,
      choice: `refused by ${run.id}: ${words}`,
      reason: 'going back loses what was accepted since; a person has to say so',
      alternatives: [],
    });
  await recordChecks(run.id, [check('failed')]);
  throw new LossNotAcceptedError(
    `Going back before ${of} would lose ${words}, accepted since. Nothing was changed. Start again with "acceptLoss": true if they may be lost.${instead === null ? '' : ` ${instead}.`}`,
  );
});
