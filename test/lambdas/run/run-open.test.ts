import { gzipSync } from 'node:zlib';
import { emptyTables, startTables, stopTables } from '../tables';
import { containing } from '../matchers';
import { description, openArguments, startedAt } from '../fixtures';
import { execution } from '../quiet';
import { resetAws, ssm } from './aws';
import { claimFor } from './front-door';
import { GetParameterCommand, ParameterNotFound } from '@aws-sdk/client-ssm';
import { findRun, listOpenRuns } from '../../../lambdas/gateways/runs';
import { handler } from '../../../lambdas/run/run-open';
import { handler as release } from '../../../lambdas/run/lease-release';

const compressed = (text: string): string => gzipSync(text).toString('base64');

beforeAll(startTables);
afterAll(stopTables);
beforeEach(async () => {
  resetAws();
  await emptyTables();
});

test('opens a run under the name of its execution', async () => {
  const { run, request, description: read } = await handler(openArguments('night-1'));
  expect(run).toEqual({ id: 'night-1', plan: 'database-recovery', environment: 'production', mode: 'live' });
  expect(request).toMatchObject({ plan: 'database-recovery', trigger: 'operator' });
  expect(read).toEqual(description);
  await expect(findRun('night-1')).resolves.toMatchObject({
    status: 'running',
    plan: 'database-recovery',
    executionArn: execution('recovery', 'night-1'),
    startedAt,
    input: { plan: 'database-recovery' },
  });
  await expect(listOpenRuns()).resolves.toEqual([{ id: 'night-1', executionArn: execution('recovery', 'night-1') }]);
});

test('called twice it reads the description once and finds its record', async () => {
  const first = await handler(openArguments('night-1'));
  await expect(handler(openArguments('night-1'))).resolves.toEqual(first);
  expect(ssm.commandCalls(GetParameterCommand)).toHaveLength(1);
});

test('a run whose input is refused is recorded all the same', async () => {
  await expect(handler(openArguments('night-1', { plan: 'nonsense' }))).rejects.toMatchObject({
    name: 'InvalidInputError',
  });
  await expect(findRun('night-1')).resolves.toMatchObject({ status: 'running', plan: null, request: null });
  await expect(listOpenRuns()).resolves.toHaveLength(1);
});

test('refuses a name that another execution had', async () => {
  await handler(openArguments('night-1'));
  for (const other of [{ executionArn: execution('other', 'night-1') }, { startedAt: '2027-11-23T02:20:00.000Z' }]) {
    await expect(handler({ ...openArguments('night-1'), ...other })).rejects.toMatchObject({
      name: 'InvalidInputError',
      message: containing('start under a new name'),
    });
  }
});

test('a settled run does not come back onto the open list', async () => {
  await handler(openArguments('night-1'));
  await claimFor('night-1');
  await release({ runId: 'night-1' });
  await handler(openArguments('night-1'));
  await expect(listOpenRuns()).resolves.toEqual([]);
});

test.each([
  ['is missing', () => ssm.on(GetParameterCommand).rejects(new ParameterNotFound({ message: 'none', $metadata: {} }))],
  ['does not hold what the stack', () => ssm.on(GetParameterCommand).resolves({ Parameter: { Value: '{}' } })],
  ['is not JSON', () => ssm.on(GetParameterCommand).resolves({ Parameter: { Value: compressed('{') } })],
  ['environment: ', () => ssm.on(GetParameterCommand).resolves({ Parameter: { Value: compressed('{}') } })],
])('a description that %s breaks the contract', async (words, prepare) => {
  prepare();
  await expect(handler(openArguments('night-1'))).rejects.toMatchObject({
    name: 'ContractViolationError',
    message: containing(words),
  });
});

test('a name that is no run id is refused', async () => {
  await expect(handler(openArguments('no blanks'))).rejects.toMatchObject({
    name: 'ContractViolationError',
    message: containing('executionName'),
  });
});
