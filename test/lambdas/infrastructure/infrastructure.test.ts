import * as acm from '@aws-sdk/client-acm';
import * as autoScaling from '@aws-sdk/client-auto-scaling';
import * as cloudFormation from '@aws-sdk/client-cloudformation';
import * as elbv2 from '@aws-sdk/client-elastic-load-balancing-v2';
import * as route53 from '@aws-sdk/client-route-53';
import * as serviceQuotas from '@aws-sdk/client-service-quotas';
import { mockClient } from 'aws-sdk-client-mock';
import { VirtualClock } from '../../../asl';
import { infrastructureSchema, type InfrastructureDescription } from '../../../config/infrastructure';
import type { RunRef } from '../../../contract/run';
import { handler as awaitCapacity } from '../../../lambdas/infrastructure/capacity-await';
import { handler as detect } from '../../../lambdas/infrastructure/drift-detect';
import { handler as inspect } from '../../../lambdas/infrastructure/infrastructure-inspect';
import { recordSettings } from '../../../lambdas/infrastructure/settings-record';
import { handler as inspectTheWay } from '../../../lambdas/infrastructure/way-inspect';
import { listDecisions } from '../../../lambdas/run/journal';
import { releaseLease } from '../../../lambdas/run/lease';
import { LoadBalancer, NameResolver } from '../../../sandbox/network';
import { CertificateManager } from '../../../sandbox/services/acm';
import { AutoScaling } from '../../../sandbox/services/auto-scaling/service';
import { RememberedKind } from '../../../sandbox/services/cloudformation/resources';
import { CloudFormation } from '../../../sandbox/services/cloudformation/service';
import { readTemplate } from '../../../sandbox/services/cloudformation/template';
import { ElasticLoadBalancing } from '../../../sandbox/services/elastic-load-balancing/service';
import { Route53 } from '../../../sandbox/services/route53';
import { ServiceQuotas } from '../../../sandbox/services/service-quotas';
import { answeredBy } from '../changes/simulated';
import { newRun, withTables } from '../changes/world';
import { containing, matching } from '../matchers';

const place = { partition: 'aws', account: '123456789012', region: 'us-east-1' };
const elbArn = (what: string) => `arn:aws:elasticloadbalancing:us-east-1:123456789012:${what}`;
const LISTENER = elbArn('listener/app/shop/50dc6c495c0c9188/f2f7dc8efc522ab2');
const CERTIFICATE = 'arn:aws:acm:us-east-1:123456789012:certificate/0123';
const HOSTS = ['i-0123456789abcdef0', 'i-0123456789abcdef1'];
const STACK = 'shop-hosts';
const body = JSON.stringify({
  Resources: {
    Hosts: { Type: 'AWS::AutoScaling::AutoScalingGroup', Properties: { AutoScalingGroupName: 'web' } },
    Files: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'files' } },
  },
});
const byStack = infrastructureSchema.parse({
  by: 'cloudformation',
  hosts: 2,
  stack: STACK,
  templateUrl: 'https://shop-infrastructure.s3.us-east-1.amazonaws.com/hosts.json',
  serviceRoleArn: 'arn:aws:iam::123456789012:role/shop-infrastructure',
});
const byBuild = infrastructureSchema.parse({ by: 'terraform', hosts: 2, project: 'shop' });
const publicRecord = {
  hostedZoneId: 'Z0123456789ABC',
  name: 'shop.example.com',
  value: 'lb.example.com',
  ttlSeconds: 60,
};

const clients = {
  acm: mockClient(acm.ACMClient),
  groups: mockClient(autoScaling.AutoScalingClient),
  stacks: mockClient(cloudFormation.CloudFormationClient),
  elb: mockClient(elbv2.ElasticLoadBalancingV2Client),
  dns: mockClient(route53.Route53Client),
  quotas: mockClient(serviceQuotas.ServiceQuotasClient),
};
let run: RunRef;
let clock: VirtualClock;
let balancer: LoadBalancer;
let elb: ElasticLoadBalancing;
let groups: AutoScaling;
let stacks: CloudFormation;
let kinds: Readonly<Record<'hosts' | 'files', RememberedKind>>;
let certificates: CertificateManager;
let dns: Route53;
let quotas: ServiceQuotas;
let targetGroupArn: string;
withTables();

