import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
  SendTaskSuccessCommand,
} from '@aws-sdk/client-sfn';
import { VirtualClock } from '../../../asl';
import { type Deployment, deploy } from '../../../sandbox/deployment';
import {
  ACCOUNT,
  REGION,
  attribute,
  lambda,
  machine,
  policy,
  ref,
  role,
  task,
  writeAssembly,
} from '../deployment/assembly';

const like = (expression: RegExp): unknown => expect.stringMatching(expression);
const arn = (kind: string, name: string): string => `arn:aws:states:${REGION}:${ACCOUNT}:${kind}:${name}`;
const nested = [
  [
    ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
    `arn:aws:events:${REGION}:${ACCOUNT}:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule`,
  ],
  [['states:DescribeExecution', 'states:StopExecution'], arn('execution', 'child:*')],
] satisfies [string[], string][];
const invokes = (FunctionName: string) => ({
  StartAt: 'Invoke',
  States: {
    Invoke: task(
      'lambda:invoke',
      { FunctionName, Payload: '{% $states.input %}' },
      { End: true, Output: '{% $states.result.Payload %}' },
    ),
  },
});
const starts = (roleId: string) =>
  machine(roleId, {
    StartAt: 'Start',
    States: {
      Start: task('states:startExecution.sync:2', {
        StateMachineArn: '${Child}',
        Name: '{% $states.context.Execution.Name %}',
        Input: '{% $states.input %}',
      }),
    },
  });

const bundle = `
  exports.handler = async (event) => {
    if (event.fail) { const e = new Error('no'); e.name = 'LeaseHeldError'; throw e; }
    return { seen: event };
  };`;
const resources = {
  FunctionRole: role('lambda'),
  F: lambda('f', 'FunctionRole', { FunctionName: 'f' }),
  ChildRole: role('states', ['lambda:InvokeFunction', attribute('F')]),
  Child: machine('ChildRole', invokes('${F.Arn}'), { StateMachineName: 'child' }),
  ParentRole: role('states', ['states:StartExecution', ref('Child')], ...nested),
  Parent: starts('ParentRole'),
  NarrowRole: role('states', ['states:StartExecution', ref('Child')], nested[0] ?? ['x', 'y']),
  Narrow: starts('NarrowRole'),
  DeniedRole: role('states'),
  Denied: machine('DeniedRole', invokes('${F.Arn}')),
  WaitingRole: role('states'),
  Waiting: machine(
    'WaitingRole',
    { StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 3600, End: true } } },
    { StateMachineName: 'waiting' },
  ),
  TokenRole: role('states', ['lambda:InvokeFunction', attribute('F')]),
  Token: machine('TokenRole', {
    StartAt: 'Ask',
    States: {
      Ask: task(
        'lambda:invoke.waitForTaskToken',
        { FunctionName: '${F.Arn}', Payload: { token: '{% $states.context.Task.Token %}' } },
        { End: true, TimeoutSeconds: 60 },
      ),
    },
  }),
};

