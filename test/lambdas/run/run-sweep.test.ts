import { emptyTables, startTables, stopTables } from '../tables';
import { withFields } from '../matchers';
import { openArguments, openedRun } from '../fixtures';
import { execution } from '../quiet';
import { executions, resetAws, states } from './aws';
import { begin, claimFor } from './front-door';
import { ExecutionAlreadyExists, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { findRun, listOpenRuns } from '../../../lambdas/gateways/runs';
import { deleteItem, putItem } from '../../../lambdas/gateways/table';
import { readLease, takeLease } from '../../../lambdas/run/lease';
import { handler as release } from '../../../lambdas/run/lease-release';
import { handler as open } from '../../../lambdas/run/run-open';
import { handler, sweepName } from '../../../lambdas/run/run-sweep';

const recovery = execution('recovery', 'night-1');
const swept = (n: number) => execution('settlement', `night-1-sweep-${n}`);

beforeAll(startTables);
afterAll(stopTables);
beforeEach(async () => {
  resetAws();
  await emptyTables();
});

const inputs = () =>
  states.commandCalls(StartExecutionCommand).map(({ args: [{ input }] }): unknown => JSON.parse(input.input ?? 'null'));

test('nothing is open, nothing is started', async () => {
  await expect(handler({})).resolves.toEqual({ examined: 0, started: [] });
});

test('leaves a run alone that goes on', async () => {
  await begin('night-1');
  executions.set(recovery, { status: 'RUNNING' });
  await expect(handler({})).resolves.toEqual({ examined: 1, started: [] });
});

test.each([
  ['ABORTED', {}, { status: 'aborted', error: 'ABORTED' }],
  ['ABORTED', { error: 'Enough', cause: 'why' }, { status: 'aborted', error: 'Enough', cause: 'why' }],
  ['SUCCEEDED', {}, { status: 'succeeded' }],
  [
    'FAILED',
    { error: 'RestoreFailedError', cause: 'why' },
    { status: 'failed', error: 'RestoreFailedError', cause: 'why' },
  ],
  ['TIMED_OUT', {}, { status: 'failed', error: 'States.Timeout' }],
  [null, {}, { status: 'failed', error: 'ExecutionMissing' }],
] as const)('starts settling for a run whose execution is %s', async (status, more, outcome) => {
  await begin('night-1');
  if (status !== null) executions.set(recovery, { status, ...more });
  await expect(handler({})).resolves.toEqual({ examined: 1, started: [swept(1)] });
  expect(inputs()).toEqual([{ runId: 'night-1', outcome: withFields(outcome) }]);
});

test('leaves a settlement alone that goes on, claimed or not yet, and follows one that died', async () => {
  await begin('night-1');
  executions.set(recovery, { status: 'FAILED' });
  await handler({});
  await expect(handler({})).resolves.toMatchObject({ started: [] });
  executions.set(swept(1), { status: 'FAILED' });
  await expect(handler({})).resolves.toMatchObject({ started: [swept(2)] });
  await claimFor('night-1', { status: 'failed' }, 'night-1-sweep-2');
  await expect(handler({})).resolves.toMatchObject({ started: [] });
  executions.set(swept(2), { status: 'TIMED_OUT' });
  await expect(handler({})).resolves.toMatchObject({ started: [swept(3)] });
});

test('a settlement of the front door that died is followed too', async () => {
  await begin('night-1');
  executions.set(recovery, { status: 'FAILED' });
  await claimFor('night-1', { status: 'failed' });
  executions.set(execution('settlement', 'night-1'), { status: 'RUNNING' });
  await expect(handler({})).resolves.toMatchObject({ started: [] });
  executions.set(execution('settlement', 'night-1'), { status: 'ABORTED' });
  await expect(handler({})).resolves.toMatchObject({ started: [swept(1)] });
});

test('two sweeps at a time start one settlement', async () => {
  await begin('night-1');
  executions.set(recovery, { status: 'ABORTED' });
  const both = await Promise.all([handler({}), handler({})]);
  expect(both.flatMap(({ started }) => started)).toEqual([swept(1)]);
});

test('a name that was started before counts as started', async () => {
  await begin('night-1');
  executions.set(recovery, { status: 'ABORTED' });
  states.on(StartExecutionCommand).rejects(new ExecutionAlreadyExists({ message: 'there', $metadata: {} }));
  await expect(handler({})).resolves.toMatchObject({ started: [swept(1)] });
});

test('a run that is on the list and was never recorded is recorded and settled', async () => {
  await putItem('runs', { pk: 'OPEN#production', sk: 'night-1', executionArn: recovery, startedAt: 'x' });
  await expect(handler({})).resolves.toMatchObject({ started: [swept(1)] });
  await expect(findRun('night-1')).resolves.toMatchObject({ status: 'running', plan: null });
});

test('a settled run is taken off the list', async () => {
  await begin('night-1');
  await claimFor('night-1');
  await release({ runId: 'night-1' });
  await putItem('runs', { pk: 'OPEN#production', sk: 'night-1', executionArn: recovery, startedAt: 'x' });
  await expect(handler({})).resolves.toEqual({ examined: 1, started: [] });
  await expect(listOpenRuns()).resolves.toEqual([]);
});

test('frees a lease whose holder is settled, and no other', async () => {
  await open(openArguments('night-1'));
  await claimFor('night-1');
  await release({ runId: 'night-1' });
  await takeLease(openedRun('night-1'));
  await handler({});
  await expect(readLease('production')).resolves.toMatchObject({ holder: '' });
  await begin('night-2');
  executions.set(execution('recovery', 'night-2'), { status: 'RUNNING' });
  await handler({});
  await expect(readLease('production')).resolves.toMatchObject({ holder: 'night-2' });
});

test('one run that cannot be swept keeps no other from it, and the sweep fails', async () => {
  await open(openArguments('broken'));
  await deleteItem('runs', { pk: 'RUN#broken', sk: 'RUN' });
  await putItem('runs', { pk: 'RUN#broken', sk: 'RUN', id: 'broken' });
  await begin('night-1');
  executions.set(recovery, { status: 'ABORTED' });
  await expect(handler({})).rejects.toMatchObject({ name: 'ContractViolationError' });
  expect(inputs()).toMatchObject([{ runId: 'night-1', outcome: { status: 'aborted' } }]);
});

test('the name of a settlement is one that Step Functions takes, and its own, however long the run is called', () => {
  const [one, other] = [`${'r'.repeat(79)}a`, `${'r'.repeat(79)}b`];
  const names = [sweepName(one, 1), sweepName(other, 1), sweepName(one, 12)];
  for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_-]{1,80}$/);
  expect(new Set(names).size).toBe(3);
  expect(sweepName('night-1', 2)).toBe('night-1-sweep-2');
});
