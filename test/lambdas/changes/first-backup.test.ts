import { CreateDBSnapshotCommand } from '@aws-sdk/client-rds';
import { TAGS } from '../../../contract/environment';
import type { RunRef } from '../../../contract/run';
import { handler } from '../../../lambdas/changes/first-backup';
import { findChange } from '../../../lambdas/run/journal';
import { releaseLease } from '../../../lambdas/run/lease';
import { fakeRds } from './fake-rds';
import { awsError, newRun, ownTag, withTables, unavailable, verbs } from './world';

const rds = fakeRds();
const target = { instance: 'lifeboat-drill-run', snapshot: 'lifeboat-drill-run-first' };
let run: RunRef;
withTables();
beforeEach(async () => {
  rds.reset();
  run = await newRun(releaseLease);
  rds.put(target.instance, { TagList: [ownTag(run), { Key: TAGS.expires, Value: '2026-12-07' }] });
});
const change = () => verbs<'first-backup'>(handler, run, 'backup');

test('takes a snapshot, waits for it, and the instance has no expiry any more', async () => {
  await change().apply(target);
  expect(rds.mock.commandCalls(CreateDBSnapshotCommand)[0]!.args[0].input).toEqual({
    DBSnapshotIdentifier: target.snapshot,
    DBInstanceIdentifier: target.instance,
    Tags: [ownTag(run), { Key: TAGS.environment, Value: 'drill' }],
  });
  expect(rds.tags(target.instance)).toEqual({ [TAGS.run]: run.id });
  expect(await change().confirm()).toEqual({ done: false, progress: `${target.snapshot}: creating, 10 %` });
  rds.putSnapshot(target.snapshot, { Status: 'available' });
  expect(await change().confirm()).toMatchObject({
    done: true,
    detail: { snapshotArn: `arn:aws:rds:us-east-1:123456789012:snapshot:${target.snapshot}` },
  });
  await change().undo();
  expect(await change().confirmUndo()).toMatchObject({ done: true });
  expect(rds.snapshots.has(target.snapshot)).toBe(true);
});

test('waits while RDS is busy with the instance, by state and by refusal', async () => {
  rds.put(target.instance, { DBInstanceStatus: 'backing-up' });
  await change().apply(target);
  expect(rds.snapshots.size).toBe(0);
  expect(await change().confirm()).toMatchObject({ done: false, progress: `${target.instance} is busy` });
  rds.put(target.instance, { DBInstanceStatus: 'available' });
  rds.insteadOf('snapshot', () => {
    throw awsError('InvalidDBInstanceStateFault');
  });
  await expect(change().confirm()).rejects.toMatchObject({ name: 'ServiceUnavailableError' });
  expect(await change().confirm()).toMatchObject({ done: false, progress: `began ${target.snapshot}` });
  expect(rds.snapshots.size).toBe(1);
});

test('another snapshot of that name is a conflict; this run’s own is taken', async () => {
  rds.putSnapshot(target.snapshot);
  await expect(change().apply(target)).rejects.toMatchObject({ name: 'ChangeConflictError' });
  rds.snapshots.clear();
  rds.insteadOf('snapshot', () => {
    rds.putSnapshot(target.snapshot, { TagList: [ownTag(run)] });
    throw unavailable();
  });
  await expect(change().apply(target)).rejects.toMatchObject({ name: 'ServiceUnavailableError' });
  await change().apply(target);
  expect((await findChange(run.id, 'backup')).state).toBe('applied');
  rds.insteadOf('snapshot', () => {
    rds.putSnapshot('late', { TagList: [] });
    throw awsError('DBSnapshotAlreadyExistsFault');
  });
  const late = verbs<'first-backup'>(handler, run, 'late');
  await expect(late.apply({ ...target, snapshot: 'late' })).rejects.toMatchObject({ name: 'ChangeConflictError' });
});

test('a snapshot that fails, or is not listed', async () => {
  await change().apply(target);
  rds.putSnapshot(target.snapshot, { Status: 'failed' });
  await expect(change().confirm()).rejects.toMatchObject({ name: 'ChangeNotConfirmedError' });
  rds.snapshots.clear();
  expect(await change().confirm()).toMatchObject({ done: false });
});

test('the expiry of what another run made stays', async () => {
  rds.put(target.instance, {
    TagList: [
      { Key: TAGS.run, Value: 'another' },
      { Key: TAGS.expires, Value: '2026-12-07' },
    ],
  });
  await change().apply(target);
  expect(rds.tags(target.instance)).toHaveProperty([TAGS.expires]);
});
