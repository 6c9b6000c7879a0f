import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  ResumeProcessesCommand,
  SuspendProcessesCommand,
} from '@aws-sdk/client-auto-scaling';
import { mockClient } from 'aws-sdk-client-mock';
import { handler } from '../../../lambdas/changes/auto-scaling-processes';
import { closeJournal, findChange, listChanges, mayBeUnderWay } from '../../../lambdas/run/journal';
import { releaseLease } from '../../../lambdas/run/lease';
import type { RunRef } from '../../../contract/run';
import { denied, newRun, withTables, unavailable, verbs } from './world';

/** The mechanism, by the simplest kind: the processes of an Auto Scaling group. */
const target = { group: 'web', suspend: ['Launch', 'Terminate', 'ReplaceUnhealthy'] };
const autoScaling = mockClient(AutoScalingClient);
let suspended = new Set<string>();
let run: RunRef;

withTables();
beforeEach(async () => {
  run = await newRun(releaseLease);
  suspended = new Set(['Launch']);
  autoScaling.reset();
  autoScaling.on(DescribeAutoScalingGroupsCommand).callsFake(() => ({
    AutoScalingGroups: [
      { AutoScalingGroupName: 'web', SuspendedProcesses: [...suspended].map((ProcessName) => ({ ProcessName })) },
    ],
  }));
  autoScaling.on(SuspendProcessesCommand).callsFake((input: { ScalingProcesses: string[] }) => {
    for (const name of input.ScalingProcesses) suspended.add(name);
    return {};
  });
  autoScaling.on(ResumeProcessesCommand).callsFake((input: { ScalingProcesses: string[] }) => {
    for (const name of input.ScalingProcesses) suspended.delete(name);
    return {};
  });
});
const change = () => verbs<'auto-scaling-processes'>(handler, run, 'hold-group');
const state = async () => (await findChange(run.id, 'hold-group')).state;

test('records before it changes: a journal that is closed keeps AWS untouched', async () => {
  await closeJournal(run.id);
  await expect(change().apply(target)).rejects.toMatchObject({ name: 'ChangeStateError' });
  expect(autoScaling.commandCalls(SuspendProcessesCommand)).toHaveLength(0);
});

test('without the lease nothing is read, recorded or changed', async () => {
  await releaseLease(run.id);
  for (const verb of [() => change().apply(target), change().confirm, change().undo, change().confirmUndo]) {
    await expect(verb()).rejects.toMatchObject({ name: 'LeaseLostError' });
  }
  const stale = { ...run, fencingToken: run.fencingToken + 1 };
  await expect(verbs(handler, stale, 'hold-group').undo()).rejects.toMatchObject({ name: 'LeaseLostError' });
  expect(autoScaling.calls()).toHaveLength(0);
  expect(await listChanges(run.id)).toEqual([]);
});

test('a rehearsal changes nothing', async () => {
  const rehearsal = { ...run, mode: 'rehearse' as const };
  await expect(verbs(handler, rehearsal, 'hold-group').apply(target)).rejects.toMatchObject({
    name: 'ChangeStateError',
  });
  expect(autoScaling.calls()).toHaveLength(0);
});

test('what was refused for certain is not-applied; undo has nothing to do then', async () => {
  autoScaling.on(SuspendProcessesCommand).rejects(denied());
  await expect(change().apply(target)).rejects.toMatchObject({ name: 'AccessDeniedError' });
  expect(await findChange(run.id, 'hold-group')).toMatchObject({ state: 'not-applied' });
  expect((await findChange(run.id, 'hold-group')).error).toContain('AccessDeniedError');
  expect(await change().undo()).toEqual({ done: true });
  await expect(change().apply(target)).rejects.toMatchObject({ name: 'ChangeStateError' });
});

test('what nobody knows the outcome of stays recorded, is repeated with the first state before, and is undone', async () => {
  autoScaling.on(SuspendProcessesCommand).callsFakeOnce((input: { ScalingProcesses: string[] }) => {
    for (const name of input.ScalingProcesses) suspended.add(name);
    throw unavailable();
  });
  await expect(change().apply(target)).rejects.toMatchObject({ name: 'ServiceUnavailableError' });
  expect(await state()).toBe('recorded');
  await expect(change().confirm()).rejects.toMatchObject({ name: 'ChangeStateError' });
  await change().apply(target);
  // Read anew it would be all three.
  expect((await findChange(run.id, 'hold-group')).before).toEqual({ suspended: ['Launch'] });
  await change().undo();
  await change().confirmUndo();
  expect([...suspended]).toEqual(['Launch']);
});

