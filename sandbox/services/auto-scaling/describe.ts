import { randomUUID } from 'node:crypto';
import { type Group, type TemplateChoice } from './group';

/** A group as Auto Scaling describes it. */
export function describedGroup(
  group: Group,
  region: string,
  arn: string,
  nameOf: (templateId: string) => string,
): object {
  const { name, instances, marked, suspended, minSize, maxSize, desired, launchTemplate } = group;
  const zone = (at: number): string => `${region}${at % 2 === 0 ? 'a' : 'b'}`;
  const template = (choice: TemplateChoice | undefined): object =>
    choice === undefined
      ? {}
      : {
          LaunchTemplate: {
            LaunchTemplateId: choice.id,
            LaunchTemplateName: nameOf(choice.id),
            Version: choice.version,
          },
        };
  return {
    AutoScalingGroupName: name,
    AutoScalingGroupARN: arn,
    ...template(launchTemplate),
    MinSize: minSize,
    MaxSize: maxSize,
    DesiredCapacity: desired,
    DefaultCooldown: 300,
    AvailabilityZones: [zone(0), zone(1)],
    HealthCheckType: 'ELB',
    HealthCheckGracePeriod: group.healthCheckGraceSeconds ?? 0,
    CreatedTime: group.createdAt,
    TargetGroupARNs: [...group.targetGroups],
    Instances: [...instances].map(([InstanceId, { state, template: launchedFrom, protected: isProtected }], at) => ({
      InstanceId,
      AvailabilityZone: zone(at),
      LifecycleState: state,
      HealthStatus: marked.has(InstanceId) ? 'Unhealthy' : 'Healthy',
      ProtectedFromScaleIn: isProtected,
      ...template(launchedFrom),
    })),
    SuspendedProcesses: [...suspended].map(([ProcessName, SuspensionReason]) => ({ ProcessName, SuspensionReason })),
  };
}

/** The activity of an instance that was moved into or out of stand-by. */
export const moved = ({ name }: Group, id: string, where: string, at: Date): object => ({
  ActivityId: randomUUID(),
  AutoScalingGroupName: name,
  Description: `Moving EC2 instance ${where}: ${id}`,
  Cause: `instance ${id} was moved ${where.toLowerCase()} in response to a user request`,
  StartTime: at,
  StatusCode: 'InProgress',
  Progress: 50,
});
