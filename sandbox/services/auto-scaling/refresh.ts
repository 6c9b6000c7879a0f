import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { type Clock } from '../../../asl';
import { AwsError } from '../service';
import { type Fleet, matches } from './fleet';
import { type Group, invalid, livingIn, type TemplateChoice, templateSpecification } from './group';

/** A refresh that comes no further for so long fails (Auto Scaling guide, How an instance refresh works), seconds. */
const STUCK_SECONDS = 3600;

/** What StartInstanceRefresh takes; anything else is refused by name. */
export const startSchema = z.strictObject({
  AutoScalingGroupName: z.string(),
  Strategy: z.literal('Rolling').optional(),
  DesiredConfiguration: z.strictObject({ LaunchTemplate: templateSpecification }).optional(),
  Preferences: z
    .strictObject({
      MinHealthyPercentage: z.number().int().min(0).max(100).default(90),
      MaxHealthyPercentage: z.number().int().min(100).max(200).optional(),
      InstanceWarmup: z.number().int().min(0).optional(),
      AutoRollback: z.boolean().default(false),
      SkipMatching: z.boolean().default(false),
      // The defaults of the API wait an hour, and then the refresh fails.
      ScaleInProtectedInstances: z.enum(['Refresh', 'Ignore', 'Wait']).default('Wait'),
      StandbyInstances: z.enum(['Terminate', 'Ignore', 'Wait']).default('Wait'),
    })
    // The difference between them cannot be greater than 100 (Auto Scaling API, RefreshPreferences).
    .refine(({ MinHealthyPercentage: min, MaxHealthyPercentage: max = 100 }) => max - min <= 100, {
      error: 'The difference between minimum and maximum healthy percentage cannot be greater than 100',
    })
    .optional(),
});
type Start = z.infer<typeof startSchema>;

type Status =
  | 'Pending'
  | 'InProgress'
  | 'Successful'
  | 'Failed'
  | 'Cancelling'
  | 'Cancelled'
  | 'RollbackInProgress'
  | 'RollbackFailed'
  | 'RollbackSuccessful';

interface Refresh {
  readonly id: string;
  readonly group: Group;
  status: Status;
  reason: string | undefined;
  /** What instances are launched from; when it rolls back, what the group had. */
  to: TemplateChoice | undefined;
  readonly desired: TemplateChoice | undefined;
  readonly preferences: NonNullable<Start['Preferences']>;
  /** Instances that are to be replaced. */
  toReplace: Set<string>;
  total: number;
  readonly startedAt: Date;
  endedAt: Date | undefined;
  /** When it last came further, the clock's milliseconds, and how far it was. */
  movedAt: number;
  mark: string;
}

const going: readonly Status[] = ['Pending', 'InProgress', 'Cancelling', 'RollbackInProgress'];

