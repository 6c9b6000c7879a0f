import * as z from 'zod';
import { type Timer } from '../../../asl';
import { AwsError } from '../service';

/** Every process there is (Auto Scaling guide, Suspend-resume processes). */
export const processNames = [
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
export type Process = (typeof processNames)[number];

/** Of the states that an instance of a group can have, those that are simulated (Auto Scaling guide, lifecycle). */
export type LifecycleState = 'InService' | 'EnteringStandby' | 'Standby' | 'Pending' | 'Terminating';

/** The name of the error where an input does not fit. */
export const invalid = 'ValidationError';

/** What a group launches from: a launch template and the number of a version, or `$Latest` or `$Default`. */
export interface TemplateChoice {
  readonly id: string;
  readonly version: string;
}

/** The group's targets: a group puts its instances in and takes them out by itself. */
export interface GroupTargets {
  readonly register: (instanceId: string) => void;
  readonly deregister: (instanceId: string) => void;
  /** Whether the load balancer still has it: while it drains, the instance is on its way. */
  readonly holds: (instanceId: string) => boolean;
  /** Whether the load balancer calls it healthy. */
  readonly healthy: (instanceId: string) => boolean;
}

/** An instance to be launched. */
export interface Launch {
  readonly instanceId: string;
  readonly template: TemplateChoice;
  /** As text, decoded. */
  readonly userData: string;
}

export interface Given {
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
  /** ARNs of the target groups into which it puts its instances, instead of `targets`, and where those are; undefined for one that is gone. */
  readonly targetGroups?: readonly string[];
  readonly targetsOf?: (arn: string) => GroupTargets | undefined;
  /** What its instances were launched from; without it, and without `launch`, the group launches none. */
  readonly launchTemplate?: TemplateChoice;
  /** Boots a host; rejects where there is no host then. Real work. */
  readonly launch?: (launch: Launch) => Promise<void>;
}

export interface Member {
  /** The clock's milliseconds from which on its health counts. */
  healthFrom: number;
  /** The clock's milliseconds at which it came into service. */
  inServiceAt: number;
  state: LifecycleState;
  readonly template: TemplateChoice | undefined;
  /** From scale-in (SetInstanceProtection). */
  protected: boolean;
}

export interface Group extends Omit<Given, 'instances' | 'minSize' | 'launchTemplate' | 'targetGroups'> {
  readonly targetGroups: Set<string>;
  readonly instances: Map<string, Member>;
  /** Instances that the group itself calls unhealthy, which they stay. */
  readonly marked: Set<string>;
  readonly suspended: Map<Process, string>;
  launchTemplate: TemplateChoice | undefined;
  minSize: number;
  maxSize: number;
  desired: number;
  /** Instances beyond `desired` while a refresh launches before it terminates. */
  surplus: number;
  /** What a refresh launches from while it is under way. */
  refreshesTo: TemplateChoice | undefined;
  readonly createdAt: Date;
  timer: Timer | undefined;
  /** Moves under way. */
  readonly moves: Set<Timer>;
}

/** All target groups of a group at once; what is gone of them has nobody. */
function every(arns: ReadonlySet<string>, of: (arn: string) => GroupTargets | undefined): GroupTargets {
  const there = (): GroupTargets[] => [...arns].flatMap((arn) => of(arn) ?? []);
  return {
    register: (id) => {
      for (const each of there()) each.register(id);
    },
    deregister: (id) => {
      for (const each of there()) each.deregister(id);
    },
    holds: (id) => there().some((each) => each.holds(id)),
    healthy: (id) => there().length > 0 && there().every((each) => each.healthy(id)),
  };
}

export const groupOf = ({ targetGroups = [], ...given }: Given, createdAt: Date): Group => {
  const arns = new Set(targetGroups);
  const targets = given.targetsOf === undefined ? given.targets : every(arns, given.targetsOf);
  return {
    ...given,
    targetGroups: arns,
    ...(targets === undefined ? {} : { targets }),
    instances: new Map(
      given.instances.map((id) => [
        id,
        {
          healthFrom: Number.NEGATIVE_INFINITY,
          inServiceAt: Number.NEGATIVE_INFINITY,
          state: 'InService',
          template: given.launchTemplate,
          protected: false,
        },
      ]),
    ),
    marked: new Set(),
    suspended: new Map(),
    launchTemplate: given.launchTemplate,
    minSize: given.minSize ?? given.instances.length,
    maxSize: given.instances.length,
    desired: given.instances.length,
    surplus: 0,
    refreshesTo: undefined,
    createdAt,
    timer: undefined,
    moves: new Set(),
  };
};

/** Instances that serve or will: not in stand-by, not on their way out. */
export const livingIn = ({ instances }: Group): [string, Member][] =>
  [...instances].filter(([, { state }]) => state === 'InService' || state === 'Pending');

/** The words of AWS for an instance that is in another state, or is no member at all. */
export function requireState({ name, instances }: Group, id: string, state: LifecycleState): void {
  const member = instances.get(id);
  if (member === undefined)
    throw new AwsError(invalid, `The instance ${id} is not part of Auto Scaling group ${name}.`);
  if (member.state !== state) throw new AwsError(invalid, `The instance ${id} is not in ${state}.`);
}

/** A launch template by its id and the fixed number of a version; the floating ones would be refused where it matters. */
export const templateSpecification = z.strictObject({
  LaunchTemplateId: z.string().regex(/^lt-[0-9a-f]{8,17}$/),
  Version: z.string().regex(/^[1-9][0-9]*$/, 'has to be a number: $Latest and $Default are not simulated here'),
});

/** @throws AwsError ValidationError */
export function requireMinimum({ maxSize }: Group, minSize: number): void {
  if (minSize > maxSize)
    throw new AwsError(invalid, `Max bound, ${maxSize}, must be greater than or equal to min bound, ${minSize}`);
}

/** "You can't return an instance in a standby state to service if the Launch process is suspended" (Auto Scaling guide). @throws AwsError */
export function requireLaunch({ name, suspended }: Group): void {
  if (suspended.has('Launch'))
    throw new AwsError(invalid, `AutoScalingGroup ${name} has suspended Launch: no instance leaves Standby.`);
}

export const sizesForbid = ({ name, minSize, maxSize, desired }: Group, what: string): AwsError =>
  new AwsError(
    invalid,
    `AutoScalingGroup ${name} has min-size=${minSize}, max-size=${maxSize}, and desired-size=${desired}. ` +
      `To ${what}, please update the AutoScalingGroup sizes appropriately.`,
  );
