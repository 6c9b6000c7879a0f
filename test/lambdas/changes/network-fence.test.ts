import type { RunRef } from '../../../contract/run';
import { handler } from '../../../lambdas/changes/network-fence';
import { findChange } from '../../../lambdas/run/journal';
import { releaseLease } from '../../../lambdas/run/lease';
import { fakeRds } from './fake-rds';
import { newRun, withTables, verbs } from './world';

const rds = fakeRds();
const target = { instance: 'orders', securityGroupId: 'sg-0f0e0d0c0b0a09081' };
const groups = (Status: string, ...ids: string[]) => ({
  VpcSecurityGroups: ids.map((id) => ({ VpcSecurityGroupId: id, Status })),
});
let run: RunRef;
withTables();
beforeEach(async () => {
  rds.reset();
  rds.put('orders', groups('active', 'sg-2', 'sg-1'));
  run = await newRun(releaseLease);
});
const change = () => verbs<'network-fence'>(handler, run, 'fence');

test('fences by its one group, is in force once that is active, and goes back', async () => {
  await change().apply(target);
  expect(rds.modified()).toEqual([
    { DBInstanceIdentifier: 'orders', ApplyImmediately: true, VpcSecurityGroupIds: [target.securityGroupId] },
  ]);
  expect((await findChange(run.id, 'fence')).before).toEqual({ securityGroupIds: ['sg-1', 'sg-2'] });
  rds.put('orders', groups('adding', target.securityGroupId));
  expect(await change().confirm()).toMatchObject({ done: false });
  rds.put('orders', groups('active', target.securityGroupId));
  expect(await change().confirm()).toMatchObject({ done: true });
  const { fencedAt } = (await findChange(run.id, 'fence')).detail;
  expect(Date.parse(String(fencedAt))).toBeLessThanOrEqual(Date.now());
  await change().undo();
  expect(rds.modified().at(-1)).toMatchObject({ VpcSecurityGroupIds: ['sg-1', 'sg-2'] });
  expect(await change().confirmUndo()).toMatchObject({ done: false });
  rds.put('orders', groups('active', 'sg-2', 'sg-1'));
  expect(await change().confirmUndo()).toMatchObject({ done: true });
});

test('undo leaves what was never changed, and refuses what somebody else set', async () => {
  await change().apply(target);
  await change().undo();
  expect(rds.modified()).toHaveLength(1);
  const other = verbs<'network-fence'>(handler, run, 'other');
  await other.apply(target);
  rds.put('orders', groups('active', 'sg-3'));
  await expect(other.undo()).rejects.toMatchObject({ name: 'UndoFailedError' });
});

test('no such instance', async () => {
  await expect(change().apply({ ...target, instance: 'none' })).rejects.toMatchObject({ name: 'AwsRefusedError' });
});
