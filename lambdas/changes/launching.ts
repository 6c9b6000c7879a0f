import { LaunchTemplateUnfitError } from '../../contract/errors';
import type { Check, RunRef } from '../../contract/run';
import { templateVersion } from '../gateways/launch-templates';
import { requireRun } from '../gateways/runs';
import { ownArn, type Need } from './rehearse';

/** An Auto Scaling group; the id in its ARN is AWS's, and policies name the group (lib/tasks/changes/instances.ts). */
export const groupArn = (group: string): string =>
  ownArn('autoscaling', `autoScalingGroup:00000000-0000-0000-0000-000000000000:autoScalingGroupName/${group}`);

/** What these actions on a group need. */
export const onGroup = (group: string, ...actions: readonly string[]): Need => ({
  actions: actions.map((action) => `autoscaling:${action}`),
  resource: groupArn(group),
});

export const templateArn = (templateId: string): string => ownArn('ec2', `launch-template/${templateId}`);

/** Made by a launch, or the group's: resources that no template names. IAM is asked about one of each that nobody has. */
const MADE = ['instance/i-', 'volume/vol-', 'network-interface/eni-'].map((prefix) => `${prefix}00000000000000000`);
const OF_THE_GROUP = [...MADE, 'subnet/subnet-00000000000000000'];

/**
 * Whoever lets a group launch from a template has to be allowed to run such instances, to tag what the template has tags for,
 * and to pass their role on (Auto Scaling guide, Launch template permissions).
 */
export async function launching(templateId: string, run: RunRef): Promise<Need[]> {
  const role = (await requireRun(run.id)).description?.launchTemplate.hostRoleArn;
  const template = templateArn(templateId);
  const running = (resource: string, named: boolean): Need => ({
    actions: ['ec2:RunInstances'],
    resource,
    context: { 'ec2:LaunchTemplate': template, 'ec2:IsLaunchTemplateResource': String(named) },
  });
  return [
    running(template, true),
    ...OF_THE_GROUP.map((rest) => running(ownArn('ec2', rest), false)),
    ...MADE.map((rest) => ({
      actions: ['ec2:CreateTags'],
      resource: ownArn('ec2', rest),
      context: { 'ec2:CreateAction': 'RunInstances' },
    })),
    ...(role === undefined
      ? []
      : [
          {
            actions: ['iam:PassRole'],
            resource: role,
            context: { 'iam:PassedToService': 'ec2.amazonaws.com' },
          },
        ]),
  ];
}

/** Whether a launch template has a version (EC2 DescribeLaunchTemplateVersions). */
export async function versionCheck(templateId: string, version: string): Promise<Check> {
  const common = {
    name: `version ${version} of ${templateId}`,
    expected: 'it is there',
    evidence: 'ec2:DescribeLaunchTemplateVersions',
  };
  try {
    await templateVersion(templateId, version);
    return { ...common, status: 'passed', actual: 'it is there' };
  } catch (error) {
    if (!(error instanceof LaunchTemplateUnfitError)) throw error;
    return { ...common, status: 'failed', actual: error.message };
  }
}
