import { VirtualClock } from '../../../asl';
import { deploy, type Deployment } from '../../../sandbox/deployment';
import { targetInput } from '../../../sandbox/services/events/input';
import { compilePattern } from '../../../sandbox/services/events/pattern';
import { parseSchedule } from '../../../sandbox/services/events/schedule';
import { attribute, lambda, machine, ref, role, writeAssembly } from '../deployment/assembly';

describe('patterns', () => {
  const event = {
    source: 'aws.states',
    detail: { status: 'FAILED', count: 3, tags: ['a', 'b'], inner: { none: null } },
  };
  it.each<[object, boolean]>([
    [{ source: ['aws.states'] }, true],
    [{ source: ['aws.rds'] }, false],
    [{ detail: { status: ['SUCCEEDED', 'FAILED'] } }, true],
    [{ source: ['aws.states'], detail: { status: ['SUCCEEDED'] } }, false],
    [{ detail: { status: [{ prefix: 'FA' }] } }, true],
    [{ detail: { status: [{ prefix: { 'equals-ignore-case': 'fa' } }] } }, true],
    [{ detail: { status: [{ suffix: 'x' }] } }, false],
    [{ detail: { status: [{ 'equals-ignore-case': 'failed' }] } }, true],
    [{ detail: { status: [{ wildcard: 'F*D' }] } }, true],
    [{ detail: { status: [{ 'anything-but': 'FAILED' }] } }, false],
    [{ detail: { status: [{ 'anything-but': ['OK', 'RUNNING'] }] } }, true],
    [{ detail: { status: [{ 'anything-but': { prefix: 'FA' } }] } }, false],
    [{ detail: { other: [{ 'anything-but': 'x' }] } }, false],
    [{ detail: { other: [{ exists: false }] } }, true],
    [{ detail: { status: [{ exists: false }] } }, false],
    [{ detail: { other: { deep: [{ exists: false }] } } }, true],
    [{ detail: { count: [{ numeric: ['>', 2, '<=', 3] }] } }, true],
    [{ detail: { count: [{ numeric: ['=', 4] }] } }, false],
    [{ detail: { count: ['3'] } }, false],
    [{ detail: { tags: ['b'] } }, true],
    [{ detail: { inner: { none: [null] } } }, true],
    [{ $or: [{ source: ['x'] }, { detail: { count: [3] } }] }, true],
    [{ $or: [{ source: ['x'] }, { detail: { count: [4] } }] }, false],
  ])('%j: %s', (pattern, expected) => {
    expect(compilePattern(pattern)(event)).toBe(expected);
  });

  it.each([
    [{ a: [{ cidr: '10.0.0.0/8' }] }, /cidr is not known/],
    [{ a: 'x' }, /not a list/],
    [{}, /not an object of fields/],
    [{ a: [{ numeric: ['~', 1] }] }, /numeric operator ~/],
    [{ a: [{ prefix: 'x', suffix: 'y' }] }, /one operator/],
  ])('%j is refused', (pattern, message) => {
    expect(() => compilePattern(pattern)).toThrow(message);
  });
});

describe('schedules', () => {
  const at = (text: string): number => Date.parse(text);
  it.each([
    ['rate(5 minutes)', '2026-01-01T00:07:00Z', '2026-01-01T00:10:00Z'],
    ['rate(1 day)', '2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'],
    ['cron(0 3 * * ? *)', '2026-01-01T03:00:00Z', '2026-01-02T03:00:00Z'],
    ['cron(0/15 * * * ? *)', '2026-01-01T03:16:20Z', '2026-01-01T03:30:00Z'],
    ['cron(30 8 ? * MON-FRI *)', '2026-01-02T09:00:00Z', '2026-01-05T08:30:00Z'],
    ['cron(0 0 29 FEB ? *)', '2026-01-01T00:00:00Z', '2028-02-29T00:00:00Z'],
    ['at(2026-02-01T00:00:00)', '2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z'],
  ])('%s after %s is due at %s', (expression, after, due) => {
    const next = parseSchedule(expression, at('2026-01-01T00:00:00Z'))(at(after));
    expect(new Date(next ?? 0).toISOString()).toBe(new Date(due).toISOString());
  });
  it.each([
    'rate(1 minutes)',
    'rate(0 minutes)',
    'cron(0 3 * * * *)',
    'cron(0 3 L * ? *)',
    'cron(61 3 * * ? *)',
    'daily',
  ])('%s is refused', (expression) => {
    expect(() => parseSchedule(expression, 0)).toThrow(expression);
  });
  it('end', () => {
    expect(parseSchedule('at(2026-02-01T00:00:00)', 0)(at('2026-02-01T00:00:00Z'))).toBeUndefined();
    expect(parseSchedule('cron(0 0 1 1 ? 2020)', 0)(at('2026-02-01T00:00:00Z'))).toBeUndefined();
  });
});

