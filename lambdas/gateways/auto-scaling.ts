import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  EnterStandbyCommand,
  ExitStandbyCommand,
  ResumeProcessesCommand,
  SuspendProcessesCommand,
  UpdateAutoScalingGroupCommand,
  type AutoScalingGroup,
} from '@aws-sdk/client-auto-scaling';
import * as z from 'zod';
import { AwsRefusedError, ServiceUnavailableError } from '../../contract/errors';
import { parse } from '../runtime/parse';
import { callAws } from './aws-errors';
import { client } from './clients';

/** Auto Scaling: the processes of a group, its sizes, its instances and their stand-by. */

/** What passes by itself: the group is being changed at this moment. */
export const busy = (group: string) => ({
  // "The operation can't be performed because there are scaling activities in progress": it passes.
  ScalingActivityInProgressFault: (cause: Error) =>
    new ServiceUnavailableError(`A scaling activity of ${group} is in progress.`, { cause }),
  ResourceInUseFault: (cause: Error) => new ServiceUnavailableError(`${group} is in use.`, { cause }),
  ResourceContentionFault: (cause: Error) =>
    new ServiceUnavailableError(`An update of ${group} is pending.`, { cause }),
});

/** Auto Scaling DescribeAutoScalingGroups. @throws AwsRefusedError where there is no such group */
export async function describeGroup(group: string): Promise<AutoScalingGroup> {
  const answer = await callAws(`autoscaling:DescribeAutoScalingGroups ${group}`, () =>
    client(AutoScalingClient).send(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [group] })),
  );
  const found = answer.AutoScalingGroups?.find((each) => each.AutoScalingGroupName === group);
  if (found === undefined) throw new AwsRefusedError(`There is no Auto Scaling group ${group}.`);
  return found;
}

const suspendedIn = ({ SuspendedProcesses = [] }: AutoScalingGroup): string[] =>
  SuspendedProcesses.flatMap(({ ProcessName }) => ProcessName ?? []).toSorted();

/**
 * Names of the group's suspended processes, sorted (Auto Scaling DescribeAutoScalingGroups).
 * @throws AwsRefusedError where there is no such group
 */
export async function suspendedProcesses(group: string): Promise<string[]> {
  return suspendedIn(await describeGroup(group));
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

/** How large a group is and may be, and each instance's lifecycle state by Auto Scaling's word. */
export interface GroupMembers {
  readonly minSize: number;
  readonly desired: number;
  readonly states: Readonly<Record<string, string>>;
  /** By instance, the number of the launch template's version that it was launched from; none without a template. */
  readonly versions: Readonly<Record<string, string>>;
  /** Names of its suspended processes. */
  readonly suspended: readonly string[];
}

/**
 * Sizes and instances of a group (Auto Scaling DescribeAutoScalingGroups).
 * @throws AwsRefusedError where there is no such group
 */
export async function groupMembers(group: string): Promise<GroupMembers> {
  const described = await describeGroup(group);
  const { MinSize, DesiredCapacity, Instances = [] } = described;
  const instances = z.array(z.object({ InstanceId: z.string(), LifecycleState: z.string() }));
  return {
    ...parse(
      z.object({ minSize: z.number(), desired: z.number() }),
      { minSize: MinSize, desired: DesiredCapacity },
      `the sizes of ${group}`,
    ),
    states: Object.fromEntries(
      parse(instances, Instances, `the instances of ${group}`).map(({ InstanceId, LifecycleState }) => [
        InstanceId,
        LifecycleState,
      ]),
    ),
    versions: Object.fromEntries(
      Instances.flatMap(({ InstanceId, LaunchTemplate }) =>
        InstanceId === undefined || LaunchTemplate?.Version === undefined ? [] : [[InstanceId, LaunchTemplate.Version]],
      ),
    ),
    suspended: suspendedIn(described),
  };
}

/** The least that a group may have in service (Auto Scaling UpdateAutoScalingGroup). */
export async function setMinSize(group: string, minSize: number): Promise<void> {
  await callAws(
    `autoscaling:UpdateAutoScalingGroup ${group}`,
    () =>
      client(AutoScalingClient).send(
        new UpdateAutoScalingGroupCommand({ AutoScalingGroupName: group, MinSize: minSize }),
      ),
    busy(group),
  );
}

/**
 * Takes instances out of service: their targets drain, and the group, one smaller for each, launches no replacement
 * (Auto Scaling EnterStandby with ShouldDecrementDesiredCapacity).
 */
export async function enterStandby(group: string, instances: readonly string[]): Promise<void> {
  if (instances.length === 0) return;
  await callAws(
    `autoscaling:EnterStandby ${group}`,
    () =>
      client(AutoScalingClient).send(
        new EnterStandbyCommand({
          AutoScalingGroupName: group,
          InstanceIds: [...instances],
          ShouldDecrementDesiredCapacity: true,
        }),
      ),
    busy(group),
  );
}

/** Puts instances that are on stand-by back into service: they become targets again (Auto Scaling ExitStandby). */
export async function exitStandby(group: string, instances: readonly string[]): Promise<void> {
  if (instances.length === 0) return;
  await callAws(
    `autoscaling:ExitStandby ${group}`,
    () =>
      client(AutoScalingClient).send(
        new ExitStandbyCommand({ AutoScalingGroupName: group, InstanceIds: [...instances] }),
      ),
    busy(group),
  );
}
