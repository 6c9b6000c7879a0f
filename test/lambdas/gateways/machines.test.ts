import { execution } from '../quiet';
import { thrown } from '../matchers';
import {
  DescribeExecutionCommand,
  ExecutionDoesNotExist,
  GetExecutionHistoryCommand,
  SFNClient,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { mockClient } from 'aws-sdk-client-mock';
import {
  executionArn,
  executionHistory,
  findExecution,
  goesOn,
  planMachines,
  stopExecution,
} from '../../../lambdas/gateways/machines';

const states = mockClient(SFNClient);
const missing = new ExecutionDoesNotExist({ message: 'none', $metadata: {} });
const arn = execution('recovery', 'night-1');
beforeEach(() => states.reset());
afterEach(() => {
  process.env['LIFEBOAT_PLAN_MACHINE_ARNS'] = JSON.stringify({ 'database-recovery': 'x' });
});

test('an execution follows from its machine and its name', () => {
  expect(executionArn(process.env['LIFEBOAT_RECOVERY_MACHINE_ARN'] ?? '', 'night-1')).toBe(arn);
  expect(thrown(() => executionArn('arn:aws:states:us-east-1:1:activity:x', 'night-1'))).toMatchObject({
    name: 'ContractViolationError',
  });
});

test('what is not there is null, and may be stopped', async () => {
  states.on(DescribeExecutionCommand).rejects(missing);
  states.on(StopExecutionCommand).rejects(missing);
  states.on(GetExecutionHistoryCommand).rejects(missing);
  await expect(findExecution(arn)).resolves.toBeNull();
  await expect(stopExecution(arn, 'a', 'b')).resolves.toBeUndefined();
  await expect(executionHistory(arn)).resolves.toEqual([]);
});

test('another refusal is one', async () => {
  states.onAnyCommand().rejects(Object.assign(new Error('no'), { name: 'AccessDeniedException' }));
  for (const call of [() => findExecution(arn), () => stopExecution(arn, 'a', 'b'), () => executionHistory(arn)]) {
    await expect(call()).rejects.toMatchObject({ name: 'AccessDeniedError' });
  }
});

test.each([
  ['RUNNING', true],
  ['PENDING_REDRIVE', true],
  ['SUCCEEDED', false],
  ['FAILED', false],
  ['TIMED_OUT', false],
  ['ABORTED', false],
] as const)('%s goes on: %s', async (status, expected) => {
  states.on(DescribeExecutionCommand).resolves({ status, error: 'e', cause: 'c', input: '{}' });
  const found = await findExecution(arn);
  expect(goesOn(found)).toBe(expected);
  expect(found).toMatchObject({ arn, status, error: 'e', cause: 'c', input: '{}' });
});

test('no execution does not go on', () => {
  expect(goesOn(null)).toBe(false);
});

test.each(['{', '[]', '{"database-recovery":7}'])('the machines of the plans may not be %s', (text) => {
  process.env['LIFEBOAT_PLAN_MACHINE_ARNS'] = text;
  expect(thrown(() => planMachines())).toMatchObject({ name: 'ContractViolationError' });
});
