import {
  DescribeRulesCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { mockClient } from 'aws-sdk-client-mock';
import { describe as describeEnvironment } from '../../../config/describe';
import { interviewDrills } from '../../../config/interview-drills';
import { rehearsedChangeSchema, type ChangeKind } from '../../../contract/changes';
import { environmentVariables } from '../../../contract/environment';
import { handler as groupTemplate } from '../../../lambdas/changes/group-launch-template';
import { handler as healthCheckPath } from '../../../lambdas/changes/health-check-path';
import { handler as refresh } from '../../../lambdas/changes/instance-refresh';
import { handler as version } from '../../../lambdas/changes/launch-template-version';
import { handler as cancellation } from '../../../lambdas/changes/refresh-cancellation';
import { handler as shift } from '../../../lambdas/changes/traffic-shift';
import { putItem } from '../../../lambdas/gateways/table';
import { FakeInstances, TEMPLATE } from './fake-instances';
import { startTables } from './world';

const description = describeEnvironment(interviewDrills, 'drill');
const run = {
  id: 'rehearsal-1',
  plan: 'auto-scaling-rollback',
  environment: 'drill',
  mode: 'rehearse',
  fencingToken: 0,
};
const GROUP =
  'arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:00000000-0000-0000-0000-000000000000:autoScalingGroupName/web';
const TEMPLATE_ARN = `arn:aws:ec2:us-east-1:123456789012:launch-template/${TEMPLATE}`;
const TARGETS = 'arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/old/0123456789abcdef';
const LISTENER = 'arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/shop/1/2';
const fake = new FakeInstances();
const elb = mockClient(ElasticLoadBalancingV2Client);
let health: string[];
let stop: () => Promise<void>;
beforeAll(async () => {
  stop = await startTables();
  process.env[environmentVariables.roleArn] = 'arn:aws:iam::123456789012:role/Lifeboat-Change';
  await putItem('runs', {
    pk: `RUN#${run.id}`,
    sk: 'RUN',
    id: run.id,
    environment: 'drill',
    executionArn: 'arn',
    startedAt: '2026-11-23T02:13:40.000Z',
    input: {},
    status: 'running',
    plan: null,
    mode: 'rehearse',
    request: null,
    description,
  });
});
afterAll(() => stop());
beforeEach(() => {
  fake.reset();
  health = ['unused', 'unused'];
  elb.reset();
  elb.on(DescribeTargetHealthCommand).callsFake(() => ({
    TargetHealthDescriptions: health.map((State) => ({ TargetHealth: { State } })),
  }));
  elb.on(DescribeRulesCommand).resolves({
    Rules: [
      {
        RuleArn: 'default',
        IsDefault: true,
        Actions: [{ Type: 'forward', ForwardConfig: { TargetGroups: [{ TargetGroupArn: `${TARGETS}0`, Weight: 1 }] } }],
      },
    ],
  });
  elb.on(DescribeTargetGroupsCommand).resolves({ TargetGroups: [{ TargetGroupArn: TARGETS, HealthCheckPath: '/' }] });
});

type Handler = (event: unknown) => Promise<{ rehearsal?: unknown }>;
async function rehearsed(handler: Handler, kind: ChangeKind, target: unknown) {
  const planned = { key: 'key', kind, step: 'Step', target, pointOfNoReturn: false };
  const { rehearsal } = await handler({ verb: 'rehearse', run, planned });
  const found = rehearsedChangeSchema.parse(rehearsal);
  /** By action, on what; the only one by itself. */
  const needs: Record<string, string | string[]> = {};
  for (const { actions, resource } of found.needs) {
    const known = needs[actions.join(' ')];
    needs[actions.join(' ')] = known === undefined ? resource : [known, resource].flat();
  }
  return {
    before: found.before,
    checks: Object.fromEntries(found.checks.map(({ name, status }) => [name, status])),
    needs,
  };
}

const template = { group: 'web', templateId: TEMPLATE, version: '1' };
const ec2 = (rest: string) => `arn:aws:ec2:us-east-1:123456789012:${rest}00000000000000000`;
const made = [ec2('instance/i-'), ec2('volume/vol-'), ec2('network-interface/eni-')];
const launching = {
  // The template's own, what a launch makes, and the network that the group has.
  'ec2:RunInstances': [TEMPLATE_ARN, ...made, ec2('subnet/subnet-')],
  'ec2:CreateTags': made,
  'iam:PassRole': description.launchTemplate.hostRoleArn,
};
const how = { minimumHealthyPercent: 100, maximumHealthyPercent: 150, warmupSeconds: 60 };

test('a group that is set to another version', async () => {
  const found = await rehearsed(groupTemplate, 'group-launch-template', template);
  expect(found.needs).toEqual({ 'autoscaling:UpdateAutoScalingGroup': GROUP, ...launching });
  expect(found.checks).toMatchObject({ [`version 1 of ${TEMPLATE}`]: 'passed' });
  const gone = await rehearsed(groupTemplate, 'group-launch-template', { ...template, version: '9' });
  expect(gone.checks).toMatchObject({ [`version 9 of ${TEMPLATE}`]: 'failed' });
});

test('a refresh, and one that runs already', async () => {
  const found = await rehearsed(refresh, 'instance-refresh', { ...template, ...how });
  expect(found.needs).toEqual({
    'autoscaling:StartInstanceRefresh autoscaling:RollbackInstanceRefresh': GROUP,
    ...launching,
  });
  expect(found.checks).toMatchObject({ 'no other refresh of web runs': 'passed' });
});

test('a refresh that is cancelled may have to be begun again', async () => {
  const onGroup = { 'autoscaling:CancelInstanceRefresh autoscaling:StartInstanceRefresh': GROUP };
  expect((await rehearsed(cancellation, 'refresh-cancellation', { group: 'web' })).needs).toEqual(onGroup);
  fake.start('3');
  expect((await rehearsed(cancellation, 'refresh-cancellation', { group: 'web' })).needs).toEqual({
    ...onGroup,
    ...launching,
  });
});

test('a version of the launch template', async () => {
  const target = { templateId: TEMPLATE, sourceVersion: '1', release: 'v9', releaseVariable: 'RELEASE' };
  const found = await rehearsed(version, 'launch-template-version', target);
  expect(found.needs).toMatchObject({
    'ec2:CreateLaunchTemplateVersion ec2:DeleteLaunchTemplateVersions': TEMPLATE_ARN,
  });
  expect(found.checks).toMatchObject({ [`user data of version 1 of ${TEMPLATE}`]: 'passed' });
  const none = await rehearsed(version, 'launch-template-version', { ...target, releaseVariable: 'TAG' });
  expect(none.checks).toMatchObject({ [`user data of version 1 of ${TEMPLATE}`]: 'failed' });
});

test('traffic that is shifted: nobody knows how targets are while no rule names them', async () => {
  const target = { listenerArn: LISTENER, from: `${TARGETS}0`, to: TARGETS, percents: [100] };
  const found = await rehearsed(shift, 'traffic-shift', target);
  expect(found.needs).toMatchObject({
    'elasticloadbalancing:ModifyListener': LISTENER,
    'elasticloadbalancing:ModifyRule': `${LISTENER.replace(':listener/', ':listener-rule/')}/0000000000000000`,
  });
  expect(found.checks).toMatchObject({ [`targets of ${TARGETS}`]: 'not-checkable' });
  health = [];
  expect((await rehearsed(shift, 'traffic-shift', target)).checks).toMatchObject({
    [`targets of ${TARGETS}`]: 'failed',
  });
  health = ['healthy'];
  expect((await rehearsed(shift, 'traffic-shift', target)).checks).toMatchObject({
    [`targets of ${TARGETS}`]: 'passed',
  });
});

test('the path of a health check', async () => {
  const found = await rehearsed(healthCheckPath, 'health-check-path', { targetGroupArn: TARGETS, path: '/api/health' });
  expect(found.before).toEqual({ path: '/' });
  expect(found.needs).toMatchObject({ 'elasticloadbalancing:ModifyTargetGroup': TARGETS });
});
