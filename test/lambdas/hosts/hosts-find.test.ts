import { DescribeInstanceInformationCommand, SSMClient, type PingStatus } from '@aws-sdk/client-ssm';
import { emptyTables, startTables, stopTables } from '../tables';
import { containing } from '../matchers';
import { mockClient } from 'aws-sdk-client-mock';
import { HOST, OTHER_HOST, description } from '../fixtures';
import type { RunRef } from '../../../contract/run';
import { listDecisions } from '../../../lambdas/run/journal';
import { handler } from '../../../lambdas/hosts/hosts-find';

const ssm = mockClient(SSMClient);
beforeAll(startTables);
afterAll(stopTables);
beforeEach(async () => {
  ssm.reset();
  await emptyTables();
});

const host = (InstanceId: string, AgentVersion = '3.3.2746.0', PingStatus: PingStatus = 'Online') => ({
  InstanceId,
  AgentVersion,
  PingStatus,
});
const find = () => handler({ hosts: description.hosts });
const run: RunRef = { id: 'r-1', plan: 'database-recovery', environment: 'production', mode: 'live', fencingToken: 1 };
const goingOn = () => handler({ run, hosts: { ...description.hosts, offline: 'go-on' } });

test('finds every host with the tag, on every page, in the order of ids', async () => {
  ssm
    .on(DescribeInstanceInformationCommand)
    .resolvesOnce({ InstanceInformationList: [host(OTHER_HOST)], NextToken: 'more' })
    .resolves({ InstanceInformationList: [host(HOST)] });
  await expect(find()).resolves.toEqual({ hosts: [HOST, OTHER_HOST], leftOut: [] });
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

describe('where the description says to go on without a host that is offline', () => {
  const two = (ping: PingStatus, version?: string) =>
    ssm.on(DescribeInstanceInformationCommand).resolves({
      InstanceInformationList: [host(HOST, version), host(OTHER_HOST, '2.0.0.0', ping)],
    });

  test('it is left out, whatever its agent, and that is a decision of the run', async () => {
    two('ConnectionLost');
    await expect(goingOn()).resolves.toEqual({ hosts: [HOST], leftOut: [OTHER_HOST] });
    await goingOn();
    await expect(listDecisions(run.id)).resolves.toMatchObject([
      { subject: 'hosts left out', choice: OTHER_HOST, reason: containing(`${OTHER_HOST} is ConnectionLost`) },
    ]);
  });

  test('nothing is left out, and nothing decided, where all are online', async () => {
    ssm.on(DescribeInstanceInformationCommand).resolves({ InstanceInformationList: [host(HOST), host(OTHER_HOST)] });
    await expect(goingOn()).resolves.toEqual({ hosts: [HOST, OTHER_HOST], leftOut: [] });
    await expect(listDecisions(run.id)).resolves.toEqual([]);
  });

  test('one has to be left; an agent that is too old is no reason to go on', async () => {
    two('Online');
    await expect(goingOn()).rejects.toMatchObject({ name: 'AgentTooOldError' });
    ssm
      .on(DescribeInstanceInformationCommand)
      .resolves({ InstanceInformationList: [host(HOST, '4.0.0.0', 'Inactive')] });
    await expect(goingOn()).rejects.toMatchObject({ name: 'HostOfflineError' });
  });

  test('what belongs to no run goes on without none', async () => {
    two('ConnectionLost');
    const nobody = handler({ hosts: { ...description.hosts, offline: 'go-on' } });
    await expect(nobody).rejects.toMatchObject({ name: 'HostOfflineError' });
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
  await expect(find()).resolves.toEqual({ hosts: [HOST], leftOut: [] });
});
