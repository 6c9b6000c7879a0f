import { AddTagsToResourceCommand, CreateDBInstanceReadReplicaCommand, type Tag } from '@aws-sdk/client-rds';
import { TAGS } from '../../../contract/environment';
import type { RunRef } from '../../../contract/run';
import { handler } from '../../../lambdas/changes/region-replica';
import { releaseLease } from '../../../lambdas/run/lease';
import { fakeRds } from './fake-rds';
import { awsError, described, newRun, ownTag, settings, withTables, verbs } from './world';

const rds = fakeRds();
const source = 'arn:aws:rds:us-west-2:123456789012:db:orders-standby';
const target = { instance: 'lifeboat-drill-a', source, settings, expiresInDays: 7 };
let run: RunRef;
withTables();
beforeEach(async () => {
  rds.reset();
  rds.mock
    .on(CreateDBInstanceReadReplicaCommand)
    .callsFake(({ DBInstanceIdentifier: id, Tags }: { DBInstanceIdentifier: string; Tags: Tag[] }) => {
      if (rds.instances.has(id)) throw awsError('DBInstanceAlreadyExistsFault');
      rds.instances.set(id, { ...described(id, { DBInstanceStatus: 'creating', TagList: Tags }) });
      return {};
    });
  run = await newRun(releaseLease);
});
const change = () => verbs<'region-replica'>(handler, run, 'replica');

test('makes a replica with the settings and the tags, which expires until somebody says that it stays', async () => {
  await change().apply(target);
  const [call] = rds.mock.commandCalls(CreateDBInstanceReadReplicaCommand);
  expect(call?.args[0].input).toMatchObject({
    DBInstanceIdentifier: target.instance,
    SourceDBInstanceIdentifier: source,
    KmsKeyId: 'alias/aws/rds',
    VpcSecurityGroupIds: settings.VpcSecurityGroupIds,
    DBSubnetGroupName: settings.DBSubnetGroupName,
  });
  expect(rds.tags(target.instance)).toMatchObject({ application: 'orders', [TAGS.run]: run.id });
  expect(rds.tags(target.instance)).toHaveProperty([TAGS.expires]);
  expect(await change().confirm()).toMatchObject({ done: false, progress: 'lifeboat-drill-a: creating' });
  rds.put(target.instance, { DBInstanceStatus: 'available' });
  expect(await change().confirm()).toMatchObject({ done: true, detail: { resourceId: 'db-lifeboat-drill-a' } });
});

test('one that stands in the place of what was promoted never expires, and stays whatever becomes of the run', async () => {
  const standing = { ...target, expiresInDays: null };
  await change().apply(standing);
  expect(rds.tags(target.instance)).not.toHaveProperty([TAGS.expires]);
  rds.put(target.instance, { DBInstanceStatus: 'available' });
  await change().confirm();
  expect(await change().undo()).toMatchObject({ detail: { kept: target.instance, expires: null } });
  expect(await change().confirmUndo()).toMatchObject({ done: true });
  expect(rds.tags(target.instance)).not.toHaveProperty([TAGS.expires]);
});

test.each(['failed', 'incompatible-network', 'deleting', 'storage-full'])(
  'none comes of one that is %s',
  async (is) => {
    await change().apply(target);
    rds.put(target.instance, { DBInstanceStatus: is });
    await expect(change().confirm()).rejects.toMatchObject({ name: 'RestoreFailedError' });
  },
);

test('one of that name before the run is nobody to take, and one that this run made is', async () => {
  rds.put(target.instance);
  await expect(change().apply(target)).rejects.toMatchObject({ name: 'ChangeConflictError' });
  rds.instances.clear();
  const lost = verbs<'region-replica'>(handler, run, 'lost');
  rds.mock.on(CreateDBInstanceReadReplicaCommand).callsFakeOnce(() => {
    rds.put(target.instance, { TagList: [ownTag(run)] });
    // Made, and the answer was lost.
    throw awsError('InternalFailure', 'try again', 500);
  });
  await expect(lost.apply(target)).rejects.toMatchObject({ name: 'ServiceUnavailableError' });
  await expect(lost.apply(target)).resolves.toMatchObject({ done: false });
  expect(await lost.confirm()).toMatchObject({ done: true });
});

test('a source that is gone, or has no backups, is refused by name; one that is busy is asked again', async () => {
  const refused = async (key: string, error: Error) => {
    rds.mock.on(CreateDBInstanceReadReplicaCommand).rejects(error);
    return await verbs<'region-replica'>(handler, run, key).apply(target);
  };
  await expect(refused('a', awsError('DBInstanceNotFoundFault'))).rejects.toMatchObject({
    name: 'RecoverySourceMissingError',
  });
  await expect(
    refused('b', awsError('InvalidDBInstanceStateFault', 'Automated backups are not enabled')),
  ).rejects.toMatchObject({ name: 'AwsRefusedError' });
  await expect(refused('c', awsError('InvalidDBInstanceStateFault', 'It is rebooting'))).rejects.toMatchObject({
    name: 'ServiceUnavailableError',
  });
});

test('taken back it is tagged with its expiry and kept; one of somebody else is left alone', async () => {
  await change().apply(target);
  rds.put(target.instance, { DBInstanceStatus: 'available', TagList: [ownTag(run)] });
  await change().confirm();
  expect(await change().undo()).toMatchObject({ detail: { kept: target.instance } });
  expect(rds.tags(target.instance)).toHaveProperty([TAGS.expires]);
  expect(await change().confirmUndo()).toMatchObject({ done: true });

  const other = verbs<'region-replica'>(handler, run, 'other');
  await other.apply({ ...target, instance: 'lifeboat-drill-b' });
  const calls = rds.mock.commandCalls(AddTagsToResourceCommand).length;
  rds.put('lifeboat-drill-b', { TagList: [{ Key: TAGS.run, Value: 'another' }] });
  expect(await other.undo()).toMatchObject({ detail: { kept: null } });
  expect(rds.mock.commandCalls(AddTagsToResourceCommand)).toHaveLength(calls);
});
