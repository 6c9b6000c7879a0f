import { PromoteReadReplicaCommand } from '@aws-sdk/client-rds';
import type { RunRef } from '../../../contract/run';
import { handler } from '../../../lambdas/changes/replica-promotion';
import { findChange } from '../../../lambdas/run/journal';
import { releaseLease } from '../../../lambdas/run/lease';
import { fakeRds } from './fake-rds';
import { awsError, newRun, withTables, verbs } from './world';

const rds = fakeRds();
const source = 'arn:aws:rds:us-east-1:123456789012:db:orders';
const target = { instance: 'orders-standby', backupRetentionDays: 14, moment: 'latest' } as const;
const following = { ReadReplicaSourceDBInstanceIdentifier: source, BackupRetentionPeriod: 0 };
let run: RunRef;
withTables();
beforeEach(async () => {
  rds.reset();
  rds.put('orders-standby', following);
  rds.mock.on(PromoteReadReplicaCommand).resolves({});
  run = await newRun(releaseLease);
});
const change = () => verbs<'replica-promotion'>(handler, run, 'promote');
const promoted = () => rds.mock.commandCalls(PromoteReadReplicaCommand).map(({ args: [{ input }] }) => input);
const followsNothing = (more: object = {}) => {
  rds.instances.delete('orders-standby');
  rds.put('orders-standby', { BackupRetentionPeriod: 14, ...more });
};

test('promotes, with backups, and is done once it follows nothing, is available and has nothing pending', async () => {
  await change().apply(target);
  expect(promoted()).toEqual([{ DBInstanceIdentifier: 'orders-standby', BackupRetentionPeriod: 14 }]);
  // What an undo makes a new replica of, and with which backups.
  expect((await findChange(run.id, 'promote')).before).toEqual({ source, backupRetentionDays: 0 });
  expect(await change().confirm()).toMatchObject({ done: false, progress: `orders-standby still follows ${source}` });
  followsNothing({ DBInstanceStatus: 'modifying' });
  expect(await change().confirm()).toMatchObject({ done: false, progress: 'orders-standby: modifying' });
  followsNothing({ PendingModifiedValues: { BackupRetentionPeriod: 14 } });
  expect(await change().confirm()).toMatchObject({ done: false });
  followsNothing();
  expect(await change().confirm()).toMatchObject({ done: true, detail: { resourceId: 'db-orders-standby' } });
});

test('what is busy is asked again while it is confirmed; what was promoted meanwhile is taken', async () => {
  rds.mock.on(PromoteReadReplicaCommand).rejectsOnce(awsError('InvalidDBInstanceStateFault')).resolves({});
  expect(await change().apply(target)).toMatchObject({ detail: { begun: false } });
  expect(await change().confirm()).toMatchObject({ done: false, progress: 'orders-standby is being promoted' });
  expect(promoted()).toHaveLength(2);
  followsNothing();
  expect(await change().confirm()).toMatchObject({ done: true });
});

test('a promotion that RDS failed is no success, and what is no replica is none', async () => {
  await change().apply(target);
  followsNothing({ DBInstanceStatus: 'failed' });
  await expect(change().confirm()).rejects.toMatchObject({ name: 'ChangeNotConfirmedError' });
  const again = verbs<'replica-promotion'>(handler, run, 'again');
  await expect(again.apply(target)).rejects.toMatchObject({ name: 'ChangeConflictError' });
});

test('it is not taken back: nothing is called, and what was promoted is kept with its data', async () => {
  await change().apply(target);
  followsNothing();
  await change().confirm();
  expect(await change().undo()).toMatchObject({ detail: { kept: 'orders-standby' } });
  expect(await change().confirmUndo()).toMatchObject({ done: true });
  expect([promoted().length, rds.modified().length]).toEqual([1, 0]);
});
