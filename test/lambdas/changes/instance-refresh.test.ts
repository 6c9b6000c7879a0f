import { StartInstanceRefreshCommand } from '@aws-sdk/client-auto-scaling';
import type { RunRef } from '../../../contract/run';
import { handler } from '../../../lambdas/changes/instance-refresh';
import { releaseLease } from '../../../lambdas/run/lease';
import { FakeInstances, TEMPLATE } from './fake-instances';
import { newRun, withTables, undoOf, verbs } from './world';

const fake = new FakeInstances();
const target = {
  group: 'web',
  templateId: TEMPLATE,
  version: '3',
  minimumHealthyPercent: 100,
  maximumHealthyPercent: 150,
  warmupSeconds: 60,
};
let run: RunRef;
withTables();
beforeEach(async () => {
  run = await newRun(releaseLease);
  fake.reset();
});
const change = () => verbs<'instance-refresh'>(handler, run, 'refresh');

test('starts with automatic rollback and is in force once the group has the version', async () => {
  await change().apply(target);
  expect(fake.autoScaling.commandCalls(StartInstanceRefreshCommand)[0]?.args[0].input).toMatchObject({
    DesiredConfiguration: { LaunchTemplate: { Version: '3' } },
    Preferences: {
      AutoRollback: true,
      MinHealthyPercentage: 100,
      MaxHealthyPercentage: 150,
      InstanceWarmup: 60,
      // Unless said it waits an hour for either, and fails.
      StandbyInstances: 'Ignore',
      ScaleInProtectedInstances: 'Ignore',
    },
  });
  expect(await change().confirm()).toMatchObject({ done: false, progress: 'InProgress, 0 %' });
  fake.succeed();
  fake.group = '2';
  expect(await change().confirm()).toMatchObject({ done: false });
  fake.group = '3';
  fake.launched = ['3', '3', '2'];
  expect(await change().confirm()).toMatchObject({ done: false, progress: '1 of before drain' });
  fake.launched = ['3', '3'];
  expect(await change().confirm()).toMatchObject({ done: true });
});

test.each(['Failed', 'RollbackInProgress', 'RollbackSuccessful', 'RollbackFailed', 'Cancelled'])(
  'one that is %s is not in force',
  async (Status) => {
    await change().apply(target);
    Object.assign(fake.refreshes[0] ?? {}, { Status, StatusReason: 'instances did not become healthy' });
    await expect(change().confirm()).rejects.toThrow('instances did not become healthy');
  },
);

test('a running one is rolled back', async () => {
  await change().apply(target);
  await change().undo();
  expect(fake.running?.Status).toBe('RollbackInProgress');
  expect(await change().confirmUndo()).toMatchObject({ done: false });
  Object.assign(fake.refreshes[0] ?? {}, { Status: 'RollbackSuccessful' });
  expect(await change().confirmUndo()).toEqual({ done: true });
});

test('one that ended well is followed by one back to the version before', async () => {
  await change().apply(target);
  fake.succeed();
  await change().confirm();
  await change().undo();
  expect(fake.running?.DesiredConfiguration.LaunchTemplate.Version).toBe('2');
  expect(await change().confirmUndo()).toMatchObject({ done: false });
  fake.succeed();
  expect(await change().confirmUndo()).toEqual({ done: true });
  expect(fake.launched).toEqual(['2', '2']);
});

test('one that AWS could not roll back is told', async () => {
  await change().apply(target);
  await change().undo();
  Object.assign(fake.refreshes[0] ?? {}, { Status: 'RollbackFailed', StatusReason: 'no capacity' });
  await expect(change().confirmUndo()).rejects.toThrow('no capacity');
});

test('another refresh that runs is left alone, and so is a group that names a floating version', async () => {
  fake.start('7');
  await expect(change().apply(target)).rejects.toMatchObject({ name: 'ChangeConflictError' });
  fake.group = '$Latest';
  await expect(verbs<'instance-refresh'>(handler, run, 'other').apply(target)).rejects.toMatchObject({
    name: 'FloatingVersionError',
  });
});

test('a repeated call finds the one that the first call started', async () => {
  fake.start('3');
  await change().apply(target);
  expect(fake.autoScaling.commandCalls(StartInstanceRefreshCommand)).toHaveLength(0);
  expect(fake.refreshes).toHaveLength(1);
});

test('of an undo whose answer was lost the refresh is found, and none is started beside it', async () => {
  await change().apply(target);
  fake.succeed();
  await change().undo();
  const { length } = fake.refreshes;
  await expect(change().undo()).resolves.toMatchObject({ detail: { undoRefreshId: fake.running?.InstanceRefreshId } });
  expect(fake.refreshes).toHaveLength(length);
});

test('instances of before that do not become healthy are told, whoever has given them up', async () => {
  await change().apply(target);
  fake.succeed();
  await change().undo();
  Object.assign(fake.running ?? {}, { Status: 'RollbackInProgress', StatusReason: 'they did not become healthy' });
  await expect(change().confirmUndo()).rejects.toThrow('they did not become healthy');
});

describe('where another run takes it back and fails, it is made again', () => {
  const key = 'refresh';
  let later: RunRef;
  const go = (verb: 'undo' | 'confirm-undo') => handler({ verb, run: later, key, of: run.id });
  const again = (verb: 'undo' | 'confirm-undo') => handler({ verb, run: later, key: 'undo-refresh' });

  beforeEach(async () => {
    await change().apply(target);
    fake.succeed();
    await change().confirm();
    later = await undoOf(run, releaseLease);
    await go('undo');
  });

  test('by another refresh, where the one that went back had ended', async () => {
    fake.succeed();
    await expect(go('confirm-undo')).resolves.toMatchObject({ done: true });
    await again('undo');
    expect(fake.running?.DesiredConfiguration.LaunchTemplate.Version).toBe('3');
    await expect(again('confirm-undo')).resolves.toMatchObject({ done: false });
    fake.succeed();
    await expect(again('confirm-undo')).resolves.toMatchObject({ done: true });
    expect(fake.launched).toEqual(['3', '3']);
  });

  test('by turning the one round that is under way', async () => {
    const { length } = fake.refreshes;
    await again('undo');
    expect(fake.refreshes).toHaveLength(length);
    expect(fake.running?.Status).toBe('RollbackInProgress');
    await expect(again('confirm-undo')).resolves.toMatchObject({ done: false });
    Object.assign(fake.running ?? {}, { Status: 'RollbackSuccessful' });
    await expect(again('confirm-undo')).resolves.toMatchObject({ done: true });
  });

  test.each(['RollbackInProgress', 'RollbackSuccessful'])('by AWS itself: what it found is %s', async (Status) => {
    Object.assign(fake.running ?? {}, { Status });
    const { length } = fake.refreshes;
    await again('undo');
    Object.assign(fake.refreshes[0] ?? {}, { Status: 'RollbackSuccessful' });
    await expect(again('confirm-undo')).resolves.toMatchObject({ done: true });
    expect(fake.refreshes).toHaveLength(length);
  });

  test('and one that cannot be turned round is told', async () => {
    await again('undo');
    Object.assign(fake.running ?? {}, { Status: 'RollbackFailed', StatusReason: 'no capacity' });
    await expect(again('confirm-undo')).rejects.toThrow('no capacity');
  });
});
