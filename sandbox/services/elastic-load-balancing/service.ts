import * as z from 'zod';
import { type LoadBalancer, type TargetGroup } from '../../network';
import { operation } from '../operation';
import { AwsError, type SimulatedService } from '../service';
import { conditionSchema, fixedResponseSchema, Listener, type ListenerRule } from './rules';

const tags = z.array(z.strictObject({ Key: z.string().min(1).max(128), Value: z.string().max(256) }));

/** Elastic Load Balancing over the real HTTP proxy: listener rules with fixed responses, tags, target health. */
export class ElasticLoadBalancing implements SimulatedService {
  readonly name = 'ElasticLoadBalancingV2';
  readonly standIn = {
    name: 'Elastic Load Balancing (application load balancer)',
    instead: 'an HTTP proxy on loopback that checks its targets',
    differs: 'one listener without TLS; rules with a fixed response only; a rule is in force at once',
  };
  readonly #listeners: Listener[] = [];
  readonly #groups = new Map<string, TargetGroup>();

  addListener(arn: string, balancer: LoadBalancer): void {
    this.#listeners.push(new Listener(arn, balancer));
  }

  addTargetGroup(arn: string, group: TargetGroup): void {
    this.#groups.set(arn, group);
  }

  /** The rules of a listener besides its default one. */
  rulesOf(listenerArn: string): readonly ListenerRule[] {
    return this.#listener(listenerArn).rules;
  }

