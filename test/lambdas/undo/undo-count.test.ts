import { emptyTables, startTables, stopTables } from '../tables';
import { measure, openedRun, startedAt, table } from '../fixtures';
import { containing } from '../matchers';
import type { RunRef } from '../../../contract/run';
import { listChecks, listDecisions, recordChecks } from '../../../lambdas/run/journal';
import { takeLease } from '../../../lambdas/run/lease';
import { recordMeasure } from '../../../lambdas/run/measures';
import { handler } from '../../../lambdas/undo/undo-count';

beforeAll(startTables);
afterAll(stopTables);
let run: RunRef;
beforeEach(async () => {
  await emptyTables();
  run = await takeLease(openedRun('the-undo'));
  await recordChecks('first', [copied('users', '100'), copied('evaluations', '1000')]);
});

const copied = (name: string, actual: string) => ({
  name: `rows of ${name}`,
  status: 'passed' as const,
  expected: actual,
  actual,
  evidence: 'probe-integrity on the copy at 2026-11-23T02:30:00Z against the probe',
});
const tables = (users: number, evaluations: number) =>
  measure(startedAt, [table('users', users), table('evaluations', evaluations)]);
const count = (
  serving = tables(100, 1000),
  more: { acceptLoss?: boolean; isFenced?: boolean; before?: null; instead?: string } = {},
) =>
  handler({
    run,
    of: 'first',
    serving,
    before: tables(99, 700),
    acceptLoss: false,
    isFenced: false,
    instead: null,
    ...more,
  });

test('nothing was accepted: nothing is lost, and nobody has to accept it', async () => {
  await expect(count()).resolves.toEqual({ rows: 0, words: 'no rows' });
  expect(await listChecks('the-undo')).toMatchObject([
    { status: 'passed', actual: 'no rows; it goes back to 99 in users, 700 in evaluations' },
  ]);
});

test('accepted rows are counted and said; nobody can accept them before', async () => {
  const words = '12 of evaluations (1000 when it was put into service, 1012 now)';
  const refused = { name: 'LossNotAcceptedError', message: containing(words) };
  await expect(count(tables(100, 1012), { acceptLoss: true })).rejects.toMatchObject(refused);
  await expect(count(tables(100, 1012))).rejects.toMatchObject(refused);
  await expect(count(tables(100, 1012), { acceptLoss: true })).resolves.toEqual({ rows: 12, words });
  expect(await listDecisions('the-undo')).toMatchObject([{ choice: `accepted: ${words}` }]);
});

test('where another way loses nothing, the refusal says which', async () => {
  const instead = 'Going back without losing any of it is fail-back, started in us-east-1';
  await expect(count(tables(101, 1000), { instead })).rejects.toMatchObject({
    message: containing(`lost. ${instead}.`),
  });
});

test('behind the fence it counts what is lost', async () => {
  await expect(count(tables(101, 1030), { acceptLoss: true, isFenced: true })).resolves.toMatchObject({ rows: 31 });
  expect(await listChecks('the-undo')).toMatchObject([
    { status: 'passed', expected: 'what was counted is accepted to be lost', evidence: containing('behind the fence') },
  ]);
});

test('of a run that changed the database in its place what it measured before opening it again is counted from', async () => {
  await recordMeasure('first', 'opening', tables(100, 1005));
  await expect(count(tables(100, 1005))).resolves.toEqual({ rows: 0, words: 'no rows' });
  await expect(count(tables(100, 1006))).rejects.toMatchObject({ message: containing('1 of evaluations (1005 when') });
});

test('what it goes back to may not have been measured', async () => {
  await expect(count(tables(100, 1000), { before: null })).resolves.toEqual({ rows: 0, words: 'no rows' });
  expect(await listChecks('the-undo')).toMatchObject([{ actual: 'no rows; it goes back to what the snapshot holds' }]);
});

test('a table that has become smaller was written to as well', async () => {
  await expect(count(tables(98, 1000))).rejects.toMatchObject({ message: containing('-2 of users') });
});

test('what was not measured cannot be counted, and has to be accepted', async () => {
  const unknown = measure(startedAt, [table('users', 100), table('reviews', 4)]);
  await expect(count(unknown)).rejects.toMatchObject({ message: containing('an unknown number of reviews (4 now)') });
  await expect(count(unknown, { acceptLoss: true })).resolves.toMatchObject({ rows: null });
  await count(unknown, { acceptLoss: true, isFenced: true });
  expect(await listChecks('the-undo')).toMatchObject([{ status: 'not-checkable' }]);
});
