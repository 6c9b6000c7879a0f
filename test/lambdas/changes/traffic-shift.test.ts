import {
  DescribeRulesCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  ModifyListenerCommand,
  ModifyRuleCommand,
  type Action,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { mockClient } from 'aws-sdk-client-mock';
import { VirtualClock } from '../../../asl';
import type { RunRef } from '../../../contract/run';
import { handler } from '../../../lambdas/changes/traffic-shift';
import { releaseLease } from '../../../lambdas/run/lease';
import { LoadBalancer } from '../../../sandbox/network';
import { ElasticLoadBalancing } from '../../../sandbox/services/elastic-load-balancing/service';
import { containing } from '../matchers';
import { answeredBy } from './simulated';
import { newRun, withTables, undoOf, verbs } from './world';

const arn = (name: string) =>
  `arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/${name}/0123456789abcdef`;
const [OLD, NEW, OTHER] = [arn('old'), arn('new'), arn('other')];
const target = { listenerArn: 'listener', from: NEW, to: OLD, percents: [10, 50, 100] };
const forward = (...groups: [string, number][]): Action[] => [
  {
    Type: 'forward',
    ForwardConfig: { TargetGroups: groups.map(([TargetGroupArn, Weight]) => ({ TargetGroupArn, Weight })) },
  },
];
const elb = mockClient(ElasticLoadBalancingV2Client);
let rules: { RuleArn: string; IsDefault: boolean; Actions: Action[] }[];
let health: string[];
let run: RunRef;
withTables();
beforeEach(async () => {
  run = await newRun(releaseLease);
  health = ['healthy', 'healthy'];
  rules = [
    { RuleArn: 'api', IsDefault: false, Actions: forward([NEW, 1]) },
    { RuleArn: 'other', IsDefault: false, Actions: forward([OTHER, 1]) },
    { RuleArn: 'page', IsDefault: false, Actions: [{ Type: 'fixed-response' }] },
    { RuleArn: 'default', IsDefault: true, Actions: forward([NEW, 1]) },
  ];
  elb.reset();
  elb.on(DescribeRulesCommand).callsFake(() => ({ Rules: rules }));
  elb.on(DescribeTargetHealthCommand).callsFake(() => ({
    TargetHealthDescriptions: health.map((State) => ({ TargetHealth: { State } })),
  }));
  const set = (which: (rule: { RuleArn: string; IsDefault: boolean }) => boolean, Actions: Action[] | undefined) => {
    for (const rule of rules) if (which(rule)) rule.Actions = Actions ?? [];
    return {};
  };
  elb
    .on(ModifyRuleCommand)
    .callsFake((input: { RuleArn: string; Actions: Action[] }) =>
      set(({ RuleArn }) => RuleArn === input.RuleArn, input.Actions),
    );
  elb
    .on(ModifyListenerCommand)
    .callsFake((input: { DefaultActions: Action[] }) => set(({ IsDefault }) => IsDefault, input.DefaultActions));
});
const change = () => verbs<'traffic-shift'>(handler, run, 'shift');
const forwards = (ruleArn: string) =>
  rules
    .find(({ RuleArn }) => RuleArn === ruleArn)
    ?.Actions[0]?.ForwardConfig?.TargetGroups?.map(({ TargetGroupArn, Weight }) => [TargetGroupArn, Weight]);

test('the other group gets nothing until it is healthy, then all in steps; rules of others are left alone', async () => {
  health = ['healthy', 'initial'];
  await change().apply(target);
  const none = [
    [NEW, 100],
    [OLD, 0],
  ];
  expect([forwards('api'), forwards('default')]).toEqual([none, none]);
  expect(await change().confirm()).toMatchObject({ done: false, progress: '1 of 2 targets are not healthy' });
  expect(forwards('api')).toEqual(none);
  health = ['healthy', 'healthy'];
  const weights: unknown[] = [];
  while (!(await change().confirm()).done) weights.push(forwards('default')?.map(([, weight]) => weight));
  expect(weights).toEqual([
    [90, 10],
    [50, 50],
    [0, 100],
  ]);
  expect(forwards('other')).toEqual([[OTHER, 1]]);
});

test('a step is not taken while a target is unhealthy, nor where there are none', async () => {
  await change().apply(target);
  await change().confirm();
  health = ['healthy', 'unhealthy'];
  expect(await change().confirm()).toMatchObject({ done: false });
  health = [];
  expect(await change().confirm()).toMatchObject({ done: false, progress: 'it has no targets' });
  expect(forwards('api')).toEqual([
    [NEW, 90],
    [OLD, 10],
  ]);
});

test('undo: each rule forwards to what it forwarded to before', async () => {
  await change().apply(target);
  await change().confirm();
  await change().undo();
  expect(await change().confirmUndo()).toEqual({ done: true });
  expect([forwards('api'), forwards('default')]).toEqual([[[NEW, 1]], [[NEW, 1]]]);
});

test.each([
  { what: 'nobody of which is healthy', of: ['unhealthy', 'unhealthy'], goes: false },
  { what: 'that has no targets', of: [], goes: false },
  { what: 'one of which is healthy', of: ['unhealthy', 'healthy'], goes: true },
  { what: 'that nobody has asked', of: ['unused', 'unused'], goes: true },
])('a person who undoes the run leads users to a group $what: $goes', async ({ of, goes }) => {
  await change().apply(target);
  for (let step = 0; step < 4; step += 1) await change().confirm();
  const before = [forwards('api'), forwards('default')];
  health = of;
  const undo = handler({ verb: 'undo', run: await undoOf(run, releaseLease), key: 'shift', of: run.id });
  if (goes) {
    await expect(undo).resolves.toMatchObject({ done: false });
    expect(forwards('api')).toEqual([[NEW, 1]]);
  } else {
    await expect(undo).rejects.toThrow('users stay where they are');
    expect([forwards('api'), forwards('default')]).toEqual(before);
  }
});

test("somebody else's group in a rule is not overwritten by undo", async () => {
  await change().apply(target);
  const [api] = rules;
  if (api !== undefined) api.Actions = forward([OTHER, 1]);
  await expect(change().undo()).rejects.toThrow('this run did not set');
  expect(forwards('api')).toEqual([[OTHER, 1]]);
});

test('a group that no rule forwards to is refused, and no rule is made', async () => {
  await expect(change().apply({ ...target, from: arn('unknown') })).rejects.toMatchObject({
    name: 'TargetGroupUnfitError',
  });
  expect(elb.commandCalls(ModifyRuleCommand)).toHaveLength(0);
});

describe('a rule that does more than forward, at a load balancer as strict as the real one', () => {
  const place = { partition: 'aws', account: '123456789012', region: 'us-east-1' };
  const listenerArn =
    'arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/shop/50dc6c495c0c9188/f2f7dc8efc';
  const signingIn = {
    Type: 'authenticate-oidc',
    AuthenticateOidcConfig: {
      Issuer: 'https://login.example.com',
      AuthorizationEndpoint: 'https://login.example.com/authorize',
      TokenEndpoint: 'https://login.example.com/token',
      UserInfoEndpoint: 'https://login.example.com/user',
      ClientId: 'shop',
      SessionTimeout: 3600,
    },
  };
  const stickiness = { Enabled: true, DurationSeconds: 600 };
  let clock: VirtualClock;
  let balancer: LoadBalancer;
  let service: ElasticLoadBalancing;
  beforeEach(async () => {
    clock = new VirtualClock({ byHand: true });
    const nothing = { kind: 'fixed-response', status: 404, contentType: 'text/plain', body: '' } as const;
    balancer = await LoadBalancer.open({ address: '127.0.0.1', port: 0, defaultAction: nothing });
    service = new ElasticLoadBalancing();
    service.addListener(listenerArn, balancer, nothing);
    service.surroundedBy({ place, clock, vpcId: 'vpc-1', endpointOf: () => undefined });
    answeredBy(elb, service, { DescribeRulesCommand, ModifyRuleCommand, ModifyListenerCommand });
  });
  afterEach(async () => {
    service.close();
    await balancer.close();
    clock.close();
  });

  test('signing in and stickiness are in it at every step, and again what they were when it is taken back', async () => {
    const make = (Name: string) => service.groups.make({ Name, Port: 80, VpcId: 'vpc-1', HealthCheckPath: '/' });
    const [from, to] = [make('next'), make('last')];
    const group = service.groupAt(from);
    if (group === undefined) throw new TypeError('the group is made');
    const forwarding = { kind: 'forward', groups: [{ group, weight: 7 }], stickiness, ahead: [signingIn] } as const;
    service.setDefaultAction(listenerArn, forwarding);
    const conditions = [{ kind: 'path', patterns: ['/api/*'] }] as const;
    service.createRule(listenerArn, { priority: 1, conditions, action: forwarding });
    const now = async () => {
      const { Rules = [] } = await new ElasticLoadBalancingV2Client().send(
        new DescribeRulesCommand({ ListenerArn: listenerArn }),
      );
      return Rules.map(({ Actions }) => Actions);
    };
    const before = await now();
    await change().apply({ ...target, listenerArn, from, to });
    for (let done = false; !done;) {
      const weights = await now();
      expect(weights).toHaveLength(2);
      for (const actions of weights)
        expect(actions).toMatchObject([
          signingIn,
          { Type: 'forward', ForwardConfig: { TargetGroups: [{}, {}], TargetGroupStickinessConfig: stickiness } },
        ]);
      ({ done } = await change().confirm());
    }
    await change().undo();
    expect(await change().confirmUndo()).toEqual({ done: true });
    expect(await now()).toEqual(before);
  });
});

test('a rule whose forward nobody understands is refused by name, and none is changed', async () => {
  rules = [...rules, { RuleArn: 'strange', IsDefault: false, Actions: [{ Type: 'forward', Order: 1 }] }];
  await expect(change().apply(target)).rejects.toMatchObject({
    name: 'TargetGroupUnfitError',
    message: containing('strange'),
  });
  expect(elb.commandCalls(ModifyRuleCommand)).toHaveLength(0);
});
