import {
  DescribeRulesCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
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

  test('targets that are named, and those that do not matter', async () => {
    elb.on(DescribeTargetHealthCommand).resolves({
      TargetHealthDescriptions: [
        { Target: { Id: 'i-1' }, TargetHealth: { State: 'healthy' } },
        { Target: { Id: 'i-2' }, TargetHealth: { State: 'unhealthy' } },
      ],
    });
    const asked = (more: object) => targetsAwait({ targetGroupArn: 'arn:group', ...more });
    expect(await asked({ except: [] })).toEqual({ done: false, healthy: 1, registered: 2 });
    expect(await asked({ except: ['i-2', 'i-3'] })).toEqual({ done: true, healthy: 1, registered: 1 });
    expect(await asked({ except: ['i-1', 'i-2'] })).toEqual({ done: false, healthy: 0, registered: 0 });
    expect(await asked({ only: ['i-1'] })).toMatchObject({ done: true });
    expect(await asked({ only: ['i-1', 'i-2'], except: ['i-2'] })).toMatchObject({ done: false });
  });

  test('a group that is not there is no group without targets', async () => {
    elb.on(DescribeTargetHealthCommand).rejects(awsError('TargetGroupNotFoundException'));
    elb.on(DescribeTargetGroupsCommand).rejects(awsError('TargetGroupNotFoundException'));
    await expect(wait()).rejects.toMatchObject({ name: 'TargetGroupUnfitError' });
  });

  test('a group that was made again is found by its name', async () => {
    const [old, now] = ['1', '2'].map(
      (id) => `arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/${id}`,
    );
    elb.on(DescribeTargetHealthCommand).callsFake(({ TargetGroupArn }: { TargetGroupArn: string }) => {
      if (TargetGroupArn !== now) throw awsError('TargetGroupNotFoundException');
      return { TargetHealthDescriptions: [{ TargetHealth: { State: 'healthy' } }] };
    });
    elb.on(DescribeTargetGroupsCommand).callsFake(({ Names }: { Names?: string[] }) => {
      if (Names?.[0] !== 'web') throw awsError('TargetGroupNotFoundException');
      return { TargetGroups: [{ TargetGroupArn: now }] };
    });
    expect(await targetsAwait({ targetGroupArn: old ?? '' })).toEqual({ done: true, healthy: 1, registered: 1 });
  });

  describe('where the group is not there, or has nobody in it', () => {
    const instead = { listenerArn: 'arn:listener', paths: ['/api/*'] };
    const led = (to: string) => {
      elb.on(DescribeRulesCommand).resolves({
        Rules: [
          { RuleArn: 'r', Priority: 'default', IsDefault: true, Actions: [{ Type: 'forward', TargetGroupArn: to }] },
        ],
      });
    };
    const others = (described: 'gone' | 'empty') => {
      elb.on(DescribeTargetGroupsCommand).rejects(awsError('TargetGroupNotFoundException'));
      elb.on(DescribeTargetHealthCommand).callsFake(({ TargetGroupArn }: { TargetGroupArn: string }) => {
        if (TargetGroupArn === 'arn:other')
          return { TargetHealthDescriptions: [{ TargetHealth: { State: 'healthy' } }] };
        if (described === 'gone') throw awsError('TargetGroupNotFoundException');
        return { TargetHealthDescriptions: [] };
      });
    };

    test.each(['gone', 'empty'] as const)('%s: those to which users are led instead', async (described) => {
      others(described);
      led('arn:other');
      const asked = targetsAwait({ targetGroupArn: 'arn:group', instead });
      await expect(asked).resolves.toEqual({ done: true, healthy: 1, registered: 1 });
    });

    test('a rule that still leads to it leads to nobody', async () => {
      others('empty');
      led('arn:group');
      await expect(targetsAwait({ targetGroupArn: 'arn:group', instead })).resolves.toMatchObject({ done: false });
      others('gone');
      await expect(targetsAwait({ targetGroupArn: 'arn:group', instead })).rejects.toMatchObject({
        name: 'TargetGroupUnfitError',
      });
    });
  });
});
