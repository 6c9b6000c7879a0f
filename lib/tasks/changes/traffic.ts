import type { trafficChanges } from '../../../contract/changes/traffic';
import { TAGS } from '../../../contract/environment';
import type { Grant, Resources } from '../deployment';
import type { ChangeGrants } from './grants';

const group = (r: Resources) =>
  r.arn('autoscaling', `autoScalingGroup:*:autoScalingGroupName/${r.description.autoScalingGroup}`);
const GROUP = "a group's ARN has an id that only AWS knows; its name is fixed";

/** What changes of the way to the hosts call. Resource types and keys: Service Authorization Reference. */
export const trafficChangeGrants: ChangeGrants<keyof typeof trafficChanges> = {
  'auto-scaling-processes': (r) => [
    {
      actions: ['autoscaling:SuspendProcesses', 'autoscaling:ResumeProcesses'],
      resources: [group(r)],
      why: GROUP,
    },
    {
      actions: ['autoscaling:DescribeAutoScalingGroups'],
      resources: ['*'],
      why: 'describing groups knows no resource',
    },
  ],
  standby: (r) => [
    {
      actions: ['autoscaling:EnterStandby', 'autoscaling:ExitStandby', 'autoscaling:UpdateAutoScalingGroup'],
      resources: [group(r)],
      why: GROUP,
    },
    {
      actions: ['autoscaling:DescribeAutoScalingGroups'],
      resources: ['*'],
      why: 'describing groups knows no resource',
    },
  ],
  'maintenance-page': (r) => {
    const rules = `${r.description.loadBalancer.listenerArn.replace(':listener/', ':listener-rule/')}/*`;
    const why = "the rule's id is AWS's; the rules are those of this environment's listener";
    return [
      { actions: ['elasticloadbalancing:CreateRule'], resources: [r.description.loadBalancer.listenerArn] },
      {
        actions: ['elasticloadbalancing:AddTags'],
        resources: [rules],
        conditions: { StringEquals: { 'elasticloadbalancing:CreateAction': 'CreateRule' } },
        why,
      },
      {
        actions: ['elasticloadbalancing:DeleteRule'],
        resources: [rules],
        conditions: { StringEquals: { [`aws:ResourceTag/${TAGS.environment}`]: r.description.environment } },
        why: `${why}; only what a run made carries the tag`,
      },
      { actions: ['elasticloadbalancing:SetRulePriorities'], resources: [rules], why },
      {
        actions: ['elasticloadbalancing:DescribeRules', 'elasticloadbalancing:DescribeTags'],
        resources: ['*'],
        why: 'describing rules and tags knows no resource',
      },
    ];
  },
  'dns-record': ({ description: { database, publicRecord } }) => [
    ...recordOf(database.hostedZoneId, database.address),
    ...recordOf(publicRecord.hostedZoneId, publicRecord.name),
    { actions: ['route53:GetChange'], resources: ['arn:aws:route53:::change/*'], why: "a change's id is AWS's" },
  ],
};

/** One plain record of one zone: read, and set to another value. */
function recordOf(hostedZoneId: string, name: string): Grant[] {
  const zone = `arn:aws:route53:::hostedzone/${hostedZoneId}`;
  return [
    { actions: ['route53:ListResourceRecordSets'], resources: [zone] },
    {
      actions: ['route53:ChangeResourceRecordSets'],
      resources: [zone],
      conditions: {
        'ForAllValues:StringEquals': {
          'route53:ChangeResourceRecordSetsNormalizedRecordNames': [name],
          'route53:ChangeResourceRecordSetsRecordTypes': ['CNAME'],
          'route53:ChangeResourceRecordSetsActions': ['UPSERT'],
        },
      },
    },
  ];
}
