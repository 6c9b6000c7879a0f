import { emptyTables, startTables, stopTables } from '../tables';
import { containing, matching } from '../matchers';
import { HOST, OTHER_HOST } from '../fixtures';
import { resetAws, ssm } from './aws';
import { begin } from './front-door';
import {
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  InternalServerError,
  InvalidInstanceId,
  InvocationDoesNotExist,
  ListCommandsCommand,
  SendCommandCommand,
  type GetCommandInvocationCommandOutput,
} from '@aws-sdk/client-ssm';
import type { RunRef } from '../../../contract/run';
import { queryAll } from '../../../lambdas/gateways/table';
import { awaitDocument, commentOf, sendDocument } from '../../../lambdas/run/commands';

let run: RunRef;

beforeAll(startTables);
afterAll(stopTables);
beforeEach(async () => {
  resetAws();
  await emptyTables();
  run = await begin('night-1');
  online(HOST, OTHER_HOST);
  ssm.on(SendCommandCommand).resolves({ Command: { CommandId: 'c-1' } });
});

const online = (...ids: string[]) =>
  ssm.on(DescribeInstanceInformationCommand).resolves({
    InstanceInformationList: ids.map((InstanceId) => ({ InstanceId, PingStatus: 'Online' })),
  });

const stop = () =>
  ({
    run,
    key: 'stop',
    document: 'stop-services',
    hosts: [HOST, OTHER_HOST],
    parameters: { Services: 'nginx interview-app' },
    executionTimeoutSeconds: 60,
  }) as const;

const sends = () => ssm.commandCalls(SendCommandCommand).map(({ args: [{ input }] }) => input);

