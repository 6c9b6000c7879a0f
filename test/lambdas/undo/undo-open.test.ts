import { emptyTables, startTables, stopTables } from '../tables';
import { changes, description, HOST, openedRun, startedAt } from '../fixtures';
import { execution } from '../quiet';
import { matching } from '../matchers';
import { DescribeLaunchTemplateVersionsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { mockClient } from 'aws-sdk-client-mock';
import type { ChangeState } from '../../../contract/changes';
import { requestSchema, type RunRef } from '../../../contract/run';
import { openRun, setFencingToken, setRun } from '../../../lambdas/gateways/runs';
import { advanceChange, listChecks, listDecisions, recordChange, type NewChange } from '../../../lambdas/run/journal';
import { releaseLease, takeLease } from '../../../lambdas/run/lease';
import { handler } from '../../../lambdas/undo/undo-open';

beforeAll(startTables);
afterAll(stopTables);
beforeEach(emptyTables);

const begin = async (id: string, plan: 'database-recovery' | 'undo' = 'database-recovery'): Promise<RunRef> => {
  const executionArn = execution('recovery', id);
  await openRun({ id, environment: 'production', executionArn, startedAt, input: {} });
  await setRun(id, { plan });
  const run = await takeLease(openedRun(id));
  await setFencingToken(id, run.fencingToken);
  return run;
};
const end = async (id: string) => {
  await releaseLease(id);
  await setRun(id, { settledAt: startedAt, status: 'succeeded' });
};
type Made = readonly [NewChange, ChangeState];
/** A finished run with its journal. */
const finished = async (id: string, ...made: readonly Made[]) => {
  const run = await begin(id);
  for (const [change, state] of made) {
    await recordChange(run, change);
    if (state !== 'recorded') await advanceChange(id, change.key, state === 'undone' ? 'undone' : state);
  }
  await end(id);
};
const undo = async (of: string) => {
  const run = await begin('the-undo', 'undo');
  return handler({ run, request: requestSchema.parse({ plan: 'undo', run: of }), description });
};

const connection = {
  address: 'old.abc.us-east-1.rds.amazonaws.com',
  port: 5433,
  name: 'interview_app',
  sslMode: 'require',
  caFile: '/ca.pem',
  masterSecretArn: 'arn:aws:secretsmanager:us-east-1:1:secret:m',
} as const;
const fence: NewChange = {
  key: 'fence-database',
  kind: 'database-fence',
  target: { host: 'i-1', connection, logins: [] },
  before: { grantees: ['PUBLIC'] },
  pointOfNoReturn: false,
};
const alarms: NewChange = {
  key: 'alarms-follow',
  kind: 'database-alarms',
  target: { alarms: ['connections'], from: 'a-database', to: 'b-database' },
  before: { dimensions: { connections: 'a-database' } },
  pointOfNoReturn: false,
};
const backup: NewChange = {
  key: 'first-backup',
  kind: 'first-backup',
  target: { instance: 'b-database', snapshot: 'first' },
  before: { exists: false },
  pointOfNoReturn: false,
};
/** Of the database, by its name in the description. */
const record: NewChange = {
  ...changes.record,
  target: { ...changes.record.target, name: description.database.address },
};
const recovered: readonly Made[] = [
  [changes.processes, 'undone'],
  [changes.replacement, 'confirmed'],
  [changes.services, 'undone'],
  [fence, 'confirmed'],
  [record, 'confirmed'],
  [alarms, 'confirmed'],
  [backup, 'confirmed'],
];

test('traffic before data, the last change first; what stays is said', async () => {
  await finished('first', ...recovered);
  const opened = await undo('first');
  expect(opened).toMatchObject({ of: 'first', holds: true, closes: true, ttlSeconds: 60 });
  expect(opened.walk.map(({ key }) => key)).toEqual(['record', 'alarms-follow', 'fence-database', 'replacement']);
  expect(opened.databases).toMatchObject({
    serving: { address: 'new' },
    before: { address: connection.address, port: 5433 },
    probeServing: { Address: 'new' },
    probeBefore: { Address: connection.address, Port: '5433' },
  });
  expect(await listDecisions('the-undo')).toMatchObject([
    { alternatives: [{ choice: 'first-backup', because: matching(/a snapshot is data/) }] },
  ]);
});

const onItsServer = { ...connection, address: 'db.internal', port: 5432 };
const swapped: readonly Made[] = [
  [
    {
      key: 'restore-beside',
      kind: 'side-database',
      target: {
        host: 'i-2',
        connection: onItsServer,
        expiresInDays: 7,
        source: { kind: 'backup-file', folder: '/backup', file: 'db_a.dump', moment: startedAt },
        database: 'lifeboat_side_1',
      },
      before: { exists: false },
      pointOfNoReturn: false,
    },
    'confirmed',
  ],
  [changes.services, 'undone'],
  [{ ...fence, target: { host: 'i-2', connection: onItsServer, logins: [] } }, 'confirmed'],
  [
    {
      key: 'give-the-name',
      kind: 'database-swap',
      target: {
        host: 'i-2',
        connection: onItsServer,
        expiresInDays: 7,
        side: 'lifeboat_side_1',
        kept: 'lifeboat_old_1',
      },
      before: { present: true },
      pointOfNoReturn: true,
    },
    'confirmed',
  ],
];

test('on a server of its own the name goes back before the old one is opened, and the old one is known by its other name', async () => {
  await finished('first', ...swapped);
  const opened = await undo('first');
  expect(opened.walk.map(({ key }) => key)).toEqual(['give-the-name', 'fence-database']);
  expect(opened.databases).toMatchObject({
    serving: { address: 'db.internal', name: 'interview_app' },
    before: { address: 'db.internal', name: 'lifeboat_old_1' },
    probeServing: { Database: 'interview_app' },
    probeBefore: { Address: 'db.internal', Database: 'lifeboat_old_1' },
  });
});

test('where there was no database before there is no way back', async () => {
  await finished('first', ...swapped.filter(([{ kind }]) => kind !== 'database-fence'));
  await expect(undo('first')).rejects.toMatchObject({ name: 'NoWayBackError', message: matching(/no database/) });
});

const rolledBack: Made = [
  {
    key: 'schema',
    kind: 'schema',
    target: {
      host: 'i-2',
      connection,
      versions: 'schema_migrations.version',
      releasesFolder: '/var/www/releases',
      release: 'v1.3.0',
      version: '1.2.0',
      snapshot: 'lifeboat-safety-1',
    },
    before: { versions: ['1.3.0', '1.2.0'] },
    pointOfNoReturn: true,
  },
  'confirmed',
];

test('rows that a migration took with it are in a snapshot: what serves is closed, and replaced by a copy of that', async () => {
  await finished('first', [changes.services, 'undone'], [{ ...fence, key: 'fence' }, 'undone'], rolledBack);
  const opened = await undo('first');
  expect(opened).toMatchObject({ snapshot: 'lifeboat-safety-1', holds: true, closes: true, ttlSeconds: 0 });
  expect(opened.walk).toEqual([{ key: 'schema', kind: 'schema' }]);
  const { address, port, name } = description.database;
  expect(opened.databases).toMatchObject({
    serving: { address, port, name },
    before: null,
    probeServing: { Address: address },
    probeBefore: null,
  });
});

test('the public record leads to no database', async () => {
  const moved = { ...changes.record.target, value: 'lb.example.com', name: description.publicRecord.name };
  await finished('first', ...recovered, [{ ...changes.record, key: 'public-record', target: moved }, 'confirmed']);
  const { databases, walk } = await undo('first');
  expect(walk.map(({ key }) => key).slice(0, 2)).toEqual(['public-record', 'record']);
  expect(databases).toMatchObject({ serving: { address: 'new' } });
});

test('a run that only changed traffic closes nothing and counts nothing', async () => {
  await finished('first', [{ ...changes.record, pointOfNoReturn: false }, 'confirmed']);
  await expect(undo('first')).resolves.toMatchObject({ holds: false, closes: false, databases: null });
});

const template = {
  key: 'group-template',
  kind: 'group-launch-template',
  target: { group: 'web', templateId: description.launchTemplate.id, version: '3' },
  before: { templateId: description.launchTemplate.id, version: '2' },
  pointOfNoReturn: false,
} as const satisfies NewChange;
const release: NewChange = {
  key: 'release-1',
  kind: 'release',
  target: {
    hosts: [HOST],
    release: 'v2',
    folders: { [HOST]: 'v2' },
    folder: '/var/www/app',
    releasesFolder: '/var/www/releases',
    services: ['app'],
    healthUrl: 'http://127.0.0.1/health',
  },
  before: { serving: { [HOST]: { release: 'v1', folder: 'v1', healthy: false } } },
  pointOfNoReturn: false,
};

test('while hosts restart Auto Scaling holds still; of a release that was not healthy it is said beforehand', async () => {
  await finished('first', [release, 'confirmed'], [template, 'confirmed']);
  const opened = await undo('first');
  expect(opened).toMatchObject({ holds: true, closes: false });
  expect(opened.walk.map(({ key }) => key)).toEqual(['group-template', 'release-1']);
  expect(await listChecks('the-undo')).toMatchObject([
    { name: matching(/v1/), status: 'not-checkable', actual: matching(new RegExp(`not healthy on ${HOST}`)) },
  ]);
});

test('where Auto Scaling replaces the instances it is let do so', async () => {
  const ec2 = mockClient(EC2Client);
  ec2.on(DescribeLaunchTemplateVersionsCommand).resolves({ LaunchTemplateVersions: [{ VersionNumber: 2 }] });
  const how = { minimumHealthyPercent: 90, maximumHealthyPercent: 110, warmupSeconds: 60 };
  await finished('first', [
    { ...template, key: 'refresh', kind: 'instance-refresh', target: { ...template.target, ...how } },
    'confirmed',
  ]);
  await expect(undo('first')).resolves.toMatchObject({ holds: false, closes: false });
  ec2.restore();
});

test('a run that nobody knows, or that is not finished, is refused by name', async () => {
  await expect(undo('nobody')).rejects.toMatchObject({ name: 'RunUnknownError' });
  await begin('another').catch(() => undefined);
  await openRun({ id: 'going', environment: 'production', executionArn: 'arn', startedAt, input: {} });
  await releaseLease('the-undo');
  await expect(undo('going')).rejects.toMatchObject({ name: 'RunNotFinishedError' });
});

test('a run of another environment is refused', async () => {
  await openRun({ id: 'drill-1', environment: 'drill', executionArn: 'arn', startedAt, input: {} });
  await expect(undo('drill-1')).rejects.toMatchObject({ name: 'RunElsewhereError', message: matching(/drill/) });
});

test('a run that is undone already, or has nothing to undo, is refused', async () => {
  await finished('first', [changes.record, 'undone']);
  await expect(undo('first')).rejects.toMatchObject({ name: 'AlreadyUndoneError' });
  await releaseLease('the-undo');
  await finished('second', [changes.processes, 'undone'], [backup, 'confirmed']);
  await expect(undo('second')).rejects.toMatchObject({ name: 'NothingToUndoError' });
});

test('an undo is not undone', async () => {
  await begin('first', 'undo');
  await end('first');
  await expect(undo('first')).rejects.toMatchObject({ name: 'NothingToUndoError' });
});

test('a later run that changed the same is undone first; one that was undone, or changed something else, is none', async () => {
  await finished('first', [alarms, 'confirmed']);
  await finished('undone', [
    { ...alarms, target: { alarms: ['connections'], from: 'a-database', to: 'c-database' } },
    'undone',
  ]);
  await finished('elsewhere', [changes.fence, 'confirmed']);
  await expect(undo('first')).resolves.toMatchObject({ of: 'first' });
  await end('the-undo');
  await finished('later', [{ ...alarms, key: 'again' }, 'confirmed']);
  const run = await begin('another-undo', 'undo');
  const request = requestSchema.parse({ plan: 'undo', run: 'first' });
  await expect(handler({ run, request, description })).rejects.toMatchObject({
    name: 'RunSupersededError',
    message: matching(/^later changed .*undo later first/),
  });
});

test('a copy that a later run made, and that nothing leads to, supersedes nothing; what an undo put into service does', async () => {
  await finished('first', rolledBack);
  const copy = {
    ...changes.replacement,
    target: {
      ...changes.replacement.target,
      source: { kind: 'snapshot', snapshot: 'lifeboat-safety-1', moment: startedAt },
    },
  };
  const later = await begin('later', 'undo');
  await recordChange(later, copy);
  await end('later');
  await expect(undo('first')).resolves.toMatchObject({ snapshot: 'lifeboat-safety-1' });
  await end('the-undo');
  const last = await begin('last', 'undo');
  await recordChange(last, { ...record, target: { ...changes.record.target, name: connection.address } });
  await end('last');
  const run = await begin('another-undo', 'undo');
  const request = requestSchema.parse({ plan: 'undo', run: 'first' });
  await expect(handler({ run, request, description })).rejects.toMatchObject({
    name: 'RunSupersededError',
    message: matching(/^last changed .*it is an undo itself/),
  });
});

test('a database that could not be reached when it was fenced cannot serve again', async () => {
  await finished(
    'first',
    [changes.replacement, 'confirmed'],
    [changes.fence, 'confirmed'],
    [changes.record, 'confirmed'],
  );
  await expect(undo('first')).rejects.toMatchObject({ name: 'NoWayBackError' });
});

const promotion: NewChange = {
  key: 'promote-replica',
  kind: 'replica-promotion',
  target: { instance: 'standby-db', backupRetentionDays: 14, moment: 'latest' },
  before: { source: 'arn:aws:rds:us-east-1:1:db:home' },
  pointOfNoReturn: false,
};
const traffic: NewChange = {
  key: 'region-traffic',
  kind: 'region-traffic',
  target: { region: 'us-west-2', bucket: 'b', key: 'k', standbyServes: true, name: 'a.example', leadsTo: 'b.example' },
  before: { standbyServes: false },
  pointOfNoReturn: true,
};

test('of a move between regions the database over there and the switch are not in the walk; which way loses nothing is', async () => {
  await finished(
    'first',
    [changes.services, 'undone'],
    [fence, 'confirmed'],
    [promotion, 'confirmed'],
    [traffic, 'confirmed'],
    [alarms, 'confirmed'],
  );
  const opened = await undo('first');
  expect(opened.walk).toEqual([{ key: 'alarms-follow', kind: 'database-alarms' }]);
  expect(opened).toMatchObject({ holds: true, closes: true });
  expect(opened.regions?.instead).toContain('cross-region-recovery, started in us-west-2');
  expect(opened.databases).toMatchObject({
    serving: { address: description.database.address },
    before: { address: connection.address },
  });
  expect(await listDecisions('the-undo')).toMatchObject([
    { choice: 'region-traffic, alarms-follow, fence-database', reason: matching(/proved before users are led to it/) },
  ]);
});

test('a move whose old primary was not fenced from inside is not taken back', async () => {
  await finished('first', [changes.fence, 'confirmed'], [promotion, 'confirmed'], [traffic, 'confirmed']);
  await expect(undo('first')).rejects.toMatchObject({
    name: 'NoWayBackError',
    message: matching(/nobody has counted/),
  });
});
