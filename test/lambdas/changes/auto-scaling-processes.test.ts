import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  ResumeProcessesCommand,
  SuspendProcessesCommand,
} from '@aws-sdk/client-auto-scaling';
import { mockClient } from 'aws-sdk-client-mock';
import { handler } from '../../../lambdas/changes/auto-scaling-processes';
import { findChange, listChanges } from '../../../lambdas/run/journal';
import { releaseLease } from '../../../lambdas/run/lease';
import type { RunRef } from '../../../contract/run';
import { newRun, withTables, verbs } from './world';

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

test('applies, confirms and undoes exactly what was not so before', async () => {
  await change().apply(target);
  expect(await findChange(run.id, 'hold-group')).toMatchObject({
    state: 'applied',
    before: { suspended: ['Launch'] },
    target,
    pointOfNoReturn: false,
  });
  expect(await change().confirm()).toMatchObject({ done: true });
  expect([...suspended].sort()).toEqual(['Launch', 'ReplaceUnhealthy', 'Terminate']);
  await change().undo();
  expect(await change().confirmUndo()).toMatchObject({ done: true });
  expect([...suspended]).toEqual(['Launch']);
  expect(await state()).toBe('undone');
  expect(autoScaling.commandCalls(ResumeProcessesCommand)[0]?.args[0].input.ScalingProcesses).toEqual([
    'Terminate',
    'ReplaceUnhealthy',
  ]);
});

test('never resumes everything: where all were suspended before, nothing is resumed', async () => {
  suspended = new Set(target.suspend);
  await change().apply(target);
  await change().undo();
  expect(autoScaling.commandCalls(ResumeProcessesCommand)).toHaveLength(0);
  expect(autoScaling.commandCalls(SuspendProcessesCommand)).toHaveLength(0);
});

test('a group that is not there is refused by name, and nothing is recorded', async () => {
  await expect(change().apply({ ...target, group: 'other' })).rejects.toMatchObject({ name: 'AwsRefusedError' });
  expect(await listChanges(run.id)).toEqual([]);
});

test('not in force yet is not done', async () => {
  autoScaling.on(SuspendProcessesCommand).resolves({});
  await change().apply(target);
  expect(await change().confirm()).toEqual({ done: false, progress: 'still running: Terminate, ReplaceUnhealthy' });
});