describe('sending', () => {
  test('asks SSM for all hosts at once, with the intent as the comment and the output to the bucket', async () => {
    await expect(sendDocument(stop())).resolves.toBe('c-1');
    expect(sends()).toEqual([
      {
        DocumentName: 'lifeboat-production-stop-services',
        InstanceIds: [HOST, OTHER_HOST],
        Parameters: { Services: ['nginx interview-app'], ExecutionTimeout: ['60'] },
        Comment: 'night-1/stop',
        TimeoutSeconds: 60,
        MaxConcurrency: '100%',
        MaxErrors: '100%',
        OutputS3BucketName: 'lifeboat-reports',
        OutputS3KeyPrefix: 'commands/night-1',
      },
    ]);
  });

  test('a repeated call finds the command, without asking SSM', async () => {
    await sendDocument(stop());
    await expect(sendDocument(stop())).resolves.toBe('c-1');
    expect(sends()).toHaveLength(1);
  });

  test('the intent is there before SSM is asked', async () => {
    ssm.on(SendCommandCommand).rejects(new InternalServerError({ message: 'later', $metadata: {} }));
    await expect(sendDocument(stop())).rejects.toMatchObject({ name: 'ServiceUnavailableError' });
    const [intent] = await queryAll('runs', 'RUN#night-1', { prefix: 'COMMAND#' });
    expect(intent).toMatchObject({ comment: 'night-1/stop', attempt: 1 });
  });

  test('a command whose id was not noted is found by its comment, on any page, and not sent again', async () => {
    ssm.on(SendCommandCommand).rejectsOnce(new InternalServerError({ message: 'lost', $metadata: {} }));
    await expect(sendDocument(stop())).rejects.toThrow();
    ssm
      .on(ListCommandsCommand)
      .resolvesOnce({ Commands: [{ CommandId: 'c-8', Comment: 'night-1/other' }], NextToken: 'more' })
      .resolves({ Commands: [{ CommandId: 'c-9', Comment: 'night-1/stop' }] });
    await expect(sendDocument(stop())).resolves.toBe('c-9');
    expect(sends()).toHaveLength(1);
    const [list] = ssm.commandCalls(ListCommandsCommand).slice(-2);
    expect(list?.args[0].input.Filters).toEqual([
      { key: 'DocumentName', value: 'lifeboat-production-stop-services' },
      { key: 'InvokedAfter', value: matching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) },
    ]);
  });

  test('a key belongs to one document', async () => {
    await sendDocument(stop());
    await expect(sendDocument({ ...stop(), document: 'start-services' })).rejects.toMatchObject({
      name: 'ContractViolationError',
      message: 'the command stop is of stop-services, not start-services',
    });
  });

  test.each([
    ['an injected command', { Services: 'nginx; reboot' }, 'Services'],
    ['a missing one', {}, 'Services'],
    ['an unknown one', { Services: 'nginx', More: 'x' }, 'unknown field "More"'],
  ])('refuses a parameter: %s', async (_what, parameters, words) => {
    await expect(sendDocument({ ...stop(), parameters: { ...parameters } })).rejects.toMatchObject({
      name: 'ContractViolationError',
      message: containing(words),
    });
    expect(sends()).toHaveLength(0);
  });

  test('refuses a run that has not the lease', async () => {
    await expect(sendDocument({ ...stop(), run: { ...run, fencingToken: 9 } })).rejects.toMatchObject({
      name: 'LeaseLostError',
    });
    expect(sends()).toHaveLength(0);
  });

  test('only hosts that are Online get commands', async () => {
    online(HOST);
    await expect(sendDocument(stop())).rejects.toMatchObject({
      name: 'HostOfflineError',
      message: containing(`${OTHER_HOST} is unknown to SSM`),
    });
    ssm.on(DescribeInstanceInformationCommand).resolves({
      InstanceInformationList: [HOST, OTHER_HOST].map((InstanceId) => ({ InstanceId, PingStatus: 'ConnectionLost' })),
    });
    await expect(sendDocument(stop())).rejects.toMatchObject({ message: containing('ConnectionLost') });
    expect(sends()).toHaveLength(0);
  });

  test('a host that SSM does not take is offline', async () => {
    ssm.on(SendCommandCommand).rejects(new InvalidInstanceId({ message: 'not in a valid state', $metadata: {} }));
    await expect(sendDocument(stop())).rejects.toMatchObject({ name: 'HostOfflineError' });
  });

  test('an answer without a command is refused', async () => {
    ssm.on(SendCommandCommand).resolves({});
    await expect(sendDocument(stop())).rejects.toMatchObject({ name: 'AwsRefusedError' });
  });

  test('what belongs to no run needs no lease, and its intent expires', async () => {
    const before = Date.now() / 1000;
    await sendDocument({ ...stop(), run: null, key: 'probe-7' });
    const [intent] = await queryAll('runs', 'PROBE#production');
    expect(intent).toMatchObject({ comment: 'probe/probe-7', commandId: 'c-1' });
    expect(Number(intent?.['expires'])).toBeGreaterThanOrEqual(Math.floor(before) + 7 * 86_400);
    expect(sends()[0]).toMatchObject({ OutputS3KeyPrefix: 'commands/probes' });
  });

  test('a comment is at most 100 characters and stays its own', () => {
    const id = 'r'.repeat(80);
    const comments = [
      commentOf(id, 'k'.repeat(80), 1),
      commentOf(id, `${'k'.repeat(79)}x`, 1),
      commentOf(id, 'k'.repeat(80), 2),
    ];
    for (const comment of comments) expect(comment).toHaveLength(100);
    expect(new Set(comments).size).toBe(3);
  });
});

