import { emptyTables, startTables, stopTables } from '../tables';
import { matching } from '../matchers';
import { HOST, OTHER_HOST, measure, openedRun, settings } from '../fixtures';
import { resetAws, ssm } from '../run/aws';
import { DescribeInstanceInformationCommand, type InstanceInformation } from '@aws-sdk/client-ssm';
import { recordProbe } from '../../../lambdas/gateways/evidence';
import { handler } from '../../../lambdas/integrity/probe-open';
import { releaseLease, takeLease } from '../../../lambdas/run/lease';

beforeAll(startTables);
afterAll(stopTables);
beforeEach(async () => {
  resetAws();
  await emptyTables();
  hosts({ InstanceId: HOST, PingStatus: 'Online', AgentVersion: '3.3.2746.0' });
});

const hosts = (...InstanceInformationList: InstanceInformation[]) =>
  ssm.on(DescribeInstanceInformationCommand).resolves({ InstanceInformationList });

test('measures on a host, with no known keys at first', async () => {
  await expect(handler({})).resolves.toMatchObject({
    probe: true,
    host: HOST,
    parameters: { Checks: matching(/^users:id:email,name,created_at evaluations/) },
  });
});

test('measures again up to the keys of the last pass', async () => {
  const takenAt = '2026-11-23T02:13:40Z';
  const instance = { instanceIdentifier: 'interview-drills-production', resourceId: 'db-1' };
  await recordProbe({ takenAt, passed: true, measure: measure(takenAt), instance, settings, checks: [] });
  await expect(handler({})).resolves.toMatchObject({
    parameters: { Checks: matching(/^users:id:email,name,created_at:100 evaluations/) },
  });
});

test('does not measure while a run holds the lease, and does afterwards', async () => {
  await takeLease(openedRun('night-1'));
  await expect(handler({})).resolves.toEqual({
    probe: false,
    because: 'a run holds the lease: night-1 (database-recovery)',
  });
  await releaseLease('night-1');
  await expect(handler({})).resolves.toMatchObject({ probe: true });
});

test('one host that can is enough', async () => {
  hosts(
    { InstanceId: HOST, PingStatus: 'ConnectionLost', AgentVersion: '3.3.2746.0' },
    { InstanceId: OTHER_HOST, PingStatus: 'Online', AgentVersion: '3.3.3000.0' },
  );
  await expect(handler({})).resolves.toMatchObject({ host: OTHER_HOST });
});

test('without a host that is online, or new enough, it says so', async () => {
  hosts({ InstanceId: HOST, PingStatus: 'Inactive', AgentVersion: '3.3.2746.0' });
  await expect(handler({})).rejects.toMatchObject({ name: 'HostOfflineError' });
  hosts({ InstanceId: HOST, PingStatus: 'Online', AgentVersion: '3.2.0.0' });
  await expect(handler({})).rejects.toMatchObject({ name: 'AgentTooOldError' });
});