it('a template takes values as JSON or as part of a text', () => {
  const event = { detail: { name: 'a "b"', list: [1, 2] } };
  const paths = { name: '$.detail.name', second: '$.detail.list[1]', list: '$.detail.list' };
  const fill = (template: string): string => targetInput({ transformer: { paths, template } }, event, 'arn:rule');
  expect(JSON.parse(fill('{"x":<name>,"y":<second>,"z":"<name>: <list>","r":"<aws.events.rule-arn>"}'))).toEqual({
    x: 'a "b"',
    y: 2,
    z: 'a "b": [1,2]',
    r: 'arn:rule',
  });
  expect(() => fill('{"x":<other>}')).toThrow('<other>');
  expect(() => targetInput({ path: '$.detail.none' }, event, 'arn:rule')).toThrow('finds nothing');
});

const bundle = `let failures = 0;
  exports.handler = async (event) => { if (event.fail) { failures += 1; throw new Error('no ' + failures); } console.log(JSON.stringify(event)); };`;
const permission = (functionId: string, ruleId: string) => ({
  Type: 'AWS::Lambda::Permission',
  Properties: {
    Action: 'lambda:InvokeFunction',
    FunctionName: attribute(functionId),
    Principal: 'events.amazonaws.com',
    SourceArn: attribute(ruleId),
  },
});
const rule = (properties: object) => ({ Type: 'AWS::Events::Rule', Properties: { State: 'ENABLED', ...properties } });
const failed = { source: ['aws.states'], detail: { status: ['SUCCEEDED'], name: [{ prefix: 'watched' }] } };
const resources = {
  FunctionRole: role('lambda', ['sqs:SendMessage', attribute('Dead')]),
  F: lambda('f', 'FunctionRole', { FunctionName: 'watcher' }),
  Unreachable: lambda('f', 'FunctionRole'),
  Config: {
    Type: 'AWS::Lambda::EventInvokeConfig',
    Properties: {
      FunctionName: ref('F'),
      Qualifier: '$LATEST',
      MaximumRetryAttempts: 1,
      DestinationConfig: { OnFailure: { Destination: attribute('Dead') } },
    },
  },
  MachineRole: role('states'),
  M: machine('MachineRole', { StartAt: 'P', States: { P: { Type: 'Pass', End: true } } }, { StateMachineName: 'm' }),
  RuleRole: role('events', ['states:StartExecution', ref('M')]),
  Dead: { Type: 'AWS::SQS::Queue' },
  DeadPolicy: {
    Type: 'AWS::SQS::QueuePolicy',
    Properties: {
      Queues: [ref('Dead')],
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: {
          Effect: 'Allow',
          Action: 'sqs:SendMessage',
          Principal: { Service: 'events.amazonaws.com' },
          Resource: attribute('Dead'),
          Condition: { ArnEquals: { 'aws:SourceArn': attribute('Refused') } },
        },
      },
    },
  },
  Watch: rule({
    EventPattern: failed,
    Targets: [
      {
        Id: 'f',
        Arn: attribute('F'),
        InputTransformer: { InputPathsMap: { n: '$.detail.name' }, InputTemplate: '{"ended":<n>}' },
      },
    ],
  }),
  Failing: rule({
    EventPattern: { source: ['test'] },
    Targets: [{ Id: 'f', Arn: attribute('F'), Input: '{"fail":true}' }],
  }),
  FailingPermission: permission('F', 'Failing'),
  WatchPermission: permission('F', 'Watch'),
  Refused: rule({
    EventPattern: failed,
    Targets: [{ Id: 'f', Arn: attribute('Unreachable'), DeadLetterConfig: { Arn: attribute('Dead') } }],
  }),
  Every: rule({
    ScheduleExpression: 'rate(5 minutes)',
    Targets: [{ Id: 'm', Arn: ref('M'), RoleArn: attribute('RuleRole'), Input: '{"by":"rule"}' }],
  }),
  SchedulerRole: role('scheduler', ['states:StartExecution', ref('M')]),
  Nightly: {
    Type: 'AWS::Scheduler::Schedule',
    Properties: {
      FlexibleTimeWindow: { Mode: 'OFF' },
      ScheduleExpression: 'rate(1 hour)',
      Target: { Arn: ref('M'), RoleArn: attribute('SchedulerRole'), Input: '{"by":"schedule"}' },
    },
  },
  Distrusted: {
    Type: 'AWS::Scheduler::Schedule',
    Properties: {
      FlexibleTimeWindow: { Mode: 'OFF' },
      ScheduleExpression: 'at(2031-01-01T00:00:00)',
      Target: { Arn: ref('M'), RoleArn: attribute('RuleRole') },
    },
  },
};

