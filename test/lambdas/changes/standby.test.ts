import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  EnterStandbyCommand,
  ExitStandbyCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { mockClient } from 'aws-sdk-client-mock';
import { environmentVariables } from '../../../contract/environment';
import { handler } from '../../../lambdas/changes/standby';
import { findChange, listChanges } from '../../../lambdas/run/journal';
import { releaseLease } from '../../../lambdas/run/lease';
import type { RunRef } from '../../../contract/run';
import { containing } from '../matchers';
import { awsError, newRun, withTables, verbs } from './world';

const [one, two, three] = ['i-0000000000000001', 'i-0000000000000002', 'i-0000000000000003'] as const;
const target = { group: 'web', instances: [one, two] };
const autoScaling = mockClient(AutoScalingClient);
let states: Record<string, string>;
let suspended: string[];
let [minSize, desired] = [0, 0];
let run: RunRef;

withTables();
beforeEach(async () => {
  run = await newRun(releaseLease);
  states = { [one]: 'InService', [two]: 'InService', [three]: 'InService' };
  suspended = ['AZRebalance', 'Terminate'];
  [minSize, desired] = [3, 3];
  autoScaling.reset();
  autoScaling.on(DescribeAutoScalingGroupsCommand).callsFake(() => ({
    AutoScalingGroups: [
      {
        AutoScalingGroupName: 'web',
        MinSize: minSize,
        DesiredCapacity: desired,
        SuspendedProcesses: suspended.map((ProcessName) => ({ ProcessName })),
        Instances: Object.entries(states).map(([InstanceId, LifecycleState]) => ({ InstanceId, LifecycleState })),
      },
    ],
  }));
  autoScaling.on(UpdateAutoScalingGroupCommand).callsFake((input: { MinSize: number }) => {
    minSize = input.MinSize;
    return {};
  });
  autoScaling.on(EnterStandbyCommand).callsFake((input: { InstanceIds: string[] }) => {
    desired -= input.InstanceIds.length;
    for (const id of input.InstanceIds) states[id] = 'EnteringStandby';
    return {};
  });
  autoScaling.on(ExitStandbyCommand).callsFake((input: { InstanceIds: string[] }) => {
    desired += input.InstanceIds.length;
    for (const id of input.InstanceIds) states[id] = 'Pending';
    return {};
  });
});
const change = () => verbs<'standby'>(handler, run, 'stand-by');
const arrive = (from: string, to: string) => {
  for (const [id, state] of Object.entries(states)) if (state === from) states[id] = to;
};
const calls = () => autoScaling.calls().map(({ args }) => args[0].constructor.name);

test('goes out of service and comes back, and the least size with it', async () => {
  await change().apply(target);
  expect([minSize, desired]).toEqual([1, 1]);
  expect(await findChange(run.id, 'stand-by')).toMatchObject({
    before: { minSize: 3, states: { [one]: 'InService', [two]: 'InService' } },
  });
  expect(autoScaling.commandCalls(EnterStandbyCommand)[0]?.args[0].input).toEqual({
    AutoScalingGroupName: 'web',
    InstanceIds: [one, two],
    ShouldDecrementDesiredCapacity: true,
  });
  expect(await change().confirm()).toEqual({
    done: false,
    progress: `${one} is EnteringStandby, ${two} is EnteringStandby`,
  });
  arrive('EnteringStandby', 'Standby');
  expect(await change().confirm()).toMatchObject({ done: true });
  await change().undo();
  expect(await change().confirmUndo()).toMatchObject({ done: false });
  arrive('Pending', 'InService');
  expect(await change().confirmUndo()).toMatchObject({ done: true });
  expect([minSize, desired]).toEqual([3, 3]);
});

test('a group that may become that small keeps its least size', async () => {
  minSize = 1;
  await change().apply(target);
  arrive('EnteringStandby', 'Standby');
  await change().undo();
  arrive('Pending', 'InService');
  await change().confirmUndo();
  expect(calls()).not.toContain('UpdateAutoScalingGroupCommand');
});

