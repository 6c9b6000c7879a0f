import {
  ChangeResourceRecordSetsCommand,
  GetChangeCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
  type ResourceRecordSet,
} from '@aws-sdk/client-route-53';
import { mockClient } from 'aws-sdk-client-mock';
import type { RunRef } from '../../../contract/run';
import { handler } from '../../../lambdas/changes/dns-record';
import { findChange } from '../../../lambdas/run/journal';
import { releaseLease } from '../../../lambdas/run/lease';
import { awsError, newRun, withTables, verbs } from './world';

const route53 = mockClient(Route53Client);
const target = { hostedZoneId: 'Z0DRILL', name: 'db.example.internal', value: 'new.rds.example', ttlSeconds: 60 };
let record: ResourceRecordSet | undefined;
let inSync = false;
let run: RunRef;
const cname = (value: string): ResourceRecordSet => ({
  Name: 'db.example.internal.',
  Type: 'CNAME',
  TTL: 60,
  ResourceRecords: [{ Value: value }],
});
withTables();
beforeEach(async () => {
  run = await newRun(releaseLease);
  record = cname('Old.rds.example.');
  inSync = false;
  route53.reset();
  route53
    .on(ListResourceRecordSetsCommand)
    .callsFake(() => ({ ResourceRecordSets: record === undefined ? [] : [record] }));
  route53
    .on(ChangeResourceRecordSetsCommand)
    .callsFake((input: { ChangeBatch: { Changes: { ResourceRecordSet: ResourceRecordSet }[] } }) => {
      record = input.ChangeBatch.Changes[0]!.ResourceRecordSet;
      return { ChangeInfo: { Id: '/change/C1', Status: 'PENDING' } };
    });
  route53.on(GetChangeCommand).callsFake(() => ({ ChangeInfo: { Status: inSync ? 'INSYNC' : 'PENDING' } }));
});
const change = () => verbs<'dns-record'>(handler, run, 'record');

test('moves the record, is in force once in sync, and goes back', async () => {
  await change().apply(target);
  expect(route53.commandCalls(ChangeResourceRecordSetsCommand)[0]!.args[0].input.ChangeBatch!.Changes).toEqual([
    {
      Action: 'UPSERT',
      ResourceRecordSet: { Name: target.name, Type: 'CNAME', TTL: 60, ResourceRecords: [{ Value: 'new.rds.example' }] },
    },
  ]);
  expect(await findChange(run.id, 'record')).toMatchObject({
    before: { value: 'old.rds.example', ttlSeconds: 60 },
    detail: { changeId: 'C1' },
  });
  expect(await change().confirm()).toEqual({ done: false, progress: 'Route 53 spreads C1' });
  inSync = true;
  expect(await change().confirm()).toMatchObject({ done: true });
  expect(route53.commandCalls(GetChangeCommand)[0]!.args[0].input).toEqual({ Id: 'C1' });
  inSync = false;
  await change().undo();
  expect(record).toMatchObject({ ResourceRecords: [{ Value: 'old.rds.example' }] });
  expect(await change().confirmUndo()).toMatchObject({ done: false });
  inSync = true;
  expect(await change().confirmUndo()).toMatchObject({ done: true });
});

test('in force it says how long resolvers may keep the old record, also when it is asked again', async () => {
  record = { ...cname('old.rds.example'), TTL: 900 };
  await change().apply(target);
  inSync = true;
  expect(await change().confirm()).toMatchObject({ done: true, detail: { previousTtlSeconds: 900 } });
  expect(await change().confirm()).toMatchObject({ done: true, detail: { previousTtlSeconds: 900 } });
});

test('a record that is as before needs no undo', async () => {
  await change().apply(target);
  record = cname('old.rds.example');
  await change().undo();
  expect(await change().confirmUndo()).toMatchObject({ done: true });
  expect(route53.commandCalls(ChangeResourceRecordSetsCommand)).toHaveLength(1);
});

test('somebody else’s record is left alone by undo and by a repeated apply', async () => {
  await change().apply(target);
  record = cname('third.example');
  await expect(change().undo()).rejects.toMatchObject({ name: 'UndoFailedError' });
  expect(record).toMatchObject({ ResourceRecords: [{ Value: 'third.example' }] });
  const other = verbs<'dns-record'>(handler, run, 'other');
  record = cname('old.rds.example');
  route53.on(ChangeResourceRecordSetsCommand).rejects(awsError('PriorRequestNotComplete'));
  await expect(other.apply(target)).rejects.toMatchObject({ name: 'ThrottledError' });
  record = cname('fourth.example');
  await expect(other.apply(target)).rejects.toMatchObject({ name: 'ChangeConflictError' });
});

test.each<[string, ResourceRecordSet | undefined]>([
  ['nothing', undefined],
  ['the next name in the zone', { ...cname('x'), Name: 'dc.example.internal.' }],
  ['another type', { ...cname('x'), Type: 'TXT' }],
  ['a routing policy', { ...cname('x'), SetIdentifier: 'a', Weight: 1 }],
  [
    'an alias',
    {
      Name: 'db.example.internal.',
      Type: 'CNAME',
      AliasTarget: { HostedZoneId: 'Z', DNSName: 'x', EvaluateTargetHealth: false },
    },
  ],
])('%s is no plain CNAME', async (_what, is) => {
  record = is;
  await expect(change().apply(target)).rejects.toMatchObject({ name: 'ChangeConflictError' });
});
