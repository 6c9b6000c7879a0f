import { ModifyDBInstanceCommand } from '@aws-sdk/client-rds';
import { TAGS } from '../../../contract/environment';
import type { RunRef } from '../../../contract/run';
import { handler } from '../../../lambdas/changes/kept-instance';
import { releaseLease } from '../../../lambdas/run/lease';
import { fakeRds } from './fake-rds';
import { awsError, newRun, withTables, verbs } from './world';

const rds = fakeRds();
const target = { instance: 'orders', expiresInDays: 14 };
const earlier = [
  { Key: 'application', Value: 'orders' },
  { Key: TAGS.run, Value: 'an-earlier-run' },
];
let run: RunRef;
withTables();
beforeEach(async () => {
  rds.reset();
  rds.put('orders', { DeletionProtection: false, TagList: earlier });
  run = await newRun(releaseLease);
});
const change = () => verbs<'kept-instance'>(handler, run, 'kept');

test('is tagged with run and expiry, and protected; undo restores tags and protection', async () => {
  const day = new Date(Date.now() + 14 * 86_400_000).toISOString().slice(0, 10);
  await change().apply(target);
  expect(rds.tags('orders')).toEqual({
    application: 'orders',
    [TAGS.run]: run.id,
    [TAGS.environment]: 'drill',
    [TAGS.expires]: day,
  });
  expect(rds.modified()).toEqual([
    { DBInstanceIdentifier: 'orders', DeletionProtection: true, ApplyImmediately: true },
  ]);
  expect(await change().confirm()).toMatchObject({
    done: true,
    detail: { kept: 'orders', until: day, deletionProtection: 'asked for' },
  });
  expect(rds.modified()).toHaveLength(1);
  rds.put('orders', { DeletionProtection: true });
  await change().undo();
  expect(rds.tags('orders')).toEqual({ application: 'orders', [TAGS.run]: 'an-earlier-run' });
  expect(rds.modified().at(-1)).toMatchObject({ DeletionProtection: false });
  expect(await change().confirmUndo()).toMatchObject({ done: false });
  rds.put('orders', { DeletionProtection: false });
  expect(await change().confirmUndo()).toMatchObject({ done: true });
});

test('an instance that is busy is protected when it is not any more', async () => {
  rds.put('orders', { DBInstanceStatus: 'backing-up' });
  await change().apply(target);
  expect(rds.modified()).toEqual([]);
  rds.put('orders', { DBInstanceStatus: 'available' });
  expect(await change().confirm()).toMatchObject({ done: true, detail: { deletionProtection: 'asked for' } });
  expect(rds.modified()).toHaveLength(1);
});

test.each(['stopped', 'failed'])(
  'one that is %s is kept by its tags, and says that it is not protected',
  async (is) => {
    rds.put('orders', { DBInstanceStatus: is });
    await change().apply(target);
    expect(await change().confirm()).toMatchObject({
      done: true,
      detail: { kept: 'orders', deletionProtection: `off: the instance is ${is}` },
    });
    expect(rds.modified()).toEqual([]);
  },
);

test('one whose protection RDS refuses is kept all the same', async () => {
  rds.mock.on(ModifyDBInstanceCommand).rejects(awsError('InvalidDBInstanceStateFault'));
  await change().apply(target);
  const { done, detail } = await change().confirm();
  expect(done).toBe(true);
  expect(detail?.['deletionProtection']).toMatch(/^off: RDS cannot modify orders/);
});

test('one that is not tagged is not kept', async () => {
  await change().apply(target);
  rds.put('orders', { TagList: [] });
  expect(await change().confirm()).toMatchObject({ done: false });
});

test('one that is gone has nothing to undo; one that never was is refused', async () => {
  await change().apply(target);
  rds.instances.clear();
  await change().undo();
  expect(await change().confirmUndo()).toMatchObject({ done: true });
  const other = verbs<'kept-instance'>(handler, run, 'other');
  await expect(other.apply(target)).rejects.toMatchObject({ name: 'AwsRefusedError' });
});

test('another run’s tags are left alone', async () => {
  await change().apply(target);
  rds.put('orders', { DeletionProtection: false, TagList: [{ Key: TAGS.run, Value: 'a-later-run' }] });
  await change().undo();
  expect(rds.tags('orders')).toEqual({ [TAGS.run]: 'a-later-run' });
});
