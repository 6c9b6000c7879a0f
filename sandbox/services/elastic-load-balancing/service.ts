import * as z from 'zod';
import { type Action, type LoadBalancer, type TargetGroup } from '../../network';
import { operation } from '../operation';
import { AwsError, NotSimulatedError, type SimulatedService } from '../service';
import { describedActions, describedRule, describedTargets, type GroupArns } from './describe';
import { forwarding, forwardingOperations } from './forwarding';
import { type KeptGroup, nameOf, type Surroundings, TargetGroups } from './groups';
import { createRuleSchema, setPrioritiesSchema, type TagList } from './input';
import { Listener, type ListenerRule, ruleArnPrefix } from './rules';

const invalid = 'ValidationError';
/** The most tags that a resource can have (ELB guide, Tag restrictions). */
const MOST_TAGS = 50;

/** Elastic Load Balancing over the real HTTP proxy: listener rules with fixed responses, tags, target health. */
export class ElasticLoadBalancing implements SimulatedService {
  readonly name = 'ElasticLoadBalancingV2';
  readonly standIn = {
    name: 'Elastic Load Balancing (application load balancer)',
    instead: 'an HTTP proxy on loopback that checks its targets',
    differs:
      'one listener without TLS; rules by path alone, and target groups of instances over HTTP alone; who signs users in, ' +
      'stickiness and the attributes of target groups but the deregistration delay are remembered, not done; ' +
      'a rule is in force at once, where ' +
      'AWS takes some seconds',
  };
  readonly #listeners: Listener[] = [];
  readonly #groups = new Map<string, TargetGroup>();
  readonly #kept = new Map<string, KeptGroup>();
  #surroundings: Surroundings | undefined;

  /** A listener with the rules that its load balancer has. @param defaultAction where no rule holds, if it is known */
  addListener(arn: string, balancer: LoadBalancer, defaultAction: Action = { kind: 'forward', groups: [] }): void {
    this.#listeners.push(new Listener(arn, balancer, defaultAction));
  }

  addTargetGroup(arn: string, group: TargetGroup): void {
    this.#groups.set(arn, group);
  }

  /** From now on target groups can be made, of instances of this network. */
  surroundedBy(surroundings: Surroundings): void {
    this.#surroundings = surroundings;
  }

  /** A target group by its ARN; one that was made again by the name in it. Undefined where there is none. */
  targetGroup(arn: string): TargetGroup | undefined {
    return this.#groups.get(arn) ?? [...this.#groups].find(([each]) => nameOf(each) === nameOf(arn))?.[1];
  }

  /** A target group by its ARN alone. */
  groupAt(arn: string): TargetGroup | undefined {
    return this.#groups.get(arn);
  }

  /** The ARN of a target group that is there. */
  arnOf(group: TargetGroup): string | undefined {
    return this.#arns(group);
  }

  /** On which the targets of a group serve. */
  portOf(arn: string): number {
    return this.#kept.get(arn)?.port ?? 80;
  }

