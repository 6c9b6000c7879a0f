import * as autoScaling from '@aws-sdk/client-auto-scaling';
import * as elbv2 from '@aws-sdk/client-elastic-load-balancing-v2';
import { mockClient } from 'aws-sdk-client-mock';
import { VirtualClock } from '../../../asl';
import type { ChangeKind, JournalEntry } from '../../../contract/changes';
import { requireTheWayToTheHosts } from '../../../lambdas/undo/way';
import { LoadBalancer } from '../../../sandbox/network';
import { AutoScaling } from '../../../sandbox/services/auto-scaling/service';
import { ElasticLoadBalancing } from '../../../sandbox/services/elastic-load-balancing/service';
import { answeredBy } from '../changes/simulated';
import { description, startedAt } from '../fixtures';
import { matching } from '../matchers';

const place = { partition: 'aws', account: '123456789012', region: 'us-east-1' };
const { listenerArn } = description.loadBalancer;
const HOSTS = ['i-0123456789abcdef0', 'i-0123456789abcdef1'];
const [first = '', second = ''] = HOSTS;

const elbClient = mockClient(elbv2.ElasticLoadBalancingV2Client);
const groupClient = mockClient(autoScaling.AutoScalingClient);
let balancer: LoadBalancer;
let elb: ElasticLoadBalancing;
let made: string;
let other: string;
/** Who is healthy; everybody else is not. */
let healthy: readonly string[];

beforeEach(async () => {
  const clock = new VirtualClock({ byHand: true });
  const nothing = { kind: 'fixed-response', status: 404, contentType: 'text/plain', body: '' } as const;
  balancer = await LoadBalancer.open({ address: '127.0.0.1', port: 0, defaultAction: nothing });
  elb = new ElasticLoadBalancing();
  elb.addListener(listenerArn, balancer, nothing);
  elb.surroundedBy({ place, clock, vpcId: 'vpc-1', endpointOf: (_id, port) => ({ address: '127.0.0.1', port }) });
  const group = (Name: string) => elb.groups.make({ Name, Port: 80, VpcId: 'vpc-1', HealthCheckPath: '/' });
  [made, other] = [group('made'), group('other')];
  const groups = new AutoScaling(place, clock);
  const { autoScalingGroup: name } = description;
  groups.addGroup({ name, instances: HOSTS, unhealthy: () => [], terminate: () => undefined });
  elbClient.reset();
  groupClient.reset();
  const { DescribeTargetGroupsCommand, DescribeRulesCommand, DescribeTargetHealthCommand } = elbv2;
  answeredBy(elbClient, elb, { DescribeTargetGroupsCommand, DescribeRulesCommand });
  const { DescribeAutoScalingGroupsCommand } = autoScaling;
  answeredBy(groupClient, groups, { DescribeAutoScalingGroupsCommand });
  // Its health is of what it is asked over HTTP, which is not what is tried here.
  healthy = HOSTS;
  elbClient.on(DescribeTargetHealthCommand).callsFake(({ TargetGroupArn = '' }: { TargetGroupArn?: string }) => ({
    TargetHealthDescriptions: (elb.groupAt(TargetGroupArn)?.targets() ?? []).map(({ id: Id }) => ({
      Target: { Id },
      TargetHealth: { State: healthy.includes(Id) ? 'healthy' : 'unhealthy' },
    })),
  }));
});
afterEach(async () => {
  await balancer.close();
});

const holds = (arn: string, ...ids: readonly string[]) => {
  for (const id of ids) elb.groupAt(arn)?.register(id, '127.0.0.1', 80);
};
const toGroup = (arn: string) => {
  const group = elb.groupAt(arn);
  if (group === undefined) throw new TypeError(`no group ${arn}`);
  return { kind: 'forward', groups: [{ group, weight: 1 }] } as const;
};
const rule = (priority: number, patterns: readonly string[], arn: string) =>
  elb.createRule(listenerArn, {
    priority,
    conditions: [{ kind: 'path', patterns: [...patterns] }],
    action: toGroup(arn),
  }).arn;

const entry = (
  kind: ChangeKind,
  target: unknown,
  before: unknown,
  detail: Record<string, unknown> = {},
): JournalEntry => ({
  runId: 'first',
  sequence: 1,
  key: kind,
  kind,
  state: 'confirmed',
  pointOfNoReturn: false,
  target,
  before,
  detail,
  recordedAt: startedAt,
});
const groupMade = () =>
  entry('target-group', { name: 'made', loadBalancerArn: 'arn:lb', port: 80, healthCheckPath: '/' }, { exists: false });
const ruleMade = (arn: string, targetGroup = 'made') =>
  entry('listener-rule', { listenerArn, targetGroup, paths: ['/api/*'] }, { rules: [] }, { rule: arn });
const registered = (targetGroup: string, before: { registered: string[]; attached: boolean }) =>
  entry('target-registration', { targetGroup, group: description.autoScalingGroup, instances: HOSTS }, before);
const ask = (...walk: readonly JournalEntry[]) => requireTheWayToTheHosts('first', walk, description);
const nobody = { name: 'NoWayBackError', message: matching(/\/api\/\* leads to nobody.*the disaster once more/) };

test('a run that made nothing of the way is not asked', async () => {
  await expect(ask()).resolves.toEqual([]);
  expect(elbClient.calls()).toEqual([]);
});

test('without the rule that was made nothing forwards: refused', async () => {
  holds(made, ...HOSTS);
  await expect(ask(ruleMade(rule(1, ['/api/*'], made)), groupMade())).rejects.toMatchObject(nobody);
});

test('the default leads to a group that lives: what was made beside it may go', async () => {
  holds(made, ...HOSTS);
  holds(other, ...HOSTS);
  elb.setDefaultAction(listenerArn, toGroup(other));
  await expect(ask(ruleMade(rule(1, ['/api/*'], made)), groupMade())).resolves.toMatchObject([
    { name: matching(/\/api\/\*/), status: 'passed', actual: '2 by the rule at default' },
  ]);
  healthy = [];
  await expect(ask(ruleMade(rule(2, ['/api/*'], made)), groupMade())).rejects.toMatchObject(nobody);
});

test('the rule that comes first answers, also where a later one leads to somebody', async () => {
  holds(other, ...HOSTS);
  elb.setDefaultAction(listenerArn, toGroup(other));
  const own = ruleMade(rule(1, ['/api/*'], made));
  rule(3, ['/*'], made);
  await expect(ask(own)).rejects.toMatchObject(nobody);
  rule(2, ['/api/*'], other);
  await expect(ask(own)).resolves.toMatchObject([{ actual: '2 by the rule at 2' }]);
});

test('hosts that are no targets any more then do not count', async () => {
  holds(other, ...HOSTS);
  rule(1, ['/api/*'], other);
  await expect(ask(registered('other', { registered: [first], attached: true }))).resolves.toMatchObject([
    { actual: '1 by the rule at 1' },
  ]);
  healthy = [second];
  await expect(ask(registered('other', { registered: [first], attached: true }))).rejects.toMatchObject(nobody);
  // Auto Scaling takes out whoever is its own, also who was a target before.
  healthy = HOSTS;
  await expect(ask(registered('other', { registered: HOSTS, attached: false }))).rejects.toMatchObject(nobody);
});
