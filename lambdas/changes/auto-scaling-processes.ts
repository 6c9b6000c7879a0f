import { resumeProcesses, suspendProcesses, suspendedProcesses } from '../gateways/auto-scaling';
import { defineChange, type Change } from './define';
import { ownArn } from './rehearse';

type Processes = Change<'auto-scaling-processes'>;

/** The processes that this change suspends: those that were not suspended before. */
const ours = ({ target, before }: Processes) => target.suspend.filter((name) => !before.suspended.includes(name));

/** Auto Scaling DescribeAutoScalingGroups. @throws AwsRefusedError where there is no such group */
async function read(target: Processes['target']) {
  return { suspended: await suspendedProcesses(target.group) };
}

/** Auto Scaling SuspendProcesses, of what runs. */
async function apply(change: Processes) {
  const suspended = ours(change);
  await suspendProcesses(change.target.group, suspended);
  return { suspended };
}

/** Auto Scaling DescribeAutoScalingGroups. */
async function confirm({ target }: Processes) {
  const suspended = await suspendedProcesses(target.group);
  const running = target.suspend.filter((name) => !suspended.includes(name));
  if (running.length > 0) return { done: false, progress: `still running: ${running.join(', ')}` };
  return { done: true };
}

/** Auto Scaling ResumeProcesses, of exactly those that were not suspended before. */
async function undo(change: Processes) {
  const resumed = ours(change);
  await resumeProcesses(change.target.group, resumed);
  return { resumed };
}

/** Auto Scaling DescribeAutoScalingGroups. */
async function confirmUndo(change: Processes) {
  const suspended = await suspendedProcesses(change.target.group);
  const waiting = ours(change).filter((name) => suspended.includes(name));
  if (waiting.length > 0) return { done: false, progress: `still suspended: ${waiting.join(', ')}` };
  return { done: true };
}

const needs = ({ group }: Processes['target']) => [
  {
    actions: ['autoscaling:SuspendProcesses', 'autoscaling:ResumeProcesses'],
    // The id in a group's ARN is AWS's; policies name the group (lib/tasks/changes/traffic.ts).
    resource: ownArn(
      'autoscaling',
      `autoScalingGroup:00000000-0000-0000-0000-000000000000:autoScalingGroupName/${group}`,
    ),
  },
];

export const handler = defineChange('auto-scaling-processes', {
  read,
  apply,
  confirm,
  undo,
  confirmUndo,
  oneCall: true,
  needs,
});
