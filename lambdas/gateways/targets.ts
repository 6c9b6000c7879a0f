import {
  AttachLoadBalancerTargetGroupsCommand,
  AutoScalingClient,
  DetachLoadBalancerTargetGroupsCommand,
} from '@aws-sdk/client-auto-scaling';
import {
  CreateRuleCommand,
  CreateTargetGroupCommand,
  DeleteTargetGroupCommand,
  DeregisterTargetsCommand,
  DescribeLoadBalancersCommand,
  DescribeRulesCommand,
  DescribeTagsCommand,
  DescribeTargetGroupsCommand,
  ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
  type Rule,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import * as z from 'zod';
import type { TargetGroupSettings } from '../../contract/target-group';
import { ServiceUnavailableError, TargetGroupUnfitError } from '../../contract/errors';
import { parse } from '../runtime/parse';
import { busy, describeGroup } from './auto-scaling';
import { callAws, isAwsError } from './aws-errors';
import { client } from './clients';

/** Elastic Load Balancing v2 and Auto Scaling: making target groups and rules, and which instances are targets. */

const elb = () => client(ElasticLoadBalancingV2Client);
const tagList = (tags: Readonly<Record<string, string>>) =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

/** The network of a load balancer that works (ELBv2 DescribeLoadBalancers). @throws TargetGroupUnfitError where there is none */
export async function networkOf(loadBalancerArn: string): Promise<string> {
  const answer = await callAws(
    `elasticloadbalancing:DescribeLoadBalancers ${loadBalancerArn}`,
    () => elb().send(new DescribeLoadBalancersCommand({ LoadBalancerArns: [loadBalancerArn] })),
    { LoadBalancerNotFoundException: (cause) => new TargetGroupUnfitError(cause.message, { cause }) },
  );
  return parse(z.string().min(1), answer.LoadBalancers?.[0]?.VpcId, `the network of ${loadBalancerArn}`);
}

/** The ARN of a target group by its name; null where there is none (ELBv2 DescribeTargetGroups). */
export async function targetGroupNamed(name: string): Promise<string | null> {
  const answer = await callAws(`elasticloadbalancing:DescribeTargetGroups ${name}`, async () => {
    try {
      return await elb().send(new DescribeTargetGroupsCommand({ Names: [name] }));
    } catch (error) {
      if (isAwsError(error, 'TargetGroupNotFoundException')) return null;
      throw error;
    }
  });
  return answer === null ? null : parse(z.string(), answer.TargetGroups?.[0]?.TargetGroupArn, `the group ${name}`);
}

/** How many target groups there are (ELBv2 DescribeTargetGroups, all pages). */
export async function countTargetGroups(): Promise<number> {
  let count = 0;
  let marker: string | undefined;
  do {
    const page = await callAws('elasticloadbalancing:DescribeTargetGroups', () =>
      elb().send(new DescribeTargetGroupsCommand(marker === undefined ? {} : { Marker: marker })),
    );
    count += page.TargetGroups?.length ?? 0;
    marker = page.NextMarker;
  } while (marker !== undefined);
  return count;
}

/** The tags of a target group or a rule (ELBv2 DescribeTags). */
export async function tagsOf(arn: string): Promise<Record<string, string>> {
  const answer = await callAws(`elasticloadbalancing:DescribeTags ${arn}`, () =>
    elb().send(new DescribeTagsCommand({ ResourceArns: [arn] })),
  );
  return Object.fromEntries(
    (answer.TagDescriptions?.[0]?.Tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? '']),
  );
}

export interface NewTargetGroup {
  readonly name: string;
  readonly network: string;
  readonly port: number;
  readonly healthCheckPath: string;
  /** What else is set of it; null for AWS's defaults. Its attributes are set once it is there. */
  readonly settings: TargetGroupSettings | null;
  readonly tags: Readonly<Record<string, string>>;
}

function settingsOf({ protocolVersion, ipAddressType, healthCheck: check }: TargetGroupSettings) {
  return {
    ProtocolVersion: protocolVersion,
    IpAddressType: ipAddressType,
    HealthCheckProtocol: check.protocol,
    HealthCheckPort: check.port,
    HealthCheckIntervalSeconds: check.intervalSeconds,
    HealthCheckTimeoutSeconds: check.timeoutSeconds,
    HealthyThresholdCount: check.healthyThreshold,
    UnhealthyThresholdCount: check.unhealthyThreshold,
    Matcher: protocolVersion === 'GRPC' ? { GrpcCode: check.codes } : { HttpCode: check.codes },
  };
}

/** Makes a target group for instances (ELBv2 CreateTargetGroup). @returns `exists` where one of that name has other settings */
export async function createTargetGroup(group: NewTargetGroup): Promise<'created' | 'exists'> {
  return await callAws(`elasticloadbalancing:CreateTargetGroup ${group.name}`, async () => {
    try {
      await elb().send(
        new CreateTargetGroupCommand({
          Name: group.name,
          Protocol: group.settings?.protocol ?? 'HTTP',
          Port: group.port,
          VpcId: group.network,
          TargetType: 'instance',
          HealthCheckPath: group.healthCheckPath,
          ...(group.settings === null ? {} : settingsOf(group.settings)),
          Tags: tagList(group.tags),
        }),
      );
      return 'created';
    } catch (error) {
      if (isAwsError(error, 'DuplicateTargetGroupNameException')) return 'exists';
      throw error;
    }
  });
}