/** Instance refreshes of groups: instances are replaced by and by, each awaited healthy and warm before the next. */
export class Refreshes {
  readonly #refreshes: Refresh[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly fleet: Fleet,
    private readonly imageOf: (template: TemplateChoice) => string | undefined,
  ) {}

  /** @throws AwsError InstanceRefreshInProgressFault, ValidationError */
  start(group: Group, { DesiredConfiguration, Preferences }: Start): string {
    const preferences = Preferences ?? {
      MinHealthyPercentage: 90,
      AutoRollback: false,
      SkipMatching: false,
      ScaleInProtectedInstances: 'Wait',
      StandbyInstances: 'Wait',
    };
    const spec = DesiredConfiguration?.LaunchTemplate;
    const desired = spec === undefined ? undefined : { id: spec.LaunchTemplateId, version: spec.Version };
    if (this.active(group) !== undefined)
      throw new AwsError(
        'InstanceRefreshInProgressFault',
        `An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.`,
      );
    if (group.launchTemplate === undefined)
      throw new AwsError(invalid, `The group ${group.name} has no launch template.`);
    if (preferences.AutoRollback) requireRollback(group, desired, this.imageOf);
    const to = desired ?? group.launchTemplate;
    const toReplace = livingIn(group)
      .filter(([, { template }]) => !(preferences.SkipMatching && matches(template, to)))
      .filter(([, member]) => !(preferences.ScaleInProtectedInstances === 'Ignore' && member.protected))
      .map(([id]) => id);
    const refresh: Refresh = {
      id: randomUUID(),
      group,
      status: 'Pending',
      reason: undefined,
      to,
      desired,
      preferences,
      toReplace: new Set(toReplace),
      total: toReplace.length,
      startedAt: new Date(this.clock.now().at),
      endedAt: undefined,
      movedAt: this.clock.elapsed(),
      mark: '',
    };
    this.#refreshes.push(refresh);
    return refresh.id;
  }

  newest(group: Group): Refresh | undefined {
    return this.#refreshes.findLast((refresh) => refresh.group === group);
  }

  active(group: Group): Refresh | undefined {
    return this.#refreshes.find((refresh) => refresh.group === group && going.includes(refresh.status));
  }

  /** @throws AwsError ActiveInstanceRefreshNotFoundFault */
  cancel(group: Group): string {
    const refresh = this.#required(group);
    refresh.status = 'Cancelling';
    refresh.reason = 'Cancelled by user.';
    return refresh.id;
  }

  /** @throws AwsError ActiveInstanceRefreshNotFoundFault, IrreversibleInstanceRefreshFault */
  rollBack(group: Group): string {
    const refresh = this.#required(group);
    if (refresh.status === 'Cancelling')
      throw new AwsError('IrreversibleInstanceRefreshFault', 'The instance refresh is being cancelled.');
    try {
      requireRollback(group, refresh.desired, this.imageOf);
    } catch (error) {
      throw new AwsError('IrreversibleInstanceRefreshFault', error instanceof Error ? error.message : String(error));
    }
    if (refresh.status !== 'RollbackInProgress') this.#turnBack(refresh, 'Rolled back by user.');
    return refresh.id;
  }

  /** Newest first, as they are described. */
  describe(group: Group, ids: readonly string[] = []): object[] {
    return this.#refreshes
      .filter((refresh) => refresh.group === group && (ids.length === 0 || ids.includes(refresh.id)))
      .toReversed()
      .map((refresh) => described(refresh));
  }

  /** One step of what is under way in a group; called every few seconds. */
  step(group: Group): void {
    const refresh = this.active(group);
    if (refresh === undefined) return;
    switch (refresh.status) {
      case 'Cancelling':
        this.#end(refresh, 'Cancelled', refresh.reason);
        return;
      case 'Pending':
        refresh.status = 'InProgress';
        break;
      default:
    }
    const held = (['InstanceRefresh', 'Launch', 'Terminate'] as const).filter((name) => group.suspended.has(name));
    refresh.reason = held.length > 0 ? `Waiting: ${held.join(', ')} suspended.` : refresh.reason;
    if (held.length === 0) this.#replaceNext(refresh);
    this.#noteProgress(refresh);
  }

  #replaceNext(refresh: Refresh): void {
    const { group, preferences } = refresh;
    group.refreshesTo = refresh.to;
    const living = livingIn(group);
    const old = living.filter(([id]) => refresh.toReplace.has(id)).map(([id]) => id);
    const fresh = living.filter(([id]) => !refresh.toReplace.has(id)).map(([id]) => id);
    const waiting = fresh.filter((id) => !this.#ready(refresh, id));
    if (this.#waits(refresh, old)) return;
    const leaving = [...group.instances.values()].some(({ state }) => state === 'Terminating');
    if (old.length === 0 && waiting.length === 0 && !leaving && living.length >= group.desired) {
      this.#succeed(refresh);
      return;
    }
    const { MinHealthyPercentage: min, MaxHealthyPercentage: max = 100 } = preferences;
    const atMost = Math.max(group.desired + (max > 100 ? 1 : 0), Math.floor((group.desired * max) / 100));
    group.surplus = Math.min(atMost - group.desired, old.length);
    const [next] = old;
    if (next === undefined || waiting.length > 0) return;
    // Launches first where it may; else one is ended although that leaves less than the threshold, as AWS does.
    const enough = Math.ceil((group.desired * min) / 100);
    if (living.length > group.desired || (group.surplus === 0 && living.length >= Math.min(enough, group.desired)))
      this.#replace(refresh, next, atMost - group.desired, old.length - 1);
  }

  /**
   * Whether it comes no further since nobody has put an instance back or taken its protection away. On AWS it replaces the
   * others first; here it replaces none, and fails by the same hour.
   */
  #waits({ group, preferences, to }: Refresh, old: readonly string[]): boolean {
    const standing = [...group.instances].filter(
      ([, { state, template }]) => state === 'Standby' && !(preferences.SkipMatching && matches(template, to)),
    );
    if (preferences.StandbyInstances === 'Terminate') for (const [id] of standing) this.fleet.terminate(group, id);
    return (
      (preferences.StandbyInstances === 'Wait' && standing.length > 0) ||
      (preferences.ScaleInProtectedInstances === 'Wait' &&
        old.some((id) => group.instances.get(id)?.protected === true))
    );
  }

  #replace({ group }: Refresh, id: string, mostBeyond: number, left: number): void {
    this.fleet.terminate(group, id);
    group.surplus = Math.min(mostBeyond, left);
  }

  /** In service, healthy for the load balancer, and warm. */
  #ready({ group, preferences }: Refresh, id: string): boolean {
    const member = group.instances.get(id);
    if (member?.state !== 'InService' || group.targets?.healthy(id) === false) return false;
    const warm = preferences.InstanceWarmup ?? group.healthCheckGraceSeconds ?? 0;
    return this.clock.elapsed() >= member.inServiceAt + warm * 1000;
  }

  #noteProgress(refresh: Refresh): void {
    if (!going.includes(refresh.status)) return;
    const { group } = refresh;
    const living = livingIn(group);
    const mark = `${living.filter(([id]) => refresh.toReplace.has(id)).length} ${
      living.filter(([id]) => !refresh.toReplace.has(id) && this.#ready(refresh, id)).length
    }`;
    if (mark !== refresh.mark) {
      refresh.mark = mark;
      refresh.movedAt = this.clock.elapsed();
    }
    if (this.clock.elapsed() - refresh.movedAt < STUCK_SECONDS * 1000) return;
    const reason = 'The instance refresh failed: instances did not become healthy within an hour.';
    if (refresh.status === 'RollbackInProgress') this.#end(refresh, 'RollbackFailed', reason);
    else if (refresh.preferences.AutoRollback) this.#turnBack(refresh, reason);
    else this.#end(refresh, 'Failed', reason);
  }

  /** Back to what the group has saved: whatever was launched from something else is to be replaced. */
  #turnBack(refresh: Refresh, reason: string): void {
    const { group } = refresh;
    refresh.status = 'RollbackInProgress';
    refresh.reason = reason;
    refresh.to = group.launchTemplate;
    const others = livingIn(group).filter(([, { template }]) => !matches(template, group.launchTemplate));
    refresh.toReplace = new Set(others.map(([id]) => id));
    refresh.total = others.length;
    refresh.movedAt = this.clock.elapsed();
    group.surplus = 0;
    group.refreshesTo = group.launchTemplate;
    // One that never served is ended at once: it has nobody to lose.
    for (const [id] of others) if (!this.#ready(refresh, id)) this.fleet.terminate(group, id);
  }

  #succeed(refresh: Refresh): void {
    if (refresh.status === 'RollbackInProgress') {
      this.#end(refresh, 'RollbackSuccessful', refresh.reason);
      return;
    }
    // "Once the instance refresh succeeds, … updates the settings of the Auto Scaling group" (Auto Scaling API).
    if (refresh.desired !== undefined) refresh.group.launchTemplate = refresh.desired;
    this.#end(refresh, 'Successful', undefined);
  }

  #end(refresh: Refresh, status: Status, reason: string | undefined): void {
    Object.assign(refresh, { status, reason, endedAt: new Date(this.clock.now().at) });
    refresh.group.surplus = 0;
    refresh.group.refreshesTo = undefined;
  }

  #required(group: Group): Refresh {
    const refresh = this.active(group);
    if (refresh === undefined)
      throw new AwsError(
        'ActiveInstanceRefreshNotFoundFault',
        `No in progress or pending Instance Refresh found for Auto Scaling group ${group.name}`,
      );
    return refresh;
  }
}

