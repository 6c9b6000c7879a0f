import { ModifyDBInstanceCommand } from '@aws-sdk/client-rds';
import type { RunRef } from '../../../contract/run';
import { handler } from '../../../lambdas/changes/instance-rename';
import { releaseLease } from '../../../lambdas/run/lease';
import { fakeRds } from './fake-rds';
import { awsError, described, newRun, withTables, verbs } from './world';

const rds = fakeRds();
const target = { from: 'orders', to: 'orders-old' };
let run: RunRef;
/** Ends a rename as RDS does, after a while. */
const finish = (from: string, to: string) => {
  rds.instances.set(to, {
    ...rds.instances.get(from)!,
    DBInstanceIdentifier: to,
    DBInstanceStatus: 'available',
    PendingModifiedValues: {},
  });
  rds.instances.delete(from);
};
withTables();
beforeEach(async () => {
  rds.reset();
  rds.put('orders');
  run = await newRun(releaseLease);
});
const change = () => verbs<'instance-rename'>(handler, run, 'rename');

test('renames, waits until it is up by its new name, and goes back', async () => {
  await change().apply(target);
  expect(rds.modified()).toEqual([
    { DBInstanceIdentifier: 'orders', NewDBInstanceIdentifier: 'orders-old', ApplyImmediately: true },
  ]);
  rds.put('orders', { DBInstanceStatus: 'renaming' });
  expect(await change().confirm()).toEqual({ done: false, progress: 'orders: renaming' });
  finish('orders', 'orders-old');
  rds.put('orders-old', { DBInstanceStatus: 'rebooting' });
  expect(await change().confirm()).toEqual({ done: false, progress: 'orders-old: rebooting' });
  rds.put('orders-old', { DBInstanceStatus: 'available' });
  // A new instance may have taken the old name by then.
  expect(await change().confirm()).toMatchObject({ done: true });
  await change().undo();
  expect(rds.modified().at(-1)).toMatchObject({
    DBInstanceIdentifier: 'orders-old',
    NewDBInstanceIdentifier: 'orders',
  });
  rds.put('orders-old', { DBInstanceStatus: 'renaming' });
  expect(await change().confirmUndo()).toMatchObject({ done: false });
  finish('orders-old', 'orders');
  expect(await change().confirmUndo()).toMatchObject({ done: true });
});

test('an instance that is busy is asked again while confirming, forth and back', async () => {
  const busy = () => rds.mock.on(ModifyDBInstanceCommand).rejects(awsError('InvalidDBInstanceStateFault'));
  const free = () => rds.mock.on(ModifyDBInstanceCommand).resolves({});
  busy();
  await expect(change().apply(target)).resolves.toMatchObject({ done: false });
  expect(await change().confirm()).toMatchObject({ done: false, progress: 'orders: is busy' });
  free();
  expect(await change().confirm()).toMatchObject({ done: false, detail: { begun: true } });
  finish('orders', 'orders-old');
  expect(await change().confirm()).toMatchObject({ done: true });
  busy();
  await change().undo();
  expect(await change().confirmUndo()).toMatchObject({ done: false });
  free();
  expect(await change().confirmUndo()).toMatchObject({ done: false });
  finish('orders-old', 'orders');
  expect(await change().confirmUndo()).toMatchObject({ done: true });
});

test('another instance by the new name is a conflict, also while confirming', async () => {
  rds.put('orders-old');
  await expect(change().apply(target)).rejects.toMatchObject({ name: 'ChangeConflictError' });
  expect(rds.modified()).toEqual([]);
  rds.instances.delete('orders-old');
  const again = verbs<'instance-rename'>(handler, run, 'again');
  await again.apply(target);
  rds.instances.delete('orders');
  expect(await again.confirm()).toMatchObject({ done: false });
  rds.put('orders-old', { DbiResourceId: 'db-other' });
  await expect(again.confirm()).rejects.toMatchObject({ name: 'ChangeNotConfirmedError' });
});

test('an undo in the middle of the rename waits for its end and then goes back', async () => {
  await change().apply(target);
  rds.put('orders', { DBInstanceStatus: 'renaming' });
  await change().undo();
  expect(rds.modified()).toHaveLength(1);
  expect(await change().confirmUndo()).toMatchObject({ done: false });
  finish('orders', 'orders-old');
  expect(await change().confirmUndo()).toMatchObject({ done: false });
  expect(rds.modified().at(-1)).toMatchObject({ NewDBInstanceIdentifier: 'orders' });
});

test('a rename that is only pending is not undone yet', async () => {
  await change().apply(target);
  rds.put('orders', { PendingModifiedValues: { DBInstanceIdentifier: 'orders-old' } });
  await change().undo();
  expect(await change().confirmUndo()).toMatchObject({ done: false });
});

test('undo refuses where the instance is gone or the old name is taken', async () => {
  await change().apply(target);
  finish('orders', 'orders-old');
  rds.instances.set('orders', described('orders', { DbiResourceId: 'db-other' }));
  await expect(change().undo()).rejects.toMatchObject({ name: 'UndoFailedError' });
  rds.instances.clear();
  await expect(change().undo()).rejects.toMatchObject({ name: 'UndoFailedError' });
});
