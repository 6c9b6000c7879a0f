import { emptyTables, startTables, stopTables } from '../tables';
import { measure, openedRun, startedAt, table } from '../fixtures';
import { containing } from '../matchers';
import type { RunRef } from '../../../contract/run';
import { advanceChange, listChecks, recordChange, recordChecks } from '../../../lambdas/run/journal';
import { releaseLease, takeLease } from '../../../lambdas/run/lease';
import { handler } from '../../../lambdas/undo/undo-prove';

beforeAll(startTables);
afterAll(stopTables);
beforeEach(emptyTables);

/** A fail-over that measured 100 users and 1000 evaluations of its replica. */
async function moved(moment: string | null): Promise<RunRef> {
  const first = await takeLease(openedRun('first'));
  await recordChange(first, {
    key: 'promote-replica',
    kind: 'replica-promotion',
    target: { instance: 'standby-db', backupRetentionDays: 14, moment },
    before: { source: 'arn:aws:rds:us-east-1:1:db:home' },
    pointOfNoReturn: false,
  });
  await advanceChange('first', 'promote-replica', 'confirmed');
  await recordChecks(
    'first',
    [
      ['users', '100'],
      ['evaluations', '1000'],
    ].map(([name = '', actual = '']) => ({
      name: `rows of ${name}`,
      status: 'passed' as const,
      expected: actual,
      actual,
      evidence: 'probe-integrity on the copy at 2026-11-23T02:30:00Z against the probe',
    })),
  );
  await releaseLease('first');
  return await takeLease(openedRun('the-undo'));
}
const there = (evaluations: number, more: Parameters<typeof table>[2] = {}) =>
  measure(startedAt, [table('users', 100), table('evaluations', evaluations, more)]);
const prove = (run: RunRef, found: ReturnType<typeof there>, isFenced = false) =>
  handler({ run, of: 'first', measure: found, isFenced });
const statuses = async () => (await listChecks('the-undo')).map(({ status }) => status);

test('what the replica had, and no row that breaks a rule, is proved', async () => {
  await expect(prove(await moved('latest'), there(1000))).resolves.toEqual({ proved: true });
  expect(await statuses()).toEqual(['passed', 'passed', 'passed', 'passed']);
});

test.each([990, 1010])('the replica had had everything: %i rows instead of 1000 are another database', async (rows) => {
  const run = await moved('latest');
  const words = containing(`rows of evaluations over there: expected 1000, found ${rows}`);
  await expect(prove(run, there(rows))).rejects.toMatchObject({ name: 'NoWayBackError', message: words });
  await expect(prove(run, there(rows), true)).rejects.toMatchObject({
    name: 'IntegrityCheckFailedError',
    message: words,
  });
});

test('the replica had stayed behind: more rows are what it lacked, and of fewer nobody can tell', async () => {
  const run = await moved('2026-11-23T02:19:58.000Z');
  await expect(prove(run, there(1010))).resolves.toEqual({ proved: true });
  expect(await statuses()).toEqual(['passed', 'passed', 'passed', 'passed']);
  await expect(prove(run, there(990))).resolves.toEqual({ proved: true });
  expect(await statuses()).toContain('not-checkable');
});

test('a row that breaks a rule is no database to serve from', async () => {
  await expect(prove(await moved('latest'), there(1000, { violations: 2 }))).rejects.toMatchObject({
    name: 'NoWayBackError',
    message: containing('rules of evaluations over there: expected no row breaks a rule, found 2 row(s) do'),
  });
});

test('a table that the run did not measure is told as such', async () => {
  const run = await moved('latest');
  await prove(run, measure(startedAt, [table('reviews', 4)]));
  expect(await listChecks('the-undo')).toMatchObject([
    { status: 'not-checkable', actual: '4; the run did not measure the table' },
    { status: 'passed' },
  ]);
});
