import { DOCUMENT_EXIT } from '../../../contract/documents';
import type { RunRef } from '../../../contract/run';
import { handler as swapHandler } from '../../../lambdas/changes/database-swap';
import { dumpFile, handler as dumpHandler } from '../../../lambdas/changes/safety-dump';
import { handler as sideHandler } from '../../../lambdas/changes/side-database';
import { findChange } from '../../../lambdas/run/journal';
import { releaseLease } from '../../../lambdas/run/lease';
import { fakeHosts, one } from './fake-hosts';
import { newRun, withTables, verbs } from './world';

const hosts = fakeHosts();
let run: RunRef;
withTables();
beforeEach(async () => {
  run = await newRun(releaseLease);
  hosts.reset();
});

const connection = {
  address: 'db.drill.internal',
  port: 5432,
  name: 'interview_app',
  sslMode: 'require',
  caFile: '/etc/ssl/ca.pem',
  masterSecretArn: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:master-a1b2c3',
} as const;
const onItsHost = { host: one, connection, expiresInDays: 14 };
const parametersSent = () => hosts.sent().map(({ DocumentName, Parameters }) => ({ DocumentName, ...Parameters }));

describe('database-swap', () => {
  const target = { ...onItsHost, side: 'side_db', kept: 'old_db' };
  const before = { present: true };
  const change = () => verbs<'database-swap'>(swapHandler, run, 'swap');
  const done = { swappedAt: '2026-11-23T02:00:00Z', kept: 'old_db', endedSessions: 1, continued: false };

  test('gives the name to the copy; undo gives it back, by the same document with the names the other way round', async () => {
    await change().apply(target, { before, pointOfNoReturn: true });
    expect(await change().confirm()).toMatchObject({ done: false });
    hosts.end({ code: 0, line: done });
    expect(await change().confirm()).toMatchObject({ done: true, detail: { result: done } });
    await change().undo();
    expect(await change().confirmUndo()).toMatchObject({ done: true });
    expect(parametersSent()).toMatchObject([
      { DocumentName: 'lifeboat-drill-swap-databases', SideDatabase: ['side_db'], OldDatabase: ['old_db'] },
      { DocumentName: 'lifeboat-drill-swap-databases', SideDatabase: ['old_db'], OldDatabase: ['side_db'] },
    ]);
    expect((await findChange(run.id, 'swap')).state).toBe('undone');
  });

  test.each([
    ['connections that do not end', DOCUMENT_EXIT.sessionsRemain, 'SessionsRemainError', 'not-applied'],
    ['a database that is not ours', DOCUMENT_EXIT.taken, 'ChangeConflictError', 'not-applied'],
    // Nobody knows whether its transaction ended: there is no way back but by a person.
    ['a server that is gone', DOCUMENT_EXIT.databaseUnreachable, 'DatabaseUnreachableError', 'applied'],
    ['anything else', 1, 'DocumentFailedError', 'applied'],
  ])('%s: exit %d is %s, and leaves the change %s', async (_, code, name, state) => {
    await change().apply(target, { before, pointOfNoReturn: true });
    hosts.end({ code, line: {} });
    await expect(change().confirm()).rejects.toMatchObject({ name });
    expect((await findChange(run.id, 'swap')).state).toBe(state);
  });
});

test('side-database restores the file into a database named by the run, and taking it back keeps it', async () => {
  const change = verbs<'side-database'>(sideHandler, run, 'side');
  const source = { kind: 'backup-file', folder: '/backup', file: 'db_a.dump', moment: '2026-11-23T02:00:00Z' } as const;
  await change.apply({ ...onItsHost, source, database: 'side_db' });
  hosts.end({ code: 0, line: { database: 'side_db', backup: 'db_a.dump', continued: false, megabytes: 7 } });
  expect(await change.confirm()).toMatchObject({ done: true });
  expect(parametersSent()).toMatchObject([
    { BackupFolder: ['/backup'], BackupName: ['db_a.dump'], SideDatabase: ['side_db'], RunId: [run.id] },
  ]);
  await change.undo();
  expect(await change.confirmUndo()).toMatchObject({ done: true });
  expect(hosts.sent()).toHaveLength(1);
});

test('safety-dump writes a file that says itself when it may go', async () => {
  const target = { ...onItsHost, folder: '/backup', name: 'lifeboat_before_x' };
  expect(dumpFile(target, Date.parse('2026-11-23T12:00:00Z'))).toBe('lifeboat_before_x_expires_2026-12-07.dump');
  const change = verbs<'safety-dump'>(dumpHandler, run, 'dump');
  await change.apply(target);
  hosts.end({ code: DOCUMENT_EXIT.diskTooSmall, line: {} });
  await expect(change.confirm()).rejects.toMatchObject({ name: 'DiskTooSmallError' });
  expect(parametersSent()).toMatchObject([{ BackupName: [dumpFile(target)] }]);
});
