import type { databaseChanges } from '../../../contract/changes/database';
import type { DocumentName } from '../../../contract/documents';
import { OWN_PREFIX, ownInstances, sourceInstance, type Grant, type Resources } from '../deployment';
import { primariesElsewhere } from '../regions';
import type { ChangeGrants } from './grants';

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

/** What changes of the database call. Resource types and keys: Service Authorization Reference. */
export const databaseChangeGrants: ChangeGrants<keyof typeof databaseChanges> = {
  'database-fence': () => [],
  'network-fence': (r) => [
    instances(r, [DESCRIBE, MODIFY], 'own and source'),
    // The primary of the other region, where this one takes over from it.
    ...(r.description.counterpart === undefined
      ? []
      : [{ actions: [`rds:${DESCRIBE}`, `rds:${MODIFY}`], resources: primariesElsewhere(r), why: OWN_PREFIX }]),
  ],
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
    readQuotas,
    ...databaseKeys(r),
  ],
  'database-settings': (r) => [
    // Of a region with another one beside it also the described instance: a replica that was promoted and is made again.
    instances(
      r,
      [DESCRIBE, MODIFY, 'RebootDBInstance', 'AddTagsToResource', 'RemoveTagsFromResource'],
      r.description.counterpart === undefined ? 'own' : 'own and source',
    ),
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
    readQuotas,
    ...databaseKeys(r),
  ],
  schema: () => [],
  'kept-instance': (r) => [
    instances(r, [DESCRIBE, MODIFY, 'AddTagsToResource', 'RemoveTagsFromResource'], 'own and source'),
  ],
};

/** What a rehearsal asks about quotas. */
const readQuotas: Grant = {
  actions: ['rds:DescribeAccountAttributes'],
  resources: ['*'],
  why: 'quotas are of the account; it only reads',
};

/** The documents that they run. */
export const databaseChangeDocuments: Partial<Record<keyof typeof databaseChanges, readonly DocumentName[]>> = {
  'database-fence': ['fence-database', 'open-database'],
  schema: ['rollback-schema', 'inspect-schema'],
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
