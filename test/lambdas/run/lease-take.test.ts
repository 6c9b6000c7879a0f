import { emptyTables, startTables, stopTables } from '../tables';
import { containing } from '../matchers';
import { openArguments, openedRun } from '../fixtures';
import { resetAws } from './aws';
import { begin, claimFor } from './front-door';
import { findRun } from '../../../lambdas/gateways/runs';
import { readLease } from '../../../lambdas/run/lease';
import { handler } from '../../../lambdas/run/lease-take';
import { handler as open } from '../../../lambdas/run/run-open';

beforeAll(startTables);
afterAll(stopTables);
beforeEach(async () => {
  resetAws();
  await emptyTables();
});

test('takes the lease and notes its token on the run', async () => {
  await expect(begin('night-1')).resolves.toEqual({ ...openedRun('night-1'), fencingToken: 1 });
  await expect(findRun('night-1')).resolves.toMatchObject({ fencingToken: 1 });
  await expect(handler({ run: openedRun('night-1') })).resolves.toMatchObject({ fencingToken: 1 });
});

test('a second run is refused and told who holds it', async () => {
  await begin('night-1');
  await expect(begin('night-2')).rejects.toMatchObject({
    name: 'LeaseHeldError',
    message: containing('night-1'),
  });
});

test('a run that is being settled may not begin, and gives the lease back', async () => {
  await open(openArguments('night-1'));
  await claimFor('night-1');
  await expect(handler({ run: openedRun('night-1') })).rejects.toMatchObject({ name: 'LeaseLostError' });
  await expect(readLease('production')).resolves.toMatchObject({ holder: '' });
});
