import * as z from 'zod';
import { type Clock, type Timer } from '../../asl';
import { type GroupTargets, type LifecycleState, type Movable, standbyOperations } from './auto-scaling-standby';
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
interface Given {
  readonly name: string;
  /** Instances in service since before the grace period. */
  readonly instances: readonly string[];
  /** Instances which the load balancer calls unhealthy. */
  readonly unhealthy: () => readonly string[];
  /** Ends a host, its disk included. */
  readonly terminate: (instanceId: string) => unknown;
  /** Seconds for which nobody looks at the health of an instance that is new; 0 unless said. */
  readonly healthCheckGraceSeconds?: number;
  /** The number of instances unless said. */
  readonly minSize?: number;
  readonly targets?: GroupTargets;
}

interface Group extends Omit<Given, 'instances' | 'minSize'>, Movable {
  readonly suspended: Map<Process, string>;
  readonly createdAt: Date;
  timer: Timer | undefined;
}

const invalid = 'ValidationError';
/** Without a list it is all of them (Auto Scaling API, SuspendProcesses). */
const processes = z.strictObject({
  AutoScalingGroupName: z.string(),
  ScalingProcesses: z.array(z.enum(processNames)).optional(),
});
const namedOrAll = (names: readonly Process[] | undefined): readonly Process[] =>
  names === undefined || names.length === 0 ? processNames : names;

/**
 * Auto Scaling groups: a host that the load balancer calls unhealthy is terminated, disk and all, unless the processes that
 * would do so are suspended. That is what makes suspending them a step that a drill can miss.
 */
export class AutoScaling implements SimulatedService {
  readonly name = 'AutoScaling';
  readonly standIn = {
    name: 'Amazon EC2 Auto Scaling',
    instead: 'groups in memory over simulated hosts; terminating kills the host',
    differs:
      'launches no replacement; no policies, schedules or refreshes; stand-by with a decrement only; only the load balancer tells health',
  };
  /** What terminating a host threw. */
  readonly failures: unknown[] = [];
  readonly #groups = new Map<string, Group>();
  readonly #terminated: string[] = [];

  constructor(
    private readonly place: Place,
    private readonly clock: Clock,
  ) {}

  addGroup(given: Given): void {
    const group: Group = {
      ...given,
      instances: new Map(
        given.instances.map((id) => [id, { healthFrom: Number.NEGATIVE_INFINITY, state: 'InService' }]),
      ),
      marked: new Set(),
      suspended: new Map(),
      minSize: given.minSize ?? given.instances.length,
      maxSize: given.instances.length,
      desired: given.instances.length,
      createdAt: new Date(this.clock.now().at),
      timer: undefined,
      moves: new Set(),
    };
    this.#groups.get(given.name)?.timer?.cancel();
    this.#groups.set(given.name, group);
    this.#watch(group);
  }

  /** Puts an instance into service; its health counts when the grace period has passed. */
  attach(group: string, instanceId: string): void {
    const { instances, marked, healthCheckGraceSeconds: grace = 0 } = this.#group(group);
    instances.set(instanceId, { healthFrom: this.clock.elapsed() + grace * 1000, state: 'InService' });
    marked.delete(instanceId);
  }

  /** Where an instance of a group is in its life, by Auto Scaling's word; undefined where it is no member. */
  stateOf(group: string, instanceId: string): LifecycleState | undefined {
    return this.#group(group).instances.get(instanceId)?.state;
  }

  /** Suspends processes as somebody may have done before any run: a state that a recovery has to keep. */
  suspend(group: string, names: readonly Process[]): void {
    const { suspended } = this.#group(group);
    const reason = `User suspended at ${new Date(this.clock.now().at).toISOString()}`;
    for (const name of names) if (!suspended.has(name)) suspended.set(name, reason);
  }

  suspendedIn(group: string): readonly string[] {
    return [...this.#group(group).suspended.keys()].sort();
  }

  /** Instances that the group terminated for their health. */
  get terminated(): readonly string[] {
    return this.#terminated;
  }

  close(): void {
    for (const group of this.#groups.values()) {
      group.timer?.cancel();
      group.timer = undefined;
      for (const move of group.moves) move.cancel();
      group.moves.clear();
    }
  }

  /** What stand-by needs of the groups. */
  readonly #moving = {
    group: (name: string): Movable => this.#group(name),
    arn: (name: string): string => this.#arn(name),
    clock: (): Clock => this.clock,
  };