describe('state machines', () => {
  const assembly = writeAssembly(resources, { f: bundle });
  const clock = new VirtualClock();
  let deployment: Deployment;
  let operator: string;
  beforeAll(async () => {
    deployment = await deploy({ assembly: assembly.folder, stack: 'Test', clock });
    operator = deployment.addRole('operator', policy(['states:*', '*']));
  });
  afterAll(async () => {
    await deployment.close();
    clock.close();
    assembly.remove();
  });
  const ended = async (name: string, input: unknown, executionName?: string) =>
    await deployment.start(name, input, executionName).execution.done;
  const asOperator = async <T>(work: (client: SFNClient) => Promise<T>): Promise<T> =>
    await deployment.as(operator, 'operator', async () => await work(new SFNClient({})));

  it('invoke functions under their own role', async () => {
    expect(await ended('Child', { a: 1 })).toEqual({ status: 'SUCCEEDED', output: { seen: { a: 1 } } });
    const failed = await ended('Child', { fail: true });
    expect(failed).toMatchObject({ status: 'FAILED', error: 'LeaseHeldError' });
    expect(JSON.parse(failed.cause ?? '')).toMatchObject({ errorType: 'LeaseHeldError', errorMessage: 'no' });
  });

  it('fail where the role may not invoke', async () => {
    const failed = await ended('Denied', {});
    expect(failed).toMatchObject({ status: 'FAILED', error: 'Lambda.AWSLambdaException' });
    expect(failed.cause).toContain('not authorized to perform: lambda:InvokeFunction on resource: arn:aws:lambda:');
    expect(deployment.callLog.at(-1)).toMatchObject({ operation: 'Invoke', outcome: 'denied' });
  });

  it('run a nested machine and follow it', async () => {
    const result = await ended('Parent', { a: 2 }, 'run-1');
    expect(result).toMatchObject({
      status: 'SUCCEEDED',
      output: {
        Name: 'run-1',
        ExecutionArn: arn('execution', 'child:run-1'),
        Input: { a: 2 },
        Output: { seen: { a: 2 } },
        Status: 'SUCCEEDED',
      },
    });
  });

  it('fail with the description of a nested machine that failed', async () => {
    const result = await ended('Parent', { fail: true }, 'run-2');
    expect(result).toMatchObject({ status: 'FAILED', error: 'States.TaskFailed' });
    expect(JSON.parse(result.cause ?? '')).toMatchObject({
      Status: 'FAILED',
      Error: 'LeaseHeldError',
      Input: '{"fail":true}',
    });
  });

  it('need every right to follow a nested machine', async () => {
    expect(await ended('Narrow', {}, 'run-3')).toMatchObject({
      error: 'StepFunctions.AWSStepFunctionsException',
      cause: like(/states:DescribeExecution/),
    });
  });

  it('say what became of executions', async () => {
    const described = await asOperator(
      async (client) =>
        await client.send(new DescribeExecutionCommand({ executionArn: arn('execution', 'child:run-2') })),
    );
    expect(described).toMatchObject({
      status: 'FAILED',
      error: 'LeaseHeldError',
      name: 'run-2',
      stateMachineArn: arn('stateMachine', 'child'),
      input: '{"fail":true}',
    });
    const executionArn = arn('execution', 'child:run-1');
    const first = await asOperator(
      async (client) => await client.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 2 })),
    );
    expect(first.events?.map(({ id, type }) => [id, type])).toEqual([
      [1, 'ExecutionStarted'],
      [2, 'TaskStateEntered'],
    ]);
    const { nextToken = '' } = first;
    const second = await asOperator(
      async (client) => await client.send(new GetExecutionHistoryCommand({ executionArn, nextToken })),
    );
    expect(second.events?.[0]?.id).toBe(3);
    const listed = await asOperator(
      async (client) =>
        await client.send(
          new ListExecutionsCommand({ stateMachineArn: arn('stateMachine', 'child'), statusFilter: 'FAILED' }),
        ),
    );
    expect(listed.executions?.map(({ name }) => name)).toContain('run-2');
  });

  it('start once by name, and stop', async () => {
    const stateMachineArn = arn('stateMachine', 'waiting');
    const begin = async (input: string) =>
      await asOperator(
        async (client) => await client.send(new StartExecutionCommand({ stateMachineArn, name: 'one', input })),
      );
    // The clock is virtual and would end the wait as soon as nothing else happens.
    const [first, again] = await Promise.all([begin('{}'), begin('{}')]);
    expect(again.executionArn).toBe(first.executionArn);
    await expect(begin('{"other":1}')).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
    const { executionArn = '' } = first;
    await asOperator(
      async (client) =>
        await client.send(new StopExecutionCommand({ executionArn, error: 'Operator', cause: 'enough' })),
    );
    const described = await asOperator(
      async (client) => await client.send(new DescribeExecutionCommand({ executionArn })),
    );
    expect(described).toMatchObject({ status: 'ABORTED', error: 'Operator', cause: 'enough' });
    await expect(begin('{}')).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
    await expect(
      asOperator(
        async (client) => await client.send(new StartExecutionCommand({ stateMachineArn: `${stateMachineArn}x` })),
      ),
    ).rejects.toMatchObject({ name: 'StateMachineDoesNotExist' });
    await expect(
      asOperator(async (client) => await client.send(new StartExecutionCommand({ stateMachineArn, input: 'no JSON' }))),
    ).rejects.toMatchObject({ name: 'InvalidExecutionInput' });
  });

  it('wait for a token, which only who may sends', async () => {
    const { execution } = deployment.start('Token', {});
    const log = async (): Promise<string> => {
      for (;;) {
        const submitted = execution.history().find(({ type }) => type === 'TaskSubmitted');
        const token = /"token":"([^"]+)"/.exec(JSON.stringify(submitted ?? {}).replaceAll('\\', ''))?.[1];
        if (token !== undefined) return token;
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const taskToken = await log();
    await asOperator(
      async (client) => await client.send(new SendTaskSuccessCommand({ taskToken, output: '{"approved":true}' })),
    );
    expect(await execution.done).toEqual({ status: 'SUCCEEDED', output: { approved: true } });
    await expect(
      asOperator(async (client) => await client.send(new SendTaskSuccessCommand({ taskToken, output: '1' }))),
    ).rejects.toMatchObject({ name: 'TaskDoesNotExist' });
    const nobody = deployment.addRole('nobody', policy(['states:SendTaskSuccess', arn('stateMachine', 'x')]));
    await expect(
      deployment.as(
        nobody,
        'n',
        async () => await new SFNClient({}).send(new SendTaskSuccessCommand({ taskToken, output: '1' })),
      ),
    ).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});

it.each([
  ['trust', { Role: role('lambda') }, {}, 'TrustError'],
  ['the rule for nested executions', { Role: role('states', ['states:*', '*']) }, {}, 'AccessDeniedException'],
  [
    'log delivery',
    { Role: role('states', ['events:*', '*']) },
    { LoggingConfiguration: { Level: 'ALL' } },
    'AccessDeniedException',
  ],
])('a machine is not made without %s', async (_name, roles, more, error) => {
  const definition = { StartAt: 'S', States: { S: task('states:startExecution.sync:2', { StateMachineArn: 'x' }) } };
  const assembly = writeAssembly({ ...roles, M: machine('Role', definition, more) });
  const deployed = deploy({ assembly: assembly.folder, stack: 'Test', clock: new VirtualClock() });
  await expect(deployed).rejects.toMatchObject({ name: error });
  assembly.remove();
});
