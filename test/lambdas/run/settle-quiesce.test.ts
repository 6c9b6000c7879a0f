import { emptyTables, startTables, stopTables } from '../tables';
import { HOST, OTHER_HOST, changes, openArguments } from '../fixtures';
import { execution } from '../quiet';
import { executions, resetAws, ssm, states } from './aws';
import { begin } from './front-door';
import { StopExecutionCommand } from '@aws-sdk/client-sfn';
import {
  CancelCommandCommand,
  DescribeInstanceInformationCommand,
  ListCommandInvocationsCommand,
  ListCommandsCommand,
  SendCommandCommand,
} from '@aws-sdk/client-ssm';
import type { RunRef } from '../../../contract/run';
import { putItem } from '../../../lambdas/gateways/table';
import { sendDocument } from '../../../lambdas/run/commands';
import { advanceChange, endAttempt, recordChange } from '../../../lambdas/run/journal';
import { handler as open } from '../../../lambdas/run/run-open';
import { handler } from '../../../lambdas/run/settle-quiesce';

let run: RunRef;
const plan = execution('database-recovery', 'night-1');
const runId = 'night-1';

beforeAll(startTables);
afterAll(stopTables);
beforeEach(async () => {
  resetAws();
  await emptyTables();
  run = await begin(runId);
});
afterEach(() => {
  jest.useRealTimers();
});

const stop = {
  run: undefined,
  key: 'stop',
  document: 'stop-services',
  hosts: [HOST],
  executionTimeoutSeconds: 60,
} as const;
async function send() {
  ssm.on(DescribeInstanceInformationCommand).resolves({
    InstanceInformationList: [{ InstanceId: HOST, PingStatus: 'Online' }],
  });
  ssm.on(SendCommandCommand).resolves({ Command: { CommandId: 'c-1' } });
  return sendDocument({ ...stop, run, parameters: { Services: 'nginx' } });
}
const invocations = (...statuses: ('InProgress' | 'Success' | 'Cancelling' | 'Cancelled')[]) =>
  ssm.on(ListCommandInvocationsCommand).resolves({
    CommandInvocations: statuses.map((Status, index) => ({ InstanceId: index === 0 ? HOST : OTHER_HOST, Status })),
  });

test('is done where nothing goes on', async () => {
  await expect(handler({ runId })).resolves.toEqual({ done: true, stillRunning: [] });
});

test('a run without a plan has nothing to stop', async () => {
  await expect(open(openArguments('night-2', {}))).rejects.toThrow();
  await expect(handler({ runId: 'night-2' })).resolves.toMatchObject({ done: true });
});

test('stops the plan, by the name that it must have, and waits for its end', async () => {
  executions.set(plan, { status: 'RUNNING' });
  await expect(handler({ runId })).resolves.toEqual({ done: false, stillRunning: [plan] });
  expect(states.commandCalls(StopExecutionCommand)[0]?.args[0].input).toMatchObject({
    executionArn: plan,
    error: 'RunSettled',
  });
  await expect(handler({ runId })).resolves.toMatchObject({ done: true });
});

test('cancels commands that go on, once, and waits for their end', async () => {
  await send();
  invocations('InProgress', 'Success');
  await expect(handler({ runId })).resolves.toEqual({ done: false, stillRunning: [`stop-services on ${HOST}`] });
  invocations('Cancelling', 'Success');
  await expect(handler({ runId })).resolves.toMatchObject({ done: false });
  expect(ssm.commandCalls(CancelCommandCommand).map(({ args }) => args[0].input)).toEqual([{ CommandId: 'c-1' }]);
  invocations('Cancelled', 'Success');
  await expect(handler({ runId })).resolves.toMatchObject({ done: true });
  // What has ended is not asked again.
  const asked = ssm.commandCalls(ListCommandInvocationsCommand).length;
  await handler({ runId });
  expect(ssm.commandCalls(ListCommandInvocationsCommand)).toHaveLength(asked);
});

test('a command that settling cancelled is sent anew under its key; another is not', async () => {
  await send();
  await expect(send()).resolves.toBe('c-1');
  expect(ssm.commandCalls(SendCommandCommand)).toHaveLength(1);
  invocations('InProgress');
  await handler({ runId });
  await send();
  const comments = ssm.commandCalls(SendCommandCommand).map(({ args }) => args[0].input.Comment);
  expect(comments).toEqual(['night-1/stop', 'night-1/stop/2']);
});

