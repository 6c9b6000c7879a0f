import {
  AutoScalingClient,
  CancelInstanceRefreshCommand,
  DescribeInstanceRefreshesCommand,
  RollbackInstanceRefreshCommand,
  StartInstanceRefreshCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import * as z from 'zod';
import { FloatingVersionError } from '../../contract/errors';
import { parse } from '../runtime/parse';
import { busy, describeGroup } from './auto-scaling';
import { callAws, isAwsError } from './aws-errors';
import { client } from './clients';

/** Auto Scaling: what a group launches from, and the refreshes that replace its instances. */

const autoScaling = () => client(AutoScalingClient);

/** A launch template and the number of one of its versions. */
export interface TemplateChoice {
  readonly templateId: string;
  readonly version: string;
}

const specification = z.object({ LaunchTemplateId: z.string(), Version: z.string().default('$Default') });

/**
 * What a group launches from (Auto Scaling DescribeAutoScalingGroups).
 * @throws FloatingVersionError where it names `$Latest` or `$Default`; AwsRefusedError where there is no such group
 */
export async function groupTemplate(group: string): Promise<TemplateChoice> {
  const { LaunchTemplate } = await describeGroup(group);
  const { LaunchTemplateId: templateId, Version: version } = parse(
    specification,
    LaunchTemplate,
    `the launch template of ${group}`,
  );
  if (version.startsWith('$'))
    throw new FloatingVersionError(
      `The group ${group} names ${version} of ${templateId}: what it launches changes with the next version, and a refresh could not go back. Set it to the number of a version first. Nothing was changed.`,
    );
  return { templateId, version };
}

/** Versions of the template that the group's instances were launched from, those on their way out as well. */
export async function launchedFrom(group: string): Promise<string[]> {
  const { Instances = [] } = await describeGroup(group);
  return Instances.map(({ LaunchTemplate }) => LaunchTemplate?.Version ?? 'none');
}

/**
 * Instances that a refresh would not replace, in words: on stand-by, or protected from scale-in (Auto Scaling
 * DescribeAutoScalingGroups).
 */
export async function setAside(group: string): Promise<string[]> {
  const { Instances = [] } = await describeGroup(group);
  return Instances.flatMap(({ InstanceId = 'unknown', LifecycleState = '', ProtectedFromScaleIn }) => {
    if (LifecycleState.endsWith('Standby')) return [`${InstanceId} is ${LifecycleState}`];
    return ProtectedFromScaleIn === true ? [`${InstanceId} is protected from scale-in`] : [];
  });
}

/** The group launches from this version from now on; instances that run are left alone (Auto Scaling UpdateAutoScalingGroup). */
export async function setGroupTemplate(group: string, { templateId, version }: TemplateChoice): Promise<void> {
  await callAws(
    `autoscaling:UpdateAutoScalingGroup ${group}`,
    () =>
      autoScaling().send(
        new UpdateAutoScalingGroupCommand({
          AutoScalingGroupName: group,
          LaunchTemplate: { LaunchTemplateId: templateId, Version: version },
        }),
      ),
    busy(group),
  );
}

export interface Refresh {
  readonly id: string;
  /** `Pending`, `InProgress`, `Successful`, `Failed`, `Cancelling`, `Cancelled`, `RollbackInProgress`, … (Auto Scaling API, InstanceRefresh). */
  readonly status: string;
  readonly reason: string;
  readonly percent: number;
  readonly desired: TemplateChoice | null;
}

const refreshSchema = z.object({
  InstanceRefreshId: z.string(),
  Status: z.string(),
  StatusReason: z.string().default(''),
  PercentageComplete: z.number().default(0),
  DesiredConfiguration: z.object({ LaunchTemplate: specification.optional() }).optional(),
});

/** The group's refreshes, newest first; AWS keeps them for six weeks (Auto Scaling DescribeInstanceRefreshes, the first page). */
export async function refreshes(group: string): Promise<Refresh[]> {
  const answer = await callAws(`autoscaling:DescribeInstanceRefreshes ${group}`, () =>
    autoScaling().send(new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: group })),
  );
  return parse(z.array(refreshSchema), answer.InstanceRefreshes ?? [], `the refreshes of ${group}`).map(
    ({ InstanceRefreshId, Status, StatusReason, PercentageComplete, DesiredConfiguration }) => {
      const desired = DesiredConfiguration?.LaunchTemplate;
      return {
        id: InstanceRefreshId,
        status: Status,
        reason: StatusReason,
        percent: PercentageComplete,
        desired: desired === undefined ? null : { templateId: desired.LaunchTemplateId, version: desired.Version },
      };
    },
  );
}

