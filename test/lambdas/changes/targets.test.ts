import * as autoScaling from '@aws-sdk/client-auto-scaling';
import * as elbv2 from '@aws-sdk/client-elastic-load-balancing-v2';
import { mockClient } from 'aws-sdk-client-mock';
import { VirtualClock } from '../../../asl';
import type { RunRef } from '../../../contract/run';
import { freePriority, handler as rule } from '../../../lambdas/changes/listener-rule';
import { handler as page } from '../../../lambdas/changes/maintenance-page';
import { handler as group } from '../../../lambdas/changes/target-group';
import { handler as registration } from '../../../lambdas/changes/target-registration';
import { readSettings } from '../../../lambdas/gateways/target-group-settings';
import { listChecks } from '../../../lambdas/run/journal';
import { releaseLease } from '../../../lambdas/run/lease';
import { LoadBalancer } from '../../../sandbox/network';
import { AutoScaling, type GroupTargets } from '../../../sandbox/services/auto-scaling/service';
import { ElasticLoadBalancing } from '../../../sandbox/services/elastic-load-balancing/service';
import { answeredBy } from './simulated';
import { awsError, newRun, withTables, verbs } from './world';

const place = { partition: 'aws', account: '123456789012', region: 'us-east-1' };
const LISTENER =
  'arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/shop/50dc6c495c0c9188/f2f7dc8efc522ab2';
const BALANCER = 'arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/shop/50dc6c495c0c9188';
const HOSTS = ['i-0123456789abcdef0', 'i-0123456789abcdef1'];
const made = { name: 'shop', loadBalancerArn: BALANCER, port: 80, healthCheckPath: '/api/health', seen: null };
const forwarded = { listenerArn: LISTENER, targetGroup: 'shop', paths: ['/api/*'] };
const registered = { targetGroup: 'shop', group: 'web', instances: HOSTS };

const elbClient = mockClient(elbv2.ElasticLoadBalancingV2Client);
const groupClient = mockClient(autoScaling.AutoScalingClient);
let run: RunRef;
let clock: VirtualClock;
let balancer: LoadBalancer;
let elb: ElasticLoadBalancing;
let groups: AutoScaling;
withTables();
beforeEach(async () => {
  run = await newRun(releaseLease);
  clock = new VirtualClock({ byHand: true });
  const nothing = { kind: 'fixed-response', status: 404, contentType: 'text/plain', body: '' } as const;
  balancer = await LoadBalancer.open({ address: '127.0.0.1', port: 0, defaultAction: nothing });
  elb = new ElasticLoadBalancing();
  elb.addListener(LISTENER, balancer, nothing);
  elb.surroundedBy({
    place,
    clock,
    vpcId: 'vpc-1',
    endpointOf: (id, port) => (HOSTS.includes(id) ? { address: '127.0.0.1', port } : undefined),
  });
  groups = new AutoScaling(place, clock);
  const targetsOf = (arn: string): GroupTargets | undefined => {
    const found = elb.groupAt(arn);
    if (found === undefined) return undefined;
    const has = (id: string) => found.targets().some((each) => each.id === id);
    return {
      register: (id) => {
        found.register(id, '127.0.0.1', 80);
      },
      deregister: (id) => {
        found.deregister(id);
      },
      holds: has,
      healthy: has,
    };
  };
  groups.addGroup({ name: 'web', instances: HOSTS, unhealthy: () => [], terminate: () => undefined, targetsOf });
  elbClient.reset();
  groupClient.reset();
  const { CreateTargetGroupCommand, DeleteTargetGroupCommand, DescribeTargetGroupsCommand, DescribeTagsCommand } =
    elbv2;
  const { DescribeLoadBalancersCommand, DescribeRulesCommand, CreateRuleCommand, DeleteRuleCommand } = elbv2;
  const { RegisterTargetsCommand, DeregisterTargetsCommand, DescribeTargetHealthCommand, SetRulePrioritiesCommand } =
    elbv2;
  answeredBy(elbClient, elb, {
    CreateTargetGroupCommand,
    DeleteTargetGroupCommand,
    DescribeTargetGroupsCommand,
    DescribeTargetGroupAttributesCommand: elbv2.DescribeTargetGroupAttributesCommand,
    ModifyTargetGroupAttributesCommand: elbv2.ModifyTargetGroupAttributesCommand,
    DescribeTagsCommand,
    DescribeLoadBalancersCommand,
    DescribeRulesCommand,
    CreateRuleCommand,
    DeleteRuleCommand,
    RegisterTargetsCommand,
    DeregisterTargetsCommand,
    DescribeTargetHealthCommand,
    SetRulePrioritiesCommand,
  });
  const { AttachLoadBalancerTargetGroupsCommand, DetachLoadBalancerTargetGroupsCommand } = autoScaling;
  const { DescribeAutoScalingGroupsCommand } = autoScaling;
  answeredBy(groupClient, groups, {
    AttachLoadBalancerTargetGroupsCommand,
    DetachLoadBalancerTargetGroupsCommand,
    DescribeAutoScalingGroupsCommand,
  });
});
afterEach(async () => {
  groups.close();
  elb.close();
  await balancer.close();
  clock.close();
});

