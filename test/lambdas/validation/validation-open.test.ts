import { emptyTables, startTables, stopTables } from '../../lambdas/tables';
import { description, HOST, openedRun, OTHER_HOST } from '../fixtures';
import { resetAws, ssm } from '../run/aws';
import { DescribeInstanceInformationCommand, type InstanceInformation } from '@aws-sdk/client-ssm';
import { openRun } from '../../../lambdas/gateways/runs';
import { advanceChange, recordChange } from '../../../lambdas/run/journal';
import { releaseLease, takeLease } from '../../../lambdas/run/lease';
import { handler } from '../../../lambdas/validation/validation-open';
import { execution } from '../quiet';
import { matching } from '../matchers';

beforeAll(startTables);
afterAll(stopTables);
const hosts = (...InstanceInformationList: InstanceInformation[]) =>
  ssm.on(DescribeInstanceInformationCommand).resolves({ InstanceInformationList });
beforeEach(async () => {
  resetAws();
  await emptyTables();
  hosts({ InstanceId: HOST, PingStatus: 'Online', AgentVersion: '3.3.2746.0' });
});

const leased = async () => {
  await openRun({
    id: 'night-1',
    environment: 'production',
    executionArn: execution('recovery', 'night-1'),
    startedAt: '2026-11-23T02:20:00.000Z',
    input: {},
  });
  return takeLease(openedRun('night-1'));
};

test('started alone, {} is enough: no lease, and no tests, which would write', async () => {
  await expect(handler({ executionName: 'by-hand', input: {} })).resolves.toMatchObject({
    run: null,
    description: { application: 'interview-drills' },
    hosts: [HOST],
    unheard: [],
    keyPrefix: matching(/^validate-[0-9a-f]{16}$/),
    parameters: {
      inspect: { Services: 'nginx interview-app', Folder: '/var/www/interview-app' },
      measure: { Requests: '100' },
      test: { Tests: 'none', ConsistencyScript: 'scripts/validate-data-consistency.sh' },
    },
  });
  await expect(handler({ executionName: 'by-hand', input: { tests: 'test:integration' } })).resolves.toMatchObject({
    parameters: { test: { Tests: 'test:integration' } },
  });
});

test('for a run the description says which tests, and none where the run changed nothing', async () => {
  const run = await leased();
  const opened = (mode: 'live' | 'rehearse') =>
    handler({ executionName: run.id, input: { run: { ...run, mode }, description } });
  await expect(opened('live')).resolves.toMatchObject({
    run,
    keyPrefix: 'validate',
    parameters: { test: { Tests: 'test:critical' } },
  });
  await expect(opened('rehearse')).resolves.toMatchObject({ parameters: { test: { Tests: 'none' } } });
});

test('a run that led users back to another region left nothing here that a test could write to', async () => {
  const run = await leased();
  const target = {
    region: 'us-west-2',
    bucket: 'b',
    key: 'k',
    standbyServes: true,
    name: 'a.example',
    leadsTo: 'b.example',
  };
  const change = { kind: 'region-traffic', target, before: { standbyServes: false }, pointOfNoReturn: true } as const;
  const tests = async () =>
    (await handler({ executionName: run.id, input: { run, description } })).parameters.test['Tests'];
  await recordChange(run, { ...change, key: 'undo-traffic', undoes: { runId: 'moved', key: 'traffic' } });
  // It is not over yet.
  await expect(tests()).resolves.toBe('test:critical');
  await advanceChange(run.id, 'undo-traffic', 'confirmed');
  await expect(tests()).resolves.toBe('none');
});

test('a run without the lease is refused', async () => {
  const run = await leased();
  await releaseLease(run.id);
  await expect(handler({ executionName: run.id, input: { run } })).rejects.toMatchObject({ name: 'LeaseLostError' });
});

test('a host that cannot be asked is told, and keeps the others from nothing', async () => {
  hosts(
    { InstanceId: HOST, PingStatus: 'ConnectionLost', AgentVersion: '3.3.2746.0' },
    { InstanceId: OTHER_HOST, PingStatus: 'Online', AgentVersion: '3.3.3000.0' },
    { InstanceId: 'i-old', PingStatus: 'Online', AgentVersion: '3.2.0.0' },
  );
  await expect(handler({ executionName: 'by-hand', input: {} })).resolves.toMatchObject({
    hosts: [OTHER_HOST],
    unheard: [
      { host: HOST, why: 'SSM says ConnectionLost' },
      { host: 'i-old', why: matching(/agent is 3\.2\.0\.0/) },
    ],
    leftOut: [],
  });
});

test('where the description says to go on without it, a host that is offline is no target that matters', async () => {
  hosts(
    { InstanceId: HOST, PingStatus: 'ConnectionLost', AgentVersion: '3.3.2746.0' },
    { InstanceId: OTHER_HOST, PingStatus: 'Online', AgentVersion: '3.3.3000.0' },
    { InstanceId: 'i-old', PingStatus: 'Online', AgentVersion: '3.2.0.0' },
  );
  const going = { ...description, hosts: { ...description.hosts, offline: 'go-on' as const } };
  await expect(handler({ executionName: 'by-hand', input: { description: going } })).resolves.toMatchObject({
    hosts: [OTHER_HOST],
    leftOut: [HOST],
  });
});

test.each([
  [{ test: 'x' }, /unknown field "test"/],
  [{ tests: 'all' }, /tests: should be one of/],
  ['x', /\(top\)/],
])('input %j is refused by name', async (input, words) => {
  await expect(handler({ executionName: 'by-hand', input })).rejects.toMatchObject({
    name: 'InvalidInputError',
    message: matching(words),
  });
});