const intended = (document: string, secondsAgo: number, more: object = {}) =>
  putItem('runs', {
    pk: 'RUN#night-1',
    sk: 'COMMAND#stop',
    key: 'stop',
    document,
    hosts: [HOST],
    comment: 'night-1/stop',
    recordedAt: new Date(Date.now() - secondsAgo * 1000).toISOString(),
    attempt: 1,
    ...more,
  });

test('a host that SSM does not list is waited for as long as the command may still come to it', async () => {
  invocations();
  await intended('stop-services', 110, { commandId: 'c-1' });
  await expect(handler({ runId })).resolves.toEqual({ done: false, stillRunning: [`stop-services on ${HOST}`] });
  expect(ssm.commandCalls(CancelCommandCommand)).toHaveLength(1);
  await intended('stop-services', 121, { commandId: 'c-1' });
  await expect(handler({ runId })).resolves.toMatchObject({ done: true });
  await intended('stop-services', 121);
  await expect(handler({ runId })).resolves.toMatchObject({ done: true });
});

test('a document that changes nothing is cancelled and not waited for', async () => {
  invocations('InProgress');
  await intended('inspect-host', 1, { commandId: 'c-1' });
  await expect(handler({ runId })).resolves.toMatchObject({ done: true });
  expect(ssm.commandCalls(CancelCommandCommand)).toHaveLength(1);
});

test('a command that was refused since its host is offline is not waited for', async () => {
  ssm.on(DescribeInstanceInformationCommand).resolves({ InstanceInformationList: [] });
  await expect(sendDocument({ ...stop, run, parameters: { Services: 'nginx' } })).rejects.toMatchObject({
    name: 'HostOfflineError',
  });
  await expect(handler({ runId })).resolves.toEqual({ done: true, stillRunning: [] });
});

test('a command that was denied is not waited for', async () => {
  ssm.on(DescribeInstanceInformationCommand).resolves({
    InstanceInformationList: [{ InstanceId: HOST, PingStatus: 'Online' }],
  });
  const denied = Object.assign(new Error('not authorized to perform ssm:SendCommand'), {
    name: 'AccessDeniedException',
    $metadata: { httpStatusCode: 400 },
  });
  ssm.on(SendCommandCommand).rejects(denied);
  await expect(sendDocument({ ...stop, run, parameters: { Services: 'nginx' } })).rejects.toMatchObject({
    name: 'AccessDeniedError',
  });
  await expect(handler({ runId })).resolves.toEqual({ done: true, stillRunning: [] });
});

test('finds a command whose id was not noted by its comment', async () => {
  await intended('stop-services', 0);
  await expect(handler({ runId })).resolves.toEqual({
    done: false,
    stillRunning: ['stop-services may have been sent'],
  });
  ssm.on(ListCommandsCommand).resolves({ Commands: [{ CommandId: 'c-9', Comment: 'night-1/stop' }] });
  invocations('InProgress');
  await expect(handler({ runId })).resolves.toMatchObject({ done: false });
  expect(ssm.commandCalls(CancelCommandCommand)[0]?.args[0].input).toEqual({ CommandId: 'c-9' });
});

test('closes the journal: no change is recorded behind its back', async () => {
  await handler({ runId });
  await expect(recordChange(run, changes.page)).rejects.toMatchObject({ name: 'ChangeStateError' });
});

test('a change whose call ended with an error is not waited for', async () => {
  await recordChange(run, changes.page);
  await endAttempt(runId, 'page', 'AccessDeniedError: not allowed');
  await expect(handler({ runId })).resolves.toEqual({ done: true, stillRunning: [] });
});

test('gives a change that may be under way the time of its function', async () => {
  jest.useFakeTimers({
    doNotFake: [
      'setImmediate',
      'nextTick',
      'setTimeout',
      'setInterval',
      'clearTimeout',
      'clearInterval',
      'queueMicrotask',
    ],
  });
  await recordChange(run, changes.page);
  await recordChange(run, changes.record);
  await advanceChange(runId, 'record', 'applied');
  await expect(handler({ runId })).resolves.toEqual({
    done: false,
    stillRunning: ['the change page may be under way'],
  });
  jest.setSystemTime(Date.now() + 59_000);
  await expect(handler({ runId })).resolves.toMatchObject({ done: false });
  jest.setSystemTime(Date.now() + 2_000);
  await expect(handler({ runId })).resolves.toEqual({ done: true, stillRunning: [] });
});
