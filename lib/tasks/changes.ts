import type { ChangeKind } from '../../contract/changes';
import {
  awaitDocuments,
  journal,
  ownInstances,
  OWN_PREFIX,
  runDocuments,
  sourceInstance,
  type Grant,
  type Resources,
  type TaskDeployment,
} from './deployment';

const ownSnapshots = (r: Resources) => r.arn('rds', `snapshot:lifeboat-${r.description.environment}-*`);

const describeInstances = (r: Resources): Grant => ({
  actions: ['rds:DescribeDBInstances', 'rds:ListTagsForResource'],
  resources: [sourceInstance(r), ownInstances(r)],
  why: OWN_PREFIX,
});

/** Changing instances: this environment's source and what its runs made; nobody else's. */
const modifyInstances = (r: Resources): Grant => ({
  actions: ['rds:ModifyDBInstance'],
  resources: [sourceInstance(r), ownInstances(r), ...groupsOf(r)],
  why: `${OWN_PREFIX}; a modification names the parameter, option and subnet groups too`,
});

function groupsOf(r: Resources): string[] {
  return [r.arn('rds', 'pg:*'), r.arn('rds', 'og:*'), r.arn('rds', 'subgrp:*')];
}

/** Of every change: the journal and the lease. */
const own: Record<ChangeKind, (r: Resources) => Grant[]> = {
  'auto-scaling-processes': (r) => [
    {
      actions: ['autoscaling:SuspendProcesses', 'autoscaling:ResumeProcesses'],
      resources: [r.arn('autoscaling', `autoScalingGroup:*:autoScalingGroupName/${r.description.autoScalingGroup}`)],
      why: "a group's ARN has an id that only AWS knows; its name is fixed",
    },
    {
      actions: ['autoscaling:DescribeAutoScalingGroups'],
      resources: ['*'],
      why: 'describing groups knows no resource',
    },
  ],
  'maintenance-page': (r) => [
    {
      actions: ['elasticloadbalancing:CreateRule'],
      resources: [r.description.loadBalancer.listenerArn],
    },
    {
      actions: [
        'elasticloadbalancing:DeleteRule',
        'elasticloadbalancing:AddTags',
        'elasticloadbalancing:SetRulePriorities',
      ],
      resources: [`${r.description.loadBalancer.listenerArn.replace(':listener/', ':listener-rule/')}/*`],
      why: "the rule's id is AWS's; the rules are those of this environment's listener",
    },
    {
      actions: ['elasticloadbalancing:DescribeRules', 'elasticloadbalancing:DescribeTags'],
      resources: ['*'],
      why: 'describing rules and tags knows no resource',
    },
  ],
  services: (r) => [...runDocuments(r, ['stop-services', 'start-services']), awaitDocuments()],
  'database-fence': (r) => [...runDocuments(r, ['fence-database', 'open-database']), awaitDocuments()],
  'network-fence': (r) => [describeInstances(r), modifyInstances(r)],
  'database-replacement': (r) => [
    describeInstances(r),
    {
      // A restore is a write on the source's ARN as well (Service Authorization Reference, Amazon RDS).
      actions: ['rds:RestoreDBInstanceToPointInTime', 'rds:RestoreDBInstanceFromDBSnapshot'],
      resources: [
        sourceInstance(r),
        ownInstances(r),
        r.arn('rds', 'auto-backup:*'),
        r.arn('rds', 'snapshot:*'),
        ...groupsOf(r),
      ],
      why: `${OWN_PREFIX}; backups and groups are found, not known`,
    },
    {
      actions: ['rds:CopyDBSnapshot'],
      resources: ['arn:aws:rds:*:*:snapshot:*', ownSnapshots(r)],
      why: 'the copy of another region is named when it is found',
    },
    { actions: ['rds:DescribeDBSnapshots'], resources: ['*'], why: 'snapshots are found by listing' },
    { actions: ['rds:AddTagsToResource'], resources: [ownInstances(r), ownSnapshots(r)], why: OWN_PREFIX },
  ],
  'database-settings': (r) => [
    describeInstances(r),
    modifyInstances(r),
    {
      actions: ['rds:RebootDBInstance', 'rds:AddTagsToResource', 'rds:RemoveTagsFromResource'],
      resources: [ownInstances(r)],
      why: OWN_PREFIX,
    },
    {
      actions: ['iam:PassRole'],
      resources: [r.arn('iam', 'role/rds-monitoring-role').replace(`:${r.description.region}:`, '::')],
      conditions: { StringEquals: { 'iam:PassedToService': 'monitoring.rds.amazonaws.com' } },
    },
  ],
  'master-login': (r) => [
    describeInstances(r),
    modifyInstances(r),
    { actions: ['secretsmanager:GetSecretValue'], resources: [r.description.database.masterSecretArn] },
  ],
  'dns-record': (r) => [
    {
      actions: ['route53:ListResourceRecordSets', 'route53:ChangeResourceRecordSets'],
      resources: [`arn:aws:route53:::hostedzone/${r.description.database.hostedZoneId}`],
    },
    { actions: ['route53:GetChange'], resources: ['arn:aws:route53:::change/*'], why: "a change's id is AWS's" },
  ],
  'instance-rename': (r) => [describeInstances(r), modifyInstances(r)],
  'database-alarms': (r) => [
    {
      actions: ['cloudwatch:PutMetricAlarm', 'cloudwatch:ListTagsForResource', 'cloudwatch:TagResource'],
      resources: r.description.databaseAlarms.map((name) => r.arn('cloudwatch', `alarm:${name}`)),
    },
    {
      actions: ['cloudwatch:DescribeAlarms'],
      resources: ['*'],
      why: 'alarms are described by name over all of them; it only reads',
    },
  ],
  'first-backup': (r) => [
    {
      actions: ['rds:CreateDBSnapshot'],
      resources: [sourceInstance(r), ownInstances(r), ownSnapshots(r)],
      why: OWN_PREFIX,
    },
    {
      actions: ['rds:AddTagsToResource', 'rds:DescribeDBSnapshots', 'rds:ListTagsForResource'],
      resources: [ownSnapshots(r), ownInstances(r), sourceInstance(r)],
      why: OWN_PREFIX,
    },
  ],
  'kept-instance': (r) => [
    describeInstances(r),
    modifyInstances(r),
    {
      actions: ['rds:AddTagsToResource', 'rds:RemoveTagsFromResource'],
      resources: [sourceInstance(r), ownInstances(r)],
      why: OWN_PREFIX,
    },
  ],
};

const needsBucket: readonly ChangeKind[] = ['services', 'database-fence'];

export const changeDeployments: Record<string, TaskDeployment> = Object.fromEntries(
  Object.entries(own).map(([kind, grants]) => [
    `change-${kind}`,
    {
      environment: needsBucket.some((name) => name === kind) ? ['runsTable', 'reportBucket'] : ['runsTable'],
      grants: (r: Resources) => [journal(r), ...grants(r)],
    },
  ]),
);