  readonly operations = {
    DescribeAutoScalingGroups: operation(
      z.strictObject({ AutoScalingGroupNames: z.array(z.string()).max(50).optional() }),
      {
        invalid,
        authorize: () => [{ action: 'autoscaling:DescribeAutoScalingGroups', resource: '*' }],
        // A name that does not exist is left out, not refused (Auto Scaling API).
        perform: ({ AutoScalingGroupNames: names = [] }) => ({
          AutoScalingGroups: [...this.#groups.values()]
            .filter(({ name }) => names.length === 0 || names.includes(name))
            .map((group) => this.#described(group)),
        }),
      },
    ),
    SuspendProcesses: operation(processes, {
      invalid,
      authorize: ({ AutoScalingGroupName }) => [
        { action: 'autoscaling:SuspendProcesses', resource: this.#arn(AutoScalingGroupName) },
      ],
      perform: ({ AutoScalingGroupName, ScalingProcesses }) => {
        this.suspend(AutoScalingGroupName, namedOrAll(ScalingProcesses));
        return {};
      },
    }),
    ResumeProcesses: operation(processes, {
      invalid,
      authorize: ({ AutoScalingGroupName }) => [
        { action: 'autoscaling:ResumeProcesses', resource: this.#arn(AutoScalingGroupName) },
      ],
      perform: ({ AutoScalingGroupName, ScalingProcesses }) => {
        const { suspended } = this.#group(AutoScalingGroupName);
        for (const name of namedOrAll(ScalingProcesses)) suspended.delete(name);
        return {};
      },
    }),
    UpdateAutoScalingGroup: operation(
      z.strictObject({ AutoScalingGroupName: z.string(), MinSize: z.number().int().min(0) }),
      {
        invalid,
        authorize: ({ AutoScalingGroupName }) => [
          { action: 'autoscaling:UpdateAutoScalingGroup', resource: this.#arn(AutoScalingGroupName) },
        ],
        perform: ({ AutoScalingGroupName, MinSize }) => {
          const group = this.#group(AutoScalingGroupName);
          if (MinSize > group.maxSize)
            throw new AwsError(
              invalid,
              `Max bound, ${group.maxSize}, must be greater than or equal to min bound, ${MinSize}`,
            );
          group.minSize = MinSize;
          // "this sets the group's DesiredCapacity to the new MinSize value" (Auto Scaling API).
          group.desired = Math.max(group.desired, MinSize);
          return {};
        },
      },
    ),
    ...standbyOperations(this.#moving),
  };

  #described(group: Group): object {
    const { name, instances, marked, suspended, minSize, maxSize, desired } = group;
    const zone = (at: number): string => `${this.place.region}${at % 2 === 0 ? 'a' : 'b'}`;
    return {
      AutoScalingGroupName: name,
      AutoScalingGroupARN: this.#arn(name),
      MinSize: minSize,
      MaxSize: maxSize,
      DesiredCapacity: desired,
      DefaultCooldown: 300,
      AvailabilityZones: [zone(0), zone(1)],
      HealthCheckType: 'ELB',
      HealthCheckGracePeriod: group.healthCheckGraceSeconds ?? 0,
      CreatedTime: group.createdAt,
      Instances: [...instances].map(([InstanceId, { state }], at) => ({
        InstanceId,
        AvailabilityZone: zone(at),
        LifecycleState: state,
        HealthStatus: marked.has(InstanceId) ? 'Unhealthy' : 'Healthy',
        ProtectedFromScaleIn: false,
      })),
      SuspendedProcesses: [...suspended].map(([ProcessName, SuspensionReason]) => ({ ProcessName, SuspensionReason })),
    };
  }

  #watch(group: Group): void {
    group.timer = this.clock.after(
      HEALTH_CHECK_SECONDS * 1000,
      () => {
        this.#watch(group);
        this.#check(group);
        this.#replaceUnhealthy(group);
      },
      { background: true },
    );
  }

  /** "It never automatically recovers its health" (Auto Scaling guide): marked once, an instance is to be replaced. */
  #check({ suspended, unhealthy, instances, marked }: Group): void {
    if (suspended.has('HealthCheck')) return;
    for (const id of unhealthy()) {
      const member = instances.get(id);
      if (member?.state === 'InService' && this.clock.elapsed() >= member.healthFrom) marked.add(id);
    }
  }

  /** `Launch` alone does not save a host: ReplaceUnhealthy still terminates (Auto Scaling guide). */
  #replaceUnhealthy({ suspended, instances, marked, terminate }: Group): void {
    if (suspended.has('ReplaceUnhealthy') || suspended.has('Terminate')) return;
    for (const id of marked) {
      marked.delete(id);
      instances.delete(id);
      this.#terminated.push(id);
      // Ends on its own; what goes wrong is told, and never an unhandled rejection.
      void (async () => await terminate(id))().catch((error: unknown) => this.failures.push(error));
    }
  }

  #group(name: string): Group {
    const group = this.#groups.get(name);
    if (group === undefined)
      throw new AwsError(invalid, `AutoScalingGroup name not found - AutoScalingGroup '${name}' not found`);
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