  readonly operations = {
    DescribeRules: operation(z.strictObject({ ListenerArn: z.string() }), {
      authorize: () => [{ action: 'elasticloadbalancing:DescribeRules', resource: '*' }],
      perform: ({ ListenerArn }) => {
        const listener = this.#listener(ListenerArn);
        return {
          Rules: [
            ...listener.rules.map(described),
            {
              RuleArn: listener.defaultRuleArn,
              Priority: 'default',
              IsDefault: true,
              Conditions: [],
              Actions: [{ Type: 'forward' }],
            },
          ],
        };
      },
    }),
    DescribeTags: operation(z.strictObject({ ResourceArns: z.array(z.string()).min(1).max(20) }), {
      authorize: () => [{ action: 'elasticloadbalancing:DescribeTags', resource: '*' }],
      perform: ({ ResourceArns }) => ({
        TagDescriptions: ResourceArns.map((arn) => ({
          ResourceArn: arn,
          Tags: [...(this.#isDefault(arn) ? [] : this.#rule(arn).tags)].map(([Key, Value]) => ({ Key, Value })),
        })),
      }),
    }),
    CreateRule: operation(
      z.strictObject({
        ListenerArn: z.string(),
        Priority: z.number().int().min(1).max(50000),
        Conditions: z.array(conditionSchema).min(1),
        Actions: z.array(fixedResponseSchema).length(1),
        Tags: tags.optional(),
      }),
      {
        authorize: ({ ListenerArn, Tags }) => [
          { action: 'elasticloadbalancing:CreateRule', resource: ListenerArn, context: requestTags(Tags) },
          // Tagging at creation is a permission of its own (ELB guide, Grant permissions to tag resources during creation).
          ...(Tags === undefined || Tags.length === 0
            ? []
            : [
                {
                  action: 'elasticloadbalancing:AddTags',
                  resource: `${ListenerArn.replace(':listener/', ':listener-rule/')}/new`,
                  context: { ...requestTags(Tags), 'elasticloadbalancing:CreateAction': 'CreateRule' },
                },
              ]),
        ],
        perform: ({ ListenerArn, Priority, Conditions, Actions, Tags = [] }) => {
          const [action] = Actions;
          if (action === undefined) throw new AwsError('ValidationError', 'A rule must have an action');
          const { StatusCode, ContentType, MessageBody } = action.FixedResponseConfig;
          const rule = this.#listener(ListenerArn).create({
            priority: Priority,
            conditions: Conditions,
            page: { status: Number(StatusCode), contentType: ContentType, body: MessageBody },
            tags: new Map(Tags.map(({ Key, Value }) => [Key, Value])),
          });
          return { Rules: [described(rule)] };
        },
      },
    ),
    DeleteRule: operation(z.strictObject({ RuleArn: z.string() }), {
      authorize: ({ RuleArn }) => [
        { action: 'elasticloadbalancing:DeleteRule', resource: RuleArn, context: this.#resourceTags(RuleArn) },
      ],
      perform: ({ RuleArn }) => {
        if (this.#isDefault(RuleArn))
          throw new AwsError('OperationNotPermittedException', 'Default rule cannot be deleted');
        if (!this.#listeners.some((listener) => listener.delete(RuleArn))) throw noSuchRule(RuleArn);
        return {};
      },
    }),
    SetRulePriorities: operation(
      z.strictObject({
        RulePriorities: z
          .array(z.strictObject({ RuleArn: z.string(), Priority: z.number().int().min(1).max(50000) }))
          .min(1),
      }),
      {
        authorize: ({ RulePriorities }) =>
          RulePriorities.map(({ RuleArn }) => ({
            action: 'elasticloadbalancing:SetRulePriorities',
            resource: RuleArn,
            context: this.#resourceTags(RuleArn),
          })),
        perform: ({ RulePriorities }) => {
          for (const { RuleArn } of RulePriorities) this.#rule(RuleArn);
          const wanted = new Map(RulePriorities.map(({ RuleArn, Priority }) => [RuleArn, Priority]));
          for (const listener of this.#listeners) {
            if (listener.rules.some(({ arn }) => wanted.has(arn))) listener.setPriorities(wanted);
          }
          return { Rules: RulePriorities.map(({ RuleArn }) => described(this.#rule(RuleArn))) };
        },
      },
    ),
    DescribeTargetHealth: operation(z.strictObject({ TargetGroupArn: z.string() }), {
      authorize: () => [{ action: 'elasticloadbalancing:DescribeTargetHealth', resource: '*' }],
      perform: ({ TargetGroupArn }) => {
        const group = this.#groups.get(TargetGroupArn);
        if (group === undefined)
          throw new AwsError('TargetGroupNotFoundException', 'One or more target groups not found');
        return {
          TargetHealthDescriptions: group.targets().map(({ id, port, state }) => ({
            Target: { Id: id, Port: port },
            HealthCheckPort: String(port),
            TargetHealth: { State: state },
          })),
        };
      },
    }),
  };

  #listener(arn: string): Listener {
    const listener = this.#listeners.find((each) => each.arn === arn);
    if (listener === undefined) throw new AwsError('ListenerNotFoundException', `Listener '${arn}' not found`);
    return listener;
  }

  #isDefault(arn: string): boolean {
    return this.#listeners.some(({ defaultRuleArn }) => defaultRuleArn === arn);
  }

  #rule(arn: string): ListenerRule {
    const rule = this.#listeners.flatMap(({ rules }) => rules).find((each) => each.arn === arn);
    if (rule === undefined) throw noSuchRule(arn);
    return rule;
  }

  #resourceTags(arn: string): Record<string, string> {
    const rule = this.#listeners.flatMap(({ rules }) => rules).find((each) => each.arn === arn);
    return Object.fromEntries([...(rule?.tags ?? [])].map(([key, value]) => [`aws:ResourceTag/${key}`, value]));
  }
}

function described(rule: ListenerRule): object {
  return {
    RuleArn: rule.arn,
    Priority: String(rule.priority),
    IsDefault: false,
    Conditions: rule.conditions,
    Actions: [{ Type: 'fixed-response' }],
  };
}

function requestTags(given: z.infer<typeof tags> | undefined): Record<string, string | string[]> {
  const list = given ?? [];
  return {
    ...Object.fromEntries(list.map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value])),
    'aws:TagKeys': list.map(({ Key }) => Key),
  };
}

function noSuchRule(arn: string): AwsError {
  return new AwsError('RuleNotFoundException', `One or more rules not found: ${arn}`);
}
