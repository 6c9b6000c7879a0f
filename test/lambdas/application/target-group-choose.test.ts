import {
  DescribeRulesCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { mockClient } from 'aws-sdk-client-mock';
import { requestSchema, type RunRef } from '../../../contract/run';
import { handler } from '../../../lambdas/application/target-group-choose';
import { listDecisions, recordChange } from '../../../lambdas/run/journal';
import { releaseLease } from '../../../lambdas/run/lease';
import { newRun, withTables } from '../changes/world';

const arn = (name: string) =>
  `arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/${name}/0123456789abcdef`;
const [OLD, NEW] = [arn('old'), arn('new')];
const loadBalancer = {
  listenerArn: 'arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/web/1/2',
  targetGroupArn: OLD,
  healthCheckPath: '/api/health',
  shiftPercents: [100],
};
const elb = mockClient(ElasticLoadBalancingV2Client);
let serving: [string, number][];
let run: RunRef;
withTables();
beforeEach(async () => {
  run = await newRun(releaseLease);
  serving = [[NEW, 1]];
  elb.reset();
  elb.on(DescribeRulesCommand).callsFake(() => ({
    Rules: [
      {
        RuleArn: 'default',
        IsDefault: true,
        Actions: [
          {
            Type: 'forward',
            ForwardConfig: { TargetGroups: serving.map(([TargetGroupArn, Weight]) => ({ TargetGroupArn, Weight })) },
          },
        ],
      },
    ],
  }));
  elb.on(DescribeTargetGroupsCommand).callsFake((input: { TargetGroupArns?: string[]; Names?: string[] }) => ({
    TargetGroups: [{ TargetGroupArn: input.TargetGroupArns?.[0] ?? arn(input.Names?.[0] ?? ''), HealthCheckPath: '/' }],
  }));
  elb.on(DescribeTargetGroupAttributesCommand).resolves({
    Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '45' }],
  });
});
const choose = (more: object = {}) =>
  handler({ run, loadBalancer, request: requestSchema.parse({ plan: 'load-balancer-rollback', ...more }) });

test('goes back to the described group from the one that has the traffic', async () => {
  expect(await choose()).toEqual({
    from: NEW,
    to: OLD,
    healthCheckPath: '/',
    drainSeconds: 45,
    reason: 'the group that the description names',
  });
  expect(await listDecisions(run.id)).toMatchObject([{ choice: OLD, alternatives: [{ choice: NEW }] }]);
});

test('goes to a group by its name, or to the one that an earlier run took the traffic from', async () => {
  expect(await choose({ targetGroup: 'blue' })).toMatchObject({ from: NEW, to: arn('blue'), reason: 'asked for' });
  await recordChange(run, {
    key: 'shift-traffic',
    kind: 'traffic-shift',
    target: { listenerArn: 'l', from: arn('green'), to: NEW, percents: [100] },
    before: { rules: [] },
    pointOfNoReturn: false,
  });
  expect(await choose({ run: run.id })).toMatchObject({ from: NEW, to: arn('green') });
});

test('refuses an earlier run that shifted nothing, and where there is nothing to take back', async () => {
  await expect(choose({ run: 'another-run' })).rejects.toThrow('no shift of traffic');
  serving = [
    [OLD, 100],
    [NEW, 0],
  ];
  await expect(choose()).rejects.toMatchObject({ name: 'TargetGroupUnfitError' });
});
