import * as z from 'zod';
import { type Action, type TargetGroup } from '../../network';
import { operation } from '../operation';
import { AwsError, type Permission } from '../service';
import { describedActions, describedRule, type GroupArns } from './describe';
import { type Forward, type ForwardingActions, forwardingActions, remembered, userPools } from './forward';
import { nameOf } from './groups';
import { type Listener, type ListenerRule } from './rules';
import { type GroupSettings } from './settings';

const invalid = 'ValidationError';
/** What these operations need of the load balancers. */
interface Parts {
  readonly groups: () => ReadonlyMap<string, TargetGroup>;
  readonly arns: GroupArns;
  readonly settings: () => GroupSettings;
  /** On which its targets serve unless they say otherwise. */
  readonly port: (arn: string) => number;
  /** @throws AwsError ListenerNotFoundException */
  readonly listener: (arn: string) => Listener;
  /** @throws AwsError RuleNotFoundException, OperationNotPermittedException for the default rule */
  readonly rule: (arn: string) => { readonly listener: Listener; readonly rule: ListenerRule };
  readonly context: (ruleArn: string) => Permission['context'];
}

const groupIn = (groups: ReadonlyMap<string, TargetGroup>, arn: string): TargetGroup => {
  const found = groups.get(arn);
  if (found === undefined)
    throw new AwsError('TargetGroupNotFoundException', `One or more target groups not found: ${arn}`);
  return found;
};

/** @throws AwsError TargetGroupNotFoundException, ValidationError */
export function forwarding(
  groups: ReadonlyMap<string, TargetGroup>,
  { ForwardConfig: { TargetGroups, TargetGroupStickinessConfig: stickiness } }: Forward,
  ahead: readonly { readonly Type: string }[] = [],
): Action {
  if (new Set(TargetGroups.map(({ TargetGroupArn }) => TargetGroupArn)).size < TargetGroups.length)
    throw new AwsError(invalid, 'A target group was specified more than once');
  return {
    kind: 'forward',
    groups: TargetGroups.map(({ TargetGroupArn, Weight }) => ({
      group: groupIn(groups, TargetGroupArn),
      weight: Weight,
    })),
    ...(stickiness === undefined ? {} : { stickiness }),
    ahead,
  };
}

/** What rules forward to, and the groups that they forward to. */
export const forwardingOperations = (of: Parts) => {
  const group = (arn: string): TargetGroup => groupIn(of.groups(), arn);
  const action = (actions: ForwardingActions): Action => {
    if (actions.length === 1) return forwarding(of.groups(), actions[0]);
    const [authenticate, forward] = actions;
    return forwarding(of.groups(), forward, [remembered(authenticate)]);
  };
  const readsPools = (actions: ForwardingActions): Permission[] =>
    userPools(actions).map((resource) => ({ action: 'cognito-idp:DescribeUserPoolClient', resource }));
  const described = (arn: string): object => {
    return {
      TargetGroupArn: arn,
      TargetGroupName: nameOf(arn),
      Protocol: 'HTTP',
      Port: of.port(arn),
      ProtocolVersion: 'HTTP1',
      IpAddressType: 'ipv4',
      TargetType: 'instance',
      ...of.settings().describedCheck(group(arn)),
    };
  };
  return {
    ModifyRule: operation(z.strictObject({ RuleArn: z.string(), Actions: forwardingActions }), {
      invalid,
      authorize: ({ RuleArn, Actions }) => [
        { action: 'elasticloadbalancing:ModifyRule', resource: RuleArn, context: of.context(RuleArn) ?? {} },
        ...readsPools(Actions),
      ],
      perform: ({ RuleArn, Actions }) => {
        const { listener, rule } = of.rule(RuleArn);
        listener.setAction(rule, action(Actions));
        return { Rules: [describedRule(rule, of.arns)] };
      },
    }),
    ModifyListener: operation(z.strictObject({ ListenerArn: z.string(), DefaultActions: forwardingActions }), {
      invalid,
      authorize: ({ ListenerArn, DefaultActions }) => [
        { action: 'elasticloadbalancing:ModifyListener', resource: ListenerArn },
        ...readsPools(DefaultActions),
      ],
      perform: ({ ListenerArn, DefaultActions }) => {
        const listener = of.listener(ListenerArn);
        listener.setDefaultAction(action(DefaultActions));
        return {
          Listeners: [{ ListenerArn, DefaultActions: describedActions(listener.defaultAction, of.arns) }],
        };
      },
    }),
    DescribeTargetGroups: operation(
      z
        .strictObject({ TargetGroupArns: z.array(z.string()).optional(), Names: z.array(z.string()).optional() })
        .refine(({ TargetGroupArns, Names }) => TargetGroupArns === undefined || Names === undefined, {
          error: 'ARNs and names cannot be specified at the same time',
        }),
      {
        invalid,
        authorize: () => [{ action: 'elasticloadbalancing:DescribeTargetGroups', resource: '*' }],
        perform: ({ TargetGroupArns, Names }) => {
          const all = [...of.groups()];
          const byName = Names?.map((name) => {
            const found = all.find(([arn]) => nameOf(arn) === name)?.[0];
            if (found === undefined)
              throw new AwsError('TargetGroupNotFoundException', `One or more target groups not found: ${name}`);
            return found;
          });
          return { TargetGroups: (TargetGroupArns ?? byName ?? all.map(([arn]) => arn)).map(described) };
        },
      },
    ),
    ModifyTargetGroup: operation(
      z.strictObject({
        TargetGroupArn: z.string(),
        // ELBv2 API, ModifyTargetGroup: up to 1024 characters, beginning with a slash.
        HealthCheckPath: z.string().max(1024).startsWith('/'),
      }),
      {
        invalid,
        authorize: ({ TargetGroupArn }) => [
          { action: 'elasticloadbalancing:ModifyTargetGroup', resource: TargetGroupArn },
        ],
        perform: ({ TargetGroupArn, HealthCheckPath }) => {
          const found = group(TargetGroupArn);
          found.setHealthCheck({ ...found.healthCheck, path: HealthCheckPath });
          return { TargetGroups: [described(TargetGroupArn)] };
        },
      },
    ),
  };
};
