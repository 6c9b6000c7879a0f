import type { IntegrityMeasure } from '../../../contract/documents';
import { handler } from '../../../lambdas/database/rollback-count';
import { listChecks } from '../../../lambdas/run/journal';
import { matching } from '../matchers';
import { eachInItsRun } from './situation';

const run = eachInItsRun();

const measure = (rows: number, checksum: string, more: readonly string[] = []): IntegrityMeasure => ({
  takenAt: '2026-11-23T02:13:40Z',
  schemaVersion: '1.3.0',
  tables: ['users', ...more].map((table) => ({
    table,
    rows: { before: rows, after: rows },
    through: '9',
    checksum: { before: checksum, after: checksum },
    known: { through: '5', rows, checksum },
    violations: 0,
  })),
});
const keptIn = 'the snapshot lifeboat-drill-safety-1';
const counted = async (present: IntegrityMeasure | null, copy: IntegrityMeasure) => {
  await handler({ run: run(), present, copy, keptIn });
  return await listChecks(run().id);
};

test('what is left behind is counted, and where it is kept is said; the content says whether rows were changed', async () => {
  expect(await counted(measure(12, 'a'), measure(10, 'b'))).toEqual([
    {
      name: 'rows of users that the rollback leaves behind',
      status: 'passed',
      expected: `every one is in ${keptIn}`,
      actual: '12 behind the fence, 10 in the copy: 2 fewer; up to key 5 other content',
      evidence: matching(/behind the fence at 2026-11-23T02:13:40Z/),
    },
  ]);
});

test.each([
  [measure(10, 'a'), measure(10, 'a'), ': as many; up to key 5 the same content'],
  [measure(9, 'a'), measure(10, 'b'), ': 1 more; up to key 5 other content'],
])('rows that were changed or deleted are told apart', async (present, copy, words) => {
  const [check] = await counted(present, copy);
  expect(check?.actual).toContain(words);
});

test('a table that the moment had not yet', async () => {
  const checks = await counted(measure(3, 'a', ['reviews']), measure(3, 'a'));
  expect(checks.map(({ actual }) => actual)).toContain('3 behind the fence, and the copy has no such table');
});

test('a present state that could not be measured keeps nobody from going back, and is told', async () => {
  expect(await counted(null, measure(3, 'a'))).toMatchObject([{ status: 'not-checkable' }]);
});
