import * as z from 'zod';
import { type Clock } from '../../asl';
import { operation } from './operation';
import { type Place, regionalArn } from './place';
import { AwsError, type SimulatedService } from './service';

/** Every process there is (Auto Scaling guide, Suspend-resume processes). */
const processNames = [
  'Launch',
  'Terminate',
  'AddToLoadBalancer',
  'AlarmNotification',
  'AZRebalance',
  'HealthCheck',
  'InstanceRefresh',
  'ReplaceUnhealthy',
  'ScheduledActions',
] as const;
type Process = (typeof processNames)[number];

/** The group looks at its targets so often, seconds. */
const HEALTH_CHECK_SECONDS = 30;

interface Group {
  readonly name: string;
  readonly instances: Set<string>;
  readonly suspended: Map<Process, string>;
  /** Instances which the load balancer calls unhealthy. */
  readonly unhealthy: () => readonly string[];
  readonly terminate: (instanceId: string) => void;
}

const processes = z.strictObject({
  AutoScalingGroupName: z.string(),
  ScalingProcesses: z.array(z.enum(processNames)).min(1),
});

/**
 * Auto Scaling groups: a host that the load balancer calls unhealthy is terminated, disk and all, unless the processes that
 * would do so are suspended. That is what makes suspending them a step that a drill can miss.
 */
export class AutoScaling implements SimulatedService {
  readonly name = 'AutoScaling';
  readonly standIn = {
    name: 'Amazon EC2 Auto Scaling',
    instead: 'groups in memory over simulated hosts; terminating kills the host',
    differs: 'launches no replacement yet; no policies, schedules or refreshes',
  };
  readonly #groups = new Map<string, Group>();
  readonly #timers: { cancel(): void }[] = [];
  readonly #terminated: string[] = [];

  constructor(
    private readonly place: Place,
    private readonly clock: Clock,
  ) {}

  addGroup(group: Omit<Group, 'suspended' | 'instances'> & { instances: readonly string[] }): void {
    this.#groups.set(group.name, { ...group, instances: new Set(group.instances), suspended: new Map() });
    this.#watch(group.name);
  }

  /** Suspends processes as somebody may have done before any run: a state that a recovery has to keep. */
  suspend(group: string, names: readonly Process[]): void {
    for (const name of names)
      this.#group(group).suspended.set(name, `User suspended at ${new Date(this.clock.now().at).toISOString()}`);
  }

  suspendedIn(group: string): readonly string[] {
    return [...this.#group(group).suspended.keys()].sort();
  }

  /** Instances that the group terminated for their health. */
  get terminated(): readonly string[] {
    return this.#terminated;
  }

  close(): void {
    for (const timer of this.#timers) timer.cancel();
  }

  readonly operations = {
    DescribeAutoScalingGroups: operation(
      z.strictObject({ AutoScalingGroupNames: z.array(z.string()).min(1).max(50) }),
      {
        authorize: () => [{ action: 'autoscaling:DescribeAutoScalingGroups', resource: '*' }],
        perform: ({ AutoScalingGroupNames }) => ({
          // A name that does not exist is left out, not refused (Auto Scaling API).
          AutoScalingGroups: AutoScalingGroupNames.flatMap((name) => this.#groups.get(name) ?? []).map((group) => ({
            AutoScalingGroupName: group.name,
            AutoScalingGroupARN: this.#arn(group.name),
            MinSize: group.instances.size,
            MaxSize: group.instances.size,
            DesiredCapacity: group.instances.size,
            DefaultCooldown: 300,
            AvailabilityZones: [`${this.place.region}a`, `${this.place.region}b`],
            HealthCheckType: 'ELB',
            HealthCheckGracePeriod: 0,
            CreatedTime: new Date(0),
            Instances: [...group.instances].map((InstanceId) => ({
              InstanceId,
              AvailabilityZone: `${this.place.region}a`,
              LifecycleState: 'InService',
              HealthStatus: group.unhealthy().includes(InstanceId) ? 'Unhealthy' : 'Healthy',
              ProtectedFromScaleIn: false,
            })),
            SuspendedProcesses: [...group.suspended].map(([ProcessName, SuspensionReason]) => ({
              ProcessName,
              SuspensionReason,
            })),
          })),
        }),
      },
    ),
    SuspendProcesses: operation(processes, {
      authorize: ({ AutoScalingGroupName }) => [
        { action: 'autoscaling:SuspendProcesses', resource: this.#arn(AutoScalingGroupName) },
      ],
      perform: ({ AutoScalingGroupName, ScalingProcesses }) => {
        this.suspend(AutoScalingGroupName, ScalingProcesses);
        return {};
      },
    }),
    ResumeProcesses: operation(processes, {
      authorize: ({ AutoScalingGroupName }) => [
        { action: 'autoscaling:ResumeProcesses', resource: this.#arn(AutoScalingGroupName) },
      ],
      perform: ({ AutoScalingGroupName, ScalingProcesses }) => {
        const { suspended } = this.#group(AutoScalingGroupName);
        for (const name of ScalingProcesses) suspended.delete(name);
        return {};
      },
    }),
  };

  #watch(name: string): void {
    const timer = this.clock.after(
      HEALTH_CHECK_SECONDS * 1000,
      () => {
        this.#replaceUnhealthy(this.#group(name));
        this.#timers.splice(this.#timers.indexOf(timer), 1);
        this.#watch(name);
      },
      { background: true },
    );
    this.#timers.push(timer);
  }

  /** `Launch` alone does not save a host: ReplaceUnhealthy still terminates (Auto Scaling guide). */
  #replaceUnhealthy(group: Group): void {
    if (
      group.suspended.has('HealthCheck') ||
      group.suspended.has('ReplaceUnhealthy') ||
      group.suspended.has('Terminate')
    )
      return;
    for (const instance of group.unhealthy()) {
      if (!group.instances.delete(instance)) continue;
      this.#terminated.push(instance);
      group.terminate(instance);
    }
  }

  #group(name: string): Group {
    const group = this.#groups.get(name);
    if (group === undefined)
      throw new AwsError('ValidationError', `AutoScalingGroup name not found - AutoScalingGroup '${name}' not found`);
    return group;
  }

  #arn(name: string): string {
    return regionalArn(
      this.place,
      'autoscaling',
      `autoScalingGroup:00000000-0000-0000-0000-000000000000:autoScalingGroupName/${name}`,
    );
  }
}
