import {
  DescribeRulesCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  ElasticLoadBalancingV2Client,
  ModifyListenerCommand,
  ModifyRuleCommand,
  ModifyTargetGroupCommand,
  type Action,
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
/** A rule of a listener that does nothing but forward. */
export interface Forwarding {
  readonly arn: string;
  readonly isDefault: boolean;
  readonly groups: readonly Weight[];
}

const forwardSchema = z.tuple([
  z.object({
    Type: z.literal('forward'),
    ForwardConfig: z.object({
      TargetGroups: z.array(z.object({ TargetGroupArn: z.string(), Weight: z.number().default(1) })),
    }),
  }),
]);

/** The rules of a listener whose one action forwards, the default one as well (ELBv2 DescribeRules, all pages). */
export async function forwardings(listenerArn: string): Promise<Forwarding[]> {
  const found: Forwarding[] = [];
  let marker: string | undefined;
  do {
    const page = await callAws(`elasticloadbalancing:DescribeRules ${listenerArn}`, () =>
      elb().send(
        new DescribeRulesCommand({ ListenerArn: listenerArn, ...(marker !== undefined && { Marker: marker }) }),
      ),
    );
    for (const { RuleArn = '', IsDefault = false, Actions } of page.Rules ?? []) {
      const parsed = forwardSchema.safeParse(Actions);
      if (!parsed.success) continue;
      const groups = parsed.data[0].ForwardConfig.TargetGroups;
      found.push({
        arn: RuleArn,
        isDefault: IsDefault,
        groups: groups.map(({ TargetGroupArn, Weight: weight }) => ({ targetGroupArn: TargetGroupArn, weight })),
      });
    }
    marker = page.NextMarker;
  } while (marker !== undefined);
  return found;
}

/** Sets what a rule forwards to: the default one is the listener's own (ELBv2 ModifyRule, ModifyListener). */
export async function forwardTo(listenerArn: string, rule: Forwarding, groups: readonly Weight[]): Promise<void> {
  const TargetGroups = groups.map(({ targetGroupArn, weight }) => ({ TargetGroupArn: targetGroupArn, Weight: weight }));
  const actions: Action[] = [{ Type: 'forward', ForwardConfig: { TargetGroups } }];
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