/** Everything is there: two hosts of a stack, targets of a group to which a rule leads, the record, a valid certificate. */
beforeEach(async () => {
  run = await newRun(releaseLease);
  clock = new VirtualClock({ byHand: true });
  const nothing = { kind: 'fixed-response', status: 404, contentType: 'text/plain', body: '' } as const;
  balancer = await LoadBalancer.open({ address: '127.0.0.1', port: 0, defaultAction: nothing });
  elb = new ElasticLoadBalancing();
  elb.addListener(LISTENER, balancer, nothing);
  const endpointOf = (_id: string, port: number) => ({ address: '127.0.0.1', port });
  elb.surroundedBy({ place, clock, vpcId: 'vpc-1', endpointOf });
  targetGroupArn = elb.groups.make({ Name: 'shop', Port: 80, VpcId: 'vpc-1', HealthCheckPath: '/api/health' });
  for (const id of HOSTS) elb.groupAt(targetGroupArn)?.register(id, '127.0.0.1', 80);
  forwardTo(['/api/*']);

  groups = new AutoScaling(place, clock);
  addGroup(HOSTS);
  kinds = {
    hosts: new RememberedKind(['AutoScalingGroupName'], 'AutoScalingGroupName'),
    files: new RememberedKind(['BucketName'], 'BucketName'),
  };
  stacks = new CloudFormation(
    place,
    clock,
    new Map([
      ['AWS::AutoScaling::AutoScalingGroup', kinds.hosts],
      ['AWS::S3::Bucket', kinds.files],
    ]),
  );
  const template = readTemplate(body, {});
  const properties = (id: string) => template.resources.get(id)?.properties ?? {};
  stacks.stacks.adopt(
    STACK,
    template,
    new Map([
      ['Hosts', kinds.hosts.create(properties('Hosts'))],
      ['Files', kinds.files.create(properties('Files'))],
    ]),
  );
  certificates = new CertificateManager();
  certificates.add(CERTIFICATE, 'shop.example.com', new Date(Date.now() + 86_400_000));
  dns = new Route53(clock, new NameResolver());
  dns.addZone(publicRecord.hostedZoneId, 'example.com');
  dns.addRecord(publicRecord.hostedZoneId, publicRecord.name, publicRecord.value, publicRecord.ttlSeconds);
  quotas = new ServiceQuotas(place);
  answered();
});
afterEach(async () => {
  groups.close();
  elb.close();
  dns.close();
  await balancer.close();
  clock.close();
});

function answered(): void {
  for (const each of Object.values(clients)) each.reset();
  const { DescribeTargetGroupsCommand, DescribeRulesCommand, DescribeTargetHealthCommand } = elbv2;
  const { DescribeTargetGroupAttributesCommand } = elbv2;
  answeredBy(clients.elb, elb, {
    DescribeTargetGroupsCommand,
    DescribeTargetGroupAttributesCommand,
    DescribeRulesCommand,
    DescribeTargetHealthCommand,
  });
  answeredBy(clients.groups, groups, {
    DescribeAutoScalingGroupsCommand: autoScaling.DescribeAutoScalingGroupsCommand,
  });
  const { DescribeStacksCommand, DetectStackDriftCommand, DescribeStackResourceDriftsCommand } = cloudFormation;
  const { DescribeStackDriftDetectionStatusCommand } = cloudFormation;
  answeredBy(clients.stacks, stacks, {
    DescribeStacksCommand,
    DetectStackDriftCommand,
    DescribeStackDriftDetectionStatusCommand,
    DescribeStackResourceDriftsCommand,
  });
  answeredBy(clients.acm, certificates, { DescribeCertificateCommand: acm.DescribeCertificateCommand });
  answeredBy(clients.dns, dns, { ListResourceRecordSetsCommand: route53.ListResourceRecordSetsCommand });
  answeredBy(clients.quotas, quotas, { ListServiceQuotasCommand: serviceQuotas.ListServiceQuotasCommand });
}

