import {
  CreateRuleCommand,
  CreateTargetGroupCommand,
  ModifyTargetGroupAttributesCommand,
  DescribeRulesCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { VirtualClock } from '../../../../asl';
import {
  createPageRule,
  deleteRule,
  listenerRules,
  rulesTagged,
  setPriorities,
  targetStates,
} from '../../../../lambdas/gateways/load-balancer';
import { type Action, LoadBalancer, TargetGroup } from '../../../../sandbox/network';
import { ElasticLoadBalancing } from '../../../../sandbox/services/elastic-load-balancing/service';
import { ACCOUNT, Commands, REGION, unknownToIam } from '../commands';

const arn = (kind: string) => `arn:aws:elasticloadbalancing:${REGION}:${ACCOUNT}:${kind}`;
const LISTENER = arn('listener/app/shop/50dc6c495c0c9188/f2f7dc8efc522ab2');
const GROUP = arn('targetgroup/web/6d0ecf831eec9f09');

describe('simulated Elastic Load Balancing', () => {
  let clock: VirtualClock;
  let balancer: LoadBalancer;
  let group: TargetGroup;
  let elb: ElasticLoadBalancing;
  let commands: Commands;
  beforeEach(async () => {
    clock = new VirtualClock({ byHand: true });
    group = new TargetGroup('web', clock);
    const forward: Action = { kind: 'forward', groups: [{ group, weight: 1 }] };
    balancer = await LoadBalancer.open({
      address: '127.0.0.1',
      port: 0,
      rules: [{ priority: 1, conditions: [{ kind: 'path', patterns: ['/old/*'] }], action: forward }],
      defaultAction: forward,
    });
    elb = new ElasticLoadBalancing();
    elb.addListener(LISTENER, balancer, forward);
    elb.addTargetGroup(GROUP, group);
    commands = new Commands(elb);
  });
  afterEach(async () => {
    // The reference knows AddTags on load balancers only, since it takes both generations for one; rules are of the second.
    expect((await unknownToIam(commands.permissions)).filter((text) => !text.includes('listener-rule/'))).toEqual([]);
    commands.close();
    await balancer.close();
    group.close();
    clock.close();
  });

  const run = async <T>(work: () => Promise<T>): Promise<T> => await commands.run(work);
  const page = (priority: number, html = '<h1>Back soon</h1>') =>
    run(() => createPageRule(LISTENER, priority, { html, tags: { run: 'r1' } }));
  const rules = () => run(() => listenerRules(LISTENER));
  const made = async (priority: number): Promise<string> => {
    const rule = await page(priority);
    if (rule === 'priority-in-use') throw new TypeError(`${priority} is in use`);
    return rule.arn;
  };

  it('puts a page up at once, before rules that were there, and takes it down', async () => {
    const [old] = await rules();
    expect(await page(1)).toBe('priority-in-use');
    await run(() => setPriorities([{ arn: old!.arn, priority: 2 }]));
    const rule = await made(1);
    const response = await fetch(`${balancer.url}/old/x`);
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      503,
      'text/html',
      '<h1>Back soon</h1>',
    ]);
    expect((await rules()).map(({ priority }) => priority)).toEqual(['1', '2', 'default']);
    expect(await run(async () => rulesTagged(await listenerRules(LISTENER), 'run', 'r1'))).toMatchObject([
      { arn: rule },
    ]);
    await run(() => deleteRule(rule));
    await run(() => deleteRule(rule));
    expect((await rules()).map(({ priority }) => priority)).toEqual(['2', 'default']);
    // No target is registered.
    expect((await (await fetch(`${balancer.url}/old/x`)).text()).includes('503')).toBe(true);
    expect(balancer.rules).toMatchObject([{ priority: 2, action: { kind: 'forward' } }]);
  });

  it('moves rules all at once or none', async () => {
    const [first, second] = [await made(5), await made(6)];
    await run(() =>
      setPriorities([
        { arn: first, priority: 6 },
        { arn: second, priority: 5 },
      ]),
    );
    expect(elb.rulesOf(LISTENER).map(({ arn: each }) => each)).toEqual([expect.any(String), second, first]);
    await expect(
      run(() =>
        setPriorities([
          { arn: second, priority: 9 },
          { arn: first, priority: 1 },
        ]),
      ),
    ).rejects.toThrow('PriorityInUse');
    await expect(
      run(() =>
        setPriorities([
          { arn: second, priority: 9 },
          { arn: first, priority: 9 },
        ]),
      ),
    ).rejects.toThrow('multiple times');
    const standard = (await rules()).at(-1)!.arn;
    await expect(run(() => setPriorities([{ arn: standard, priority: 9 }]))).rejects.toThrow('OperationNotPermitted');
    expect((await rules()).map(({ priority }) => priority)).toEqual(['1', '5', '6', 'default']);
  });

  it('describes what it was given, and what was there', async () => {
    await made(7);
    const { Rules } = await run(() =>
      new ElasticLoadBalancingV2Client().send(new DescribeRulesCommand({ ListenerArn: LISTENER })),
    );
    expect(Rules).toMatchObject([
      { Actions: [{ Type: 'forward', TargetGroupArn: GROUP }], Conditions: [{ Values: ['/old/*'] }] },
      { Actions: [{ FixedResponseConfig: { StatusCode: '503' } }], Conditions: [{ Field: 'path-pattern' }] },
      { IsDefault: true, Actions: [{ TargetGroupArn: GROUP }] },
    ]);
  });

  it.each<[string, object, string]>([
    ['a page too long', { MessageBody: 'x'.repeat(1025) }, 'ValidationError'],
    ['a status that is none', { StatusCode: '999' }, 'ValidationError'],
    ['an unknown field', { Nothing: 1 }, 'ValidationException'],
  ])('refuses %s', async (_what, given, name) => {
    const refused = run(() =>
      new ElasticLoadBalancingV2Client().send(
        new CreateRuleCommand({
          ListenerArn: LISTENER,
          Priority: 3,
          Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/*'] } }],
          Actions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '503', ...given } }],
        }),
      ),
    );
    await expect(refused).rejects.toMatchObject({ name });
    expect(elb.rulesOf(LISTENER)).toHaveLength(1);
  });

  const setting = (...Attributes: readonly (readonly [string, string])[]) =>
    run(() =>
      new ElasticLoadBalancingV2Client().send(
        new ModifyTargetGroupAttributesCommand({
          TargetGroupArn: GROUP,
          Attributes: Attributes.map(([Key, Value]) => ({ Key, Value })),
        }),
      ),
    );

  it.each<[string, [string, string][], string]>([
    ['an attribute that there is none', [['slow_start.seconds', '30']], 'ValidationError'],
    ['a slow start too short', [['slow_start.duration_seconds', '29']], 'ValidationError'],
    ['a delay too long', [['deregistration_delay.timeout_seconds', '3601']], 'ValidationError'],
    ['a cookie without a name', [['stickiness.app_cookie.cookie_name', '']], 'ValidationError'],
    [
      'a slow start with another algorithm',
      [
        ['slow_start.duration_seconds', '30'],
        ['load_balancing.algorithm.type', 'least_outstanding_requests'],
      ],
      'InvalidConfigurationRequestException',
    ],
  ])('refuses %s, and sets nothing of it', async (_what, attributes, name) => {
    const before = elb.groups.settings.attributesOf(group);
    await expect(setting(['stickiness.enabled', 'true'], ...attributes)).rejects.toMatchObject({ name });
    expect(elb.groups.settings.attributesOf(group)).toEqual(before);
  });

  it('keeps attributes that are set, and lets a target drain as long as they say', async () => {
    await setting(['deregistration_delay.timeout_seconds', '20'], ['stickiness.enabled', 'true']);
    expect(elb.groups.settings.attributesOf(group)).toMatchObject({
      'stickiness.enabled': 'true',
      'slow_start.duration_seconds': '0',
    });
    expect(group.deregistrationDelaySeconds).toBe(20);
  });

  it.each<[string, object]>([
    [
      'an interval that is no longer than the time-out',
      { HealthCheckIntervalSeconds: 5, HealthCheckTimeoutSeconds: 5 },
    ],
    ['an interval too short', { HealthCheckIntervalSeconds: 4 }],
    ['a threshold too low', { HealthyThresholdCount: 1 }],
    ['a matcher out of range', { Matcher: { HttpCode: '200-599' } }],
    ['a port that is none', { HealthCheckPort: '65536' }],
  ])('makes no group with %s', async (_what, given) => {
    elb.surroundedBy({
      place: { partition: 'aws', account: ACCOUNT, region: REGION },
      clock,
      vpcId: 'vpc-1',
      endpointOf: () => undefined,
    });
    const make = (more: object) =>
      run(() =>
        new ElasticLoadBalancingV2Client().send(
          new CreateTargetGroupCommand({
            Name: 'new',
            Protocol: 'HTTP',
            Port: 80,
            VpcId: 'vpc-1',
            TargetType: 'instance',
            HealthCheckPath: '/',
            ...more,
          }),
        ),
      );
    await expect(make(given)).rejects.toMatchObject({ name: 'ValidationError' });
    expect((await make({ Matcher: { HttpCode: '200-299' } })).TargetGroups).toMatchObject([
      { HealthCheckIntervalSeconds: 30, Matcher: { HttpCode: '200-299' } },
    ]);
    await expect(make({})).rejects.toMatchObject({ name: 'DuplicateTargetGroupNameException' });
  });

  it('asks to tag what it makes, and with which tags', async () => {
    await made(7);
    expect(commands.permissions.find(({ action }) => action.endsWith(':AddTags'))).toMatchObject({
      resource: `${LISTENER.replace(':listener/', ':listener-rule/')}/*`,
      context: { 'aws:RequestTag/run': 'r1', 'elasticloadbalancing:CreateAction': 'CreateRule' },
    });
  });

  it('tells the state of each target and why', async () => {
    group.register('i-1', '127.0.0.1', 1);
    expect(await run(() => targetStates(GROUP))).toEqual(['initial']);
    const health = await elb.operations.DescribeTargetHealth.perform(
      { TargetGroupArn: GROUP },
      { roleArn: '', account: ACCOUNT, region: REGION },
    );
    expect(health).toMatchObject({
      TargetHealthDescriptions: [
        { HealthCheckPort: '1', TargetHealth: { State: 'initial', Reason: 'Elb.RegistrationInProgress' } },
      ],
    });
    group.deregister('i-1');
    expect(await run(() => targetStates(GROUP))).toEqual([]);
    await expect(run(() => targetStates(`${GROUP}x`))).rejects.toThrow('One or more target groups not found');
  });
});