/** States in which a refresh still does something. */
const going = ['Pending', 'InProgress', 'Cancelling', 'RollbackInProgress', 'Baking'];
export const isGoing = ({ status }: Refresh): boolean => going.includes(status);

/** The refresh that runs in the group, or null. */
export async function runningRefresh(group: string): Promise<Refresh | null> {
  return (await refreshes(group)).find(isGoing) ?? null;
}

/**
 * Replaces every instance by one of that version, with automatic rollback (Auto Scaling StartInstanceRefresh).
 * @returns the refresh's id, or `in-progress` where another one runs
 */
export async function startRefresh(
  group: string,
  to: TemplateChoice,
  how: { minimumHealthyPercent: number; maximumHealthyPercent: number; warmupSeconds: number },
): Promise<{ id: string } | 'in-progress'> {
  const answer = await callAws(
    `autoscaling:StartInstanceRefresh ${group}`,
    async () => {
      try {
        return await autoScaling().send(
          new StartInstanceRefreshCommand({
            AutoScalingGroupName: group,
            Strategy: 'Rolling',
            // With it the group is set to that version once all is well, and without it nothing could go back.
            DesiredConfiguration: { LaunchTemplate: { LaunchTemplateId: to.templateId, Version: to.version } },
            Preferences: {
              MinHealthyPercentage: how.minimumHealthyPercent,
              ...(how.maximumHealthyPercent > 100 && { MaxHealthyPercentage: how.maximumHealthyPercent }),
              InstanceWarmup: how.warmupSeconds,
              AutoRollback: true,
              SkipMatching: true,
              // Both wait an hour unless said, and then the refresh fails. Whoever set an instance aside decides about it: the
              // plan refuses where there is such a one (`setAside`), and none that is set aside meanwhile is ended.
              ScaleInProtectedInstances: 'Ignore',
              StandbyInstances: 'Ignore',
            },
          }),
        );
      } catch (error) {
        if (isAwsError(error, 'InstanceRefreshInProgressFault')) return null;
        throw error;
      }
    },
    busy(group),
  );
  if (answer === null) return 'in-progress';
  return { id: parse(z.string().min(1), answer.InstanceRefreshId, 'the id of a refresh') };
}

/** Stops a refresh where it is; none that runs is no error (Auto Scaling CancelInstanceRefresh). */
export async function cancelRefresh(group: string): Promise<void> {
  await unlessNoneRuns(`autoscaling:CancelInstanceRefresh ${group}`, async () => {
    await autoScaling().send(new CancelInstanceRefreshCommand({ AutoScalingGroupName: group }));
  });
}

/**
 * Replaces what a running refresh has replaced (Auto Scaling RollbackInstanceRefresh).
 * @returns whether one ran
 */
export async function rollBackRefresh(group: string): Promise<boolean> {
  return await unlessNoneRuns(`autoscaling:RollbackInstanceRefresh ${group}`, async () => {
    await autoScaling().send(new RollbackInstanceRefreshCommand({ AutoScalingGroupName: group }));
  });
}

async function unlessNoneRuns(action: string, call: () => Promise<void>): Promise<boolean> {
  return await callAws(action, async () => {
    try {
      await call();
      return true;
    } catch (error) {
      if (!isAwsError(error, 'ActiveInstanceRefreshNotFoundFault')) throw error;
      return false;
    }
  });
}
