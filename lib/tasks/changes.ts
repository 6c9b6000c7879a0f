import type { ChangeKind } from '../../contract/changes';
import { TAGS } from '../../contract/environment';
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
const FOUND = `${OWN_PREFIX}; backups and groups are found, not known`;
/** What every restore makes and names beside what it reads. */
const restored = (r: Resources) => [ownInstances(r), r.arn('rds', 'subgrp:*'), ...groups(r)];
const groups = (r: Resources) => [r.arn('rds', 'pg:*'), r.arn('rds', 'og:*')];

function instances(r: Resources, actions: readonly string[], which: 'own' | 'own and source' = 'own'): Grant {
  const resources = which === 'own' ? [ownInstances(r)] : [sourceInstance(r), ownInstances(r)];
  return { actions: actions.map((action) => `rds:${action}`), resources, why: OWN_PREFIX };
}

/** Changing instances: what this environment's runs made and, where it has to be, its source; nobody else's. */
const DESCRIBE = 'DescribeDBInstances';
const MODIFY = 'ModifyDBInstance';

/** What a change of a kind calls beside the journal. Resource types and keys: Service Authorization Reference. */
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
  services: (r) => [...runDocuments(r, ['stop-services', 'start-services']), awaitDocuments()],
  'database-fence': (r) => [...runDocuments(r, ['fence-database', 'open-database']), awaitDocuments()],
  'network-fence': (r) => [instances(r, [DESCRIBE, MODIFY], 'own and source')],
  'database-replacement': (r) => [
    instances(r, [DESCRIBE, 'AddTagsToResource']),
    {
      // A restore is a write on the source's ARN as well.
      actions: ['rds:RestoreDBInstanceToPointInTime'],
      resources: [sourceInstance(r), r.arn('rds', 'auto-backup:*'), ...restored(r)],
      why: FOUND,
    },
    {
      actions: ['rds:RestoreDBInstanceFromDBSnapshot'],
      resources: [r.arn('rds', 'snapshot:*'), ...restored(r)],
      why: FOUND,
    },
    ...(r.description.database.copyRegion === undefined
      ? []
      : [
          {
            actions: ['rds:CopyDBSnapshot'],
            resources: [
              `arn:aws:rds:${r.description.database.copyRegion}:${r.description.account}:snapshot:*`,
              ownSnapshots(r),
            ],
            why: 'the copy of another region is named when it is found',
          },
        ]),
    {
      actions: ['rds:DescribeDBSnapshots'],
      resources: ['*'],
      why: 'a snapshot, here or in another region, is found by listing; it only reads',
    },
    { actions: ['rds:AddTagsToResource'], resources: [ownSnapshots(r)], why: OWN_PREFIX },
    ...databaseKeys(r),
  ],
  'database-settings': (r) => [
    instances(r, [DESCRIBE, MODIFY, 'RebootDBInstance', 'AddTagsToResource', 'RemoveTagsFromResource']),
    {
      actions: ['rds:ModifyDBInstance'],
      resources: groups(r),
      why: 'a modification names the parameter and option groups of the source, which are found',
    },
    ...passMonitoringRole(r),
    ...databaseKeys(r),
  ],
  'master-login': (r) => [
    instances(r, [DESCRIBE, MODIFY]),
    { actions: ['secretsmanager:GetSecretValue'], resources: [r.description.database.masterSecretArn] },
    ...secretKeys(r),
  ],
  'dns-record': (r) => {
    const zone = `arn:aws:route53:::hostedzone/${r.description.database.hostedZoneId}`;
    return [
      { actions: ['route53:ListResourceRecordSets'], resources: [zone] },
      {
        actions: ['route53:ChangeResourceRecordSets'],
        resources: [zone],
        conditions: {
          'ForAllValues:StringEquals': {
            'route53:ChangeResourceRecordSetsNormalizedRecordNames': [r.description.database.address],
            'route53:ChangeResourceRecordSetsRecordTypes': ['CNAME'],
            'route53:ChangeResourceRecordSetsActions': ['UPSERT'],
          },
        },
      },
      { actions: ['route53:GetChange'], resources: ['arn:aws:route53:::change/*'], why: "a change's id is AWS's" },
    ];
  },
  'instance-rename': (r) => [instances(r, [DESCRIBE, MODIFY], 'own and source')],
  'database-alarms': (r) => [
    ...(r.description.databaseAlarms.length === 0
      ? []
      : [
          {
            actions: ['cloudwatch:PutMetricAlarm'],
            resources: r.description.databaseAlarms.map((name) => r.arn('cloudwatch', `alarm:${name}`)),
          },
        ]),
    {
      actions: ['cloudwatch:DescribeAlarms'],
      resources: ['*'],
      why: 'alarms are described by name over all of them; it only reads',
    },
  ],
  'first-backup': (r) => [
    instances(r, [DESCRIBE, 'CreateDBSnapshot', 'RemoveTagsFromResource'], 'own and source'),
    {
      actions: ['rds:CreateDBSnapshot', 'rds:AddTagsToResource', 'rds:DescribeDBSnapshots'],
      resources: [ownSnapshots(r)],
      why: OWN_PREFIX,
    },
    ...databaseKeys(r),
  ],
  'kept-instance': (r) => [
    instances(r, [DESCRIBE, MODIFY, 'AddTagsToResource', 'RemoveTagsFromResource'], 'own and source'),
  ],
};