test('a refusal after a call whose answer was lost proves nothing: the change stays recorded and is undone', async () => {
  autoScaling.on(SuspendProcessesCommand).callsFakeOnce((input: { ScalingProcesses: string[] }) => {
    for (const name of input.ScalingProcesses) suspended.add(name);
    throw unavailable();
  });
  await expect(change().apply(target)).rejects.toMatchObject({ name: 'ServiceUnavailableError' });
  autoScaling.on(SuspendProcessesCommand).rejects(denied());
  await expect(change().apply(target)).rejects.toMatchObject({ name: 'AccessDeniedError' });
  expect(await state()).toBe('recorded');
  await change().undo();
  expect([...suspended]).toEqual(['Launch']);
});

test('a call that ended is not under way; once settling has seen that, no other may begin', async () => {
  autoScaling.on(SuspendProcessesCommand).rejects(unavailable());
  for (let attempt = 0; attempt < 2; attempt += 1) {
    await expect(change().apply(target)).rejects.toMatchObject({ name: 'ServiceUnavailableError' });
    expect(await findChange(run.id, 'hold-group')).toMatchObject({ underWay: 0 });
  }
  expect(await mayBeUnderWay(run.id, 'hold-group')).toBe(false);
  const calls = autoScaling.commandCalls(SuspendProcessesCommand).length;
  await expect(change().apply(target)).rejects.toMatchObject({ name: 'ChangeStateError' });
  expect(autoScaling.commandCalls(SuspendProcessesCommand)).toHaveLength(calls);
});

test('while a call has not ended, it is under way', async () => {
  let seen: boolean | undefined;
  autoScaling.on(SuspendProcessesCommand).callsFake(async () => {
    seen = await mayBeUnderWay(run.id, 'hold-group');
    throw unavailable();
  });
  await expect(change().apply(target)).rejects.toThrow();
  expect(seen).toBe(true);
  seen = undefined;
  await expect(change().apply(target)).rejects.toThrow();
  expect(seen).toBe(true);
});

test('every verb answers again without doing it again', async () => {
  await change().apply(target);
  await change().apply(target);
  expect(autoScaling.commandCalls(SuspendProcessesCommand)).toHaveLength(1);
  expect(await change().confirm()).toMatchObject({ done: true });
  expect(await change().confirm()).toMatchObject({ done: true });
  await change().undo();
  await change().confirmUndo();
  expect(await change().undo()).toEqual({ done: true });
  expect(await change().confirmUndo()).toEqual({ done: true });
  expect(autoScaling.commandCalls(ResumeProcessesCommand)).toHaveLength(1);
});

test('one key is one change: another target is refused', async () => {
  await change().apply(target);
  await expect(change().apply({ ...target, suspend: ['Launch'] })).rejects.toMatchObject({ name: 'ChangeStateError' });
});

test('verbs out of order are refused by state', async () => {
  await expect(change().confirm()).rejects.toMatchObject({ name: 'ChangeStateError' });
  await change().apply(target);
  await expect(change().confirmUndo()).rejects.toMatchObject({ name: 'ChangeStateError' });
});

test('a failed undo says what was before and is now, and can be tried again', async () => {
  await change().apply(target);
  autoScaling.on(ResumeProcessesCommand).rejectsOnce(denied());
  const failure = change().undo();
  await expect(failure).rejects.toMatchObject({ name: 'UndoFailedError' });
  await expect(failure).rejects.toThrow(
    /Before: {"suspended":\["Launch"\]}. Now: {"suspended":\["Launch","ReplaceUnhealthy","Terminate"\]}/,
  );
  expect(await state()).toBe('undo-failed');
  autoScaling.on(ResumeProcessesCommand).resolves({});
  await change().undo();
  expect(await state()).toBe('undoing');
});

test('an undo that AWS was too busy for is not a failed one', async () => {
  await change().apply(target);
  autoScaling.on(ResumeProcessesCommand).rejectsOnce(unavailable());
  await expect(change().undo()).rejects.toMatchObject({ name: 'ServiceUnavailableError' });
  expect(await state()).toBe('undoing');
});