const groupChange = () => verbs<'target-group'>(group, run, 'group');
const ruleChange = () => verbs<'listener-rule'>(rule, run, 'rule');
const registering = () => verbs<'target-registration'>(registration, run, 'register');
const priorities = () => elb.rulesOf(LISTENER).map(({ priority }) => priority);
const theGroup = () => elb.targetGroup('arn:x/shop/y');
const attached = async (): Promise<unknown> => {
  const client = new autoScaling.AutoScalingClient({});
  const answer = await client.send(new autoScaling.DescribeAutoScalingGroupsCommand({}));
  return answer.AutoScalingGroups?.[0]?.TargetGroupARNs?.length;
};

test('group, targets and rule are made once, however often they are asked for, and all of it goes again', async () => {
  await groupChange().apply(made);
  await groupChange().apply(made);
  expect(await groupChange().confirm()).toMatchObject({ done: true });
  await registering().apply(registered);
  await registering().apply(registered);
  expect(await registering().confirm()).toMatchObject({ done: true });
  await ruleChange().apply(forwarded);
  await ruleChange().apply(forwarded);
  expect(await ruleChange().confirm()).toMatchObject({ done: true, detail: { priority: '1' } });
  expect(priorities()).toEqual([1]);
  expect(
    theGroup()
      ?.targets()
      .map(({ id }) => id),
  ).toEqual(HOSTS);
  expect(await attached()).toBe(1);

  // While a rule names it the group cannot go: that passes.
  await expect(groupChange().undo()).rejects.toMatchObject({ name: 'ServiceUnavailableError' });
  await ruleChange().undo();
  expect(await ruleChange().confirmUndo()).toEqual({ done: true });
  await registering().undo();
  expect(await registering().confirmUndo()).toEqual({ done: true });
  expect(await attached()).toBe(0);
  await groupChange().undo();
  expect(await groupChange().confirmUndo()).toEqual({ done: true });
  expect(theGroup()).toBeUndefined();
  expect(priorities()).toEqual([]);
});

/** A group with nothing of AWS's defaults, and what it was like when it is gone. */
async function gone() {
  const arn = elb.groups.make({
    Name: 'shop',
    Port: 80,
    VpcId: 'vpc-1',
    HealthCheckPath: '/api/health',
    HealthCheckPort: '8080',
    HealthCheckIntervalSeconds: 20,
    HealthCheckTimeoutSeconds: 6,
    HealthyThresholdCount: 4,
    UnhealthyThresholdCount: 3,
    Matcher: { HttpCode: '200,204' },
  });
  const group = elb.groupAt(arn);
  if (group === undefined) throw new TypeError('the group is made');
  elb.groups.settings.set(group, {
    'deregistration_delay.timeout_seconds': '120',
    'stickiness.enabled': 'true',
    'load_balancing.algorithm.type': 'least_outstanding_requests',
  });
  const settings = await readSettings(arn);
  elb.groups.remove(arn);
  return settings;
}
const now = async () => await readSettings(elb.arnOf(theGroup()!) ?? '');

test('a group that is made again has the settings with which it was last seen, and the report says so', async () => {
  const settings = await gone();
  const seen = { seenAt: '2026-11-23T02:00:00.000Z', settings };
  // What was seen is older than the description, which says on which port and path the application answers now.
  const older = { ...settings, port: 3000, healthCheck: { ...settings.healthCheck, path: '/' } };
  await groupChange().apply({ ...made, seen: { ...seen, settings: older } });
  expect(await groupChange().confirm()).toMatchObject({ done: true, detail: { settings: seen.seenAt } });
  expect(await now()).toEqual(settings);
  expect(settings.attributes).toMatchObject({ 'load_balancing.algorithm.type': 'least_outstanding_requests' });
  expect(await listChecks(run.id)).toMatchObject([
    { name: 'settings of the target group shop, which was made again', status: 'passed' },
  ]);
});

test('a group whose attributes are others than before is not in force, and the report says what they are', async () => {
  const seen = { seenAt: '2026-11-23T02:00:00.000Z', settings: await gone() };
  elbClient.on(elbv2.ModifyTargetGroupAttributesCommand).resolves({});
  await groupChange().apply({ ...made, seen });
  expect(await groupChange().confirm()).toMatchObject({ done: false });
  const [check] = await listChecks(run.id);
  expect(check).toMatchObject({ status: 'failed' });
  expect([check?.expected, check?.actual].map((text) => /stickiness\.enabled=\w+/.exec(text ?? '')?.[0])).toEqual([
    'stickiness.enabled=true',
    'stickiness.enabled=false',
  ]);
});

