import { emptyTables, startTables, stopTables } from '../tables';
import { description, openArguments } from '../fixtures';
import { execution } from '../quiet';
import { executions, resetAws, ssm } from './aws';
import { begin, claimFor } from './front-door';
import { GetParameterCommand, ParameterNotFound } from '@aws-sdk/client-ssm';
import { findRun, listOpenRuns, setRun } from '../../../lambdas/gateways/runs';
import { takeLease } from '../../../lambdas/run/lease';
import { handler as open } from '../../../lambdas/run/run-open';
import { handler as release } from '../../../lambdas/run/lease-release';

beforeAll(startTables);
afterAll(stopTables);
beforeEach(async () => {
  resetAws();
  await emptyTables();
});

const failed = { status: 'failed', error: 'RestoreFailedError', cause: 'why' } as const;

test('the first one settles, with the run as it has the lease', async () => {
  const run = await begin('night-1');
  await expect(claimFor('night-1', failed)).resolves.toEqual({
    claimed: true,
    outcome: failed,
    run,
    publicUrl: description.publicUrl,
    targetGroupArn: description.loadBalancer.targetGroupArn,
  });
});

test('of many at a time one settles', async () => {
  await begin('night-1');
  for (let n = 0; n < 8; n += 1) executions.set(execution('settlement', `by-${n}`), { status: 'RUNNING' });
  const claims = await Promise.all(Array.from({ length: 8 }, (_none, n) => claimFor('night-1', failed, `by-${n}`)));
  expect(claims.filter(({ claimed }) => claimed)).toHaveLength(1);
});

test('a repeated call of the same settlement has it still, everybody else has not', async () => {
  await begin('night-1');
  executions.set(execution('settlement', 'night-1'), { status: 'RUNNING' });
  await expect(claimFor('night-1')).resolves.toMatchObject({ claimed: true });
  await expect(claimFor('night-1')).resolves.toMatchObject({ claimed: true });
  await expect(claimFor('night-1', { status: 'aborted' }, 'by-rule')).resolves.toMatchObject({
    claimed: false,
    outcome: failed,
  });
});

const claimedBefore = (minutes: number, name = 'first') =>
  setRun('night-1', {
    settlement: {
      executionArn: execution('settlement', name),
      claimedAt: new Date(Date.now() - minutes * 60_000).toISOString(),
    },
  });

test('a settlement that Step Functions does not list yet is not dead', async () => {
  await begin('night-1');
  await claimFor('night-1', failed, 'first');
  for (const minutes of [0, 9]) {
    await claimedBefore(minutes);
    await expect(claimFor('night-1', failed, 'second')).resolves.toMatchObject({ claimed: false });
  }
});

test.each([['FAILED'], ['ABORTED'], ['TIMED_OUT'], [null]] as const)(
  'a settlement that is %s is taken over, and the first outcome stays',
  async (status) => {
    await begin('night-1');
    await claimFor('night-1', failed, 'first');
    if (status === null) await claimedBefore(11);
    else executions.set(execution('settlement', 'first'), { status });
    await expect(claimFor('night-1', { status: 'aborted' }, 'second')).resolves.toMatchObject({
      claimed: true,
      outcome: failed,
    });
    await expect(findRun('night-1')).resolves.toMatchObject({
      settlement: { executionArn: execution('settlement', 'second') },
      deadSettlements: [execution('settlement', 'first')],
    });
  },
);

test('of two that take over at a time one does', async () => {
  await begin('night-1');
  await claimFor('night-1', failed, 'dead');
  executions.set(execution('settlement', 'dead'), { status: 'FAILED' });
  for (const name of ['a', 'b']) executions.set(execution('settlement', name), { status: 'RUNNING' });
  const claims = await Promise.all([claimFor('night-1', failed, 'a'), claimFor('night-1', failed, 'b')]);
  expect(claims.filter(({ claimed }) => claimed)).toHaveLength(1);
});

test('a settled run is settled by nobody again', async () => {
  await begin('night-1');
  await claimFor('night-1');
  await release({ runId: 'night-1' });
  await expect(claimFor('night-1')).resolves.toMatchObject({ claimed: false });
  await expect(claimFor('night-1', failed, 'second')).resolves.toMatchObject({ claimed: false });
});

test('a run that was never opened is recorded from its execution', async () => {
  executions.set(execution('recovery', 'night-1'), { status: 'FAILED', input: '{"plan":"database-recovery"}' });
  await expect(claimFor('night-1')).resolves.toMatchObject({
    claimed: true,
    run: null,
    publicUrl: description.publicUrl,
  });
  await expect(findRun('night-1')).resolves.toMatchObject({
    plan: null,
    input: '{"plan":"database-recovery"}',
    description,
  });
  await expect(listOpenRuns()).resolves.toHaveLength(1);
});

test('what is neither recorded nor an execution is refused', async () => {
  await expect(claimFor('nothing')).rejects.toMatchObject({ name: 'ContractViolationError' });
});

test('a run without a lease has no run to undo; one whose token was not noted has', async () => {
  await open(openArguments('night-1'));
  await takeLease({ id: 'night-1', plan: 'database-recovery', environment: 'production', mode: 'live' });
  await expect(claimFor('night-1')).resolves.toMatchObject({ run: { fencingToken: 1 } });
  await open(openArguments('night-2'));
  await expect(claimFor('night-2')).resolves.toMatchObject({ run: null });
});

test('a missing description is no reason not to settle, a throttled one is a reason to try again', async () => {
  await expect(open(openArguments('night-1', { plan: 'nonsense' }))).rejects.toMatchObject({
    name: 'InvalidInputError',
  });
  ssm.on(GetParameterCommand).rejects(Object.assign(new Error('slow down'), { name: 'ThrottlingException' }));
  await expect(claimFor('night-1')).rejects.toMatchObject({ name: 'ThrottledError' });
  ssm.on(GetParameterCommand).rejects(new ParameterNotFound({ message: 'none', $metadata: {} }));
  await expect(claimFor('night-1')).resolves.toMatchObject({ claimed: true, publicUrl: null });
});