test('what stood by before is not touched, on the way there nor back', async () => {
  states[two] = 'Standby';
  await change().apply(target);
  expect(autoScaling.commandCalls(EnterStandbyCommand)[0]?.args[0].input.InstanceIds).toEqual([one]);
  arrive('EnteringStandby', 'Standby');
  await change().undo();
  expect(autoScaling.commandCalls(ExitStandbyCommand)[0]?.args[0].input.InstanceIds).toEqual([one]);
});

test('taken back while it still drains, it is put into service as soon as it can be', async () => {
  await change().apply(target);
  await change().undo();
  expect(autoScaling.commandCalls(ExitStandbyCommand)).toHaveLength(0);
  expect(await change().confirmUndo()).toMatchObject({ done: false });
  arrive('EnteringStandby', 'Standby');
  expect(await change().confirmUndo()).toMatchObject({ done: false });
  arrive('Pending', 'InService');
  expect(await change().confirmUndo()).toMatchObject({ done: true });
  expect(minSize).toBe(3);
});

test('a host that ended meanwhile is said to be gone', async () => {
  await change().apply(target);
  states = { [two]: 'Standby', [three]: 'InService' };
  await change().undo();
  arrive('Pending', 'InService');
  expect(await change().confirmUndo()).toMatchObject({ done: true, detail: { gone: [one] } });
});

test('an instance of no group is refused by name, and nothing is recorded', async () => {
  const strange = 'i-00000000000000ff';
  await expect(change().apply({ group: 'web', instances: [one, strange] })).rejects.toMatchObject({
    name: 'AwsRefusedError',
    message: `${strange}: no member of the group web.`,
  });
  expect(await listChanges(run.id)).toEqual([]);
});

test('a group whose Launch is suspended is refused by name, since nothing would come back', async () => {
  suspended = ['Launch'];
  await expect(change().apply(target)).rejects.toMatchObject({
    name: 'AwsRefusedError',
    message:
      'The group web has Launch suspended, and no instance comes back from stand-by as long as it is: resume it first.',
  });
  expect(calls()).not.toContain('EnterStandbyCommand');
  process.env[environmentVariables.roleArn] = 'arn:aws:iam::123456789012:role/Lifeboat-Change';
  const planned = { key: 'k', kind: 'standby', step: 'Step', target, pointOfNoReturn: false };
  const { rehearsal } = await handler({ verb: 'rehearse', run: { ...run, mode: 'rehearse' }, planned });
  expect(rehearsal).toMatchObject({
    checks: [{ status: 'passed' }, { status: 'failed', expected: 'Launch is not suspended' }],
  });
  // Settling finds nothing to put back.
  await change().undo();
  expect(await change().confirmUndo()).toMatchObject({ done: true });
  expect(calls()).not.toContain('UpdateAutoScalingGroupCommand');
});

test('where somebody suspends Launch meanwhile, what stands by is said by name instead of being asked for in vain', async () => {
  await change().apply(target);
  suspended = ['Launch'];
  // While it drains there is nothing to ask for yet.
  await change().undo();
  arrive('EnteringStandby', 'Standby');
  const says = { name: 'UndoFailedError', message: containing(`then put back ${one}, ${two}`) };
  await expect(change().confirmUndo()).rejects.toMatchObject(says);
  expect(autoScaling.commandCalls(ExitStandbyCommand)).toHaveLength(0);
});

test('what was done before a refusal is known to settling: the least size goes back', async () => {
  autoScaling.on(EnterStandbyCommand).rejects(awsError('ValidationError', 'no'));
  await expect(change().apply(target)).rejects.toMatchObject({ name: 'AwsRefusedError' });
  expect((await findChange(run.id, 'stand-by')).state).toBe('recorded');
  await change().undo();
  expect(await change().confirmUndo()).toMatchObject({ done: true });
  expect(minSize).toBe(3);
});

test('a pending update of the group passes', async () => {
  autoScaling.on(EnterStandbyCommand).rejects(awsError('ResourceContentionFault', 'pending'));
  await expect(change().apply(target)).rejects.toMatchObject({ name: 'ServiceUnavailableError' });
});
