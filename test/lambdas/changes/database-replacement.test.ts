import {
  CopyDBSnapshotCommand,
  RestoreDBInstanceFromDBSnapshotCommand,
  RestoreDBInstanceToPointInTimeCommand,
} from '@aws-sdk/client-rds';
import * as fc from 'fast-check';
import type { ChangeTarget, RecoverySource } from '../../../contract/changes';
import { TAGS } from '../../../contract/environment';
import type { RunRef } from '../../../contract/run';
import { copyName, handler } from '../../../lambdas/changes/database-replacement';
import { findChange, listChanges } from '../../../lambdas/run/journal';
import { releaseLease } from '../../../lambdas/run/lease';
import { fakeRds } from './fake-rds';
import { awsError, denied, described, newRun, ownTag, settings, withTables, unavailable, verbs } from './world';

const rds = fakeRds();
const instance = 'lifeboat-drill-run';
const pointInTime: RecoverySource = {
  kind: 'point-in-time',
  resourceId: 'db-orders',
  instanceIdentifier: 'orders',
  moment: '2026-11-23T02:00:00.000Z',
};
const target = (source: RecoverySource): ChangeTarget<'database-replacement'> => ({
  instance,
  source,
  settings,
  expiresInDays: 14,
});
let run: RunRef;
withTables();
beforeEach(async () => {
  rds.reset();
  run = await newRun(releaseLease);
});
const change = () => verbs<'database-replacement'>(handler, run, 'replacement');

test('restores to a moment by the resource id, with everything that a restore takes', async () => {
  await change().apply(target(pointInTime));
  const { Tags, ...input } = rds.mock.commandCalls(RestoreDBInstanceToPointInTimeCommand)[0]!.args[0].input;
  expect(input).toEqual({
    SourceDbiResourceId: 'db-orders',
    TargetDBInstanceIdentifier: instance,
    RestoreTime: new Date('2026-11-23T02:00:00Z'),
    DBInstanceClass: 'db.t4g.medium',
    StorageType: 'gp3',
    // No Iops, no StorageThroughput: gp3 under 400 GiB refuses them.
    AllocatedStorage: 100,
    MaxAllocatedStorage: 500,
    MultiAZ: true,
    PubliclyAccessible: false,
    AutoMinorVersionUpgrade: true,
    CopyTagsToSnapshot: true,
    DeletionProtection: true,
    EnableIAMDatabaseAuthentication: false,
    BackupRetentionPeriod: 7,
    PreferredBackupWindow: '03:00-03:30',
    CACertificateIdentifier: 'rds-ca-rsa2048-g1',
    NetworkType: 'IPV4',
    DBSubnetGroupName: 'database',
    DBParameterGroupName: 'app-postgres16',
    OptionGroupName: 'default:postgres-16',
    VpcSecurityGroupIds: ['sg-0aaaaaaaaaaaaaaaa'],
    EnableCloudwatchLogsExports: ['postgresql'],
    Port: 5432,
  });
  expect(Object.fromEntries(Tags!.map(({ Key, Value }) => [Key, Value]))).toEqual({
    application: 'orders',
    [TAGS.run]: run.id,
    [TAGS.environment]: 'drill',
    [TAGS.expires]: new Date(Date.now() + 14 * 86_400_000).toISOString().slice(0, 10),
  });
});

test('"latest" is asked for as such', async () => {
  await change().apply(target({ ...pointInTime, moment: 'latest' }));
  const input = rds.mock.commandCalls(RestoreDBInstanceToPointInTimeCommand)[0]!.args[0].input;
  expect(input).toMatchObject({ UseLatestRestorableTime: true });
  expect(input).not.toHaveProperty('RestoreTime');
});

