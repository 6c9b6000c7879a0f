import { DescribeInstanceInformationCommand, SSMClient, type PingStatus } from '@aws-sdk/client-ssm';
import { containing } from '../matchers';
import { mockClient } from 'aws-sdk-client-mock';
import '../quiet';
import { HOST, OTHER_HOST, description } from '../fixtures';
import { handler } from '../../../lambdas/hosts/hosts-find';

const ssm = mockClient(SSMClient);
beforeEach(() => ssm.reset());

const host = (InstanceId: string, AgentVersion = '3.3.2746.0', PingStatus: PingStatus = 'Online') => ({
  InstanceId,
  AgentVersion,
  PingStatus,
});
const find = () => handler({ hosts: description.hosts });

test('finds every host with the tag, on every page, in the order of ids', async () => {
  ssm
    .on(DescribeInstanceInformationCommand)
    .resolvesOnce({ InstanceInformationList: [host(OTHER_HOST)], NextToken: 'more' })
    .resolves({ InstanceInformationList: [host(HOST)] });
  await expect(find()).resolves.toEqual({ hosts: [HOST, OTHER_HOST] });
  expect(ssm.commandCalls(DescribeInstanceInformationCommand)[0]?.args[0].input.Filters).toEqual([
    { Key: 'tag:lifeboat:hosts', Values: ['interview-drills-production'] },
  ]);
});

test('no host is an offline host', async () => {
  ssm.on(DescribeInstanceInformationCommand).resolves({});
  await expect(find()).rejects.toMatchObject({
    name: 'HostOfflineError',
    message: 'no host with the tag lifeboat:hosts=interview-drills-production reports to SSM',
  });
});

test.each(['ConnectionLost', 'Inactive'] as const)('one host that is %s is one too many', async (ping) => {
  ssm.on(DescribeInstanceInformationCommand).resolves({
    InstanceInformationList: [host(HOST), host(OTHER_HOST, '3.3.2746.0', ping)],
  });
  await expect(find()).rejects.toMatchObject({
    name: 'HostOfflineError',
    message: `${OTHER_HOST} is ${ping}, should be Online`,
  });
});

test.each(['3.3.2745.9', '3.3.987.0', '2.9.9999.0', ''])('agent %j is too old', async (version) => {
  ssm.on(DescribeInstanceInformationCommand).resolves({ InstanceInformationList: [host(HOST, version)] });
  await expect(find()).rejects.toMatchObject({
    name: 'AgentTooOldError',
    message: containing('should be 3.3.2746.0 or newer'),
  });
});

test.each(['3.3.2746.0', '3.3.10000.0', '3.10.0.0', '4.0.0.0'])('agent %s is new enough', async (version) => {
  ssm.on(DescribeInstanceInformationCommand).resolves({ InstanceInformationList: [host(HOST, version)] });
  await expect(find()).resolves.toEqual({ hosts: [HOST] });
});
