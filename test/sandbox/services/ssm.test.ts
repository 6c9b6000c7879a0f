import {
  CancelCommandCommand,
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  ListCommandInvocationsCommand,
  ListCommandsCommand,
  SSMClient,
  SendCommandCommand,
  type CommandFilterKey,
  type SendCommandCommandInput,
} from '@aws-sdk/client-ssm';
import { VirtualClock } from '../../../asl';
import { type Deployment, deploy } from '../../../sandbox/deployment';
import { CommandDocument } from '../../../sandbox/services/ssm/document';
import { type HostResult, type ManagedHost } from '../../../sandbox/services/ssm/host';
import { ACCOUNT, REGION, policy, writeAssembly } from '../deployment/assembly';

const content = {
  schemaVersion: '2.2',
  parameters: {
    Service: { type: 'String', allowedPattern: '^[a-z]+$', interpolationType: 'ENV_VAR' },
    Mode: { type: 'String', allowedValues: ['a', 'b'], default: 'a', interpolationType: 'ENV_VAR' },
    Timeout: { type: 'String', allowedPattern: '^[0-9]+$', default: '600' },
  },
  mainSteps: [
    {
      action: 'aws:runShellScript',
      name: 'run',
      inputs: { runCommand: ['echo', '$SSM_Service'], timeoutSeconds: '{{ Timeout }}' },
    },
  ],
};
type Ran = Parameters<ManagedHost['run']>;

class Host implements ManagedHost {
  online = true;
  roleArn = '';
  agentVersion = '3.3.2746.0';
  readonly ran: Ran[] = [];
  result: Partial<HostResult> = {};
  hold: Promise<void> | undefined;
  constructor(
    readonly instanceId: string,
    readonly tags: Record<string, string> = { app: 'x' },
  ) {}
  async run(...given: Ran): Promise<HostResult> {
    this.ran.push(given);
    await this.hold;
    return { exitCode: 0, stdout: 'ok', stderr: '', timedOut: false, ...this.result };
  }
}