test('attributes that could not be set are set by the same again', async () => {
  const seen = { seenAt: '2026-11-23T02:00:00.000Z', settings: await gone() };
  elbClient.on(elbv2.ModifyTargetGroupAttributesCommand).rejects(awsError('ThrottlingException'));
  await expect(groupChange().apply({ ...made, seen })).rejects.toThrow('Throttling');
  answeredBy(elbClient, elb, { ModifyTargetGroupAttributesCommand: elbv2.ModifyTargetGroupAttributesCommand });
  await groupChange().apply({ ...made, seen });
  expect(await groupChange().confirm()).toMatchObject({ done: true });
  expect(await now()).toEqual(seen.settings);
});

test("AWS's defaults are called that, and no restored settings", async () => {
  await groupChange().apply(made);
  expect(await groupChange().confirm()).toMatchObject({ done: true, detail: { settings: "AWS's defaults" } });
  expect(await listChecks(run.id)).toMatchObject([
    { status: 'not-checkable', expected: 'what they were, which nobody has ever seen' },
  ]);
});

test('a rule takes a priority that is free, and none that was taken meanwhile', async () => {
  await groupChange().apply(made);
  const others = {
    conditions: [],
    action: { kind: 'fixed-response', status: 200, contentType: 'text/plain', body: '' },
  } as const;
  elb.createRule(LISTENER, { priority: 1, ...others });
  elb.createRule(LISTENER, { priority: 2, ...others });
  elbClient.on(elbv2.CreateRuleCommand).rejects(awsError('PriorityInUseException'));
  await expect(ruleChange().apply(forwarded)).rejects.toMatchObject({ name: 'ServiceUnavailableError' });
  answeredBy(elbClient, elb, { CreateRuleCommand: elbv2.CreateRuleCommand });
  await ruleChange().apply(forwarded);
  expect(priorities()).toEqual([1, 2, 3]);
  await ruleChange().undo();
  expect(priorities()).toEqual([1, 2]);
  expect(
    freePriority([
      { arn: 'a', priority: '1' },
      { arn: 'b', priority: '3' },
      { arn: 'c', priority: 'default' },
    ]),
  ).toBe(2);
});

test('a run that puts up a page as well takes down the one and not the other', async () => {
  await groupChange().apply(made);
  await ruleChange().apply(forwarded);
  const pages = verbs<'maintenance-page'>(page, run, 'page');
  await pages.apply({ listenerArn: LISTENER, title: 'Shop' });
  expect(priorities()).toEqual([1, 2]);
  await pages.undo();
  expect(elb.rulesOf(LISTENER).map(({ action }) => action.kind)).toEqual(['forward']);
  await ruleChange().undo();
  expect(priorities()).toEqual([]);
});

test("somebody else's group of that name is left alone", async () => {
  elb.groups.make({ Name: 'shop', Port: 3000, VpcId: 'vpc-1', HealthCheckPath: '/' });
  await expect(groupChange().apply(made)).rejects.toMatchObject({ name: 'ChangeConflictError' });
  expect(theGroup()?.healthCheck.path).toBe('/');
});

test('no load balancer, no group: each is refused by name', async () => {
  await expect(groupChange().apply({ ...made, loadBalancerArn: `${BALANCER}x` })).rejects.toMatchObject({
    name: 'TargetGroupUnfitError',
  });
  await expect(ruleChange().apply(forwarded)).rejects.toMatchObject({ name: 'TargetGroupUnfitError' });
  await expect(registering().apply(registered)).rejects.toMatchObject({ name: 'TargetGroupUnfitError' });
  expect(priorities()).toEqual([]);
});

test('an instance that does not run is refused by AWS; those that were targets before stay so', async () => {
  await groupChange().apply(made);
  theGroup()?.register(HOSTS[0] ?? '', '127.0.0.1', 80);
  await registering().apply(registered);
  await registering().undo();
  expect(await registering().confirmUndo()).toMatchObject({ done: false });
  expect(await registering().confirmUndo()).toEqual({ done: true });
  expect(
    theGroup()
      ?.targets()
      .filter(({ state }) => state !== 'draining')
      .map(({ id }) => id),
  ).toEqual([HOSTS[0]]);
  const ghost = { ...registered, instances: ['i-00000000000000000'] };
  await expect(verbs<'target-registration'>(registration, run, 'ghost').apply(ghost)).rejects.toThrow(
    'InvalidTargetException',
  );
});
