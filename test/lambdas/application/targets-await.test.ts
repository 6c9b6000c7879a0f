import { DescribeTargetHealthCommand, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { mockClient } from 'aws-sdk-client-mock';
import { handler as targetsAwait } from '../../../lambdas/application/targets-await';
import { awsError } from '../changes/world';

describe('targets-await', () => {
  const elb = mockClient(ElasticLoadBalancingV2Client);
  beforeEach(() => elb.reset());
  const states = (...all: string[]) =>
    elb.on(DescribeTargetHealthCommand).callsFake(() => ({
      TargetHealthDescriptions: all.map((State) => ({ TargetHealth: { State } })),
    }));
  const wait = () => targetsAwait({ targetGroupArn: 'arn:group' });

  test.each([
    [['healthy', 'healthy'], { done: true, healthy: 2, registered: 2 }],
    [['healthy', 'draining'], { done: true, healthy: 1, registered: 1 }],
    [['healthy', 'unhealthy'], { done: false, healthy: 1, registered: 2 }],
    [['healthy', 'initial'], { done: false, healthy: 1, registered: 2 }],
    [['healthy', 'unused'], { done: false, healthy: 1, registered: 2 }],
    [['draining'], { done: false, healthy: 0, registered: 0 }],
    [[], { done: false, healthy: 0, registered: 0 }],
  ])('%j', async (all, expected) => {
    states(...all);
    expect(await wait()).toEqual(expected);
  });

  test('a group that is not there is no group without targets', async () => {
    elb.on(DescribeTargetHealthCommand).rejects(awsError('TargetGroupNotFoundException'));
    await expect(wait()).rejects.toMatchObject({ name: 'AwsRefusedError' });
  });
});
