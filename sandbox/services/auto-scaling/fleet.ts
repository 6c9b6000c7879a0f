import { randomBytes } from 'node:crypto';
import { type Clock } from '../../../asl';
import { type TemplateVersion } from '../ec2/launch-templates';
import { type Group, type LifecycleState, livingIn, type TemplateChoice } from './group';

/** How long a move takes beside what the load balancer takes, seconds; EC2 takes about as long to start an instance. */
const MOVE_SECONDS = 5;
const BOOT_SECONDS = 25;

/** Where launch templates are: EC2. */
export interface Templates {
  version(id: string, number: string): TemplateVersion;
}

/** The instances of groups: each is launched, moved and terminated in steps that take time. */
export class Fleet {
  /** What launching or terminating a host threw. */
  readonly failures: unknown[] = [];
  readonly #terminated: string[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly templates: Templates | undefined,
  ) {}

  /** Instances that a group terminated, for their health or to replace them. */
  get terminated(): readonly string[] {
    return this.#terminated;
  }

  /** Brings a group to the number of instances that it should have. */
  reconcile(group: Group): void {
    const { suspended, refreshesTo, launchTemplate } = group;
    const from = refreshesTo ?? launchTemplate;
    const missing = group.desired + group.surplus - livingIn(group).length;
    if (from !== undefined && group.launch !== undefined && !suspended.has('Launch')) {
      for (let more = missing; more > 0; more -= 1) this.#launch(group, from);
    }
    if (missing < 0 && refreshesTo === undefined && !suspended.has('Terminate')) {
      // The default termination policy begins with what was launched from another template or version.
      const unprotected = livingIn(group).filter(([, member]) => !member.protected);
      const [first] = unprotected.toSorted(
        ([, one], [, other]) => Number(matches(one.template, from)) - Number(matches(other.template, from)),
      );
      if (first !== undefined) this.terminate(group, first[0]);
    }
  }

  #launch(group: Group, template: TemplateChoice): void {
    const instanceId = `i-${randomBytes(9).toString('hex').slice(0, 17)}`;
    const never = Number.POSITIVE_INFINITY;
    group.instances.set(instanceId, {
      state: 'Pending',
      healthFrom: never,
      inServiceAt: never,
      template,
      protected: false,
    });
    this.later(
      group,
      () => {
        void this.clock.work(async () => {
          try {
            const { data } = this.#template(template);
            const userData = Buffer.from(data.UserData ?? '', 'base64').toString('utf8');
            await group.launch?.({ instanceId, template, userData });
          } catch (error) {
            this.failures.push(error);
            group.instances.delete(instanceId);
            return;
          }
          if (group.instances.get(instanceId)?.state === 'Pending') this.#intoService(group, instanceId);
        });
      },
      BOOT_SECONDS,
    );
  }

  #template({ id, version }: TemplateChoice): TemplateVersion {
    if (this.templates === undefined) throw new TypeError('Auto Scaling was given no launch templates');
    return this.templates.version(id, version);
  }

  #intoService(group: Group, id: string): void {
    const member = group.instances.get(id);
    if (member === undefined) return;
    member.state = 'InService';
    member.inServiceAt = this.clock.elapsed();
    // The grace period counts anew.
    member.healthFrom = this.clock.elapsed() + (group.healthCheckGraceSeconds ?? 0) * 1000;
    if (!group.suspended.has('AddToLoadBalancer')) group.targets?.register(id);
  }

  /** The load balancer drains it first, however long that takes; then the host ends. */
  terminate(group: Group, id: string): void {
    if (group.instances.get(id)?.state === 'Terminating') return;
    this.#become(group, id, 'Terminating');
    group.marked.delete(id);
    group.targets?.deregister(id);
    this.#terminated.push(id);
    const look = (): void => {
      if (group.targets?.holds(id) === true) {
        this.later(group, look);
        return;
      }
      group.instances.delete(id);
      // Ends on its own; what goes wrong is told, and never an unhandled rejection.
      void (async () => await group.terminate(id))().catch((error: unknown) => this.failures.push(error));
    };
    look();
  }

  /** The load balancer drains it first, however long that takes. */
  enterStandby(group: Group, id: string): void {
    this.#become(group, id, 'EnteringStandby');
    // "Instances in Standby are not checked" (Auto Scaling guide): what was noted of it is forgotten.
    group.marked.delete(id);
    group.targets?.deregister(id);
    const look = (): void => {
      if (group.targets?.holds(id) === true) this.later(group, look);
      else this.#become(group, id, 'Standby');
    };
    this.later(group, look);
  }

  exitStandby(group: Group, id: string): void {
    this.#become(group, id, 'Pending');
    this.later(group, () => {
      this.#intoService(group, id);
    });
  }

  #become(group: Group, id: string, state: LifecycleState): void {
    const member = group.instances.get(id);
    if (member !== undefined) member.state = state;
  }

  /** Does it after a while, unless the group has been closed. */
  later(group: Group, then: () => void, seconds = MOVE_SECONDS): void {
    const timer = this.clock.after(
      seconds * 1000,
      () => {
        group.moves.delete(timer);
        if (group.timer !== undefined) then();
      },
      { background: true },
    );
    group.moves.add(timer);
  }
}

export const matches = (one: TemplateChoice | undefined, other: TemplateChoice | undefined): boolean =>
  one !== undefined && one.id === other?.id && one.version === other.version;
