import type { infrastructureChanges } from '../../../contract/changes/infrastructure';
import { TAGS } from '../../../contract/environment';
import type { Grant, Resources } from '../deployment';
import { onStack, readQuotas } from '../infrastructure';
import type { ChangeGrants } from './grants';

const describe = (...what: string[]): Grant => ({
  actions: what.map((each) => `elasticloadbalancing:Describe${each}`),
  resources: ['*'],
  why: 'describing load balancers, rules, tags and target groups knows no resource',
});
/** The described target group, also where it was made again: its ARN ends with an id that is AWS's. */
const targetGroup = (r: Resources) => r.description.loadBalancer.targetGroupArn.replace(/\/[^/]+$/, '/*');
const GROUP_ID = "a target group's ARN has an id that only AWS knows; its name is fixed";
const rules = (r: Resources) => `${r.description.loadBalancer.listenerArn.replace(':listener/', ':listener-rule/')}/*`;
const RULE_ID = "the rule's id is AWS's; the rules are those of this environment's listener";
const ours = (r: Resources) => ({ [`aws:ResourceTag/${TAGS.environment}`]: r.description.environment });

/** `https://<bucket>.s3.<region>.amazonaws.com/<key>` as the ARN of the object. */
function objectOf(templateUrl: string): string {
  const { hostname, pathname } = new URL(templateUrl);
  return `arn:aws:s3:::${hostname.replace(/\.s3\.[a-z0-9-]+\.amazonaws\.com$/, '')}${pathname}`;
}

/** What CloudFormation is asked, as a service role that may make what the template says: Lifeboat only passes it on. */
function changeSets(r: Resources): Grant[] {
  const { infrastructure, environment } = r.description;
  if (infrastructure?.by !== 'cloudformation') return [];
  const own = `lifeboat-${environment}-*`;
  return [
    ...onStack(r, 'CreateChangeSet').map((grant) => ({
      ...grant,
      conditions: {
        StringLike: { 'cloudformation:ChangeSetName': own },
        ArnEquals: { 'cloudformation:RoleArn': infrastructure.serviceRoleArn },
        // Absent where the stack's own template is used.
        StringEqualsIfExists: { 'cloudformation:TemplateUrl': infrastructure.templateUrl },
      },
    })),
    // Tagging what is made is a right of its own.
    ...onStack(r, 'TagResource').map((grant) => ({
      ...grant,
      conditions: { StringEquals: { 'cloudformation:CreateAction': 'CreateChangeSet' } },
    })),
    ...onStack(r, 'DeleteChangeSet').map((grant) => ({
      ...grant,
      conditions: { StringLike: { 'cloudformation:ChangeSetName': own } },
    })),
    // Of the empty stack that a change set of a run has made, which has the run's tags.
    ...onStack(r, 'DeleteStack').map((grant) => ({ ...grant, conditions: { StringEquals: ours(r) } })),
    ...onStack(r, 'DescribeChangeSet', 'DescribeStacks'),
    {
      actions: ['iam:PassRole'],
      resources: [infrastructure.serviceRoleArn],
      conditions: { StringEquals: { 'iam:PassedToService': 'cloudformation.amazonaws.com' } },
    },
    { actions: ['s3:GetObject'], resources: [objectOf(infrastructure.templateUrl)] },
  ];
}

/** What changes of the infrastructure call. Resource types and keys: Service Authorization Reference. */
export const infrastructureChangeGrants: ChangeGrants<keyof typeof infrastructureChanges> = {
  'change-set': changeSets,
  'stack-update': (r) => [
    ...onStack(r, 'ExecuteChangeSet').map((grant) => ({
      ...grant,
      conditions: { StringLike: { 'cloudformation:ChangeSetName': `lifeboat-${r.description.environment}-*` } },
    })),
    ...onStack(r, 'CancelUpdateStack', 'DescribeChangeSet', 'DescribeStacks', 'DescribeStackEvents'),
  ],
  'infrastructure-build': (r) => {
    const { infrastructure } = r.description;
    if (infrastructure?.by !== 'terraform') return [];
    return [
      {
        actions: ['StartBuild', 'StopBuild', 'ListBuildsForProject', 'BatchGetBuilds'].map(
          (each) => `codebuild:${each}`,
        ),
        resources: [r.arn('codebuild', `project/${infrastructure.project}`)],
      },
    ];
  },
  'target-group': (r) => [
    {
      actions: ['elasticloadbalancing:CreateTargetGroup', 'elasticloadbalancing:ModifyTargetGroupAttributes'],
      resources: [targetGroup(r)],
      why: GROUP_ID,
    },
    {
      actions: ['elasticloadbalancing:AddTags'],
      resources: [targetGroup(r)],
      conditions: { StringEquals: { 'elasticloadbalancing:CreateAction': 'CreateTargetGroup' } },
      why: GROUP_ID,
    },
    {
      actions: ['elasticloadbalancing:DeleteTargetGroup'],
      resources: [targetGroup(r)],
      conditions: { StringEquals: ours(r) },
      why: `${GROUP_ID}; only what a run made carries the tag`,
    },
    describe('LoadBalancers', 'Tags', 'TargetGroups', 'TargetGroupAttributes'),
    readQuotas,
  ],
  'target-registration': (r) => [
    {
      actions: ['elasticloadbalancing:RegisterTargets', 'elasticloadbalancing:DeregisterTargets'],
      resources: [targetGroup(r)],
      why: GROUP_ID,
    },
    {
      actions: ['autoscaling:AttachLoadBalancerTargetGroups', 'autoscaling:DetachLoadBalancerTargetGroups'],
      resources: [r.arn('autoscaling', `autoScalingGroup:*:autoScalingGroupName/${r.description.autoScalingGroup}`)],
      why: "a group's ARN has an id that only AWS knows; its name is fixed",
    },
    {
      actions: ['autoscaling:DescribeAutoScalingGroups'],
      resources: ['*'],
      why: 'describing groups knows no resource',
    },
    describe('TargetGroups', 'TargetHealth'),
  ],
  'listener-rule': (r) => [
    { actions: ['elasticloadbalancing:CreateRule'], resources: [r.description.loadBalancer.listenerArn] },
    {
      actions: ['elasticloadbalancing:AddTags'],
      resources: [rules(r)],
      conditions: { StringEquals: { 'elasticloadbalancing:CreateAction': 'CreateRule' } },
      why: RULE_ID,
    },
    {
      actions: ['elasticloadbalancing:DeleteRule'],
      resources: [rules(r)],
      conditions: { StringEquals: ours(r) },
      why: `${RULE_ID}; only what a run made carries the tag`,
    },
    describe('Rules', 'Tags', 'TargetGroups'),
    readQuotas,
  ],
};
