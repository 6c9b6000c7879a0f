import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { type Condition, type LoadBalancer, type Rule } from '../../network';
import { AwsError } from '../service';

/** A rule of a listener as ELBv2 keeps it. */
export interface ListenerRule {
  readonly arn: string;
  priority: number;
  readonly conditions: z.infer<typeof conditionSchema>[];
  readonly page: { status: number; contentType: string; body: string };
  readonly tags: Map<string, string>;
}

export const conditionSchema = z.strictObject({
  Field: z.literal('path-pattern'),
  PathPatternConfig: z.strictObject({ Values: z.array(z.string().min(1).max(128)).min(1).max(5) }),
});

export const fixedResponseSchema = z.strictObject({
  Type: z.literal('fixed-response'),
  FixedResponseConfig: z.strictObject({
    StatusCode: z.string().regex(/^[245]\d\d$/),
    ContentType: z.enum(['text/plain', 'text/css', 'text/html', 'application/javascript', 'application/json']),
    // ELBv2 API, FixedResponseActionConfig: at most 1024 characters.
    MessageBody: z.string().max(1024),
  }),
});

/** The rules of one listener, put into force in the real load balancer at once. */
export class Listener {
  readonly rules: ListenerRule[] = [];

  constructor(
    readonly arn: string,
    private readonly balancer: LoadBalancer,
  ) {}

  get defaultRuleArn(): string {
    return `${this.ruleArnPrefix}/0000000000000000`;
  }

  private get ruleArnPrefix(): string {
    return this.arn.replace(':listener/', ':listener-rule/');
  }

  create(rule: Omit<ListenerRule, 'arn'>): ListenerRule {
    if (this.rules.some(({ priority }) => priority === rule.priority)) {
      throw new AwsError('PriorityInUseException', `Priority '${rule.priority}' is currently in use`);
    }
    const made = { ...rule, arn: `${this.ruleArnPrefix}/${randomBytes(8).toString('hex')}` };
    this.rules.push(made);
    this.#inForce();
    return made;
  }

  delete(arn: string): boolean {
    const at = this.rules.findIndex((rule) => rule.arn === arn);
    if (at < 0) return false;
    this.rules.splice(at, 1);
    this.#inForce();
    return true;
  }

  /** All at once or none. */
  setPriorities(priorities: ReadonlyMap<string, number>): void {
    const after = this.rules.map((rule) => priorities.get(rule.arn) ?? rule.priority);
    const twice = after.find((priority, at) => after.indexOf(priority) !== at);
    if (twice !== undefined) throw new AwsError('PriorityInUseException', `Priority '${twice}' is currently in use`);
    for (const rule of this.rules) rule.priority = priorities.get(rule.arn) ?? rule.priority;
    this.#inForce();
  }

  #inForce(): void {
    this.balancer.setRules(
      this.rules.map((rule): Rule => ({
        priority: rule.priority,
        conditions: rule.conditions.map((condition): Condition => ({
          kind: 'path',
          patterns: condition.PathPatternConfig.Values,
        })),
        action: { kind: 'fixed-response', ...rule.page },
      })),
    );
  }
}