test('waits until it is available and journals endpoint and resource id', async () => {
  await change().apply(target(pointInTime));
  for (const status of ['creating', 'backing-up', 'modifying']) {
    rds.put(instance, { DBInstanceStatus: status });
    expect(await change().confirm()).toEqual({ done: false, progress: `${instance}: ${status}` });
  }
  rds.put(instance, { DBInstanceStatus: 'available', Endpoint: { Address: 'new.example', Port: 5432 } });
  expect(await change().confirm()).toMatchObject({
    done: true,
    detail: { endpoint: { address: 'new.example', port: 5432 }, resourceId: `db-${instance}` },
  });
});

test.each([
  'failed',
  'incompatible-parameters',
  'incompatible-network',
  'inaccessible-encryption-credentials',
  'deleting',
])('a restore that ends as %s has failed', async (status) => {
  await change().apply(target(pointInTime));
  rds.put(instance, { DBInstanceStatus: status });
  await expect(change().confirm()).rejects.toMatchObject({ name: 'RestoreFailedError' });
});

test('an instance that vanished, or is available without an endpoint, is no success', async () => {
  await change().apply(target(pointInTime));
  rds.put(instance, { DBInstanceStatus: 'available' });
  await expect(change().confirm()).rejects.toMatchObject({ name: 'ChangeNotConfirmedError' });
  rds.instances.clear();
  await expect(change().confirm()).rejects.toMatchObject({ name: 'RestoreFailedError' });
});

test('a repeated call finds what the first one made by its tag', async () => {
  rds.insteadOf('restore', () => {
    rds.put(instance, { DBInstanceStatus: 'creating', TagList: [ownTag(run)] });
    throw unavailable();
  });
  await expect(change().apply(target(pointInTime))).rejects.toMatchObject({ name: 'ServiceUnavailableError' });
  await change().apply(target(pointInTime));
  expect(rds.mock.commandCalls(RestoreDBInstanceToPointInTimeCommand)).toHaveLength(2);
  expect(await findChange(run.id, 'replacement')).toMatchObject({ state: 'applied' });
});

test('an instance of that name which is not this run’s is a conflict, before and during', async () => {
  rds.put(instance);
  await expect(change().apply(target(pointInTime))).rejects.toMatchObject({ name: 'ChangeConflictError' });
  expect(await listChanges(run.id)).toEqual([]);
  rds.instances.clear();
  rds.insteadOf('restore', () => {
    rds.put(instance, { TagList: [{ Key: TAGS.run, Value: 'another-run' }] });
    throw awsError('DBInstanceAlreadyExistsFault');
  });
  await expect(change().apply(target(pointInTime))).rejects.toMatchObject({ name: 'ChangeConflictError' });
  expect(await findChange(run.id, 'replacement')).toMatchObject({ state: 'not-applied' });
});

test.each([
  [
    awsError('InvalidParameterValue', 'The specified instance cannot be restored to a time later than x'),
    'RestoreTimeOutOfRangeError',
  ],
  [awsError('InvalidParameterValue', 'Invalid DB class'), 'AwsRefusedError'],
  [awsError('DBInstanceAutomatedBackupNotFoundFault'), 'RecoverySourceMissingError'],
  [awsError('PointInTimeRestoreNotEnabledFault'), 'RecoverySourceMissingError'],
  [awsError('DBInstanceNotFoundFault'), 'RecoverySourceMissingError'],
  [awsError('InvalidRestoreFault'), 'AwsRefusedError'],
  [awsError('InvalidDBInstanceStateFault'), 'ServiceUnavailableError'],
  [denied(), 'AccessDeniedError'],
])('%s is %s', async (error, name) => {
  rds.mock.on(RestoreDBInstanceToPointInTimeCommand).rejects(error);
  await expect(change().apply(target(pointInTime))).rejects.toMatchObject({ name });
});

