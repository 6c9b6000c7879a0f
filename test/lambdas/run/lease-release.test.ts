import { emptyTables, startTables, stopTables } from '../tables';
import { some } from '../matchers';
import { openArguments } from '../fixtures';
import { resetAws } from './aws';
import { begin, claimFor } from './front-door';
import { findRun, listOpenRuns, setRun } from '../../../lambdas/gateways/runs';
import { readLease } from '../../../lambdas/run/lease';
import { handler } from '../../../lambdas/run/lease-release';
import { handler as open } from '../../../lambdas/run/run-open';

beforeAll(startTables);
afterAll(stopTables);
beforeEach(async () => {
  resetAws();
  await emptyTables();
});

test('gives the lease back, marks the run settled, takes it off the open list', async () => {
  await begin('night-1');
  await claimFor('night-1');
  await setRun('night-1', { status: 'failed' });
  await expect(handler({ runId: 'night-1' })).resolves.toEqual({ released: true });
  await expect(readLease('production')).resolves.toMatchObject({ holder: '', token: 1 });
  await expect(findRun('night-1')).resolves.toMatchObject({ status: 'failed', settledAt: some(String) });
  await expect(listOpenRuns()).resolves.toEqual([]);
  const { settledAt } = (await findRun('night-1')) ?? {};
  await expect(handler({ runId: 'night-1' })).resolves.toEqual({ released: false });
  await expect(findRun('night-1')).resolves.toMatchObject({ settledAt });
});

test('leaves the lease of another run alone', async () => {
  await begin('night-1');
  await open(openArguments('night-2'));
  await claimFor('night-2', { status: 'rejected', error: 'LeaseHeldError' });
  await expect(handler({ runId: 'night-2' })).resolves.toEqual({ released: false });
  await expect(readLease('production')).resolves.toMatchObject({ holder: 'night-1' });
});

test('a run that has no report does not stay running', async () => {
  await begin('night-1');
  await claimFor('night-1', { status: 'aborted' });
  await handler({ runId: 'night-1' });
  await expect(findRun('night-1')).resolves.toMatchObject({ status: 'aborted' });
});

test('what is no run is refused', async () => {
  await expect(handler({ runId: 'nothing' })).rejects.toMatchObject({ name: 'ContractViolationError' });
});
