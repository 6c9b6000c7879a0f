import { emptyTables, startTables, stopTables } from '../tables';
import { containing } from '../matchers';
import { openedRun } from '../fixtures';
import { readLease, releaseLease, takeLease, verifyLease } from '../../../lambdas/run/lease';

beforeAll(startTables);
afterAll(stopTables);
beforeEach(emptyTables);

test('the token grows with every lease and survives the release', async () => {
  await expect(readLease('production')).resolves.toBeNull();
  await expect(takeLease(openedRun('night-1'))).resolves.toMatchObject({ id: 'night-1', fencingToken: 1 });
  await expect(releaseLease('night-1')).resolves.toBe(true);
  await expect(takeLease(openedRun('night-2'))).resolves.toMatchObject({ fencingToken: 2 });
});

test('a repeated call by the holder finds its lease', async () => {
  await takeLease(openedRun('night-1'));
  await expect(takeLease(openedRun('night-1'))).resolves.toMatchObject({ fencingToken: 1 });
});

test('names the run that holds it', async () => {
  await takeLease(openedRun('night-1'));
  await expect(takeLease(openedRun('night-2'))).rejects.toMatchObject({
    name: 'LeaseHeldError',
    message: containing('night-1 (database-recovery) holds the lease of production'),
  });
});

test('environments have leases of their own', async () => {
  await takeLease(openedRun('night-1'));
  await expect(takeLease({ ...openedRun('night-2'), environment: 'drill' })).resolves.toMatchObject({
    fencingToken: 1,
  });
});

test('of many at a time one gets it', async () => {
  const runs = Array.from({ length: 12 }, (_none, index) => takeLease(openedRun(`night-${index}`)));
  const ends = await Promise.allSettled(runs);
  expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect((await readLease('production'))?.token).toBe(1);
});

test('only its holder gives it back', async () => {
  await takeLease(openedRun('night-1'));
  await expect(releaseLease('night-2')).resolves.toBe(false);
  expect((await readLease('production'))?.holder).toBe('night-1');
  await expect(releaseLease('night-1')).resolves.toBe(true);
  await expect(releaseLease('night-1')).resolves.toBe(false);
});

test('verifies holder and token', async () => {
  const refused = (words: string) => ({ name: 'LeaseLostError', message: containing(words) });
  const run = { ...openedRun('night-1'), fencingToken: 1 };
  await expect(verifyLease(run)).rejects.toMatchObject(refused('nobody ever took'));
  await takeLease(openedRun('night-1'));
  await expect(verifyLease(run)).resolves.toBeUndefined();
  await expect(verifyLease({ ...run, fencingToken: 2 })).rejects.toMatchObject(refused('its token is 1'));
  await expect(verifyLease({ ...run, id: 'night-2' })).rejects.toMatchObject(refused('but night-1 holds it'));
  await expect(verifyLease({ ...run, environment: 'drill' })).rejects.toMatchObject(refused('nobody ever took'));
  await releaseLease('night-1');
  await expect(verifyLease(run)).rejects.toMatchObject(refused('but nobody holds it'));
});
