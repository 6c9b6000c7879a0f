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

/** Auto Scaling lets a group launch from a template only by somebody who may run such instances and pass their role. */
const launches = (r: Resources): Grant[] => [
  {
    actions: ['ec2:RunInstances'],
    resources: ['*'],
    conditions: {
      ArnEquals: { 'ec2:LaunchTemplate': template(r) },
      Bool: { 'ec2:IsLaunchTemplateResource': 'true' },
    },
    why: 'a launch names images, networks, volumes and instances that only the template knows; the condition binds it to that template',
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
