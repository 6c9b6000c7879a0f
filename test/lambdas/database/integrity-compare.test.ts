import { handler as integrityCompare } from '../../../lambdas/database/integrity-compare';
import { listChecks } from '../../../lambdas/run/journal';
import { database, eachInItsRun, measure, probe } from './situation';

const run = eachInItsRun();

describe('integrity-compare', () => {
  const takenAt = '2026-11-23T02:00:00Z';
  const compare = (baselineTakenAt: string | null, rows = 10) => {
    const now = measure('2026-11-23T03:00:00Z');
    const tables = now.tables.map((table) => ({ ...table, rows: { before: rows, after: rows } }));
    return integrityCompare({
      run: run(),
      database,
      measure: { ...now, tables },
      baselineTakenAt,
      exact: true,
      consistencyPercent: 99.99,
    });
  };

  test('records what it finds and passes', async () => {
    await probe(takenAt);
    const { checks } = await compare(takenAt);
    expect(checks.map(({ status }) => status)).toEqual(['passed', 'passed', 'passed']);
    expect((await listChecks(run().id)).map(({ name }) => name).sort()).toEqual(checks.map(({ name }) => name).sort());
  });

  test('a difference fails with table, expected and actual, and is recorded as well', async () => {
    await probe(takenAt);
    const failure = compare(takenAt, 9);
    await expect(failure).rejects.toMatchObject({ name: 'IntegrityCheckFailedError' });
    await expect(failure).rejects.toThrow('rows of orders: expected 10, found 9');
    expect(await listChecks(run().id)).toContainEqual(
      expect.objectContaining({ name: 'rows of orders', status: 'failed' }),
    );
  });

  test.each([
    [null, 'no integrity probe had passed'],
    ['2026-11-01T00:00:00Z', 'is gone'],
  ])('baseline %s: the rules alone, and why', async (baselineTakenAt, why) => {
    const { checks } = await compare(baselineTakenAt);
    expect(checks[0]).toMatchObject({ status: 'not-checkable' });
    expect(checks[0]?.actual).toContain(why);
  });
});