/** Deletes a target group; one that is gone is no error (ELBv2 DeleteTargetGroup). @throws ServiceUnavailableError while a rule still names it */
export async function deleteTargetGroup(arn: string): Promise<void> {
  await callAws(
    `elasticloadbalancing:DeleteTargetGroup ${arn}`,
    () => elb().send(new DeleteTargetGroupCommand({ TargetGroupArn: arn })),
    { ResourceInUseException: (cause) => new ServiceUnavailableError(`${arn} is in use: ${cause.message}`, { cause }) },
  );
}

const targetsOf = (instances: readonly string[]) => instances.map((Id) => ({ Id }));

/** Makes instances targets; one that is one already stays (ELBv2 RegisterTargets). */
export async function registerTargets(arn: string, instances: readonly string[]): Promise<void> {
  if (instances.length === 0) return;
  await callAws(`elasticloadbalancing:RegisterTargets ${arn}`, () =>
    elb().send(new RegisterTargetsCommand({ TargetGroupArn: arn, Targets: targetsOf(instances) })),
  );
}

/** Takes instances out; their requests end first (ELBv2 DeregisterTargets). */
export async function deregisterTargets(arn: string, instances: readonly string[]): Promise<void> {
  if (instances.length === 0) return;
  await callAws(`elasticloadbalancing:DeregisterTargets ${arn}`, () =>
    elb().send(new DeregisterTargetsCommand({ TargetGroupArn: arn, Targets: targetsOf(instances) })),
  );
}

/** Target groups into which an Auto Scaling group puts its instances (Auto Scaling DescribeAutoScalingGroups). */
export async function attachedGroups(group: string): Promise<string[]> {
  return [...((await describeGroup(group)).TargetGroupARNs ?? [])];
}

/** An Auto Scaling group puts its instances, and those that it launches, into this group as well (AttachLoadBalancerTargetGroups). */
export async function attach(group: string, arn: string): Promise<void> {
  await callAws(
    `autoscaling:AttachLoadBalancerTargetGroups ${group}`,
    () =>
      client(AutoScalingClient).send(
        new AttachLoadBalancerTargetGroupsCommand({ AutoScalingGroupName: group, TargetGroupARNs: [arn] }),
      ),
    busy(group),
  );
}

/** The opposite (Auto Scaling DetachLoadBalancerTargetGroups): its instances are deregistered. */
export async function detach(group: string, arn: string): Promise<void> {
  await callAws(
    `autoscaling:DetachLoadBalancerTargetGroups ${group}`,
    () =>
      client(AutoScalingClient).send(
        new DetachLoadBalancerTargetGroupsCommand({ AutoScalingGroupName: group, TargetGroupARNs: [arn] }),
      ),
    busy(group),
  );
}

export interface PathRule {
  readonly arn: string;
  /** `default`, or a number as text. */
  readonly priority: string;
  /** Null where the rule asks for something else than paths alone. */
  readonly paths: readonly string[] | null;
  /** Target groups that get requests by it. */
  readonly forwardsTo: readonly string[];
}

function pathsOf({ IsDefault, Conditions = [] }: Rule): readonly string[] | null {
  if (IsDefault === true) return [];
  const [only, ...others] = Conditions;
  if (only?.Field !== 'path-pattern' || others.length > 0) return null;
  return only.PathPatternConfig?.Values ?? only.Values ?? [];
}

/** The rules of a listener with their paths, the default one as well (ELBv2 DescribeRules, all pages). */
export async function pathRules(listenerArn: string): Promise<PathRule[]> {
  const rules: PathRule[] = [];
  let marker: string | undefined;
  do {
    const page = await callAws(`elasticloadbalancing:DescribeRules ${listenerArn}`, () =>
      elb().send(
        new DescribeRulesCommand({ ListenerArn: listenerArn, ...(marker !== undefined && { Marker: marker }) }),
      ),
    );
    for (const rule of page.Rules ?? []) {
      const groups = (rule.Actions ?? []).flatMap(({ Type, ForwardConfig, TargetGroupArn }) =>
        Type === 'forward' ? (ForwardConfig?.TargetGroups ?? [{ TargetGroupArn, Weight: 1 }]) : [],
      );
      rules.push({
        arn: rule.RuleArn ?? '',
        priority: rule.Priority ?? '',
        paths: pathsOf(rule),
        forwardsTo: groups.flatMap(({ TargetGroupArn, Weight = 1 }) =>
          TargetGroupArn !== undefined && Weight > 0 ? [TargetGroupArn] : [],
        ),
      });
    }
    marker = page.NextMarker;
  } while (marker !== undefined);
  return rules;
}

/** Makes a rule that forwards paths to a group (ELBv2 CreateRule). @returns its ARN, or `priority-in-use` */
export async function createForwardRule(
  listenerArn: string,
  rule: {
    readonly priority: number;
    readonly paths: readonly string[];
    readonly targetGroupArn: string;
    readonly tags: Readonly<Record<string, string>>;
  },
): Promise<{ arn: string } | 'priority-in-use'> {
  const answer = await callAws(`elasticloadbalancing:CreateRule ${listenerArn}`, async () => {
    try {
      return await elb().send(
        new CreateRuleCommand({
          ListenerArn: listenerArn,
          Priority: rule.priority,
          Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: [...rule.paths] } }],
          Actions: [
            {
              Type: 'forward',
              ForwardConfig: { TargetGroups: [{ TargetGroupArn: rule.targetGroupArn, Weight: 1 }] },
            },
          ],
          Tags: tagList(rule.tags),
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
