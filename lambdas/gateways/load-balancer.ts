import {
  CreateRuleCommand,
  DeleteRuleCommand,
  DescribeRulesCommand,
  DescribeTagsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  SetRulePrioritiesCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import * as z from 'zod';
import { TargetGroupUnfitError } from '../../contract/errors';
import { parse } from '../runtime/parse';
import { callAws, isAwsError } from './aws-errors';
import { client } from './clients';

/** Elastic Load Balancing v2: a listener's rules and a group's targets. */

const elb = () => client(ElasticLoadBalancingV2Client);

export interface ListenerRule {
  readonly arn: string;
  /** `default`, or a number from 1 (looked at first) to 50000, as text. */
  readonly priority: string;
}

const rulesSchema = z.array(z.object({ RuleArn: z.string(), Priority: z.string() })).default([]);

/** All rules of a listener, the default one as well (ELBv2 DescribeRules, all pages). */
export async function listenerRules(listenerArn: string): Promise<ListenerRule[]> {
  const rules: ListenerRule[] = [];
  let marker: string | undefined;
  do {
    const page = await callAws(`elasticloadbalancing:DescribeRules ${listenerArn}`, () =>
      elb().send(
        new DescribeRulesCommand({ ListenerArn: listenerArn, ...(marker !== undefined && { Marker: marker }) }),
      ),
    );
    for (const rule of parse(rulesSchema, page.Rules, "a listener's rules")) {
      rules.push({ arn: rule.RuleArn, priority: rule.Priority });
    }
    marker = page.NextMarker;
  } while (marker !== undefined);
  return rules;
}

/** DescribeTags takes at most 20 ARNs a call (ELBv2 API). */
const TAGS_A_CALL = 20;

/** The rules among those given which have that tag with that value (ELBv2 DescribeTags). */
export async function rulesTagged(rules: readonly ListenerRule[], key: string, value: string): Promise<ListenerRule[]> {
  const ours: ListenerRule[] = [];
  for (let from = 0; from < rules.length; from += TAGS_A_CALL) {
    const part = rules.slice(from, from + TAGS_A_CALL);
    const answer = await callAws('elasticloadbalancing:DescribeTags', () =>
      elb().send(new DescribeTagsCommand({ ResourceArns: part.map(({ arn }) => arn) })),
    );
    const tagged = (answer.TagDescriptions ?? [])
      .filter(({ Tags }) => Tags?.some((tag) => tag.Key === key && tag.Value === value))
      .map(({ ResourceArn }) => ResourceArn);
    ours.push(...part.filter(({ arn }) => tagged.includes(arn)));
  }
  return ours;
}

/** What a listener answers by itself. */
export interface FixedPage {
  readonly html: string;
  readonly tags: Record<string, string>;
}

/**
 * Makes a rule that answers every request with 503 and a page (ELBv2 CreateRule, `/*`, fixed-response).
 * @returns the rule's ARN, or `priority-in-use`
 */
export async function createPageRule(
  listenerArn: string,
  priority: number,
  page: FixedPage,
): Promise<{ arn: string } | 'priority-in-use'> {
  const answer = await callAws(`elasticloadbalancing:CreateRule ${listenerArn}`, async () => {
    try {
      return await elb().send(
        new CreateRuleCommand({
          ListenerArn: listenerArn,
          Priority: priority,
          Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/*'] } }],
          Actions: [
            {
              Type: 'fixed-response',
              FixedResponseConfig: { StatusCode: '503', ContentType: 'text/html', MessageBody: page.html },
            },
          ],
          Tags: Object.entries(page.tags).map(([Key, Value]) => ({ Key, Value })),
        }),
      );
    } catch (error) {
      if (isAwsError(error, 'PriorityInUseException')) return null;
      throw error;
    }
  });
  if (answer === null) return 'priority-in-use';
  return { arn: parse(z.string().min(1), answer.Rules?.[0]?.RuleArn, 'the ARN of a new rule') };
}

/** Moves rules, all at once or none (ELBv2 SetRulePriorities). */
export async function setPriorities(rules: readonly { arn: string; priority: number }[]): Promise<void> {
  if (rules.length === 0) return;
  await callAws('elasticloadbalancing:SetRulePriorities', () =>
    elb().send(
      new SetRulePrioritiesCommand({
        RulePriorities: rules.map(({ arn, priority }) => ({ RuleArn: arn, Priority: priority })),
      }),
    ),
  );
}

/** Deletes a rule; one that is gone already is no error (ELBv2 DeleteRule). */
export async function deleteRule(arn: string): Promise<void> {
  await callAws(`elasticloadbalancing:DeleteRule ${arn}`, async () => {
    try {
      await elb().send(new DeleteRuleCommand({ RuleArn: arn }));
    } catch (error) {
      if (!isAwsError(error, 'RuleNotFoundException')) throw error;
    }
  });
}

/** A target and its state by the load balancer's word. */
export interface TargetState {
  readonly id: string;
  readonly state: string;
}

/** The targets that are registered and not on their way out (ELBv2 DescribeTargetHealth). @throws TargetGroupUnfitError where there is no such group */
export async function targetsInGroup(targetGroupArn: string): Promise<TargetState[]> {
  const answer = await callAws(
    `elasticloadbalancing:DescribeTargetHealth ${targetGroupArn}`,
    () => elb().send(new DescribeTargetHealthCommand({ TargetGroupArn: targetGroupArn })),
    { TargetGroupNotFoundException: (cause) => new TargetGroupUnfitError(cause.message, { cause }) },
  );
  return (answer.TargetHealthDescriptions ?? [])
    .map(({ Target, TargetHealth }) => ({ id: Target?.Id ?? '', state: TargetHealth?.State ?? 'unknown' }))
    .filter(({ state }) => state !== 'draining');
}

/** Their states alone. */
export async function targetStates(targetGroupArn: string): Promise<string[]> {
  return (await targetsInGroup(targetGroupArn)).map(({ state }) => state);
}
