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

/** What of it was not so before; a group that is gone has no targets. */
async function left({
  target,
  before,
}: Registration): Promise<{ arn: string; ids: string[]; attached: boolean } | null> {
  const arn = await targetGroupNamed(target.targetGroup);
  if (arn === null) return null;
  const ids = (await registered(arn)).filter((id) => target.instances.includes(id) && !before.registered.includes(id));
  return { arn, ids, attached: !before.attached && (await attachedGroups(target.group)).includes(arn) };
}

/** Auto Scaling DetachLoadBalancerTargetGroups, ELBv2 DeregisterTargets. */
async function undo(change: Registration) {
  const now = await left(change);
  if (now === null) return { deregistered: [] };
  if (now.attached) await detach(change.target.group, now.arn);
  await deregisterTargets(now.arn, now.ids);
  return { deregistered: now.ids };
}

async function confirmUndo(change: Registration) {
  const now = await left(change);
  return now === null || (now.ids.length === 0 && !now.attached)
    ? { done: true }
    : { done: false, progress: `${now.ids.length} targets are still listed` };
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
