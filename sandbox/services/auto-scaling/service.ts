import * as z from 'zod';
import { type Clock } from '../../../asl';
import { operation } from '../operation';
import { type TemplateData } from '../ec2/launch-templates';
import { type Place, regionalArn } from '../place';
import { AwsError, type Permission, type SimulatedService } from '../service';
import { describedGroup, moved } from './describe';
import { Fleet, type Templates } from './fleet';
import {
  type Given,
  type Group,
  groupOf,
  invalid,
  type LifecycleState,
  type Process,
  processNames,
  requireLaunch,
  requireMinimum,
  requireState,
  sizesForbid,
  templateSpecification,
} from './group';
import { Refreshes, startSchema } from './refresh';
import { launchPermissions } from './permissions';
import { setTargetGroups, targetGroupOperations } from './target-groups';

export { type GroupTargets, type Launch } from './group';

/** The group looks at its targets so often, seconds; and so often at how many instances it has. */
const HEALTH_CHECK_SECONDS = 30;
const STEP_SECONDS = 10;
/** The most instances of one EnterStandby or ExitStandby (Auto Scaling API). */
const MOST_MOVED = 20;

/** Without a list it is all of them (Auto Scaling API, SuspendProcesses). */
const processes = z.strictObject({
  AutoScalingGroupName: z.string(),
  ScalingProcesses: z.array(z.enum(processNames)).optional(),
});
const instanceIds = z.array(z.string()).min(1).max(MOST_MOVED);
const groupName = z.strictObject({ AutoScalingGroupName: z.string() });
const namedOrAll = (names: readonly Process[] | undefined): readonly Process[] =>
  names === undefined || names.length === 0 ? processNames : names;

/** What Auto Scaling asks of EC2 about a launch template before it takes it over. */
interface TemplateGate extends Templates {
  arn(id: string): string;
  nameOf(id: string): string;
  /** What instances are launched with; undefined where there is no such version. */
  dataOf(id: string, number: string): TemplateData | undefined;
}

/**
 * Auto Scaling groups: a host that the load balancer calls unhealthy is terminated, disk and all, unless the processes that
 * would do so are suspended. That is what makes suspending them a step that a drill can miss. A group that has a launch
 * template launches hosts from it, to replace what it terminated and in a refresh.
 */
export class AutoScaling implements SimulatedService {
  readonly name = 'AutoScaling';
  readonly standIn = {
    name: 'Amazon EC2 Auto Scaling',
    instead: 'groups in memory over simulated hosts; launching boots a host, terminating kills it',
    differs:
      'no policies and schedules; stand-by with a decrement only; refreshes without checkpoints, alarms and bake time; ' +
      'only the load balancer tells health',
  };
  readonly #groups = new Map<string, Group>();
  readonly #fleet: Fleet;
  readonly #refreshes: Refreshes;

  constructor(
    private readonly place: Place,
    private readonly clock: Clock,
    private readonly templates?: TemplateGate,
  ) {
    this.#fleet = new Fleet(clock, templates);
    this.#refreshes = new Refreshes(clock, this.#fleet, ({ id, version }) => templates?.dataOf(id, version)?.ImageId);
  }

  addGroup(given: Given): void {
    const known = this.#groups.get(given.name);
    if (known !== undefined) this.#stop(known);
    const group = groupOf(given, new Date(this.clock.now().at));
    this.#groups.set(given.name, group);
    this.#watch(group);
    this.#keepUp(group);
  }

  /** Puts an instance into service; its health counts when the grace period has passed. */
  attach(name: string, instanceId: string): void {
    const group = this.#group(name);
    const now = this.clock.elapsed();
    const healthFrom = now + (group.healthCheckGraceSeconds ?? 0) * 1000;
    const { launchTemplate: template } = group;
    // "the desired capacity of the group increases by the number of instances being attached" (Auto Scaling guide).
    if (!group.instances.has(instanceId)) group.desired += 1;
    group.instances.set(instanceId, { healthFrom, inServiceAt: now, state: 'InService', template, protected: false });
    group.marked.delete(instanceId);
  }

  /** Somebody protects an instance from scale-in, or no longer does (SetInstanceProtection). */
  protect(name: string, instanceId: string, isProtected = true): void {
    const member = this.#group(name).instances.get(instanceId);
    if (member === undefined) throw new TypeError(`${instanceId} is no member of ${name}`);
    member.protected = isProtected;
  }

