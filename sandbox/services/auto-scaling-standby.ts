import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { type Clock, type Timer } from '../../asl';
import { operation } from './operation';
import { AwsError } from './service';

/** How long a move into or out of stand-by takes beside what the load balancer takes, seconds. */
const MOVE_SECONDS = 5;
/** The most instances of one EnterStandby or ExitStandby (Auto Scaling API). */
const MOST_MOVED = 20;
const invalid = 'ValidationError';

/** Of the states that an instance of a group can have, those that are simulated (Auto Scaling guide, lifecycle). */
export type LifecycleState = 'InService' | 'EnteringStandby' | 'Standby' | 'Pending';

/** The group's targets: a group puts its instances in and takes them out by itself. */
export interface GroupTargets {
  readonly register: (instanceId: string) => void;
  readonly deregister: (instanceId: string) => void;
  /** Whether the load balancer still has it: while it drains, the instance is on its way. */
  readonly holds: (instanceId: string) => boolean;
}

export interface Member {
  /** The clock's milliseconds from which on its health counts. */
  healthFrom: number;
  state: LifecycleState;
}

/** What stand-by touches of a group. */
export interface Movable {
  readonly name: string;
  readonly instances: Map<string, Member>;
  /** Instances that the group itself calls unhealthy, which they stay. */
  readonly marked: Set<string>;
  minSize: number;
  readonly maxSize: number;
  desired: number;
  readonly healthCheckGraceSeconds?: number;
  readonly targets?: GroupTargets;
  /** Moves under way. */
  readonly moves: Set<Timer>;
}

interface Groups {
  /** @throws AwsError */
  readonly group: (name: string) => Movable;
  readonly arn: (name: string) => string;
  readonly clock: () => Clock;
}

const instanceIds = z.array(z.string()).min(1).max(MOST_MOVED);

/** EnterStandby and ExitStandby, with the sizes that bound them. */
export const standbyOperations = (of: Groups) => ({
  EnterStandby: operation(
    z.strictObject({
      AutoScalingGroupName: z.string(),
      InstanceIds: instanceIds,
      // Without the decrement the group would launch replacements, which this one does not.
      ShouldDecrementDesiredCapacity: z.literal(true),
    }),
    {
      invalid,
      authorize: ({ AutoScalingGroupName }) => [
        { action: 'autoscaling:EnterStandby', resource: of.arn(AutoScalingGroupName) },
      ],
      perform: ({ AutoScalingGroupName, InstanceIds }) => {
        const group = of.group(AutoScalingGroupName);
        for (const id of InstanceIds) requireState(group, id, 'InService');
        const { name, minSize, maxSize, desired } = group;
        if (desired - InstanceIds.length < minSize)
          throw new AwsError(
            invalid,
            `AutoScalingGroup ${name} has min-size=${minSize}, max-size=${maxSize}, and desired-size=${desired}. ` +
              `To place into standby ${InstanceIds.length} instance, please update the AutoScalingGroup sizes appropriately.`,
          );
        group.desired -= InstanceIds.length;
        for (const id of InstanceIds) enterStandby(of.clock(), group, id);
        return { Activities: InstanceIds.map((id) => activity(of.clock(), group, id, 'to Standby')) };
      },
    },
  ),
  ExitStandby: operation(z.strictObject({ AutoScalingGroupName: z.string(), InstanceIds: instanceIds }), {
    invalid,
    authorize: ({ AutoScalingGroupName }) => [
      { action: 'autoscaling:ExitStandby', resource: of.arn(AutoScalingGroupName) },
    ],
    perform: ({ AutoScalingGroupName, InstanceIds }) => {
      const group = of.group(AutoScalingGroupName);
      for (const id of InstanceIds) requireState(group, id, 'Standby');
      const { name, minSize, maxSize, desired } = group;
      if (desired + InstanceIds.length > maxSize)
        throw new AwsError(
          invalid,
          `AutoScalingGroup ${name} has min-size=${minSize}, max-size=${maxSize}, and desired-size=${desired}. ` +
            `To remove from standby ${InstanceIds.length} instance, please update the AutoScalingGroup sizes appropriately.`,
        );
      group.desired += InstanceIds.length;
      for (const id of InstanceIds) exitStandby(of.clock(), group, id);
      return { Activities: InstanceIds.map((id) => activity(of.clock(), group, id, 'out of Standby')) };
    },
  }),
});

/** The load balancer drains it first, however long that takes. */
function enterStandby(clock: Clock, group: Movable, id: string): void {
  become(group, id, 'EnteringStandby');
  // "Instances in Standby are not checked" (Auto Scaling guide): what was noted of it is forgotten.
  group.marked.delete(id);
  group.targets?.deregister(id);
  const look = (): void => {
    if (group.targets?.holds(id) === true) later(clock, group, look);
    else become(group, id, 'Standby');
  };
  later(clock, group, look);
}

function exitStandby(clock: Clock, group: Movable, id: string): void {
  become(group, id, 'Pending');
  later(clock, group, () => {
    group.targets?.register(id);
    // The grace period counts anew.
    group.instances.set(id, {
      state: 'InService',
      healthFrom: clock.elapsed() + (group.healthCheckGraceSeconds ?? 0) * 1000,
    });
  });
}

function become(group: Movable, id: string, state: LifecycleState): void {
  const member = group.instances.get(id);
  if (member !== undefined) member.state = state;
}

function later(clock: Clock, group: Movable, then: () => void): void {
  const timer = clock.after(
    MOVE_SECONDS * 1000,
    () => {
      group.moves.delete(timer);
      then();
    },
    { background: true },
  );
  group.moves.add(timer);
}

function activity(clock: Clock, { name }: Movable, id: string, where: string): object {
  return {
    ActivityId: randomUUID(),
    AutoScalingGroupName: name,
    Description: `Moving EC2 instance ${where}: ${id}`,
    Cause: `instance ${id} was moved ${where.toLowerCase()} in response to a user request`,
    StartTime: new Date(clock.now().at),
    StatusCode: 'InProgress',
    Progress: 50,
  };
}

/** The words of AWS for an instance that is in another state, or is no member at all. */
function requireState({ name, instances }: Movable, id: string, state: LifecycleState): void {
  const member = instances.get(id);
  if (member === undefined)
    throw new AwsError(invalid, `The instance ${id} is not part of Auto Scaling group ${name}.`);
  if (member.state !== state) throw new AwsError(invalid, `The instance ${id} is not in ${state}.`);
}