function addGroup(instances: readonly string[]): void {
  const alone = { unhealthy: () => [], terminate: () => undefined };
  groups.addGroup({ name: 'web', instances, targetGroups: [targetGroupArn], ...alone });
}

function forwardTo(patterns: readonly string[]): void {
  const group = elb.groupAt(targetGroupArn)!;
  const action = { kind: 'forward', groups: [{ group, weight: 1 }] } as const;
  elb.createRule(LISTENER, { priority: 7, conditions: [{ kind: 'path', patterns }], action });
}

/** As the machine asks: the comparison is begun, and asked for until it is done. */
async function look(infrastructure: InfrastructureDescription = byStack) {
  const { detectionId } = await detect({ infrastructure });
  await clock.advance(60_000);
  return await asked(infrastructure, detectionId);
}

const loadBalancer = () => ({
  listenerArn: LISTENER,
  targetGroupArn,
  healthCheckPath: '/api/health',
  targetPort: 80,
  paths: ['/api/*'],
  certificateArns: [CERTIFICATE],
  shiftPercents: [100],
});
const asked = (infrastructure: InfrastructureDescription | null, detectionId: string | null) =>
  inspect({
    run,
    detectionId,
    infrastructure,
    loadBalancer: loadBalancer(),
    publicRecord,
    autoScalingGroup: 'web',
  });

test.each([
  ['a stack', byStack],
  ['Terraform', byBuild],
])('where everything is there nothing is missing: by %s', async (_what, infrastructure) => {
  expect(await look(infrastructure)).toEqual({
    done: true,
    provision: 'none',
    targetGroup: { name: 'shop', exists: true },
    hosts: HOSTS,
    unregistered: [],
    attached: true,
    forwards: true,
    recorded: true,
    seen: null,
    missing: [],
  });
  expect(await listDecisions(run.id)).toMatchObject([{ choice: 'nothing' }]);
});

test('while the stack is compared nothing is said, and nothing is decided', async () => {
  const { detectionId } = await detect({ infrastructure: byStack });
  expect(await asked(byStack, detectionId)).toMatchObject({ done: false, missing: [] });
  expect(await listDecisions(run.id)).toEqual([]);
});

test('what is gone of the way is told piece by piece, and no host is provisioned for it', async () => {
  elb.deleteRule(elb.rulesOf(LISTENER)[0]?.arn ?? '');
  elb.groups.remove(targetGroupArn);
  dns.addRecord(publicRecord.hostedZoneId, publicRecord.name, 'elsewhere.example.com', 60);
  expect(await look()).toMatchObject({
    provision: 'none',
    targetGroup: { name: 'shop', exists: false },
    hosts: HOSTS,
    unregistered: HOSTS,
    attached: false,
    forwards: false,
    recorded: false,
    missing: ['the target group shop', 'a rule that forwards /api/*', 'the record shop.example.com as lb.example.com'],
  });
});