  /** Takes an instance out of the group, which is one smaller from then on; it runs on (DetachInstances with a decrement). */
  detach(name: string, instanceId: string): void {
    const group = this.#group(name);
    if (!group.instances.delete(instanceId)) throw new TypeError(`${instanceId} is no member of ${name}`);
    group.desired -= 1;
    group.marked.delete(instanceId);
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

  /** What a group launches from now, and each of its instances with what it was launched from. */
  launchedFrom(name: string): {
    readonly group: string | undefined;
    readonly templateId: string | undefined;
    readonly instances: ReadonlyMap<string, string>;
  } {
    const { launchTemplate, instances } = this.#group(name);
    return {
      group: launchTemplate?.version,
      templateId: launchTemplate?.id,
      instances: new Map([...instances].map(([id, { template }]) => [id, template?.version ?? ''])),
    };
  }

  /** Replaces every instance by one of that version, as somebody did outside of any run. */
  refresh(name: string, version: string): void {
    const group = this.#group(name);
    if (group.launchTemplate === undefined) throw new TypeError(`${name} has no launch template`);
    this.#refreshes.start(group, {
      AutoScalingGroupName: name,
      DesiredConfiguration: { LaunchTemplate: { LaunchTemplateId: group.launchTemplate.id, Version: version } },
      Preferences: {
        MinHealthyPercentage: 50,
        InstanceWarmup: 0,
        AutoRollback: false,
        SkipMatching: true,
        ScaleInProtectedInstances: 'Wait',
        StandbyInstances: 'Wait',
      },
    });
  }

  /** How the newest refresh of a group stands. */
  refreshEnded(name: string): string | undefined {
    return this.#refreshes.newest(this.#group(name))?.status;
  }

  /** A group names another version from now on, as somebody set it outside of any run. */
  setVersion(name: string, version: string): void {
    const group = this.#group(name);
    if (group.launchTemplate === undefined) throw new TypeError(`${name} has no launch template`);
    group.launchTemplate = { ...group.launchTemplate, version };
  }

  /** Instances that groups terminated. */
  get terminated(): readonly string[] {
    return this.#fleet.terminated;
  }

  /** What launching or terminating a host threw. */
  get failures(): readonly unknown[] {
    return this.#fleet.failures;
  }

  close(): void {
    for (const group of this.#groups.values()) this.#stop(group);
  }

  #stop(group: Group): void {
    group.timer?.cancel();
    group.timer = undefined;
    for (const move of group.moves) move.cancel();
    group.moves.clear();
  }

  /** Whether there is such a group. */
  has(name: string): boolean {
    return this.#groups.has(name);
  }

  /** How large a group is, and may be. */
  sizesOf(name: string): { readonly minSize: number; readonly maxSize: number; readonly desired: number } {
    const { minSize, maxSize, desired } = this.#group(name);
    return { minSize, maxSize, desired };
  }

  /** Another size, as CloudFormation or somebody outside of any run sets it. */
  resize(name: string, sizes: { readonly minSize: number; readonly maxSize: number; readonly desired: number }): void {
    Object.assign(this.#group(name), sizes);
  }

  /** ARNs of the target groups into which a group puts its instances. */
  targetGroupsOf(name: string): readonly string[] {
    return [...this.#group(name).targetGroups];
  }

  /** Other target groups, as CloudFormation sets them: the instances are registered with those that are new. */
  setTargetGroups(name: string, arns: readonly string[]): void {
    setTargetGroups(this.#group(name), arns);
  }

  /** Somebody ends an instance outside of any run, and the group is one smaller from then on (TerminateInstanceInAutoScalingGroup). */
  shrink(name: string, instanceId: string): void {
    const group = this.#group(name);
    group.desired -= 1;
    group.minSize = Math.min(group.minSize, group.desired);
    this.#fleet.terminate(group, instanceId);
  }

  readonly operations = {
    ...targetGroupOperations({
      group: (name) => this.#group(name),
      allows: (operationName, group) => this.#allows(operationName, group),
    }),
    DescribeAutoScalingGroups: operation(
      z.strictObject({ AutoScalingGroupNames: z.array(z.string()).max(50).optional() }),
      {
        invalid,
        authorize: () => [{ action: 'autoscaling:DescribeAutoScalingGroups', resource: '*' }],
        // A name that does not exist is left out, not refused (Auto Scaling API).
        perform: ({ AutoScalingGroupNames: names = [] }) => ({
          AutoScalingGroups: [...this.#groups.values()]
            .filter(({ name }) => names.length === 0 || names.includes(name))
            .map((group) =>
              describedGroup(group, this.place.region, this.#arn(group.name), (id) => this.templates?.nameOf(id) ?? id),
            ),
        }),
      },
    ),
    SuspendProcesses: operation(processes, {
      invalid,
      authorize: ({ AutoScalingGroupName }) => this.#allows('SuspendProcesses', AutoScalingGroupName),
      perform: ({ AutoScalingGroupName, ScalingProcesses }) => {
        this.suspend(AutoScalingGroupName, namedOrAll(ScalingProcesses));
        return {};
      },
    }),
    ResumeProcesses: operation(processes, {
      invalid,
      authorize: ({ AutoScalingGroupName }) => this.#allows('ResumeProcesses', AutoScalingGroupName),
      perform: ({ AutoScalingGroupName, ScalingProcesses }) => {
        const { suspended } = this.#group(AutoScalingGroupName);
        for (const name of namedOrAll(ScalingProcesses)) suspended.delete(name);
        return {};
      },
    }),
    UpdateAutoScalingGroup: operation(
      z.strictObject({
        AutoScalingGroupName: z.string(),
        MinSize: z.number().int().min(0).optional(),
        LaunchTemplate: templateSpecification.optional(),
      }),
      {
        invalid,
        authorize: ({ AutoScalingGroupName, LaunchTemplate }) => [
          ...this.#allows('UpdateAutoScalingGroup', AutoScalingGroupName),
          ...this.#allowsTemplate(LaunchTemplate),
        ],
        perform: ({ AutoScalingGroupName, MinSize, LaunchTemplate }) => {
          const group = this.#group(AutoScalingGroupName);
          if (MinSize !== undefined) requireMinimum(group, MinSize);
          if (LaunchTemplate !== undefined) {
            const { LaunchTemplateId: id, Version: version } = LaunchTemplate;
            this.#requireVersion(id, version);
            if (this.#refreshes.active(group)?.desired !== undefined)
              throw new AwsError(
                invalid,
                'An active instance refresh with a desired configuration exists. All configuration options derived from ' +
                  'the desired configuration are not available for update while the instance refresh is active.',
              );
            group.launchTemplate = { id, version };
          }
          group.minSize = MinSize ?? group.minSize;
          // "this sets the group's DesiredCapacity to the new MinSize value" (Auto Scaling API).
          group.desired = Math.max(group.desired, group.minSize);
          return {};
        },
      },
    ),
    StartInstanceRefresh: operation(startSchema, {
      invalid,
      authorize: ({ AutoScalingGroupName, DesiredConfiguration }) => [
        ...this.#allows('StartInstanceRefresh', AutoScalingGroupName),
        ...this.#allowsTemplate(DesiredConfiguration?.LaunchTemplate),
      ],
      perform: (input) => {
        const wanted = input.DesiredConfiguration?.LaunchTemplate;
        if (wanted !== undefined) this.#requireVersion(wanted.LaunchTemplateId, wanted.Version);
        return { InstanceRefreshId: this.#refreshes.start(this.#group(input.AutoScalingGroupName), input) };
      },
    }),
    CancelInstanceRefresh: operation(groupName, {
      invalid,
      authorize: ({ AutoScalingGroupName }) => this.#allows('CancelInstanceRefresh', AutoScalingGroupName),
      perform: ({ AutoScalingGroupName }) => ({
        InstanceRefreshId: this.#refreshes.cancel(this.#group(AutoScalingGroupName)),
      }),
    }),
    RollbackInstanceRefresh: operation(groupName, {
      invalid,
      authorize: ({ AutoScalingGroupName }) => this.#allows('RollbackInstanceRefresh', AutoScalingGroupName),
      perform: ({ AutoScalingGroupName }) => ({
        InstanceRefreshId: this.#refreshes.rollBack(this.#group(AutoScalingGroupName)),
      }),
    }),
    DescribeInstanceRefreshes: operation(
      z.strictObject({ AutoScalingGroupName: z.string(), InstanceRefreshIds: z.array(z.string()).max(50).optional() }),
      {
        invalid,
        authorize: () => [{ action: 'autoscaling:DescribeInstanceRefreshes', resource: '*' }],
        perform: ({ AutoScalingGroupName, InstanceRefreshIds }) => ({
          InstanceRefreshes: this.#refreshes.describe(this.#group(AutoScalingGroupName), InstanceRefreshIds),
        }),
      },
    ),
    EnterStandby: operation(
      z.strictObject({
        AutoScalingGroupName: z.string(),
        InstanceIds: instanceIds,
        // Without the decrement the group would launch replacements meanwhile.
        ShouldDecrementDesiredCapacity: z.literal(true),
      }),
      {
        invalid,
        authorize: ({ AutoScalingGroupName }) => this.#allows('EnterStandby', AutoScalingGroupName),
        perform: ({ AutoScalingGroupName, InstanceIds }) => {
          const group = this.#group(AutoScalingGroupName);
          for (const id of InstanceIds) requireState(group, id, 'InService');
          if (group.desired - InstanceIds.length < group.minSize)
            throw sizesForbid(group, `place into standby ${InstanceIds.length} instance`);
          group.desired -= InstanceIds.length;
          for (const id of InstanceIds) this.#fleet.enterStandby(group, id);
          return { Activities: InstanceIds.map((id) => moved(group, id, 'to Standby', new Date(this.clock.now().at))) };
        },
      },
    ),
    ExitStandby: operation(z.strictObject({ AutoScalingGroupName: z.string(), InstanceIds: instanceIds }), {
      invalid,
      authorize: ({ AutoScalingGroupName }) => this.#allows('ExitStandby', AutoScalingGroupName),
      perform: ({ AutoScalingGroupName, InstanceIds }) => {
        const group = this.#group(AutoScalingGroupName);
        for (const id of InstanceIds) requireState(group, id, 'Standby');
        requireLaunch(group);
        if (group.desired + InstanceIds.length > group.maxSize)
          throw sizesForbid(group, `remove from standby ${InstanceIds.length} instance`);
        group.desired += InstanceIds.length;
        for (const id of InstanceIds) this.#fleet.exitStandby(group, id);
        return {
          Activities: InstanceIds.map((id) => moved(group, id, 'out of Standby', new Date(this.clock.now().at))),
        };
      },
    }),
  };

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

  /** Refreshes go on, and what is missing is launched. */
  #keepUp(group: Group): void {
    this.#fleet.later(
      group,
      () => {
        this.#keepUp(group);
        this.#refreshes.step(group);
        this.#fleet.reconcile(group);
      },
      STEP_SECONDS,
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
  #replaceUnhealthy(group: Group): void {
    const { suspended, marked } = group;
    if (suspended.has('ReplaceUnhealthy') || suspended.has('Terminate')) return;
    for (const id of marked) this.#fleet.terminate(group, id);
  }

  #group(name: string): Group {
    const group = this.#groups.get(name);
    if (group === undefined)
      throw new AwsError(invalid, `AutoScalingGroup name not found - AutoScalingGroup '${name}' not found`);
    return group;
  }

  #requireVersion(id: string, version: string): void {
    if (this.templates === undefined) throw new AwsError(invalid, 'There are no launch templates.');
    try {
      this.templates.version(id, version);
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      throw new AwsError(invalid, `You must use a valid fully-formed launch template. ${words}`);
    }
  }

  #allows(operationName: string, group: string): Permission[] {
    return [{ action: `autoscaling:${operationName}`, resource: this.#arn(group) }];
  }

  /** Whoever sets a group's launch template has to be allowed to launch with it. */
  #allowsTemplate(given: z.infer<typeof templateSpecification> | undefined): Permission[] {
    if (given === undefined || this.templates === undefined) return [];
    const { LaunchTemplateId: id, Version } = given;
    return launchPermissions(this.place, this.templates.arn(id), this.templates.dataOf(id, Version) ?? {});
  }

  #arn(name: string): string {
    return regionalArn(
      this.place,
      'autoscaling',
      `autoScalingGroup:00000000-0000-0000-0000-000000000000:autoScalingGroupName/${name}`,
    );
  }
}
