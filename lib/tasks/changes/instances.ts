import type { instanceChanges } from '../../../contract/changes/instances';
import type { Grant, Resources } from '../deployment';
import type { ChangeGrants } from './grants';

const group = (r: Resources) =>
  r.arn('autoscaling', `autoScalingGroup:*:autoScalingGroupName/${r.description.autoScalingGroup}`);
const GROUP = "a group's ARN has an id that only AWS knows; its name is fixed";
const template = (r: Resources) => r.arn('ec2', `launch-template/${r.description.launchTemplate.id}`);

export const describeGroups: Grant = {
  actions: ['autoscaling:DescribeAutoScalingGroups', 'autoscaling:DescribeInstanceRefreshes'],
  resources: ['*'],
  why: 'describing groups and their refreshes knows no resource',
};
export const describeTemplates: Grant = {
  actions: ['ec2:DescribeLaunchTemplateVersions'],
  resources: ['*'],
  why: 'describing versions of launch templates knows no resource',
};

const onGroup = (r: Resources, ...actions: string[]): Grant => ({
  actions: actions.map((action) => `autoscaling:${action}`),
  resources: [group(r)],
  why: GROUP,
});

/** What a launch makes, and the network it is in, which is the group's: nothing that the template names. */
const MADE = ['instance', 'volume', 'network-interface'];
const OF_THE_GROUP = [...MADE, 'subnet'];

/**
 * Auto Scaling lets a group launch from a template only by somebody who may run such instances, tag them as the template says
 * and pass their role (Auto Scaling guide, Control Amazon EC2 launch template usage).
 */
const launches = (r: Resources): Grant[] => [
  {
    actions: ['ec2:RunInstances'],
    resources: ['*'],
    conditions: {
      ArnEquals: { 'ec2:LaunchTemplate': template(r) },
      Bool: { 'ec2:IsLaunchTemplateResource': 'true' },
    },
    why: 'a launch names images, security groups and keys that only the template knows; the condition binds it to that template',
  },
  {
    actions: ['ec2:RunInstances'],
    resources: OF_THE_GROUP.map((type) => r.arn('ec2', `${type}/*`)),
    conditions: { ArnEquals: { 'ec2:LaunchTemplate': template(r) } },
    why: "subnets are the group's, and the others have no id before the launch; the condition binds it to that template",
  },
  {
    actions: ['ec2:CreateTags'],
    resources: MADE.map((type) => r.arn('ec2', `${type}/*`)),
    conditions: { StringEquals: { 'ec2:CreateAction': 'RunInstances' } },
    why: 'what a launch makes has no id before it; the condition binds it to what is being launched, and launching to that template',
  },
  {
    actions: ['iam:PassRole'],
    resources: [r.description.launchTemplate.hostRoleArn],
    conditions: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
  },
];

/** What changes of the group's instances call. Resource types and keys: Service Authorization Reference. */
export const instanceChangeGrants: ChangeGrants<keyof typeof instanceChanges> = {
  'launch-template-version': (r) => [
    describeTemplates,
    { actions: ['ec2:CreateLaunchTemplateVersion', 'ec2:DeleteLaunchTemplateVersions'], resources: [template(r)] },
  ],
  'group-launch-template': (r) => [
    describeGroups,
    describeTemplates,
    onGroup(r, 'UpdateAutoScalingGroup'),
    ...launches(r),
  ],
  'refresh-cancellation': (r) => [
    describeGroups,
    onGroup(r, 'CancelInstanceRefresh', 'StartInstanceRefresh'),
    ...launches(r),
  ],
  'instance-refresh': (r) => [
    describeGroups,
    describeTemplates,
    onGroup(r, 'StartInstanceRefresh', 'RollbackInstanceRefresh'),
    ...launches(r),
  ],
};
