import { TargetGroupUnfitError } from '../../contract/errors';
import { targetsInGroup } from '../gateways/load-balancer';
import {
  attach,
  attachedGroups,
  deregisterTargets,
  detach,
  registerTargets,
  targetGroupNamed,
} from '../gateways/targets';
import { defineChange, type Change } from './define';
import { ownArn, type Need } from './rehearse';

type Registration = Change<'target-registration'>;

const registered = async (arn: string) => (await targetsInGroup(arn)).map(({ id }) => id);

/** @throws TargetGroupUnfitError */
async function groupOf({ targetGroup }: Registration['target']): Promise<string> {
  const arn = await targetGroupNamed(targetGroup);
  if (arn === null) throw new TargetGroupUnfitError(`There is no target group ${targetGroup}.`);
  return arn;
}

/** ELBv2 DescribeTargetHealth, Auto Scaling DescribeAutoScalingGroups. @throws TargetGroupUnfitError */
async function read(target: Registration['target']) {
  const arn = await groupOf(target);
  return { registered: await registered(arn), attached: (await attachedGroups(target.group)).includes(arn) };
}

/** Auto Scaling AttachLoadBalancerTargetGroups, so that hosts of tomorrow are targets too; ELBv2 RegisterTargets of those of today. */
async function apply({ target }: Registration) {
  const arn = await groupOf(target);
  if (!(await attachedGroups(target.group)).includes(arn)) await attach(target.group, arn);
  const there = await registered(arn);
  await registerTargets(
    arn,
    target.instances.filter((id) => !there.includes(id)),
  );
  return {};
}

/** ELBv2 DescribeTargetHealth: all are listed. Their health is checked only once a rule names the group. */
async function confirm({ target }: Registration) {
  const arn = await groupOf(target);
  const there = await registered(arn);
  const waiting = target.instances.filter((id) => !there.includes(id));
  const attached = (await attachedGroups(target.group)).includes(arn);
  if (waiting.length === 0 && attached) return { done: true };
  return { done: false, progress: waiting.length > 0 ? `${waiting.join(', ')} not listed yet` : 'not attached yet' };
}

/** What of it was not so before, and who was a target and is none now; a group that is gone has no targets. */
async function left({ target, before }: Registration) {
  const arn = await targetGroupNamed(target.targetGroup);
  if (arn === null) return null;
  const now = await registered(arn);
  return {
    arn,
    ids: now.filter((id) => target.instances.includes(id) && !before.registered.includes(id)),
    missing: before.registered.filter((id) => !now.includes(id)),
    attached: !before.attached && (await attachedGroups(target.group)).includes(arn),
  };
}

/** Auto Scaling DetachLoadBalancerTargetGroups, ELBv2 DeregisterTargets. */
async function undo(change: Registration) {
  const now = await left(change);
  if (now === null) return { deregistered: [] };
  if (now.attached) await detach(change.target.group, now.arn);
  await deregisterTargets(now.arn, now.ids);
  return { deregistered: now.ids };
}

/** Detaching takes out every instance of the group, those too that were targets before: they are registered again. */
async function confirmUndo(change: Registration) {
  const now = await left(change);
  if (now === null) return { done: true };
  if (now.ids.length > 0 || now.attached)
    return { done: false, progress: `${now.ids.length} targets are still listed` };
  await registerTargets(now.arn, now.missing);
  return now.missing.length === 0
    ? { done: true }
    : { done: false, progress: `${now.missing.join(', ')}: targets before, registered again` };
}

const needs = ({ targetGroup, group }: Registration['target']): Need[] => [
  {
    actions: ['elasticloadbalancing:RegisterTargets', 'elasticloadbalancing:DeregisterTargets'],
    resource: ownArn('elasticloadbalancing', `targetgroup/${targetGroup}/0000000000000000`),
  },
  {
    actions: ['autoscaling:AttachLoadBalancerTargetGroups', 'autoscaling:DetachLoadBalancerTargetGroups'],
    resource: ownArn(
      'autoscaling',
      `autoScalingGroup:00000000-0000-0000-0000-000000000000:autoScalingGroupName/${group}`,
    ),
  },
];

export const handler = defineChange('target-registration', {
  read,
  apply,
  confirm,
  undo,
  confirmUndo,
  oneCall: false,
  needs,
});