describe('awaiting', () => {
  const ending = { services: [{ name: 'nginx', was: 'active', is: 'inactive' }] };
  const line = JSON.stringify(ending);
  const says = (host: string, output: Partial<GetCommandInvocationCommandOutput>) =>
    ssm.on(GetCommandInvocationCommand, { InstanceId: host }).resolves(output);
  const success = {
    Status: 'Success',
    StatusDetails: 'Success',
    ResponseCode: 0,
    StandardOutputContent: `stopping\n${line}\n`,
  } as const;
  const ask = (hosts = [HOST]) => awaitDocument('stop-services', 'c-1', hosts);

  test('gives the last line of each host, parsed', async () => {
    says(HOST, success);
    says(OTHER_HOST, success);
    await expect(ask([HOST, OTHER_HOST])).resolves.toEqual({
      done: true,
      results: [HOST, OTHER_HOST].map((host) => ({ host, result: ending })),
    });
  });

  test.each(['Pending', 'InProgress', 'Delayed', 'Cancelling'] as const)('%s is not the end', async (Status) => {
    says(HOST, { Status, StatusDetails: Status });
    await expect(ask()).resolves.toEqual({ done: false, results: [] });
  });

  test('an invocation that SSM does not list yet is not the end', async () => {
    ssm.on(GetCommandInvocationCommand).rejects(new InvocationDoesNotExist({ message: 'none', $metadata: {} }));
    await expect(ask()).resolves.toEqual({ done: false, results: [] });
  });

  test('a failure is judged when all have ended, with the words of all', async () => {
    const failure = {
      Status: 'Failed',
      StatusDetails: 'Failed',
      ResponseCode: 1,
      StandardErrorContent: 'unit is masked',
    } as const;
    says(HOST, failure);
    says(OTHER_HOST, { Status: 'InProgress' });
    await expect(ask([HOST, OTHER_HOST])).resolves.toMatchObject({ done: false });
    says(OTHER_HOST, { ...failure, StandardErrorContent: 'disk is full' });
    await expect(ask([HOST, OTHER_HOST])).rejects.toMatchObject({
      name: 'DocumentFailedError',
      message:
        `stop-services on ${HOST} ended with exit code 1: unit is masked; ` +
        `stop-services on ${OTHER_HOST} ended with exit code 1: disk is full`,
    });
  });

  test.each([
    [7, 'DatabaseUnreachableError'],
    [8, 'FenceFailedError'],
    [9, 'ApplicationUnhealthyError'],
    [3, 'DocumentFailedError'],
  ])('exit code %d is %s, with the tail of standard error', async (ResponseCode, name) => {
    const StandardErrorContent = `${'x'.repeat(600)} could not connect\n`;
    says(HOST, { Status: 'Failed', StatusDetails: 'Failed', ResponseCode, StandardErrorContent });
    const error: unknown = await ask().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      name,
      message: containing(`${HOST} ended with exit code ${ResponseCode}: …xxx`),
    });
    expect(error).toMatchObject({ message: matching(/could not connect$/) });
    expect(error instanceof Error ? error.message.length : 0).toBeLessThan(600);
  });

  test.each([
    [{ Status: 'TimedOut', StatusDetails: 'ExecutionTimedOut', ResponseCode: -1 }, 'DocumentTimedOutError'],
    [{ Status: 'TimedOut', StatusDetails: 'DeliveryTimedOut', ResponseCode: -1 }, 'HostSilentError'],
    [{ Status: 'Failed', StatusDetails: 'Undeliverable', ResponseCode: -1 }, 'HostSilentError'],
    [{ Status: 'Cancelled', StatusDetails: 'Cancelled', ResponseCode: -1 }, 'DocumentFailedError'],
    [{ Status: 'Cancelled', StatusDetails: 'Terminated', ResponseCode: -1 }, 'DocumentFailedError'],
    [{ Status: 'Failed', StatusDetails: 'InvalidPlatform', ResponseCode: -1 }, 'DocumentFailedError'],
  ] as const)('%j is %s', async (output, name) => {
    says(HOST, output);
    await expect(ask()).rejects.toMatchObject({ name, message: containing(HOST) });
  });

  test('a delivery that timed out is looked at again, and judged by what the script did', async () => {
    const timedOut = { Status: 'TimedOut', StatusDetails: 'DeliveryTimedOut', ResponseCode: -1 } as const;
    ssm.on(GetCommandInvocationCommand).resolvesOnce(timedOut).resolves(success);
    await expect(ask()).resolves.toMatchObject({ done: true });
    ssm.on(GetCommandInvocationCommand).resolvesOnce(timedOut).resolves({ Status: 'InProgress' });
    await expect(ask()).resolves.toMatchObject({ done: false });
    const ended = { ...timedOut, ExecutionEndDateTime: '2026-11-23T02:21:00Z' };
    ssm.on(GetCommandInvocationCommand).resolves({ ...ended, ResponseCode: 0, StandardOutputContent: line });
    await expect(ask()).resolves.toMatchObject({ done: true });
    ssm.on(GetCommandInvocationCommand).resolves({ ...ended, ResponseCode: 7 });
    await expect(ask()).rejects.toMatchObject({ name: 'DatabaseUnreachableError' });
  });

  test.each([
    ['without a line of JSON', 'stopped', 'ended without its line of JSON; its last line is: stopped'],
    ['with nothing', '', 'ended without its line of JSON'],
    ['with another result', '{"services":"all"}', "another result than its contract's: services: "],
    ['with more than SSM gives back', 'x'.repeat(24_000), 'all of it is in https://s3/out'],
    ['with a marked cut', `${line}\n---Output truncated---`, 'all of it is in https://s3/out'],
  ])('a success %s is a failure', async (_what, StandardOutputContent, words) => {
    says(HOST, { ...success, StandardOutputContent, StandardOutputUrl: 'https://s3/out' });
    await expect(ask()).rejects.toMatchObject({ name: 'DocumentFailedError', message: containing(words) });
  });
});
