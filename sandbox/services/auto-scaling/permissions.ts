import { type TemplateData } from '../ec2/launch-templates';
import { globalArn, type Place, regionalArn } from '../place';
import { type Permission } from '../service';

/**
 * What whoever lets a group launch from a template has to be allowed, or is told "You are not authorized to use launch
 * template": to run instances with everything that a launch uses and makes, to tag it as the template says, and to pass the
 * profile's role (Auto Scaling guide, Control Amazon EC2 launch template usage). Subnets are the group's and not the
 * template's, and what a launch makes is nobody's before: nothing of the template (EC2 guide, IsLaunchTemplateResource).
 */
export function launchPermissions(place: Place, template: string, data: TemplateData): Permission[] {
  const { ImageId = '', SecurityGroupIds = [], TagSpecifications = [], IamInstanceProfile: profile } = data;
  const ec2 = (rest: string) => regionalArn(place, 'ec2', rest);
  const run = (resource: string, named: boolean): Permission => ({
    action: 'ec2:RunInstances',
    resource,
    context: { 'ec2:LaunchTemplate': template, 'ec2:IsLaunchTemplateResource': String(named) },
  });
  return [
    run(template, true),
    ...(ImageId.startsWith('ami-') ? [run(`arn:${place.partition}:ec2:${place.region}::image/${ImageId}`, true)] : []),
    ...SecurityGroupIds.map((id) => run(ec2(`security-group/${id}`), true)),
    ...['instance/*', 'volume/*', 'network-interface/*', 'subnet/subnet-0a1b2c3d4e5f60718'].map((made) =>
      run(ec2(made), false),
    ),
    ...TagSpecifications.map(({ ResourceType, Tags }) => ({
      action: 'ec2:CreateTags',
      resource: ec2(`${ResourceType}/*`),
      context: {
        'ec2:CreateAction': 'RunInstances',
        'aws:TagKeys': Tags.map(({ Key }) => Key),
        ...Object.fromEntries(Tags.map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value])),
      },
    })),
    ...(profile === undefined
      ? []
      : [
          {
            action: 'iam:PassRole',
            // The profile has the name of its role here.
            resource: globalArn(place, 'iam', `role/${profile.Name}`),
            context: { 'iam:PassedToService': 'ec2.amazonaws.com' },
          },
        ]),
  ];
}