describe('rules and schedules', () => {
  const assembly = writeAssembly(resources, { f: bundle });
  let clock: VirtualClock;
  let deployment: Deployment;
  beforeEach(async () => {
    clock = new VirtualClock({ byHand: true });
    deployment = await deploy({ assembly: assembly.folder, stack: 'Test', clock });
  });
  afterEach(async () => {
    await deployment.close();
    clock.close();
  });
  afterAll(() => {
    assembly.remove();
  });
  const seen = (): string[] => deployment.functionLog('watcher').map(({ text }) => text);

  it('hear of the end of an execution, once or twice', async () => {
    deployment.start('M', {}, 'other');
    deployment.start('M', {}, 'watched-1');
    await clock.advance(0);
    await clock.settle();
    expect(seen()).toEqual(['{"ended":"watched-1"}']);
    deployment.parts.bus.delivery = 'twice';
    deployment.start('M', {}, 'watched-2');
    await clock.advance(0);
    await clock.settle();
    expect(seen().slice(1)).toEqual(['{"ended":"watched-2"}', '{"ended":"watched-2"}']);
    expect(deployment.parts.bus.events()[0]).toMatchObject({
      'detail-type': 'Step Functions Execution Status Change',
      source: 'aws.states',
      detail: { status: 'RUNNING', name: 'other', input: '{}', stopDate: null },
    });
  });

  it('put what they may not deliver into a dead-letter queue', async () => {
    deployment.start('M', {}, 'watched');
    await clock.advance(0);
    expect(deployment.failedDeliveries).toMatchObject([{ error: { name: 'TargetError' } }]);
    const queue = deployment.stack.resources.get('Dead')?.attributes['Arn'] ?? '';
    const [message] = deployment.parts.queues.messages(queue);
    expect(message?.attributes).toMatchObject({
      ERROR_CODE: 'TargetError',
      RULE_ARN: deployment.stack.resources.get('Refused')?.attributes['Arn'],
    });
  });

  it('fire as the clock passes, and by hand', async () => {
    const by = (): unknown[] => deployment.parts.machines.executions().map(({ input }): unknown => JSON.parse(input));
    await clock.advance(11 * 60_000);
    expect(by()).toEqual([{ by: 'rule' }, { by: 'rule' }]);
    deployment.fire('Nightly');
    expect(by()).toHaveLength(3);
    deployment.fire('Every');
    await clock.advance(0);
    expect(by().slice(2)).toEqual([{ by: 'schedule' }, { by: 'rule' }]);
    deployment.fire('Distrusted');
    expect(by()).toHaveLength(4);
    expect(deployment.failedDeliveries).toMatchObject([{ error: { name: 'TrustError' } }]);
  });

  it('try a function again, then give up to its destination', async () => {
    const queue = deployment.stack.resources.get('Dead')?.attributes['Arn'] ?? '';
    deployment.parts.bus.put({ source: 'test', detailType: 'x', detail: {}, resources: [] });
    await clock.advance(59_000);
    expect(deployment.parts.queues.messages(queue)).toEqual([]);
    await clock.advance(1_000);
    const [message] = deployment.parts.queues.messages(queue);
    expect(message?.body).toContain('no 2');
    await clock.advance(600_000);
    expect(deployment.parts.queues.messages(queue)).toHaveLength(1);
  });
});
