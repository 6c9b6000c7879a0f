import * as z from 'zod';
import { operation } from '../operation';
import { AwsError, type Permission } from '../service';
import { type Group, invalid, livingIn } from './group';

const schema = z.strictObject({
  AutoScalingGroupName: z.string(),
  TargetGroupARNs: z.array(z.string()).min(1).max(10),
});

/** A group puts its instances into these target groups from now on, and into no others. */
export function setTargetGroups(group: Group, arns: readonly string[]): void {
  for (const arn of [...group.targetGroups]) {
    if (arns.includes(arn)) continue;
    group.targetGroups.delete(arn);
    for (const id of group.instances.keys()) group.targetsOf?.(arn)?.deregister(id);
  }
  for (const arn of arns) {
    if (group.targetGroups.has(arn)) continue;
    group.targetGroups.add(arn);
    for (const [id, { state }] of livingIn(group)) if (state === 'InService') group.targetsOf?.(arn)?.register(id);
  }
}

/** Into which target groups a group puts its instances. */
export const targetGroupOperations = (of: {
  /** @throws AwsError */
  readonly group: (name: string) => Group;
  readonly allows: (operationName: string, group: string) => Permission[];
}) => ({
  AttachLoadBalancerTargetGroups: operation(schema, {
    invalid,
    authorize: ({ AutoScalingGroupName, TargetGroupARNs }) =>
      of.allows('AttachLoadBalancerTargetGroups', AutoScalingGroupName).map((permission) => ({
        ...permission,
        context: { 'autoscaling:TargetGroupARNs': TargetGroupARNs },
      })),
    perform: ({ AutoScalingGroupName, TargetGroupARNs }) => {
      const group = of.group(AutoScalingGroupName);
      const targets = TargetGroupARNs.map((arn) => group.targetsOf?.(arn));
      if (targets.includes(undefined))
        throw new AwsError(invalid, 'Provided Target Groups may not be valid. Please ensure they exist and try again.');
      // "registers the running instances with these target groups" (Auto Scaling API): here at once.
      for (const [at, arn] of TargetGroupARNs.entries()) {
        if (group.targetGroups.has(arn)) continue;
        group.targetGroups.add(arn);
        for (const [id, { state }] of livingIn(group)) if (state === 'InService') targets[at]?.register(id);
      }
      return {};
    },
  }),
  DetachLoadBalancerTargetGroups: operation(schema, {
    invalid,
    authorize: ({ AutoScalingGroupName, TargetGroupARNs }) =>
      of.allows('DetachLoadBalancerTargetGroups', AutoScalingGroupName).map((permission) => ({
        ...permission,
        context: { 'autoscaling:TargetGroupARNs': TargetGroupARNs },
      })),
    perform: ({ AutoScalingGroupName, TargetGroupARNs }) => {
      const group = of.group(AutoScalingGroupName);
      const strange = TargetGroupARNs.find((arn) => !group.targetGroups.has(arn));
      if (strange !== undefined)
        throw new AwsError(invalid, `Trying to remove Target Groups that are not part of the group: ${strange}`);
      for (const arn of TargetGroupARNs) {
        group.targetGroups.delete(arn);
        for (const id of group.instances.keys()) group.targetsOf?.(arn)?.deregister(id);
      }
      return {};
    },
  }),
});
