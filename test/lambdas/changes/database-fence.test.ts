import { DescribeInstanceInformationCommand, GetCommandInvocationCommand } from '@aws-sdk/client-ssm';
import type { RunRef } from '../../../contract/run';
import { handler as fenceHandler } from '../../../lambdas/changes/database-fence';
import { findChange } from '../../../lambdas/run/journal';
import { releaseLease } from '../../../lambdas/run/lease';
import { putItem } from '../../../lambdas/gateways/table';
import { description } from '../fixtures';
import { fakeHosts, one, two } from './fake-hosts';
import { newRun, withTables, verbs } from './world';

const hosts = fakeHosts();
let run: RunRef;
withTables();
beforeEach(async () => {
  run = await newRun(releaseLease);
  hosts.reset();
});

describe('database-fence', () => {
  const connection = {
    address: 'old.rds.example',
    port: 5432,
    name: 'orders',
    sslMode: 'verify-full' as const,
    caFile: '/etc/ssl/rds.pem',
    masterSecretArn: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:master-a1b2c3',
  };
  const app = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:app-a1b2c3';
  const target = { host: one, connection, logins: [{ role: 'app', secretArn: app }] };
  const before = { grantees: ['PUBLIC', 'app'] };
  const change = () => verbs<'database-fence'>(fenceHandler, run, 'fence');
  const parameters = {
    Address: ['old.rds.example'],
    Port: ['5432'],
    Database: ['orders'],
    SslMode: ['verify-full'],
    CaFile: ['/etc/ssl/rds.pem'],
    MasterSecretArn: [connection.masterSecretArn],
    ExecutionTimeout: ['180'],
  };

  test('fences, journals since when, and opens for whoever could connect before', async () => {
    await change().apply(target, { before });
    expect(hosts.sent()).toEqual([
      {
        DocumentName: 'lifeboat-drill-fence-database',
        InstanceIds: [one],
        Parameters: { ...parameters, Logins: [`app=${app}`] },
      },
    ]);
    expect(await change().confirm()).toMatchObject({ done: false });
    const fencedAt = '2026-11-23T02:00:00Z';
    hosts.end({
      code: 0,
      line: { fencedAt, endedSessions: 3, revoked: ['PUBLIC'], refusals: [{ role: 'app', message: 'no' }] },
    });
    expect(await change().confirm()).toMatchObject({ done: true, detail: { fencedAt, endedSessions: 3 } });
    await change().undo();
    expect(hosts.sent()[1]).toEqual({
      DocumentName: 'lifeboat-drill-open-database',
      InstanceIds: [one],
      Parameters: { ...parameters, Grantees: ['PUBLIC app'] },
    });
    hosts.end({ code: 0, line: { granted: ['PUBLIC', 'app'] } });
    expect(await change().confirmUndo()).toMatchObject({ done: true });
  });

  test.each([
    [7, 'DatabaseUnreachableError'],
    [8, 'FenceFailedError'],
    [1, 'DocumentFailedError'],
  ])('exit code %i is %s', async (code, name) => {
    await change().apply(target, { before });
    hosts.end({ code, line: '' });
    await expect(change().confirm()).rejects.toMatchObject({ name });
  });

  test('a host that is offline: nothing was sent, so nothing has to be taken back', async () => {
    hosts.ssm.on(DescribeInstanceInformationCommand).resolves({ InstanceInformationList: [] });
    await expect(change().apply(target, { before })).rejects.toMatchObject({ name: 'HostOfflineError' });
    expect(await findChange(run.id, 'fence')).toMatchObject({ state: 'not-applied' });
  });

  const known = async () =>
    putItem('runs', {
      pk: `RUN#${run.id}`,
      sk: 'RUN',
      id: run.id,
      environment: 'drill',
      executionArn: 'arn',
      startedAt: '2026-11-23T02:00:00Z',
      input: {},
      status: 'running',
      plan: run.plan,
      mode: run.mode,
      request: null,
      description,
    });

  test('where its host is gone, another one with the tag opens the database', async () => {
    await known();
    await change().apply(target, { before });
    hosts.lose(one);
    await change().undo();
    expect(hosts.sent()[1]).toMatchObject({ DocumentName: 'lifeboat-drill-open-database', InstanceIds: [two] });
    hosts.end({ code: 0, line: { granted: ['PUBLIC', 'app'] } });
    expect(await change().confirmUndo()).toMatchObject({ done: true });
    const asked = hosts.ssm.commandCalls(GetCommandInvocationCommand).at(-1);
    expect(asked?.args[0].input).toMatchObject({ InstanceId: two });
  });

  test('where no host is there, a person is told the SQL', async () => {
    await known();
    await change().apply(target, { before });
    hosts.lose(one);
    hosts.lose(two);
    const failure = change().undo();
    await expect(failure).rejects.toMatchObject({ name: 'UndoFailedError' });
    await expect(failure).rejects.toThrow(
      'old.rds.example port 5432: GRANT CONNECT ON DATABASE "orders" TO PUBLIC, "app";',
    );
  });

  test('an opening that fails calls a person', async () => {
    await change().apply(target, { before });
    await change().undo();
    hosts.end({ code: 7, line: '' });
    const failure = change().confirmUndo();
    await expect(failure).rejects.toMatchObject({ name: 'UndoFailedError' });
    await expect(failure).rejects.toThrow('GRANT CONNECT ON DATABASE "orders" TO PUBLIC, "app";');
    await expect(failure).rejects.toThrow(/"grantees":\["PUBLIC","app"\]/);
  });
});
