import * as z from 'zod';
import { operation } from '../operation';
import { AwsError, type Operation } from '../service';
import { type ControlPlane } from './control-plane';
import { existing } from './input';
import { arnOf, backupArnOf, described, type Instance } from './instance';
import { dbArn, resourceTags, snapshotArn } from './permissions';
import { describedSnapshot } from './snapshots';

/** What DescribeDBInstances, DescribeDBInstanceAutomatedBackups and DescribeDBSnapshots say, in one page each. */
export function descriptions(plane: ControlPlane): Record<string, Operation> {
  return {
    DescribeDBInstances: operation(z.strictObject({ DBInstanceIdentifier: existing.optional() }), {
      authorize: ({ DBInstanceIdentifier: name }, caller) => [
        {
          action: 'rds:DescribeDBInstances',
          resource: dbArn(caller, name ?? '*'),
          context: resourceTags('db', plane.instances.get(name ?? '')?.tags),
        },
      ],
      perform: ({ DBInstanceIdentifier: name }) => ({
        DBInstances: (name === undefined ? [...plane.instances.values()] : [plane.get(name)]).map(described),
      }),
    }),
    DescribeDBInstanceAutomatedBackups: operation(
      z.strictObject({ DBInstanceIdentifier: existing.optional(), DbiResourceId: z.string().optional() }),
      {
        authorize: ({ DBInstanceIdentifier: name }, caller) => [
          {
            action: 'rds:DescribeDBInstanceAutomatedBackups',
            resource: `arn:aws:rds:${caller.region}:${caller.account}:auto-backup:*`,
          },
          // Both are resources of the call (Service Authorization Reference).
          ...(name === undefined
            ? []
            : [{ action: 'rds:DescribeDBInstanceAutomatedBackups', resource: dbArn(caller, name) }]),
        ],
        perform: async ({ DBInstanceIdentifier: name, DbiResourceId: id }) => {
          const matching = plane
            .backedUp()
            .filter(
              ({ identifier, resourceId }) =>
                (name === undefined || identifier === name) && (id === undefined || resourceId === id),
            );
          const replicated = [...plane.replicated].filter(
            ([, { identifier, resourceId }]) =>
              (name === undefined || identifier === name) && (id === undefined || resourceId === id),
          );
          if (matching.length + replicated.length === 0 && (name ?? id) !== undefined)
            throw new AwsError(
              'DBInstanceAutomatedBackupNotFoundFault',
              `Automated backup of ${name ?? id ?? ''} not found.`,
              404,
            );
          const told = [
            ...matching.map((instance) => describedBackup(instance)),
            ...replicated.map(([arn, instance]) => describedBackup(instance, arn)),
          ];
          return { DBInstanceAutomatedBackups: await Promise.all(told) };
        },
      },
    ),
    // The quotas that a recovery can run into, with the service's defaults (RDS guide, Quotas and constraints).
    DescribeAccountAttributes: operation(z.strictObject({}), {
      authorize: () => [{ action: 'rds:DescribeAccountAttributes', resource: '*' }],
      perform: (_none, { region }) => {
        const storage = [...plane.instances.values()].reduce(
          (sum, { attributes }) => sum + attributes.AllocatedStorage,
          0,
        );
        const quota = (AccountQuotaName: string, Used: number, Max: number) => ({ AccountQuotaName, Used, Max });
        return {
          AccountQuotas: [
            quota('DBInstances', plane.instances.size, plane.quotas.instances),
            quota('AllocatedStorage', storage, plane.quotas.storageGiB),
            quota('ManualSnapshots', plane.snapshots.in(region).length, plane.quotas.snapshots),
          ],
        };
      },
    }),
    DescribeDBSnapshots: operation(
      z.strictObject({ DBInstanceIdentifier: existing.optional(), DBSnapshotIdentifier: existing.optional() }),
      {
        authorize: ({ DBSnapshotIdentifier, DBInstanceIdentifier }, caller) => [
          // Both are resources of the call; the one that is not named is any of them.
          { action: 'rds:DescribeDBSnapshots', resource: snapshotArn(caller, DBSnapshotIdentifier ?? '*') },
          ...(DBInstanceIdentifier === undefined
            ? []
            : [{ action: 'rds:DescribeDBSnapshots', resource: dbArn(caller, DBInstanceIdentifier) }]),
        ],
        perform: ({ DBInstanceIdentifier: of, DBSnapshotIdentifier: name }, { region }) => {
          const all = name === undefined ? plane.snapshots.in(region) : [plane.snapshots.get(region, name)];
          return {
            DBSnapshots: all
              .filter((snapshot) => snapshot.region === region && (of === undefined || snapshot.of === of))
              .map(describedSnapshot),
          };
        },
      },
    ),
  };
}

/** @param arn of the backups here, where they are replicated from the instance's region */
async function describedBackup(instance: Instance, arn = backupArnOf(instance)): Promise<object> {
  const { identifier, resourceId, region, status, attributes, latestRestorable: latest } = instance;
  const first = await instance.cluster?.archive.earliestRestorableTime();
  // A restore is cut to a whole second: from the next one on every second can be restored.
  const earliest = first === undefined ? undefined : new Date(Math.ceil(first.getTime() / 1000) * 1000);
  const window = earliest !== undefined && latest !== undefined && earliest <= latest;
  return {
    DBInstanceIdentifier: identifier,
    DbiResourceId: resourceId,
    DBInstanceArn: arnOf(instance),
    DBInstanceAutomatedBackupsArn: arn,
    Region: region,
    Status: status === 'deleting' ? 'retained' : latest === undefined ? 'creating' : 'active',
    BackupRetentionPeriod: attributes.BackupRetentionPeriod,
    AllocatedStorage: attributes.AllocatedStorage,
    Engine: 'postgres',
    EngineVersion: instance.engineVersion,
    MasterUsername: instance.masterUsername,
    Encrypted: true,
    ...(window ? { RestoreWindow: { EarliestTime: earliest, LatestTime: latest } } : {}),
  };
}
