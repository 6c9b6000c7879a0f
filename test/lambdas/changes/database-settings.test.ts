import { AddTagsToResourceCommand, RebootDBInstanceCommand, RemoveTagsFromResourceCommand } from '@aws-sdk/client-rds';
import type { RunRef } from '../../../contract/run';
import { MAXIMUM_ASKED, handler } from '../../../lambdas/changes/database-settings';
import { releaseLease } from '../../../lambdas/run/lease';
import { fakeRds } from './fake-rds';
import { newRun, ownTag, settings, withTables, verbs } from './world';

const rds = fakeRds();
const instance = 'lifeboat-drill-run';
let run: RunRef;
withTables();
beforeEach(async () => {
  rds.reset();
  rds.put(instance);
  run = await newRun(releaseLease);
});
const change = () => verbs<'database-settings'>(handler, run, 'settings');
const target = { instance, settings };

test('asks for nothing where nothing differs', async () => {
  await change().apply(target);
  expect(await change().confirm()).toMatchObject({ done: true });
  expect(rds.modified()).toEqual([]);
});

test('asks for what a restore could not take, at once, and for nothing else', async () => {
  rds.put(instance, {
    MonitoringInterval: 0,
    PerformanceInsightsEnabled: false,
    PreferredMaintenanceWindow: 'mon:01:00-mon:01:30',
  });
  delete rds.instances.get(instance)!.MonitoringRoleArn;
  await change().apply(target);
  expect(rds.modified()).toEqual([
    {
      DBInstanceIdentifier: instance,
      ApplyImmediately: true,
      MonitoringInterval: 60,
      MonitoringRoleArn: settings.MonitoringRoleArn,
      PreferredMaintenanceWindow: settings.PreferredMaintenanceWindow,
      EnablePerformanceInsights: true,
      PerformanceInsightsRetentionPeriod: 7,
      PerformanceInsightsKMSKeyId: settings.PerformanceInsightsKMSKeyId,
    },
  ]);
});

test('makes the tags the source’s, and keeps Lifeboat’s own', async () => {
  rds.put(instance, { TagList: [{ Key: 'stray', Value: 'x' }, ownTag(run)] });
  await change().apply(target);
  expect(rds.mock.commandCalls(RemoveTagsFromResourceCommand)[0]!.args[0].input.TagKeys).toEqual(['stray']);
  expect(rds.mock.commandCalls(AddTagsToResourceCommand)[0]!.args[0].input.Tags).toEqual([
    { Key: 'application', Value: 'orders' },
  ]);
  expect(rds.tags(instance)).toEqual({ application: 'orders', [ownTag(run).Key]: run.id });
  expect(await change().confirm()).toMatchObject({ done: true });
});

test('waits while RDS works, waits for what is pending, reboots where parameters wait for it', async () => {
  rds.put(instance, { DBInstanceStatus: 'backing-up', MultiAZ: false });
  await change().apply(target);
  expect(rds.modified()).toEqual([]);
  rds.put(instance, { DBInstanceStatus: 'available' });
  expect(await change().confirm()).toMatchObject({ done: false, progress: 'MultiAZ: false instead of true' });
  expect(rds.modified()).toHaveLength(1);
  rds.put(instance, { PendingModifiedValues: { MultiAZ: true } });
  expect(await change().confirm()).toEqual({ done: false, progress: 'pending: MultiAZ' });
  const group = { DBParameterGroupName: settings.DBParameterGroupName };
  rds.put(instance, {
    MultiAZ: true,
    PendingModifiedValues: {},
    DBParameterGroups: [{ ...group, ParameterApplyStatus: 'pending-reboot' }],
  });
  expect(await change().confirm()).toMatchObject({ done: false });
  expect(rds.mock.commandCalls(RebootDBInstanceCommand)).toHaveLength(1);
  rds.put(instance, { DBInstanceStatus: 'rebooting' });
  expect(await change().confirm()).toEqual({ done: false, progress: `${instance}: rebooting` });
  rds.put(instance, {
    DBInstanceStatus: 'available',
    DBParameterGroups: [{ ...group, ParameterApplyStatus: 'applying' }],
  });
  expect(await change().confirm()).toEqual({ done: false, progress: 'parameters: applying' });
  rds.put(instance, { DBParameterGroups: [{ ...group, ParameterApplyStatus: 'in-sync' }] });
  expect(await change().confirm()).toMatchObject({ done: true });
});

test('a setting that RDS never makes is named, not waited for without end', async () => {
  rds.put(instance, { MultiAZ: false });
  await change().apply(target);
  for (let asked = 1; asked < MAXIMUM_ASKED; asked += 1)
    expect(await change().confirm()).toMatchObject({ done: false });
  const failure = change().confirm();
  await expect(failure).rejects.toMatchObject({ name: 'ChangeNotConfirmedError' });
  await expect(failure).rejects.toThrow('MultiAZ: false instead of true');
});

test('a setting that makes the instance unusable', async () => {
  await change().apply(target);
  rds.put(instance, { DBInstanceStatus: 'incompatible-parameters' });
  await expect(change().confirm()).rejects.toMatchObject({ name: 'RestoreFailedError' });
});

test('undo goes back to the settings before', async () => {
  rds.put(instance, { MultiAZ: false });
  await change().apply(target);
  rds.put(instance, { MultiAZ: true });
  expect(await change().confirm()).toMatchObject({ done: true });
  await change().undo();
  expect(rds.modified().at(-1)).toMatchObject({ MultiAZ: false });
  expect(await change().confirmUndo()).toMatchObject({ done: false });
  rds.put(instance, { MultiAZ: false });
  expect(await change().confirmUndo()).toMatchObject({ done: true });
});