  /** Nobody asks targets for their health any more. */
  close(): void {
    for (const group of this.#groups.values()) group.close();
  }

  /** Somebody deletes a rule outside of any run. */
  deleteRule(arn: string): void {
    if (!this.#listeners.some((listener) => listener.delete(arn))) throw noSuchRule(arn);
  }

  /** Somebody makes a rule outside of any run. */
  createRule(listenerArn: string, rule: Omit<ListenerRule, 'arn' | 'tags'>): ListenerRule {
    return this.#listener(listenerArn).create({ ...rule, tags: new Map() });
  }

  /** What the listener does where no rule holds, as somebody set it outside of any run. */
  setDefaultAction(listenerArn: string, action: Action): void {
    this.#listener(listenerArn).setDefaultAction(action);
  }

  readonly groups = new TargetGroups({
    groups: this.#groups,
    kept: this.#kept,
    surroundings: () => {
      if (this.#surroundings === undefined) throw new NotSimulatedError('There is no network to make target groups in');
      return this.#surroundings;
    },
    inUse: (group) =>
      this.#listeners.some(({ rules, defaultAction }) =>
        [...rules.map(({ action }) => action), defaultAction].some(
          (action) => action.kind === 'forward' && action.groups.some((each) => each.group === group),
        ),
      ),
    listeners: () => this.#listeners.map(({ arn }) => arn),
    requestTags,
    tags: tagMap,
  });

  /** The rules of a listener besides its default one, by priority. */
  rulesOf(listenerArn: string): readonly ListenerRule[] {
    return this.#listener(listenerArn).rules;
  }

  /** Without a rule that holds, everything goes to this group from now on: as somebody set it outside of any run. */
  forwardByDefault(listenerArn: string, group: TargetGroup): void {
    this.#listener(listenerArn).setDefaultAction({ kind: 'forward', groups: [{ group, weight: 1 }] });
  }

  defaultActionOf(listenerArn: string): Action {
    return this.#listener(listenerArn).defaultAction;
  }

  readonly #forwarding = {
    groups: (): ReadonlyMap<string, TargetGroup> => this.#groups,
    arns: (group: TargetGroup): string | undefined => this.#arns(group),
    settings: () => this.groups.settings,
    port: (arn: string): number => this.portOf(arn),
    listener: (arn: string): Listener => this.#listener(arn),
    rule: (arn: string): { listener: Listener; rule: ListenerRule } => {
      this.#requireNotDefault(arn);
      const rule = this.#rule(arn);
      const listener = this.#listeners.find(({ rules }) => rules.includes(rule));
      if (listener === undefined) throw noSuchRule(arn);
      return { listener, rule };
    },
    context: (arn: string): Record<string, string | string[]> => resourceTags(this.#find(arn)),
  };

  readonly operations = {
    ...forwardingOperations(this.#forwarding),
    ...this.groups.operations,
    ...this.groups.settings.operations,
    DescribeRules: operation(z.strictObject({ ListenerArn: z.string() }), {
      invalid,
      authorize: () => [{ action: 'elasticloadbalancing:DescribeRules', resource: '*' }],
      perform: ({ ListenerArn }) => {
        const listener = this.#listener(ListenerArn);
        return {
          Rules: [
            ...listener.rules.map((rule) => describedRule(rule, this.#arns)),
            {
              RuleArn: listener.defaultRuleArn,
              Priority: 'default',
              IsDefault: true,
              Conditions: [],
              Actions: describedActions(listener.defaultAction, this.#arns),
            },
          ],
        };
      },
    }),
    DescribeTags: operation(z.strictObject({ ResourceArns: z.array(z.string()).min(1).max(20) }), {
      invalid,
      authorize: () => [{ action: 'elasticloadbalancing:DescribeTags', resource: '*' }],
      perform: ({ ResourceArns }) => ({
        TagDescriptions: ResourceArns.map((arn) => ({
          ResourceArn: arn,
          Tags: [...this.#tagsOf(arn)].map(([Key, Value]) => ({ Key, Value })),
        })),
      }),
    }),
    CreateRule: operation(createRuleSchema, {
      invalid,
      authorize: ({ ListenerArn, Tags }) => [
        {
          action: 'elasticloadbalancing:CreateRule',
          resource: ListenerArn,
          context: { ...requestTags(Tags), ...resourceTags(undefined) },
        },
        // Tagging at creation is a permission of its own, on every rule of the listener since the new one has no id yet
        // (ELB guide, Grant permissions to tag resources during creation; the refusals that people report end with `/*`).
        ...(Tags === undefined
          ? []
          : [
              {
                action: 'elasticloadbalancing:AddTags',
                resource: `${ruleArnPrefix(ListenerArn)}/*`,
                context: {
                  ...requestTags(Tags),
                  ...resourceTags(undefined),
                  'elasticloadbalancing:CreateAction': 'CreateRule',
                },
              },
            ]),
      ],
      perform: ({ ListenerArn, Priority, Conditions, Actions: [action], Tags = [] }) => {
        const rule = this.#listener(ListenerArn).create({
          priority: Priority,
          conditions: Conditions.map(({ PathPatternConfig: { Values } }) => ({ kind: 'path', patterns: Values })),
          action: this.#action(action),
          tags: tagMap(Tags),
        });
        return { Rules: [describedRule(rule, this.#arns)] };
      },
    }),
    DeleteRule: operation(z.strictObject({ RuleArn: z.string() }), {
      invalid,
      authorize: ({ RuleArn }) => [
        { action: 'elasticloadbalancing:DeleteRule', resource: RuleArn, context: resourceTags(this.#find(RuleArn)) },
      ],
      perform: ({ RuleArn }) => {
        this.#requireNotDefault(RuleArn);
        if (!this.#listeners.some((listener) => listener.delete(RuleArn))) throw noSuchRule(RuleArn);
        return {};
      },
    }),
    SetRulePriorities: operation(setPrioritiesSchema, {
      invalid,
      authorize: ({ RulePriorities }) =>
        RulePriorities.map(({ RuleArn }) => ({
          action: 'elasticloadbalancing:SetRulePriorities',
          resource: RuleArn,
          context: resourceTags(this.#find(RuleArn)),
        })),
      perform: ({ RulePriorities }) => {
        const wanted = new Map(RulePriorities.map(({ RuleArn, Priority }) => [RuleArn, Priority]));
        for (const arn of wanted.keys()) {
          this.#requireNotDefault(arn);
          this.#rule(arn);
        }
        if (wanted.size < RulePriorities.length || new Set(wanted.values()).size < wanted.size)
          throw new AwsError(invalid, 'A rule or a priority was provided multiple times');
        const [listener, ...others] = this.#listeners.filter(({ rules }) => rules.some(({ arn }) => wanted.has(arn)));
        if (listener === undefined || others.length > 0)
          throw new AwsError(invalid, 'The rules must belong to the same listener');
        listener.setPriorities(wanted);
        return { Rules: RulePriorities.map(({ RuleArn }) => describedRule(this.#rule(RuleArn), this.#arns)) };
      },
    }),
    DescribeTargetHealth: operation(z.strictObject({ TargetGroupArn: z.string() }), {
      invalid,
      authorize: () => [{ action: 'elasticloadbalancing:DescribeTargetHealth', resource: '*' }],
      perform: ({ TargetGroupArn }) => {
        const group = this.#groups.get(TargetGroupArn);
        if (group === undefined)
          throw new AwsError('TargetGroupNotFoundException', 'One or more target groups not found');
        return { TargetHealthDescriptions: describedTargets(group) };
      },
    }),
  };

  #action(given: z.infer<typeof createRuleSchema>['Actions'][0]): Action {
    if (given.Type === 'forward') return forwarding(this.#groups, given);
    const { StatusCode, ContentType = 'text/plain', MessageBody = '' } = given.FixedResponseConfig;
    return { kind: 'fixed-response', status: Number(StatusCode), contentType: ContentType, body: MessageBody };
  }

  #tagsOf(arn: string): ReadonlyMap<string, string> {
    if (this.#isDefault(arn)) return new Map();
    return this.#kept.get(arn)?.tags ?? (this.#groups.has(arn) ? new Map() : this.#rule(arn).tags);
  }

  readonly #arns: GroupArns = (group) => [...this.#groups].find(([, each]) => each === group)?.[0];

  #listener(arn: string): Listener {
    const listener = this.#listeners.find((each) => each.arn === arn);
    if (listener === undefined) throw new AwsError('ListenerNotFoundException', 'One or more listeners not found');
    return listener;
  }

  #isDefault(arn: string): boolean {
    return this.#listeners.some(({ defaultRuleArn }) => defaultRuleArn === arn);
  }

  #requireNotDefault(arn: string): void {
    if (this.#isDefault(arn))
      throw new AwsError('OperationNotPermittedException', `Default rule '${arn}' cannot be modified`);
  }

  #find(arn: string): ListenerRule | undefined {
    return this.#listeners.flatMap(({ rules }) => rules).find((each) => each.arn === arn);
  }

  #rule(arn: string): ListenerRule {
    const rule = this.#find(arn);
    if (rule === undefined) throw noSuchRule(arn);
    return rule;
  }
}

/** @throws AwsError DuplicateTagKeysException, TooManyTagsException */
function tagMap(tags: TagList): Map<string, string> {
  const map = new Map(tags.map(({ Key, Value }) => [Key, Value]));
  if (map.size < tags.length) throw new AwsError('DuplicateTagKeysException', 'A tag key was specified more than once');
  if (map.size > MOST_TAGS) throw new AwsError('TooManyTagsException', `A rule can have at most ${MOST_TAGS} tags`);
  return map;
}

function requestTags(tags: TagList = []): Record<string, string | string[]> {
  return {
    'aws:RequestTag/': [],
    ...Object.fromEntries(tags.map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value])),
    'aws:TagKeys': tags.map(({ Key }) => Key),
  };
}

function resourceTags(rule: ListenerRule | undefined): Record<string, string | string[]> {
  const tags = [...(rule?.tags ?? [])];
  return {
    'aws:ResourceTag/': [],
    'elasticloadbalancing:ResourceTag/': [],
    ...Object.fromEntries(tags.map(([key, value]) => [`aws:ResourceTag/${key}`, value])),
    ...Object.fromEntries(tags.map(([key, value]) => [`elasticloadbalancing:ResourceTag/${key}`, value])),
  };
}

function noSuchRule(arn: string): AwsError {
  return new AwsError('RuleNotFoundException', `One or more rules not found: ${arn}`);
}
