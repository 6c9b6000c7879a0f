import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  type Instance,
  type LifecycleState,
} from '@aws-sdk/client-auto-scaling';
import { DescribeInstanceInformationCommand, SSMClient, type PingStatus } from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { handler } from '../../../lambdas/hosts/hosts-compare';
import { HOST, OTHER_HOST } from '../fixtures';
import { containing } from '../matchers';

const ssm = mockClient(SSMClient);
const autoScaling = mockClient(AutoScalingClient);
const NEW = 'i-0000000000000009';
let instances: Instance[];
let reporting: Record<string, PingStatus>;

beforeEach(() => {
  autoScaling.reset();
  ssm.reset();
  instances = [member(HOST), member(OTHER_HOST)];
  reporting = { [HOST]: 'Online', [OTHER_HOST]: 'Online' };
  autoScaling.on(DescribeAutoScalingGroupsCommand).callsFake(() => ({
    AutoScalingGroups: [{ AutoScalingGroupName: 'web', MinSize: 2, DesiredCapacity: 2, Instances: instances }],
  }));
  ssm.on(DescribeInstanceInformationCommand).callsFake(() => ({
    InstanceInformationList: Object.entries(reporting).map(([InstanceId, PingStatus]) => ({ InstanceId, PingStatus })),
  }));
});

const member = (InstanceId: string, LifecycleState: LifecycleState = 'InService', Version = '2'): Instance => ({
  InstanceId,
  LifecycleState,
  LaunchTemplate: { LaunchTemplateId: 'lt-0123456789abcdef0', Version },
  AvailabilityZone: 'us-east-1a',
  HealthStatus: 'Healthy',
  ProtectedFromScaleIn: false,
});
const compare = (more: { hosts?: string[]; leftOut?: string[]; mayBoot?: string } = {}) =>
  handler({
    group: 'web',
    tag: { key: 'lifeboat:hosts', value: 'web' },
    hosts: [HOST, OTHER_HOST],
    leftOut: [],
    mayBoot: null,
    ...more,
  });

test('the hosts that the run found, and no other', async () => {
  await expect(compare()).resolves.toEqual({ joined: [] });
});

test.each(['Pending', 'Pending:Wait', 'InService', 'Standby'] as const)(
  'one that is %s by now is named',
  async (state) => {
    instances.push(member(NEW, state));
    await expect(compare()).rejects.toMatchObject({
      name: 'HostsChangedError',
      message: containing(`when it began: ${NEW} (${state} in web, from version 2 of the template). They have`),
    });
  },
);

test('one that leaves, or has left and is remembered by SSM, is none', async () => {
  instances.push(member(NEW, 'Terminating:Wait'), member('i-0000000000000008', 'Detached'));
  reporting['i-0000000000000007'] = 'ConnectionLost';
  await expect(compare()).resolves.toEqual({ joined: [] });
});

test('one that is in no group is named where it reports with the tag', async () => {
  reporting[NEW] = 'Online';
  await expect(compare()).rejects.toMatchObject({
    message: containing(`${NEW} (in no group, tagged lifeboat:hosts=web)`),
  });
});

test('one that the run goes on without has not come meanwhile', async () => {
  reporting[OTHER_HOST] = 'ConnectionLost';
  await expect(compare({ hosts: [HOST], leftOut: [OTHER_HOST] })).resolves.toEqual({ joined: [] });
  await expect(compare({ hosts: [HOST] })).rejects.toMatchObject({ message: containing(OTHER_HOST) });
});

test('one that booted what the run brings may have come, and no other', async () => {
  instances.push(member(NEW, 'InService', '3'));
  await expect(compare({ mayBoot: '3' })).resolves.toEqual({ joined: [NEW] });
  await expect(compare({ mayBoot: '4' })).rejects.toMatchObject({ name: 'HostsChangedError' });
  instances.push(member('i-0000000000000008', 'Pending', '2'));
  await expect(compare({ mayBoot: '3' })).rejects.toMatchObject({
    message: containing('began: i-0000000000000008 (Pending'),
  });
});