/** What RDS does on the caller's behalf with the customer's keys of the instance and its snapshots (RDS guide, Encryption). */
function databaseKeys(r: Resources): Grant[] {
  const { kmsKeyArns, region, database } = r.description;
  if (kmsKeyArns.length === 0) return [];
  const services = [region, ...(database.copyRegion === undefined ? [] : [database.copyRegion])];
  const via = { 'kms:ViaService': services.map((name) => `rds.${name}.amazonaws.com`) };
  return [
    { actions: ['kms:DescribeKey'], resources: kmsKeyArns, conditions: { StringEquals: via } },
    {
      actions: ['kms:CreateGrant'],
      resources: kmsKeyArns,
      conditions: { StringEquals: via, Bool: { 'kms:GrantIsForAWSResource': 'true' } },
    },
  ];
}

/** Reading a secret under a customer's key decrypts it as the caller. */
function secretKeys(r: Resources): Grant[] {
  const { kmsKeyArns, region } = r.description;
  if (kmsKeyArns.length === 0) return [];
  const via = { 'kms:ViaService': `secretsmanager.${region}.amazonaws.com` };
  return [{ actions: ['kms:Decrypt'], resources: kmsKeyArns, conditions: { StringEquals: via } }];
}

/** RDS takes over Enhanced Monitoring only from somebody who may pass its role. */
function passMonitoringRole(r: Resources): Grant[] {
  const { monitoringRoleArn } = r.description.database;
  if (monitoringRoleArn === undefined) return [];
  return [
    {
      actions: ['iam:PassRole'],
      resources: [monitoringRoleArn],
      // RDS checks the pass; Enhanced Monitoring is who assumes the role. The documentation names either as the service.
      conditions: { StringEquals: { 'iam:PassedToService': ['monitoring.rds.amazonaws.com', 'rds.amazonaws.com'] } },
    },
  ];
}

const needsBucket: readonly ChangeKind[] = ['services', 'database-fence'];

export const changeDeployments: Record<string, TaskDeployment> = Object.fromEntries(
  Object.entries(own).map(([kind, grants]) => [
    `change-${kind}`,
    {
      environment: needsBucket.some((name) => name === kind) ? ['runsTable', 'reportBucket'] : ['runsTable'],
      grants: (r: Resources) => [...journal(r), ...grants(r)],
    },
  ]),
);
