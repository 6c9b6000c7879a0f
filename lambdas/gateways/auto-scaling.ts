import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  ResumeProcessesCommand,
  SuspendProcessesCommand,
} from '@aws-sdk/client-auto-scaling';
import { AwsRefusedError, ServiceUnavailableError } from '../../contract/errors';
import { callAws } from './aws-errors';
import { client } from './clients';

/** Auto Scaling: the processes of a group. */

const busy = (group: string) => ({
  // "The operation can't be performed because there are scaling activities in progress": it passes.
  ScalingActivityInProgressFault: (cause: Error) =>
    new ServiceUnavailableError(`A scaling activity of ${group} is in progress.`, { cause }),
  ResourceInUseFault: (cause: Error) => new ServiceUnavailableError(`${group} is in use.`, { cause }),
});

/**
 * Names of the group's suspended processes, sorted (Auto Scaling DescribeAutoScalingGroups).
 * @throws AwsRefusedError where there is no such group
 */
export async function suspendedProcesses(group: string): Promise<string[]> {
  const answer = await callAws(`autoscaling:DescribeAutoScalingGroups ${group}`, () =>
    client(AutoScalingClient).send(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [group] })),
  );
  const found = answer.AutoScalingGroups?.find((each) => each.AutoScalingGroupName === group);
  if (found === undefined) throw new AwsRefusedError(`There is no Auto Scaling group ${group}.`);
  return (found.SuspendedProcesses ?? []).flatMap(({ ProcessName }) => ProcessName ?? []).toSorted();
}

/** Suspends processes; one that is suspended stays so (Auto Scaling SuspendProcesses). */
export async function suspendProcesses(group: string, processes: readonly string[]): Promise<void> {
  if (processes.length === 0) return; // An empty list would mean all of them.
  await callAws(
    `autoscaling:SuspendProcesses ${group}`,
    () =>
      client(AutoScalingClient).send(
        new SuspendProcessesCommand({ AutoScalingGroupName: group, ScalingProcesses: [...processes] }),
      ),
    busy(group),
  );
}

/** Resumes processes; one that runs goes on (Auto Scaling ResumeProcesses). */
export async function resumeProcesses(group: string, processes: readonly string[]): Promise<void> {
  if (processes.length === 0) return; // An empty list would mean all of them.
  await callAws(
    `autoscaling:ResumeProcesses ${group}`,
    () =>
      client(AutoScalingClient).send(
        new ResumeProcessesCommand({ AutoScalingGroupName: group, ScalingProcesses: [...processes] }),
      ),
    busy(group),
  );
}
