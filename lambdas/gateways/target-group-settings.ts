import {
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  ElasticLoadBalancingV2Client,
  ModifyTargetGroupAttributesCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import * as z from 'zod';
import {
  seenSettingsSchema,
  targetGroupSettingsSchema,
  type SeenSettings,
  type TargetGroupSettings,
} from '../../contract/target-group';
import { environment } from '../runtime/environment';
import { parse } from '../runtime/parse';
import { callAws } from './aws-errors';
import { client } from './clients';
import { getItem, putItem } from './table';

/** Elastic Load Balancing v2: everything that is set of a target group; and what was seen of it, in the table of evidence. */

const elb = () => client(ElasticLoadBalancingV2Client);
/** ModifyTargetGroupAttributes takes at most 20 a call (ELB guide, Quotas). */
const ATTRIBUTES_A_CALL = 20;

const describedSchema = z.object({
  Protocol: z.string(),
  ProtocolVersion: z.string().default('HTTP1'),
  IpAddressType: z.string().default('ipv4'),
  Port: z.number(),
  HealthCheckPath: z.string(),
  HealthCheckProtocol: z.string(),
  HealthCheckPort: z.string(),
  HealthCheckIntervalSeconds: z.number(),
  HealthCheckTimeoutSeconds: z.number(),
  HealthyThresholdCount: z.number(),
  UnhealthyThresholdCount: z.number(),
  Matcher: z.object({ HttpCode: z.string().optional(), GrpcCode: z.string().optional() }),
});

async function attributesOf(arn: string): Promise<Record<string, string>> {
  const answer = await callAws(`elasticloadbalancing:DescribeTargetGroupAttributes ${arn}`, () =>
    elb().send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn: arn })),
  );
  return Object.fromEntries((answer.Attributes ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
}

/** Everything that is set of a group that is there (ELBv2 DescribeTargetGroups, DescribeTargetGroupAttributes). */
export async function readSettings(arn: string): Promise<TargetGroupSettings> {
  const answer = await callAws(`elasticloadbalancing:DescribeTargetGroups ${arn}`, () =>
    elb().send(new DescribeTargetGroupsCommand({ TargetGroupArns: [arn] })),
  );
  const group = parse(describedSchema, answer.TargetGroups?.[0], `the target group ${arn}`);
  const settings = {
    protocol: group.Protocol,
    protocolVersion: group.ProtocolVersion,
    ipAddressType: group.IpAddressType,
    port: group.Port,
    healthCheck: {
      path: group.HealthCheckPath,
      protocol: group.HealthCheckProtocol,
      port: group.HealthCheckPort,
      intervalSeconds: group.HealthCheckIntervalSeconds,
      timeoutSeconds: group.HealthCheckTimeoutSeconds,
      healthyThreshold: group.HealthyThresholdCount,
      unhealthyThreshold: group.UnhealthyThresholdCount,
      codes: (group.ProtocolVersion === 'GRPC' ? group.Matcher.GrpcCode : group.Matcher.HttpCode) ?? '',
    },
    attributes: await attributesOf(arn),
  };
  return parse(targetGroupSettingsSchema, settings, `the settings of ${arn}`);
}

/** Sets those attributes that are other than wanted (ELBv2 ModifyTargetGroupAttributes). */
export async function setAttributes(arn: string, wanted: Readonly<Record<string, string>>): Promise<void> {
  const now = await attributesOf(arn);
  const other = Object.entries(wanted).filter(([key, value]) => now[key] !== value);
  for (let from = 0; from < other.length; from += ATTRIBUTES_A_CALL) {
    const Attributes = other.slice(from, from + ATTRIBUTES_A_CALL).map(([Key, Value]) => ({ Key, Value }));
    await callAws(`elasticloadbalancing:ModifyTargetGroupAttributes ${arn}`, () =>
      elb().send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn: arn, Attributes })),
    );
  }
}

const keyOf = (name: string) => ({ pk: `TARGET_GROUP#${environment('environment')}`, sk: name });

/** Keeps what was seen of the group of that name; it replaces what was seen before. */
export async function keepSettings(name: string, seen: SeenSettings): Promise<void> {
  await putItem(environment('evidenceTable'), { ...keyOf(name), seen });
}

/** What was last seen of the group of that name; null where nobody has seen it. */
export async function seenSettings(name: string): Promise<SeenSettings | null> {
  const item = await getItem(environment('evidenceTable'), keyOf(name));
  return item === undefined
    ? null
    : parse(seenSettingsSchema, item['seen'], `what was seen of the target group ${name}`);
}