/** Before the next test: the tables live as long as the file. */
test("that nobody has seen what was set of a group is said, and that it gets AWS's defaults", async () => {
  elb.deleteRule(elb.rulesOf(LISTENER)[0]?.arn ?? '');
  elb.groups.remove(targetGroupArn);
  expect(await look()).toMatchObject({ seen: null });
  expect(await listDecisions(run.id)).toContainEqual(
    expect.objectContaining({ choice: matching(/^AWS's defaults: nobody has ever seen it/) }),
  );
});

/** The load balancer calls the targets so. */
const targetsAre = (State: 'healthy' | 'unhealthy') =>
  clients.elb.on(elbv2.DescribeTargetHealthCommand).resolves({
    TargetHealthDescriptions: HOSTS.map((Id) => ({ Target: { Id }, TargetHealth: { State } })),
  });

test('what was set of a group that is gone is what was last seen while it was healthy, and it is said since when', async () => {
  const group = elb.groupAt(targetGroupArn)!;
  const check = { HealthCheckPath: '/api/health', HealthCheckIntervalSeconds: 20, Matcher: { HttpCode: '200-204' } };
  elb.groups.settings.check(group, check);
  elb.groups.settings.set(group, { 'stickiness.enabled': 'true' });
  targetsAre('healthy');
  const seenAt = await recordSettings(loadBalancer());
  // Somebody breaks the health check before somebody deletes the group.
  elb.groups.settings.check(group, { ...check, Matcher: { HttpCode: '418' } });
  targetsAre('unhealthy');
  expect(await recordSettings(loadBalancer())).toBeNull();
  elb.deleteRule(elb.rulesOf(LISTENER)[0]?.arn ?? '');
  elb.groups.remove(targetGroupArn);
  expect(await recordSettings(loadBalancer())).toBeNull();

  expect(await look()).toMatchObject({
    seen: {
      seenAt,
      settings: {
        port: 80,
        healthCheck: { path: '/api/health', intervalSeconds: 20, codes: '200-204' },
        attributes: { 'stickiness.enabled': 'true', 'deregistration_delay.timeout_seconds': '300' },
      },
    },
  });
  const decision = (await listDecisions(run.id)).find(({ subject }) => subject.startsWith('settings of'));
  expect(decision).toMatchObject({ subject: 'settings of the target group shop', choice: containing(seenAt ?? '') });
  expect(decision?.reason).toContain('200-204 within 5 s every 20 s');
});

test('what a stack has made meanwhile is seen when it is looked at again', async () => {
  elb.deleteRule(elb.rulesOf(LISTENER)[0]?.arn ?? '');
  elb.groups.remove(targetGroupArn);
  expect(await look()).toMatchObject({ targetGroup: { exists: false }, forwards: false });
  const made = elb.groups.make({ Name: 'shop', Port: 80, VpcId: 'vpc-1', HealthCheckPath: '/api/health' });
  const group = elb.groupAt(made)!;
  const action = { kind: 'forward', groups: [{ group, weight: 1 }] } as const;
  elb.createRule(LISTENER, { priority: 1, conditions: [{ kind: 'path', patterns: ['/api/*'] }], action });
  for (const id of HOSTS) group.register(id, '127.0.0.1', 80);
  groups.setTargetGroups('web', [made]);
  expect(await inspectTheWay({ loadBalancer: loadBalancer(), autoScalingGroup: 'web' })).toEqual({
    targetGroup: { name: 'shop', exists: true },
    hosts: HOSTS,
    unregistered: [],
    attached: true,
    forwards: true,
  });
});

test('a target group that was made again is known by its name; the Auto Scaling group does not know it yet', async () => {
  elb.deleteRule(elb.rulesOf(LISTENER)[0]?.arn ?? '');
  elb.groups.remove(targetGroupArn);
  const group = { Name: 'shop', Port: 80, VpcId: 'vpc-1', HealthCheckPath: '/api/health' };
  expect(elb.groups.make(group)).not.toBe(targetGroupArn);
  expect(await look()).toMatchObject({
    targetGroup: { exists: true },
    unregistered: HOSTS,
    attached: false,
    missing: [
      `${HOSTS.join(', ')} as targets of shop`,
      'shop among the target groups of web',
      'a rule that forwards /api/*',
    ],
  });
});

test.each([
  ['a stack', byStack, 'update'],
  ['Terraform', byBuild, 'build'],
])('a host too few is provisioned by %s', async (_what, infrastructure, provision) => {
  const [first = ''] = HOSTS;
  addGroup([first]);
  expect(await look(infrastructure)).toMatchObject({
    provision,
    hosts: [first],
    missing: ['1 of the 2 hosts that web should want', '1 of 2 hosts in service'],
  });
});

test('what is gone of the stack is made again, also where no host is missing', async () => {
  kinds.files.remove('files');
  expect(await look()).toMatchObject({ provision: 'update', missing: [`Files of the stack ${STACK}`] });
});

test('a stack that is gone, or that was never filled, is made', async () => {
  const other = { ...byStack, stack: 'never-made' };
  expect(await detect({ infrastructure: other })).toEqual({ detectionId: null });
  expect(await look(other)).toMatchObject({ provision: 'create', missing: ['the stack never-made'] });
  stacks.stacks.get(STACK).status = 'REVIEW_IN_PROGRESS';
  expect(await look()).toMatchObject({ provision: 'create', missing: [`the stack ${STACK}`] });
});

test('a stack that cannot be updated is refused where it has to be, and left alone where it has not', async () => {
  stacks.stacks.get(STACK).status = 'UPDATE_ROLLBACK_FAILED';
  expect(await look()).toMatchObject({ provision: 'none', missing: [] });
  addGroup(HOSTS.slice(1));
  await expect(look()).rejects.toMatchObject({
    name: 'InfrastructureUnfitError',
    message: matching(/shop-hosts is UPDATE_ROLLBACK_FAILED.*Nothing was changed/),
  });
});

test('what one resource keeps to itself does not hide what is gone of the others, and the run says so', async () => {
  stacks.unreadable.set('Files', 'Rate exceeded');
  kinds.hosts.remove('web');
  expect(await look()).toMatchObject({ provision: 'update', missing: [`Hosts of the stack ${STACK}`] });
  expect(await listDecisions(run.id)).toMatchObject([
    { reason: matching(/could not compare everything: .*"Resource":"Files","FailureReason":"Rate exceeded"/) },
  ]);
});

test('no comparison at all is refused in the words of CloudFormation', async () => {
  stacks.unreadable.set('Files', 'Files could not be read');
  stacks.unreadable.set('Hosts', 'nor could Hosts');
  await expect(look()).rejects.toMatchObject({
    name: 'InfrastructureUnfitError',
    message: containing('Files could not be read'),
  });
});

test('a description without infrastructure is refused by name', async () => {
  const refused = { name: 'InfrastructureUnfitError', message: containing('has no infrastructure') };
  await expect(detect({ infrastructure: null })).rejects.toMatchObject(refused);
  await expect(asked(null, null)).rejects.toMatchObject(refused);
});

test.each([
  [
    'has expired',
    () => {
      certificates.add(CERTIFICATE, 'x', new Date(Date.now() - 1000));
    },
  ],
  [
    'is not there',
    () => {
      certificates = new CertificateManager();
      answered();
    },
  ],
])('a certificate that %s is refused by name', async (_what, spoil) => {
  spoil();
  await expect(look()).rejects.toMatchObject({ name: 'CertificateExpiredError', message: containing(CERTIFICATE) });
});

test.each([
  [
    'Target Groups per Region',
    () => {
      elb.groups.remove(targetGroupArn);
    },
  ],
  ['Rules per Application Load Balancer', () => undefined],
])('a quota that is used up is refused only where something has to be made: %s', async (quota, remove) => {
  quotas.set('elasticloadbalancing', quota, 0);
  expect(await look()).toMatchObject({ missing: [] });
  elb.deleteRule(elb.rulesOf(LISTENER)[0]?.arn ?? '');
  remove();
  await expect(look()).rejects.toMatchObject({ name: 'QuotaExceededError', message: containing(quota) });
});

test('a record that is no plain CNAME could not be put back, and is refused', async () => {
  clients.dns.on(route53.ListResourceRecordSetsCommand).resolves({
    ResourceRecordSets: [{ Name: publicRecord.name, Type: 'A', AliasTarget: undefined }],
    IsTruncated: false,
    MaxItems: 1,
  });
  await expect(look()).rejects.toMatchObject({
    name: 'InfrastructureUnfitError',
    message: containing('no plain CNAME'),
  });
});

test('a record with another time to live is another record', async () => {
  dns.addRecord(publicRecord.hostedZoneId, publicRecord.name, publicRecord.value, 300);
  expect(await look()).toMatchObject({ recorded: false });
});

test('hosts are awaited by their number in service; a group that is not there has none', async () => {
  expect(await awaitCapacity({ autoScalingGroup: 'web', hosts: 2 })).toEqual({ done: true, instances: HOSTS });
  expect(await awaitCapacity({ autoScalingGroup: 'web', hosts: 3 })).toEqual({ done: false, instances: HOSTS });
  expect(await awaitCapacity({ autoScalingGroup: 'nowhere', hosts: 1 })).toEqual({ done: false, instances: [] });
});
