import { DescribeDBSnapshotsCommand } from '@aws-sdk/client-rds';
import { TAGS } from '../../../contract/environment';
import { listDecisions } from '../../../lambdas/run/journal';
import { recordMeasure } from '../../../lambdas/run/measures';
import { handler } from '../../../lambdas/undo/undo-source';
import { awsError, settings } from '../changes/world';
import { database, eachInItsRun, endpoint, leadsTo, measure, probe, rds } from '../database/situation';
import { matching } from '../matchers';

const run = eachInItsRun();
const TAKEN = '2026-11-23T02:13:40.000Z';
const snapshot = 'lifeboat-drill-safety-1';
const find = (of: string) => handler({ run: run(), of, snapshot, database });
const kept = (of: string, more: object = {}) => {
  rds.mock.on(DescribeDBSnapshotsCommand, { DBSnapshotIdentifier: snapshot }).resolves({
    DBSnapshots: [
      {
        DBSnapshotIdentifier: snapshot,
        DBSnapshotArn: `arn:aws:rds:us-east-1:123456789012:snapshot:${snapshot}`,
        Status: 'available',
        PercentProgress: 100,
        SnapshotCreateTime: new Date(TAKEN),
        OriginalSnapshotCreateTime: new Date(TAKEN),
        TagList: [{ Key: TAGS.run, Value: of }],
        ...more,
      },
    ],
  });
};
beforeEach(() => {
  leadsTo(endpoint('orders'));
  rds.put('orders');
});

test('the run’s own snapshot, held against what the run measured right before it was taken', async () => {
  kept('first');
  await probe('2026-11-23T02:00:00Z');
  await recordMeasure('first', 'fenced', measure('2026-11-23T02:13:00Z'));
  expect(await find('first')).toMatchObject({
    source: { kind: 'snapshot', snapshot, moment: TAKEN },
    current: { instanceIdentifier: 'orders', settings },
    baseline: measure('2026-11-23T02:13:00Z'),
    baselineTakenAt: null,
    baselineThrough: { orders: '10' },
  });
  expect(await listDecisions(run().id)).toMatchObject([
    { subject: 'recovery source', choice: matching(/lifeboat-drill-safety-1/), reason: matching(/orders is kept/) },
  ]);
});

test('where the run measured nothing, against the last probe that passed before it', async () => {
  kept('second');
  await probe('2026-11-23T02:00:00Z');
  await probe('2026-11-23T02:30:00Z');
  expect(await find('second')).toMatchObject({ baseline: null, baselineTakenAt: '2026-11-23T02:00:00Z' });
});

test.each([
  ['is there no more', null],
  ['is on its way out', { Status: 'deleting' }],
  ['is another run’s', { TagList: [{ Key: TAGS.run, Value: 'somebody-else' }] }],
])('a snapshot that %s is no way back', async (_what, more) => {
  if (more === null) rds.mock.on(DescribeDBSnapshotsCommand).rejects(awsError('DBSnapshotNotFoundFault'));
  else kept('first', more);
  await expect(find('first')).rejects.toMatchObject({
    name: 'NoWayBackError',
    message: matching(/lifeboat-drill-safety-1 .*Nothing was changed/),
  });
  expect(await listDecisions(run().id)).toEqual([]);
});

test('an instance that nobody can ask any more cannot be counted', async () => {
  kept('first');
  rds.put('orders', { DBInstanceStatus: 'stopped' });
  await expect(find('first')).rejects.toMatchObject({ name: 'NoWayBackError', message: matching(/orders is stopped/) });
});