/** @throws AwsError where a rollback is not supported (Auto Scaling guide, Undo changes with a manual or auto rollback) */
function requireRollback(
  { name, launchTemplate }: Group,
  desired: TemplateChoice | undefined,
  imageOf: (template: TemplateChoice) => string | undefined,
): void {
  if (desired === undefined)
    throw new AwsError(invalid, 'Auto rollback needs a desired configuration: there is nothing to go back from.');
  if (launchTemplate?.version.startsWith('$') === true)
    throw new AwsError(invalid, `The group ${name} uses ${launchTemplate.version}: a rollback needs a fixed version.`);
  for (const template of [launchTemplate, desired])
    if (template !== undefined && imageOf(template)?.startsWith('resolve:ssm:') === true)
      throw new AwsError(
        invalid,
        `Version ${template.version} of ${template.id} uses a Systems Manager parameter: a rollback needs an AMI ID.`,
      );
}

function described(refresh: Refresh): object {
  const { id, group, status, reason, startedAt, endedAt, total, toReplace, desired, preferences } = refresh;
  const left = livingIn(group).filter(([each]) => toReplace.has(each)).length;
  const { MinHealthyPercentage, MaxHealthyPercentage, InstanceWarmup, ...others } = preferences;
  return {
    InstanceRefreshId: id,
    AutoScalingGroupName: group.name,
    Status: status,
    ...(reason === undefined ? {} : { StatusReason: reason }),
    StartTime: startedAt,
    ...(endedAt === undefined ? {} : { EndTime: endedAt }),
    PercentageComplete: total === 0 ? 100 : Math.floor(((total - left) / total) * 100),
    InstancesToUpdate: left,
    Preferences: {
      MinHealthyPercentage,
      ...(MaxHealthyPercentage === undefined ? {} : { MaxHealthyPercentage }),
      ...(InstanceWarmup === undefined ? {} : { InstanceWarmup }),
      AutoRollback: others.AutoRollback,
      SkipMatching: others.SkipMatching,
      ScaleInProtectedInstances: others.ScaleInProtectedInstances,
      StandbyInstances: others.StandbyInstances,
    },
    ...(desired === undefined
      ? {}
      : { DesiredConfiguration: { LaunchTemplate: { LaunchTemplateId: desired.id, Version: desired.version } } }),
  };
}
