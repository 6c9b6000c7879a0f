import { AutoScalingClient, DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import * as z from 'zod';
import { parse } from '../runtime/parse';
import { callAws } from './aws-errors';
import { client } from './clients';

/** Auto Scaling: how many instances a group has, where it is there at all. */

const groupSchema = z.object({
  DesiredCapacity: z.number(),
  TargetGroupARNs: z.array(z.string()).default([]),
  Instances: z.array(z.object({ InstanceId: z.string(), LifecycleState: z.string() })).default([]),
});

export interface Members {
  readonly desired: number;
  readonly inService: readonly string[];
  /** ARNs of the target groups into which it puts its instances. */
  readonly targetGroups: readonly string[];
}

/** A group with its instances in service; null where there is none (Auto Scaling DescribeAutoScalingGroups). */
export async function findMembers(group: string): Promise<Members | null> {
  const answer = await callAws(`autoscaling:DescribeAutoScalingGroups ${group}`, () =>
    client(AutoScalingClient).send(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [group] })),
  );
  const found = answer.AutoScalingGroups?.find((each) => each.AutoScalingGroupName === group);
  if (found === undefined) return null;
  const { DesiredCapacity, TargetGroupARNs, Instances } = parse(groupSchema, found, `the group ${group}`);
  return {
    desired: DesiredCapacity,
    inService: Instances.filter(({ LifecycleState }) => LifecycleState === 'InService').map(
      ({ InstanceId }) => InstanceId,
    ),
    targetGroups: TargetGroupARNs,
  };
}
