import { type Description } from '../../contract/description';
import { type AutoScaling } from '../services/auto-scaling/service';
import { type ResourceKind } from '../services/cloudformation/resources';
import { type ElasticLoadBalancing } from '../services/elastic-load-balancing/service';
import { AwsError } from '../services/service';

/** The network that the hosts are in. */
export const VPC = 'vpc-0a1b2c3d4e5f60718';

/** What a stack has: the hosts alone, or the way to them too, target group and rule. */
export type StackParts = 'hosts' | 'hosts and the way to them';

/** At which a rule of the stack is tried. */
export const STACK_PRIORITY = 1;

/**
 * What the application's operators have stored of their hosts: the group with its sizes, and beside it a bucket that holds
 * data; where the stack has the way to them as well, it is made around the hosts.
 */
export function storedTemplate(description: Description, parts: StackParts = 'hosts'): string {
  const { autoScalingGroup, launchTemplate, infrastructure, loadBalancer } = description;
  const hosts = String(infrastructure?.hosts ?? 2);
  const way = parts === 'hosts and the way to them';
  return JSON.stringify({
    AWSTemplateFormatVersion: '2010-09-09',
    Description: 'The hosts of the application',
    Parameters: { Environment: { Type: 'String' } },
    Resources: {
      Uploads: {
        Type: 'AWS::S3::Bucket',
        DeletionPolicy: 'Retain',
        Properties: { BucketName: `${autoScalingGroup}-uploads`, VersioningConfiguration: { Status: 'Enabled' } },
      },
      ...(way && {
        Targets: {
          Type: 'AWS::ElasticLoadBalancingV2::TargetGroup',
          Properties: {
            Name: loadBalancer.targetGroupArn.split('/').at(-2),
            Protocol: 'HTTP',
            Port: loadBalancer.targetPort,
            VpcId: VPC,
            HealthCheckPath: loadBalancer.healthCheckPath,
          },
        },
      }),
      Hosts: {
        Type: 'AWS::AutoScaling::AutoScalingGroup',
        Properties: {
          AutoScalingGroupName: autoScalingGroup,
          MinSize: hosts,
          MaxSize: hosts,
          DesiredCapacity: hosts,
          LaunchTemplate: { LaunchTemplateId: launchTemplate.id, Version: '1' },
          ...(way && { TargetGroupARNs: [{ Ref: 'Targets' }] }),
        },
      },
      ...(way && {
        Forward: {
          Type: 'AWS::ElasticLoadBalancingV2::ListenerRule',
          Properties: {
            ListenerArn: loadBalancer.listenerArn,
            Priority: STACK_PRIORITY,
            Conditions: [{ Field: 'path-pattern', Values: loadBalancer.paths }],
            Actions: [{ Type: 'forward', TargetGroupArn: { Ref: 'Targets' } }],
          },
        },
      }),
    },
  });
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(text) : []);
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Object.entries(value).find(([key]) => key === name)?.[1] : undefined;

/** Auto Scaling groups as CloudFormation sees them: their sizes, what they launch from, and whose targets their hosts are. */
export function groupKind(autoScaling: () => AutoScaling): ResourceKind {
  return {
    createOnly: ['AutoScalingGroupName'],
    create: ({ AutoScalingGroupName: name }) => {
      // A group is a name and its sizes here; what it launches hosts by is the world's.
      if (!autoScaling().has(text(name)))
        throw new AwsError('ValidationError', `The sandbox cannot make the Auto Scaling group ${text(name)} anew`);
      return text(name);
    },
    read: (name) => {
      if (!autoScaling().has(name)) return undefined;
      const { minSize, maxSize, desired } = autoScaling().sizesOf(name);
      const { group, templateId } = autoScaling().launchedFrom(name);
      return {
        AutoScalingGroupName: name,
        MinSize: String(minSize),
        MaxSize: String(maxSize),
        DesiredCapacity: String(desired),
        LaunchTemplate: { LaunchTemplateId: templateId, Version: group },
        TargetGroupARNs: autoScaling().targetGroupsOf(name),
      };
    },
    update: (name, { MinSize, MaxSize, DesiredCapacity, LaunchTemplate, TargetGroupARNs }) => {
      autoScaling().resize(name, {
        minSize: Number(MinSize),
        maxSize: Number(MaxSize),
        desired: Number(DesiredCapacity),
      });
      const version = text(field(LaunchTemplate, 'Version'));
      if (version !== '') autoScaling().setVersion(name, version);
      if (TargetGroupARNs !== undefined) autoScaling().setTargetGroups(name, texts(TargetGroupARNs));
    },
    remove: (name) => {
      throw new AwsError('ValidationError', `The sandbox deletes no Auto Scaling group: ${name}`);
    },
  };
}

/** Target groups as CloudFormation sees them, of which each is its ARN. */
export function targetGroupKind(elb: ElasticLoadBalancing): ResourceKind {
  return {
    createOnly: ['Name', 'Protocol', 'Port', 'VpcId'],
    create: ({ Name, Port, VpcId, HealthCheckPath }) =>
      elb.groups.make({
        Name: text(Name),
        Port: Number(Port),
        VpcId: text(VpcId),
        HealthCheckPath: text(HealthCheckPath),
      }),
    read: (arn) => {
      const group = elb.groupAt(arn);
      if (group === undefined) return undefined;
      const { path } = group.healthCheck;
      const Name = arn.split('/').at(-2);
      return { Name, Protocol: 'HTTP', Port: elb.portOf(arn), VpcId: VPC, HealthCheckPath: path };
    },
    update: (arn, { HealthCheckPath }) => {
      const group = elb.groupAt(arn);
      group?.setHealthCheck({ ...group.healthCheck, path: text(HealthCheckPath) });
    },
    remove: (arn) => {
      elb.groups.remove(arn);
    },
  };
}

/** Rules of one listener that forward to one target group, of which each is its ARN. */
export function ruleKind(elb: ElasticLoadBalancing, listenerArn: string): ResourceKind {
  const groupIn = (Actions: unknown): string => text(field(listOf(Actions)[0], 'TargetGroupArn'));
  return {
    createOnly: ['ListenerArn'],
    create: ({ Priority, Conditions, Actions }) => {
      const group = elb.groupAt(groupIn(Actions));
      if (group === undefined)
        throw new AwsError('TargetGroupNotFoundException', `One or more target groups not found: ${groupIn(Actions)}`);
      return elb.createRule(listenerArn, {
        priority: Number(Priority),
        conditions: [{ kind: 'path', patterns: texts(field(listOf(Conditions)[0], 'Values')) }],
        action: { kind: 'forward', groups: [{ group, weight: 1 }] },
      }).arn;
    },
    read: (arn) => {
      const rule = elb.rulesOf(listenerArn).find((each) => each.arn === arn);
      if (rule === undefined) return undefined;
      const [only] = rule.action.kind === 'forward' ? rule.action.groups : [];
      return {
        ListenerArn: listenerArn,
        Priority: rule.priority,
        Conditions: rule.conditions.map((each) => ({
          Field: 'path-pattern',
          Values: each.kind === 'path' ? each.patterns : [],
        })),
        Actions: [{ Type: rule.action.kind, ...(only && { TargetGroupArn: elb.arnOf(only.group) }) }],
      };
    },
    update: (arn) => {
      throw new AwsError('ValidationError', `The sandbox changes no rule by a stack: ${arn}`);
    },
    remove: (arn) => {
      elb.deleteRule(arn);
    },
  };
}
