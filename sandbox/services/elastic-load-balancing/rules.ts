import { randomBytes } from 'node:crypto';
import { type Action, type Condition, type LoadBalancer } from '../../network';
import { AwsError } from '../service';

/** A rule of a listener as ELBv2 keeps it. */
export interface ListenerRule {
  readonly arn: string;
  priority: number;
  readonly conditions: readonly Condition[];
  action: Action;
  readonly tags: Map<string, string>;
}

/** Rules of a load balancer, the default ones not counted (ELB guide, Quotas). */
const MOST_RULES = 100;

/** The rules of one listener, put into force in the real load balancer at once; those it has already are taken over. */
export class Listener {
  readonly rules: ListenerRule[];

  constructor(
    readonly arn: string,
    private readonly balancer: LoadBalancer,
    public defaultAction: Action,
  ) {
    this.rules = balancer.rules.map(({ priority, conditions, action }) => ({
      arn: this.#newArn(),
      priority,
      conditions,
      action,
      tags: new Map(),
    }));
  }

  get defaultRuleArn(): string {
    return `${this.ruleArnPrefix}/0000000000000000`;
  }

  /** Before the id of each of its rules. */
  get ruleArnPrefix(): string {
    return ruleArnPrefix(this.arn);
  }

  /** @throws AwsError PriorityInUseException, TooManyRulesException */
  create(rule: Omit<ListenerRule, 'arn'>): ListenerRule {
    if (this.rules.some(({ priority }) => priority === rule.priority)) throw inUse(rule.priority);
    if (this.rules.length >= MOST_RULES)
      throw new AwsError('TooManyRulesException', `The maximum number of rules, ${MOST_RULES}, has been reached`);
    const made = { ...rule, arn: this.#newArn() };
    this.rules.push(made);
    this.#inForce();
    return made;
  }

  /** Whether there was such a rule. */
  delete(arn: string): boolean {
    const at = this.rules.findIndex((rule) => rule.arn === arn);
    if (at < 0) return false;
    this.rules.splice(at, 1);
    this.#inForce();
    return true;
  }

  /**
   * All at once or none; a rule that is not named keeps its priority.
   * @throws AwsError PriorityInUseException where such a rule has one that is wanted
   */
  setPriorities(wanted: ReadonlyMap<string, number>): void {
    const taken = new Set([...wanted.values()]);
    const inTheWay = this.rules.find(({ arn, priority }) => !wanted.has(arn) && taken.has(priority));
    if (inTheWay !== undefined) throw inUse(inTheWay.priority);
    for (const rule of this.rules) rule.priority = wanted.get(rule.arn) ?? rule.priority;
    this.#inForce();
  }

  /** In force at once, as every change of a rule here. */
  setAction(rule: ListenerRule, action: Action): void {
    rule.action = action;
    this.#inForce();
  }

  setDefaultAction(action: Action): void {
    this.defaultAction = action;
    this.#inForce();
  }

  #newArn(): string {
    return `${this.ruleArnPrefix}/${randomBytes(8).toString('hex')}`;
  }

  #inForce(): void {
    this.rules.sort((a, b) => a.priority - b.priority);
    this.balancer.setRules(this.rules, this.defaultAction);
  }
}

export const ruleArnPrefix = (listenerArn: string): string => listenerArn.replace(':listener/', ':listener-rule/');

const inUse = (priority: number): AwsError =>
  new AwsError('PriorityInUseException', `Priority '${priority}' is currently in use`);
