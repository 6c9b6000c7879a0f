import {
  DescribeRulesCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  ElasticLoadBalancingV2Client,
  ModifyListenerCommand,
  ModifyRuleCommand,
  ModifyTargetGroupCommand,
  type Action,
  type Rule,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import * as z from 'zod';
import { TargetGroupUnfitError } from '../../contract/errors';
import { parse } from '../runtime/parse';
import { callAws, isAwsError } from './aws-errors';
import { client } from './clients';

/** Elastic Load Balancing v2: target groups, and the rules that forward to them. */

const elb = () => client(ElasticLoadBalancingV2Client);

export interface Weight {
  readonly targetGroupArn: string;
  readonly weight: number;
}
/** A rule of a listener that forwards, also where it signs users in first. */
export interface Forwarding {
  readonly arn: string;
  readonly isDefault: boolean;
  readonly groups: readonly Weight[];
  /** All that it does, in ELBv2's words: one of it forwards. */
  readonly actions: readonly Action[];
}

const forwardSchema = z.tuple([
  z.object({
    ForwardConfig: z.object({
      TargetGroups: z.array(z.object({ TargetGroupArn: z.string(), Weight: z.number().default(1) })).min(1),
    }),
  }),
]);

/** @throws TargetGroupUnfitError where it forwards in a way that is not known here: to leave it out would leave its users where they are */
function forwardingOf({ RuleArn: arn = '', IsDefault = false, Actions = [] }: Rule): Forwarding | null {
  const forwards = Actions.filter(({ Type }) => Type === 'forward');
  if (forwards.length === 0) return null;
  const parsed = forwardSchema.safeParse(forwards);
  if (!parsed.success)
    throw new TargetGroupUnfitError(
      `How the rule ${arn} forwards is not understood, so it cannot be shifted: ${JSON.stringify(forwards)}.`,
    );
  const [{ ForwardConfig }] = parsed.data;
  return {
    arn,
    isDefault: IsDefault,
    groups: ForwardConfig.TargetGroups.map(({ TargetGroupArn, Weight: weight }) => ({
      targetGroupArn: TargetGroupArn,
      weight,
    })),
    actions: Actions,
  };
}

/** The rules of a listener that forward, the default one as well (ELBv2 DescribeRules, all pages). @throws TargetGroupUnfitError */
export async function forwardings(listenerArn: string): Promise<Forwarding[]> {
  const found: Forwarding[] = [];
  let marker: string | undefined;
  do {
    const page = await callAws(`elasticloadbalancing:DescribeRules ${listenerArn}`, () =>
      elb().send(
        new DescribeRulesCommand({ ListenerArn: listenerArn, ...(marker !== undefined && { Marker: marker }) }),
      ),
    );
    found.push(...(page.Rules ?? []).flatMap((rule) => forwardingOf(rule) ?? []));
    marker = page.NextMarker;
  } while (marker !== undefined);
  return found;
}

/** What it does, with other weights: who signs users in, for how long they stay with a group, and the order stay as they are. */
function withWeights(actions: readonly Action[], groups: readonly Weight[]): Action[] {
  const TargetGroups = groups.map(({ targetGroupArn, weight }) => ({ TargetGroupArn: targetGroupArn, Weight: weight }));
  return actions.map((action) => {
    // The short form names one group alone, and may not name another than the long one.
    if (action.Type === 'forward')
      return { ...action, TargetGroupArn: undefined, ForwardConfig: { ...action.ForwardConfig, TargetGroups } };
    if (action.AuthenticateOidcConfig === undefined) return action;
    // What is described has not the client's secret: without this word the rule would be refused (ELBv2 API).
    const oidc = { ...action.AuthenticateOidcConfig, UseExistingClientSecret: true };
    return { ...action, AuthenticateOidcConfig: oidc };
  });
}

/** Sets what a rule forwards to, and nothing else of it: the default one is the listener's own (ELBv2 ModifyRule, ModifyListener). */
export async function forwardTo(listenerArn: string, rule: Forwarding, groups: readonly Weight[]): Promise<void> {
  const actions = withWeights(rule.actions, groups);
  if (rule.isDefault) {
    await callAws(`elasticloadbalancing:ModifyListener ${listenerArn}`, () =>
      elb().send(new ModifyListenerCommand({ ListenerArn: listenerArn, DefaultActions: actions })),
    );
    return;
  }
  await callAws(`elasticloadbalancing:ModifyRule ${rule.arn}`, () =>
    elb().send(new ModifyRuleCommand({ RuleArn: rule.arn, Actions: actions })),
  );
}

const missing = {
  TargetGroupNotFoundException: (cause: Error) => new TargetGroupUnfitError(cause.message, { cause }),
};
const groupSchema = z.tuple([z.object({ TargetGroupArn: z.string(), HealthCheckPath: z.string().default('/') })]);

async function describeGroup(given: string) {
  if (!given.startsWith('arn:')) return await elb().send(new DescribeTargetGroupsCommand({ Names: [given] }));
  try {
    return await elb().send(new DescribeTargetGroupsCommand({ TargetGroupArns: [given] }));
  } catch (error) {
    // One that was made again has the same name and another ARN.
    const [, name] = /:targetgroup\/([^/]+)\//.exec(given) ?? [];
    if (!isAwsError(error, 'TargetGroupNotFoundException') || name === undefined) throw error;
    return await elb().send(new DescribeTargetGroupsCommand({ Names: [name] }));
  }
}

/**
 * A target group by its ARN or its name; where none has the ARN any more, by the name in it (ELBv2 DescribeTargetGroups).
 * @throws TargetGroupUnfitError where there is none
 */
export async function findTargetGroup(given: string): Promise<{ arn: string; healthCheckPath: string }> {
  const answer = await callAws(
    `elasticloadbalancing:DescribeTargetGroups ${given}`,
    () => describeGroup(given),
    missing,
  );
  const [group] = parse(groupSchema, answer.TargetGroups, `the target group ${given}`);
  return { arn: group.TargetGroupArn, healthCheckPath: group.HealthCheckPath };
}

/** Seconds for which a group lets requests that are under way end (ELBv2 DescribeTargetGroupAttributes). */
export async function deregistrationDelay(targetGroupArn: string): Promise<number> {
  const answer = await callAws(
    `elasticloadbalancing:DescribeTargetGroupAttributes ${targetGroupArn}`,
    () => elb().send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn: targetGroupArn })),
    missing,
  );
  const found = answer.Attributes?.find(({ Key }) => Key === 'deregistration_delay.timeout_seconds')?.Value;
  // 300 s is what AWS uses where nobody said anything (ELB guide, Deregistration delay).
  return found === undefined ? 300 : Number(found);
}

/** Changes the path of a group's health check (ELBv2 ModifyTargetGroup). */
export async function setHealthCheckPath(targetGroupArn: string, path: string): Promise<void> {
  await callAws(
    `elasticloadbalancing:ModifyTargetGroup ${targetGroupArn}`,
    () => elb().send(new ModifyTargetGroupCommand({ TargetGroupArn: targetGroupArn, HealthCheckPath: path })),
    missing,
  );
}