test('restores a snapshot of this region', async () => {
  rds.putSnapshot('rds:orders-2026');
  await change().apply(target({ kind: 'snapshot', snapshot: 'rds:orders-2026', moment: '2026-11-22T03:00:00Z' }));
  expect(rds.mock.commandCalls(RestoreDBInstanceFromDBSnapshotCommand)[0]!.args[0].input).toMatchObject({
    DBSnapshotIdentifier: 'rds:orders-2026',
    DBInstanceIdentifier: instance,
    DBSubnetGroupName: 'database',
  });
  const gone = verbs<'database-replacement'>(handler, run, 'other');
  const missing = target({ kind: 'snapshot', snapshot: 'gone', moment: '2026-11-22T03:00:00Z' });
  await expect(gone.apply({ ...missing, instance: 'lifeboat-other' })).rejects.toMatchObject({
    name: 'RecoverySourceMissingError',
  });
});

const arn = 'arn:aws:rds:us-west-2:123456789012:snapshot:copy-1';
const copied = target({
  kind: 'copied-snapshot',
  snapshotArn: arn,
  region: 'us-west-2',
  moment: '2026-11-22T03:00:00Z',
});

test('a snapshot of another region is copied first, then restored', async () => {
  rds.putSnapshot(arn, { Encrypted: true });
  await change().apply(copied);
  const name = copyName(run);
  expect(rds.mock.commandCalls(CopyDBSnapshotCommand)[0]!.args[0].input).toMatchObject({
    SourceDBSnapshotIdentifier: arn,
    TargetDBSnapshotIdentifier: name,
    KmsKeyId: 'alias/aws/rds',
  });
  expect(await change().confirm()).toEqual({ done: false, progress: `copying ${name}: creating, 10 %` });
  expect(rds.mock.commandCalls(RestoreDBInstanceFromDBSnapshotCommand)).toHaveLength(0);
  rds.putSnapshot(name, { Status: 'available' });
  expect(await change().confirm()).toMatchObject({ done: false, detail: { stage: 'restoring' } });
  expect(rds.instances.has(instance)).toBe(true);
  rds.put(instance, { DBInstanceStatus: 'available', Endpoint: { Address: 'new.example', Port: 5432 } });
  expect(await change().confirm()).toMatchObject({ done: true });
});

test('a copy that fails, whose source is gone, or whose name somebody else has', async () => {
  await expect(change().apply(copied)).rejects.toMatchObject({ name: 'RecoverySourceMissingError' });
  rds.putSnapshot(arn);
  rds.putSnapshot(copyName(run));
  const second = verbs<'database-replacement'>(handler, run, 'second');
  await expect(second.apply(copied)).rejects.toMatchObject({ name: 'ChangeConflictError' });
  rds.snapshots.delete(copyName(run));
  const third = verbs<'database-replacement'>(handler, run, 'third');
  await third.apply(copied);
  rds.putSnapshot(copyName(run), { Status: 'failed' });
  await expect(third.confirm()).rejects.toMatchObject({ name: 'RestoreFailedError' });
});

test('undo deletes nothing: it marks what this run made with its expiry, and only that', async () => {
  await change().apply(target(pointInTime));
  rds.put(instance, { TagList: [ownTag(run)] });
  expect(await change().undo()).toMatchObject({ detail: { kept: instance } });
  expect(rds.tags(instance)).toHaveProperty([TAGS.expires]);
  expect(await change().confirmUndo()).toMatchObject({ done: true });
  expect(rds.instances.has(instance)).toBe(true);

  const other = verbs<'database-replacement'>(handler, run, 'other');
  await other.apply({ ...target(pointInTime), instance: 'lifeboat-other' });
  rds.instances.set('lifeboat-other', described('lifeboat-other'));
  await other.undo();
  expect(rds.tags('lifeboat-other')).not.toHaveProperty(TAGS.expires);
  expect(await other.confirmUndo()).toMatchObject({ done: true });
});

test('the name of a copy is one that RDS takes, whatever the run is called', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z0-9_-]{1,80}$/), (id) => {
      const name = copyName({ ...run, id });
      return /^lifeboat-drill-[a-z0-9]+(-[a-z0-9]+)*$/.test(name) && name.length <= 255;
    }),
  );
});
