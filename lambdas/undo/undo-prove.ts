import type { TableMeasure } from '../../contract/documents';
import { IntegrityCheckFailedError, NoWayBackError } from '../../contract/errors';
import type { Check } from '../../contract/run';
import { undoTasks } from '../../contract/tasks/undo';
import { listChanges, listChecks, recordChecks } from '../run/journal';
import { verifyLease } from '../run/lease';
import { handler as task } from '../runtime/handler';
import { measuredThen } from './measured';
import { hadCaughtUp } from './regions';

/**
 * Rows: behind its fence nobody has written to it, so it has what the copy had, where that had caught up. Otherwise it had more
 * than the copy, or had removed what the copy still had: fewer rows say nothing.
 */
function rowsCheck({ table, rows }: TableMeasure, then: number | null, caughtUp: boolean, evidence: string): Check {
  const check = { name: `rows of ${table} over there`, actual: `${rows.after}`, evidence };
  if (then === null) {
    const expected = 'what the run measured of its copy';
    return { ...check, status: 'not-checkable', expected, actual: `${rows.after}; the run did not measure the table` };
  }
  if (caughtUp) return { ...check, status: rows.after === then ? 'passed' : 'failed', expected: `${then}` };
  return { ...check, status: rows.after >= then ? 'passed' : 'not-checkable', expected: `at least ${then}` };
}

const rulesCheck = ({ table, violations }: TableMeasure, evidence: string): Check => ({
  name: `rules of ${table} over there`,
  status: violations === 0 ? 'passed' : 'failed',
  expected: 'no row breaks a rule',
  actual: `${violations} row(s) do`,
  evidence,
});

/**
 * Holds the database that served before a move against what the run had measured of its copy, while it is still fenced.
 * @throws NoWayBackError where it is not what it was, before anything has changed; IntegrityCheckFailedError after that
 */
export const handler = task(undoTasks['undo-prove'], async ({ run, of, measure, isFenced }) => {
  await verifyLease(run);
  const caughtUp = hadCaughtUp(await listChanges(of));
  const then = await listChecks(of);
  const evidence = `probe-integrity at ${measure.takenAt}, behind its fence, against the measure of ${of}`;
  const checks = measure.tables.flatMap((table) => [
    rowsCheck(table, measuredThen(then, table.table), caughtUp, evidence),
    rulesCheck(table, evidence),
  ]);
  await recordChecks(run.id, checks);
  const failed = checks.filter(({ status }) => status === 'failed');
  if (failed.length === 0) return { proved: true };
  const lines = failed.map(({ name, expected, actual }) => `${name}: expected ${expected}, found ${actual}`).join('; ');
  if (isFenced) throw new IntegrityCheckFailedError(`What ${of} had left is not what it was: ${lines}.`);
  throw new NoWayBackError(`What ${of} had left is not what it was: ${lines}. Nothing was changed.`);
});
