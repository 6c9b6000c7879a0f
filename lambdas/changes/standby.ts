import { AwsRefusedError, UndoFailedError } from '../../contract/errors';
import type { Check } from '../../contract/run';
import { enterStandby, exitStandby, groupMembers, setMinSize, type GroupMembers } from '../gateways/auto-scaling';
import { defineChange, type Change } from './define';
import { ownArn } from './rehearse';

type Standby = Change<'standby'>;

/** The instances that this change takes out of service: those that were in it before. */
const ours = ({ target, before }: Standby) => target.instances.filter((id) => before.states[id] === 'InService');
const inState = (instances: readonly string[], { states }: GroupMembers, state: string) =>
  instances.filter((id) => states[id] === state);
const words = (instances: readonly string[], { states }: GroupMembers) =>
  instances.map((id) => `${id} is ${states[id] ?? 'gone'}`).join(', ');

/** While Launch is suspended no instance leaves stand-by (Auto Scaling guide, Suspend processes), whoever has suspended it. */
const cannotReturn = (group: string) =>
  `The group ${group} has Launch suspended, and no instance comes back from stand-by as long as it is`;

/** Auto Scaling DescribeAutoScalingGroups. @throws AwsRefusedError where an instance is no member of the group */
async function read({ group, instances }: Standby['target']) {
  const { minSize, states } = await groupMembers(group);
  const strange = instances.filter((id) => states[id] === undefined);
  if (strange.length > 0) throw new AwsRefusedError(`${strange.join(', ')}: no member of the group ${group}.`);
  return { minSize, states: Object.fromEntries(instances.map((id) => [id, states[id] ?? ''])) };
}

/**
 * Auto Scaling EnterStandby, of what is in service. A group that may not become that small is allowed to first
 * (UpdateAutoScalingGroup), since most groups run at their least size; undo sets it back.
 * @throws AwsRefusedError where nothing could come back
 */
async function apply(change: Standby) {
  const { group } = change.target;
  const members = await groupMembers(group);
  if (members.suspended.includes('Launch')) throw new AwsRefusedError(`${cannotReturn(group)}: resume it first.`);
  const moving = inState(ours(change), members, 'InService');
  const left = members.desired - moving.length;
  if (left < members.minSize) await setMinSize(group, left);
  await enterStandby(group, moving);
  return { standby: ours(change), minSize: Math.min(left, members.minSize) };
}

/** Auto Scaling DescribeAutoScalingGroups: done once every target has drained. */
async function confirm(change: Standby) {
  const members = await groupMembers(change.target.group);
  const waiting = ours(change).filter((id) => members.states[id] !== 'Standby');
  return waiting.length > 0 ? { done: false, progress: words(waiting, members) } : { done: true };
}

/** Auto Scaling ExitStandby of those of the instances that stand by. @throws UndoFailedError while Launch is suspended */
async function leave(change: Standby, members: GroupMembers): Promise<string[]> {
  const { group } = change.target;
  const leaving = inState(ours(change), members, 'Standby');
  if (leaving.length > 0 && members.suspended.includes('Launch'))
    throw new UndoFailedError(`${cannotReturn(group)}: resume it, then put back ${leaving.join(', ')}.`);
  await exitStandby(group, leaving);
  return leaving;
}

/** Puts back what stands by; an instance that is still on its way there is asked for again. @throws UndoFailedError */
async function undo(change: Standby) {
  return { leaving: await leave(change, await groupMembers(change.target.group)) };
}

/**
 * Auto Scaling DescribeAutoScalingGroups: done once all are in service, and the group's least size is what it was
 * (UpdateAutoScalingGroup). Whether their targets are healthy is the caller's to ask.
 */
async function confirmUndo(change: Standby) {
  const { target, before } = change;
  const members = await groupMembers(target.group);
  const waiting = inState(ours(change), members, 'EnteringStandby');
  const standing = inState(ours(change), members, 'Standby');
  const coming = inState(ours(change), members, 'Pending');
  if (waiting.length + standing.length + coming.length > 0) {
    await leave(change, members);
    return { done: false, progress: words([...waiting, ...standing, ...coming], members) };
  }
  if (members.minSize < before.minSize) await setMinSize(target.group, before.minSize);
  return { done: true, detail: { gone: ours(change).filter((id) => members.states[id] === undefined) } };
}

const needs = ({ group }: Standby['target']) => [
  {
    actions: ['autoscaling:EnterStandby', 'autoscaling:ExitStandby', 'autoscaling:UpdateAutoScalingGroup'],
    // The id in a group's ARN is AWS's; policies name the group (lib/tasks/changes/traffic.ts).
    resource: ownArn(
      'autoscaling',
      `autoScalingGroup:00000000-0000-0000-0000-000000000000:autoScalingGroupName/${group}`,
    ),
  },
];

/** Auto Scaling DescribeAutoScalingGroups. */
async function preconditions({ group }: Standby['target']): Promise<Check[]> {
  const { suspended } = await groupMembers(group);
  return [
    {
      name: `instances of ${group} can come back from stand-by`,
      status: suspended.includes('Launch') ? 'failed' : 'passed',
      expected: 'Launch is not suspended',
      actual: suspended.length === 0 ? 'nothing is suspended' : `suspended: ${suspended.join(', ')}`,
      evidence: 'autoscaling:DescribeAutoScalingGroups',
    },
  ];
}

export const handler = defineChange('standby', {
  read,
  apply,
  confirm,
  undo,
  confirmUndo,
  oneCall: false,
  needs,
  preconditions,
});
