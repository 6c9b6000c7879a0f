import {
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  ListCommandsCommand,
  SSMClient,
  SendCommandCommand,
} from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import type { RunRef } from '../../../contract/run';
import { handler as fenceHandler } from '../../../lambdas/changes/database-fence';
import { handler as servicesHandler, startLists } from '../../../lambdas/changes/services';
import { findChange, listChanges } from '../../../lambdas/run/journal';
import { releaseLease } from '../../../lambdas/run/lease';
import { newRun, startTables, verbs } from './world';

/** The kinds that hosts make: services and database-fence. */
const ssm = mockClient(SSMClient);
const [one, two] = ['i-0000000000000001', 'i-0000000000000002'] as const;
let stop: () => Promise<void>;
let run: RunRef;
/** What each host answers: an exit code and a last line. */
let ending: { code: number; line: unknown } | null;
beforeAll(async () => {
  stop = await startTables();
});
afterAll(() => stop());
beforeEach(async () => {
  run = await newRun(releaseLease);
  ending = null;
  ssm.reset();
  ssm.on(ListCommandsCommand).resolves({ Commands: [] });
  ssm.on(DescribeInstanceInformationCommand).resolves({
    InstanceInformationList: [one, two].map((InstanceId) => ({
      InstanceId,
      PingStatus: 'Online',
      AgentVersion: '3.3.3000.0',
    })),
  });
  let sent = 0;
  ssm.on(SendCommandCommand).callsFake(() => ({ Command: { CommandId: `command-${(sent += 1)}` } }));
  ssm.on(GetCommandInvocationCommand).callsFake(() =>
    ending === null
      ? { Status: 'InProgress', StatusDetails: 'InProgress' }
      : {
          Status: ending.code === 0 ? 'Success' : 'Failed',
          StatusDetails: ending.code === 0 ? 'Success' : 'Failed',
          ResponseCode: ending.code,
          StandardOutputContent: `${JSON.stringify(ending.line)}\n`,
          StandardErrorContent: 'why',
          ExecutionEndDateTime: '2026-11-23T02:00:00Z',
        },
  );
});
const sent = () =>
  ssm.commandCalls(SendCommandCommand).map((call) => {
    const { DocumentName, InstanceIds, Parameters } = call.args[0].input;
    return { DocumentName, InstanceIds, Parameters };
  });

describe('services', () => {
  const target = { hosts: [one, two], services: ['nginx', 'orders'] };
  const before = { active: { [one]: ['nginx', 'orders'], [two]: ['orders'] } };
  const stopped = { services: [{ name: 'nginx', was: 'active', is: 'inactive' }] };
  const change = () => verbs<'services'>(servicesHandler, run, 'services');

  test('stops in order; undo starts in the opposite order, on each host what was active there', async () => {
    await change().apply(target, { before });
    expect(sent()).toEqual([
      {
        DocumentName: 'lifeboat-drill-stop-services',
        InstanceIds: [one, two],
        Parameters: { Services: ['nginx orders'], ExecutionTimeout: ['300'] },
      },
    ]);
    expect(await change().confirm()).toEqual({ done: false, progress: 'stopping services' });
    ending = { code: 0, line: stopped };
    expect(await change().confirm()).toMatchObject({ done: true });
    ending = null;
    await change().undo();
    expect(sent().slice(1)).toEqual([
      {
        DocumentName: 'lifeboat-drill-start-services',
        InstanceIds: [one],
        Parameters: { Services: ['orders nginx'], ExecutionTimeout: ['300'] },
      },
      {
        DocumentName: 'lifeboat-drill-start-services',
        InstanceIds: [two],
        Parameters: { Services: ['orders'], ExecutionTimeout: ['300'] },
      },
    ]);
    expect(await change().confirmUndo()).toMatchObject({ done: false });
    ending = { code: 0, line: stopped };
    expect(await change().confirmUndo()).toMatchObject({ done: true });
    expect((await findChange(run.id, 'services')).state).toBe('undone');
  });

  test('the state before has to be given', async () => {
    await expect(change().apply(target)).rejects.toMatchObject({ name: 'ContractViolationError' });
    expect(await listChanges(run.id)).toEqual([]);
    expect(sent()).toEqual([]);
  });

  test('a start that fails is a failed undo, and the next attempt sends anew', async () => {
    await change().apply(target, { before });
    await change().undo();
    ending = { code: 1, line: '' };
    await expect(change().confirmUndo()).rejects.toMatchObject({ name: 'UndoFailedError' });
    expect((await findChange(run.id, 'services')).state).toBe('undo-failed');
    await change().undo();
    expect(sent()).toHaveLength(5);
    ending = { code: 0, line: stopped };
    expect(await change().confirmUndo()).toMatchObject({ done: true });
  });

  test('a stop that fails leaves the change applied: some units may be stopped', async () => {
    await change().apply(target, { before });
    ending = { code: 1, line: '' };
    await expect(change().confirm()).rejects.toMatchObject({ name: 'DocumentFailedError' });
    expect((await findChange(run.id, 'services')).state).toBe('applied');
  });

  test('nothing is started on a host where nothing was active', () => {
    expect(startLists({ target, before: { active: { [one]: [], [two]: ['other'] } } }).size).toBe(0);
  });
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
    expect(sent()).toEqual([
      {
        DocumentName: 'lifeboat-drill-fence-database',
        InstanceIds: [one],
        Parameters: { ...parameters, Logins: [`app=${app}`] },
      },
    ]);
    expect(await change().confirm()).toMatchObject({ done: false });
    const fencedAt = '2026-11-23T02:00:00Z';
    ending = {
      code: 0,
      line: { fencedAt, endedSessions: 3, revoked: ['PUBLIC'], refusals: [{ role: 'app', message: 'no' }] },
    };
    expect(await change().confirm()).toMatchObject({ done: true, detail: { fencedAt, endedSessions: 3 } });
    await change().undo();
    expect(sent()[1]).toEqual({
      DocumentName: 'lifeboat-drill-open-database',
      InstanceIds: [one],
      Parameters: { ...parameters, Grantees: ['PUBLIC app'] },
    });
    ending = { code: 0, line: { granted: ['PUBLIC', 'app'] } };
    expect(await change().confirmUndo()).toMatchObject({ done: true });
  });

  test.each([
    [7, 'DatabaseUnreachableError'],
    [8, 'FenceFailedError'],
    [1, 'DocumentFailedError'],
  ])('exit code %i is %s', async (code, name) => {
    await change().apply(target, { before });
    ending = { code, line: '' };
    await expect(change().confirm()).rejects.toMatchObject({ name });
  });

  test('a host that is offline: nothing was sent, so nothing has to be taken back', async () => {
    ssm.on(DescribeInstanceInformationCommand).resolves({ InstanceInformationList: [] });
    await expect(change().apply(target, { before })).rejects.toMatchObject({ name: 'HostOfflineError' });
    expect(await findChange(run.id, 'fence')).toMatchObject({ state: 'not-applied' });
  });

  test('an opening that fails calls a person', async () => {
    await change().apply(target, { before });
    await change().undo();
    ending = { code: 7, line: '' };
    const failure = change().confirmUndo();
    await expect(failure).rejects.toMatchObject({ name: 'UndoFailedError' });
    await expect(failure).rejects.toThrow(/"grantees":\["PUBLIC","app"\]/);
  });
});