describe('Run Command', () => {
  const assembly = writeAssembly({
    Reports: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'reports' } },
    Doc: { Type: 'AWS::SSM::Document', Properties: { Content: content, DocumentType: 'Command', Name: 'doc' } },
  });
  const [A, B] = ['i-0123456789abcdef0', 'i-0123456789abcdef1'];
  let hosts: Host[];
  let clock: VirtualClock;
  let deployment: Deployment;
  let roleArn: string;
  beforeEach(async () => {
    hosts = [new Host(A), new Host(B, { app: 'y' })];
    clock = new VirtualClock({ byHand: true });
    deployment = await deploy({ assembly: assembly.folder, stack: 'Test', clock, hosts: () => hosts });
    roleArn = deployment.addRole('r', policy(['ssm:*', '*']));
  });
  afterEach(async () => {
    await deployment.close();
    clock.close();
  });
  afterAll(() => {
    assembly.remove();
  });
  const as = async <T>(work: (client: SSMClient) => Promise<T>, arn = roleArn): Promise<T> =>
    await deployment.as(arn, 'test', async () => await work(new SSMClient({})));
  const send = async (more: Partial<SendCommandCommandInput> = {}): Promise<string> => {
    const input = { DocumentName: 'doc', InstanceIds: [A], Parameters: { Service: ['web'] }, ...more };
    const { Command } = await as(async (client) => await client.send(new SendCommandCommand(input)));
    return Command?.CommandId ?? '';
  };
  const invocation = async (CommandId: string, InstanceId = A) =>
    await as(async (client) => await client.send(new GetCommandInvocationCommand({ CommandId, InstanceId })));

  it('runs the script with its parameters as variables', async () => {
    const id = await send();
    await expect(invocation(id)).rejects.toMatchObject({ name: 'InvocationDoesNotExist' });
    await clock.advance(600);
    expect(await invocation(id)).toMatchObject({ Status: 'Pending', ResponseCode: -1 });
    await clock.advance(600);
    expect(hosts[0]?.ran[0]?.slice(0, 2)).toEqual(['echo\n$SSM_Service', { SSM_Service: 'web', SSM_Mode: 'a' }]);
    expect(hosts[0]?.ran[0]?.[2].timeoutSeconds).toBe(600);
    expect(await invocation(id)).toMatchObject({
      Status: 'Success',
      StatusDetails: 'Success',
      ResponseCode: 0,
      StandardOutputContent: 'ok',
    });
  });

  it('cuts output where AWS does', async () => {
    hosts[0]!.result = { stdout: 'o'.repeat(30_000), stderr: 'e'.repeat(30_000), exitCode: 9 };
    const id = await send();
    await clock.advance(2000);
    const { StandardOutputContent, StandardErrorContent, Status, ResponseCode } = await invocation(id);
    expect([StandardOutputContent?.length, StandardErrorContent?.length, Status, ResponseCode]).toEqual([
      24_000,
      8_000,
      'Failed',
      9,
    ]);
    const { CommandInvocations } = await as(
      async (client) => await client.send(new ListCommandInvocationsCommand({ CommandId: id, Details: true })),
    );
    expect(CommandInvocations?.[0]?.CommandPlugins?.[0]?.Output).toHaveLength(2500);
  });

  it('gives up by its own clock on an agent that falls silent under a script, and hears nothing of it later', async () => {
    let answer = (): void => undefined;
    hosts[0]!.hold = new Promise((resolve) => {
      answer = resolve;
    });
    const id = await send();
    await clock.advance(600_000);
    expect(await invocation(id)).toMatchObject({ Status: 'InProgress' });
    await clock.advance(60_000);
    expect(await invocation(id)).toMatchObject({ Status: 'TimedOut', StatusDetails: 'ExecutionTimedOut' });
    answer();
    await clock.settle();
    expect(await invocation(id)).toMatchObject({ Status: 'TimedOut', StandardOutputContent: '' });
  });

  it('lists commands by document and by the time of their sending', async () => {
    const id = await send();
    const listed = async (...filters: readonly [CommandFilterKey, string][]) => {
      const input = { Filters: filters.map(([key, value]) => ({ key, value })) };
      const { Commands = [] } = await as(async (client) => await client.send(new ListCommandsCommand(input)));
      return Commands.map(({ CommandId }) => CommandId);
    };
    expect(await listed(['DocumentName', 'doc'], ['InvokedAfter', '2029-12-31T23:59:59Z'])).toEqual([id]);
    expect(await listed(['DocumentName', 'other'])).toEqual([]);
    expect(await listed(['InvokedAfter', '2030-01-02T00:00:00Z'])).toEqual([]);
    expect(await listed(['InvokedBefore', '2029-12-31T23:59:59Z'])).toEqual([]);
  });

  it('gives up on a host that is away, or finds it back', async () => {
    hosts[0]!.online = false;
    const id = await send({ TimeoutSeconds: 30 });
    await clock.advance(29_000);
    expect(await invocation(id)).toMatchObject({ Status: 'Pending' });
    await clock.advance(1_000);
    expect(await invocation(id)).toMatchObject({
      Status: 'TimedOut',
      StatusDetails: 'DeliveryTimedOut',
      ResponseCode: -1,
    });
    const second = await send({ TimeoutSeconds: 30 });
    await clock.advance(10_000);
    hosts[0]!.online = true;
    await clock.advance(10_000);
    expect(await invocation(second)).toMatchObject({ Status: 'Success' });
  });

  it('tells a time-out of the script from one of the delivery', async () => {
    hosts[0]!.result = { exitCode: undefined, timedOut: true };
    const id = await send({ Parameters: { Service: ['web'], Timeout: ['5'] } });
    await clock.advance(2000);
    expect(hosts[0]?.ran[0]?.[2].timeoutSeconds).toBe(5);
    expect(await invocation(id)).toMatchObject({
      Status: 'TimedOut',
      StatusDetails: 'ExecutionTimedOut',
      ResponseCode: 137,
    });
  });

  it('cancels', async () => {
    let release = (): void => undefined;
    hosts[0]!.hold = new Promise((resolve) => {
      release = resolve;
    });
    const id = await send({ InstanceIds: [A, B] });
    await clock.advance(2000);
    await as(async (client) => await client.send(new CancelCommandCommand({ CommandId: id })));
    expect(await invocation(id)).toMatchObject({ Status: 'Cancelling' });
    expect(hosts[0]?.ran[0]?.[2].signal.aborted).toBe(true);
    release();
    await clock.settle();
    expect(await invocation(id)).toMatchObject({ Status: 'Cancelled', ResponseCode: 137 });
    expect(await invocation(id, B)).toMatchObject({ Status: 'Success' });
    const { Commands } = await as(async (client) => await client.send(new ListCommandsCommand({ CommandId: id })));
    expect(Commands).toMatchObject([{ Status: 'Cancelled', TargetCount: 2, CompletedCount: 2, ErrorCount: 0 }]);
  });

  it("writes the whole output to S3 under the host's role, and goes on where it may not", async () => {
    const stdout = 'o'.repeat(30_000);
    for (const host of hosts) host.result = { stdout };
    hosts[0]!.roleArn = deployment.addRole('host', policy(['s3:PutObject', 'arn:aws:s3:::reports/commands/*']));
    hosts[1]!.roleArn = deployment.addRole('other-host', policy(['s3:GetObject', '*']));
    const output = { OutputS3BucketName: 'reports', OutputS3KeyPrefix: 'commands' };
    const id = await send({ InstanceIds: [A, B], ...output });
    await clock.advance(2000);
    expect([(await invocation(id)).Status, (await invocation(id, B)).Status]).toEqual(['Success', 'Success']);
    const stored = deployment.objects('reports').map(({ key, body }) => [key, body.length]);
    expect(stored).toEqual([[`commands/${id}/${A}/awsrunShellScript/run/stdout`, 30_000]]);
    expect(deployment.callLog.filter(({ service }) => service === 'S3')).toMatchObject([
      { source: A, outcome: 'done' },
      { source: B, outcome: 'denied' },
    ]);
  });

  it('does not splice on an old agent', async () => {
    hosts[0]!.agentVersion = '3.3.2745.9';
    const id = await send();
    await clock.advance(2000);
    expect(await invocation(id)).toMatchObject({ Status: 'Failed' });
    expect(hosts[0]?.ran).toEqual([]);
  });

  it.each<[string, Partial<SendCommandCommandInput>, string]>([
    ['an unknown document', { DocumentName: 'other' }, 'InvalidDocument'],
    ['an unknown parameter', { Parameters: { Service: ['web'], Other: ['x'] } }, 'InvalidParameters'],
    ['a missing parameter', { Parameters: {} }, 'InvalidParameters'],
    ['a value outside the pattern', { Parameters: { Service: ['web; rm'] } }, 'InvalidParameters'],
    ['a value outside the list', { Parameters: { Service: ['web'], Mode: ['c'] } }, 'InvalidParameters'],
    ['an unknown instance', { InstanceIds: ['i-0123456789abcdeff'] }, 'InvalidInstanceId'],
    ['the same instance twice', { InstanceIds: [A, A] }, 'DuplicateInstanceId'],
    ['too short a delivery', { TimeoutSeconds: 29 }, 'ValidationException'],
    ['a long comment', { Comment: 'x'.repeat(101) }, 'ValidationException'],
    ['fifty-one instances', { InstanceIds: Array.from({ length: 51 }, () => A) }, 'ValidationException'],
    ['notifications', { ServiceRoleArn: 'arn:aws:iam::123456789012:role/x' }, 'NotSimulatedError'],
  ])('refuses %s', async (_name, more, name) => {
    await expect(send(more)).rejects.toMatchObject({ name });
  });

  it('asks for the document and for each host, by its tags', async () => {
    const arn = `arn:aws:ssm:${REGION}:${ACCOUNT}:document/doc`;
    const only = deployment.addRole('only-x', {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: 'ssm:SendCommand', Resource: arn },
        {
          Effect: 'Allow',
          Action: 'ssm:SendCommand',
          Resource: `arn:aws:ec2:${REGION}:${ACCOUNT}:instance/*`,
          Condition: { StringEquals: { 'ssm:resourceTag/app': 'x' } },
        },
      ],
    });
    const command = (id: string) =>
      new SendCommandCommand({ DocumentName: 'doc', InstanceIds: [id], Parameters: { Service: ['web'] } });
    await expect(as(async (client) => await client.send(command(A)), only)).resolves.toMatchObject({
      Command: { Status: 'Pending' },
    });
    await expect(as(async (client) => await client.send(command(B)), only)).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });

  it('describes the hosts, by tag', async () => {
    hosts[1]!.online = false;
    const { InstanceInformationList } = await as(
      async (client) =>
        await client.send(new DescribeInstanceInformationCommand({ Filters: [{ Key: 'tag:app', Values: ['y'] }] })),
    );
    expect(InstanceInformationList).toMatchObject([
      { InstanceId: B, PingStatus: 'ConnectionLost', AgentVersion: '3.3.2746.0' },
    ]);
  });
});

describe('documents that are refused', () => {
  const step = content.mainSteps[0]!;
  it.each<[string, object, RegExp]>([
    ['spliced text', { mainSteps: [{ ...step, inputs: { runCommand: ['echo {{ Service }}'] } }] }, /splices text/],
    [
      'a parameter that is spliced',
      { parameters: { A: { type: 'String', allowedPattern: '^a$' } } },
      /environment variable/,
    ],
    [
      'a parameter without bounds',
      { parameters: { ...content.parameters, A: { type: 'String', interpolationType: 'ENV_VAR' } } },
      /not constrained/,
    ],
    ['another schema', { schemaVersion: '0.3' }, /schemaVersion/],
    ['another action', { mainSteps: [{ ...step, action: 'aws:runPowerShellScript' }] }, /action/],
    ['two steps', { mainSteps: [step, step] }, /mainSteps/],
    [
      'a time-out of nothing',
      { mainSteps: [{ ...step, inputs: { ...step.inputs, timeoutSeconds: '{{ None }}' } }] },
      /timeoutSeconds|environment/,
    ],
  ])('%s', (_name, more, message) => {
    expect(() => new CommandDocument('doc', { ...content, ...more })).toThrow(message);
  });
});
