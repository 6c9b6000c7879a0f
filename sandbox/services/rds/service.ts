import * as z from 'zod';
import { operation } from '../operation';
import { AwsError, type Caller, type Operation, type SimulatedService } from '../service';
import {
  createSnapshotSchema,
  defaults,
  modifySchema,
  restoreFromSnapshotSchema,
  restoreToPointInTimeSchema,
  tagRecord,
  tagsSchema,
  taken,
  untagSchema,
} from './attributes';
import { ControlPlane, type RdsOptions, type Snapshot, takes } from './control-plane';
import { arnOf, described, type Instance } from './instance';
import { modify } from './modify';
import { dbArn, groupPermissions, snapshotArn, tagPermissions } from './permissions';

/** RDS over real PostgreSQL clusters, with the asynchronous states, defaults, limits and errors of the real one. */
export class Rds implements SimulatedService {
  readonly name = 'RDS';
  readonly standIn = {
    name: 'Amazon RDS for PostgreSQL',
    instead: 'real PostgreSQL servers on loopback with WAL archiving; restores are WAL replay to the target time',
    differs: `one server an instance, whatever MultiAZ says; RDS's own waiting is skipped (creating ${takes.creating} s, log upload every ${takes.logUpload} s); restore times are cut to whole seconds`,
  };
  readonly plane: ControlPlane;
  readonly operations: Readonly<Record<string, Operation>>;

  constructor(options: RdsOptions) {
    this.plane = new ControlPlane(options);
    this.operations = { ...this.#descriptions(), ...this.#restores(), ...this.#changes(), ...this.#tags() };
  }

  #descriptions(): Record<string, Operation> {
    const { plane } = this;
    return {
      DescribeDBInstances: operation(z.strictObject({ DBInstanceIdentifier: z.string().optional() }), {
        authorize: ({ DBInstanceIdentifier }, caller) => [
          { action: 'rds:DescribeDBInstances', resource: dbArn(caller, DBInstanceIdentifier ?? '*') },
        ],
        perform: ({ DBInstanceIdentifier }) => ({
          DBInstances: (DBInstanceIdentifier === undefined
            ? [...plane.instances.values()]
            : [plane.get(DBInstanceIdentifier)]
          ).map(described),
        }),
      }),
      DescribeDBInstanceAutomatedBackups: operation(
        z.strictObject({ DBInstanceIdentifier: z.string().optional(), DbiResourceId: z.string().optional() }),
        {
          authorize: (_input, caller) => [
            {
              action: 'rds:DescribeDBInstanceAutomatedBackups',
              resource: `arn:aws:rds:${caller.region}:${caller.account}:auto-backup:*`,
            },
          ],
          perform: async ({ DBInstanceIdentifier, DbiResourceId }) => {
            const matching = [...plane.instances.values()].filter(
              ({ identifier, resourceId, attributes }) =>
                attributes.BackupRetentionPeriod > 0 &&
                (DBInstanceIdentifier === undefined || identifier === DBInstanceIdentifier) &&
                (DbiResourceId === undefined || resourceId === DbiResourceId),
            );
            return {
              DBInstanceAutomatedBackups: await Promise.all(matching.map((instance) => automatedBackup(instance))),
            };
          },
        },
      ),
      DescribeDBSnapshots: operation(
        z.strictObject({ DBInstanceIdentifier: z.string().optional(), DBSnapshotIdentifier: z.string().optional() }),
        {
          authorize: ({ DBSnapshotIdentifier, DBInstanceIdentifier }, caller) => [
            // Both are resources of the call; the one that is not named is any of them.
            { action: 'rds:DescribeDBSnapshots', resource: snapshotArn(caller, DBSnapshotIdentifier ?? '*') },
            ...(DBInstanceIdentifier === undefined
              ? []
              : [{ action: 'rds:DescribeDBSnapshots', resource: dbArn(caller, DBInstanceIdentifier) }]),
          ],
          perform: ({ DBInstanceIdentifier, DBSnapshotIdentifier }) => {
            const found = [...plane.snapshots.values()].filter(
              (snapshot) =>
                (DBInstanceIdentifier === undefined || snapshot.of === DBInstanceIdentifier) &&
                (DBSnapshotIdentifier === undefined ||
                  snapshot.identifier === DBSnapshotIdentifier ||
                  snapshot.arn === DBSnapshotIdentifier),
            );
            if (DBSnapshotIdentifier !== undefined && found.length === 0) {
              throw new AwsError('DBSnapshotNotFoundFault', `DBSnapshot ${DBSnapshotIdentifier} not found.`, 404);
            }
            return { DBSnapshots: found.map(describedSnapshot) };
          },
        },
      ),
    };
  }

  #restores(): Record<string, Operation> {
    const { plane } = this;
    return {
      RestoreDBInstanceToPointInTime: operation(restoreToPointInTimeSchema, {
        invalid: 'InvalidParameterCombination',
        authorize: (input, caller) => {
          const action = 'rds:RestoreDBInstanceToPointInTime';
          const source = plane.byResourceId(input.SourceDbiResourceId);
          return [
            // A restore is a write on the source's ARN as well.
            { action, resource: source === undefined ? dbArn(caller, '*') : arnOf(source) },
            { action, resource: dbArn(caller, input.TargetDBInstanceIdentifier) },
            ...groupPermissions(action, caller, input),
            ...tagPermissions(dbArn(caller, input.TargetDBInstanceIdentifier), input.Tags),
          ];
        },
        perform: async (input) => {
          const source = plane.byResourceId(input.SourceDbiResourceId);
          if (source === undefined)
            throw new AwsError(
              'DBInstanceAutomatedBackupNotFoundFault',
              `No automated backup for ${input.SourceDbiResourceId}`,
              404,
            );
          const archive = plane.archiveOf(source);
          const target = input.RestoreTime === undefined ? ('latest' as const) : wholeSeconds(input.RestoreTime);
          const earliest = await archive.earliestRestorableTime();
          if (target !== 'latest') {
            const latest = source.latestRestorable;
            if (latest === undefined || target > latest) {
              throw new AwsError(
                'InvalidParameterValue',
                `The specified instance cannot be restored to a time later than ${latest?.toISOString() ?? 'its creation'} because that is its latest restorable time.`,
              );
            }
            if (earliest === undefined || target < earliest) {
              throw new AwsError(
                'InvalidParameterValue',
                `The specified instance cannot be restored to a time before ${earliest?.toISOString() ?? 'its first backup'}.`,
              );
            }
          }
          const major = source.cluster?.options.postgres.major ?? 0;
          // A point-in-time restore copies the source's tags; those of the request come on top.
          const tags = new Map([...source.tags, ...tagRecord(input.Tags)]);
          const attributes = taken(defaults(major, source.attributes), input);
          const instance = plane.beginRestore(source, input.TargetDBInstanceIdentifier, attributes, tags, {
            archive,
            target: target === 'latest' ? (source.latestRestorable ?? 'latest') : target,
          });
          return { DBInstance: described(instance) };
        },
      }),
      RestoreDBInstanceFromDBSnapshot: operation(restoreFromSnapshotSchema, {
        invalid: 'InvalidParameterCombination',
        authorize: (input, caller) => {
          const action = 'rds:RestoreDBInstanceFromDBSnapshot';
          return [
            { action, resource: snapshotArn(caller, input.DBSnapshotIdentifier) },
            { action, resource: dbArn(caller, input.DBInstanceIdentifier) },
            ...groupPermissions(action, caller, input),
            ...tagPermissions(dbArn(caller, input.DBInstanceIdentifier), input.Tags),
          ];
        },
        perform: (input) => {
          const snapshot = this.#snapshot(input.DBSnapshotIdentifier);
          if (snapshot.status !== 'available')
            throw new AwsError(
              'InvalidDBSnapshotStateFault',
              `The snapshot ${snapshot.identifier} is ${snapshot.status}.`,
            );
          const attributes = taken(defaults(plane.options.postgres.major, snapshot.attributes), input);
          const instance = plane.beginRestore(snapshot, input.DBInstanceIdentifier, attributes, tagRecord(input.Tags), {
            snapshotFolder: snapshot.folder,
          });
          return { DBInstance: described(instance) };
        },
      }),
    };
  }

  #changes(): Record<string, Operation> {
    const { plane } = this;
    return {
      ModifyDBInstance: operation(modifySchema, {
        invalid: 'InvalidParameterCombination',
        authorize: (input, caller) => [
          { action: 'rds:ModifyDBInstance', resource: dbArn(caller, input.DBInstanceIdentifier) },
          ...groupPermissions('rds:ModifyDBInstance', caller, input),
          ...(input.MonitoringRoleArn === undefined
            ? []
            : [
                {
                  action: 'iam:PassRole',
                  resource: input.MonitoringRoleArn,
                  context: { 'iam:PassedToService': 'monitoring.rds.amazonaws.com' },
                },
              ]),
        ],
        perform: (input) => ({ DBInstance: described(modify(plane, input)) }),
      }),
      RebootDBInstance: operation(z.strictObject({ DBInstanceIdentifier: z.string() }), {
        authorize: ({ DBInstanceIdentifier }, caller) => [
          { action: 'rds:RebootDBInstance', resource: dbArn(caller, DBInstanceIdentifier) },
        ],
        perform: ({ DBInstanceIdentifier }) => {
          const instance = plane.modifiable(DBInstanceIdentifier);
          plane.change(instance, 'rebooting', takes.rebooting, () => plane.reboot(instance));
          instance.status = 'rebooting';
          return { DBInstance: described(instance) };
        },
      }),
      CreateDBSnapshot: operation(createSnapshotSchema, {
        authorize: (input, caller) => [
          { action: 'rds:CreateDBSnapshot', resource: dbArn(caller, input.DBInstanceIdentifier) },
          { action: 'rds:CreateDBSnapshot', resource: snapshotArn(caller, input.DBSnapshotIdentifier) },
          ...tagPermissions(snapshotArn(caller, input.DBSnapshotIdentifier), input.Tags),
        ],
        perform: (input) => {
          const instance = plane.modifiable(input.DBInstanceIdentifier);
          return {
            DBSnapshot: describedSnapshot(
              plane.beginSnapshot(instance, input.DBSnapshotIdentifier, tagRecord(input.Tags)),
            ),
          };
        },
      }),
    };
  }

  #tags(): Record<string, Operation> {
    const tagsOf = (arn: string): Map<string, string> => {
      const found =
        this.plane.byArn(arn)?.tags ??
        [...this.plane.snapshots.values()].find((snapshot) => snapshot.arn === arn)?.tags;
      if (found === undefined)
        throw new AwsError(
          'DBInstanceNotFoundFault',
          `Could not find a DB Instance matching the resource name: '${arn}'`,
          404,
        );
      return found;
    };
    const held = (arn: string, _caller: Caller) =>
      Object.fromEntries(
        [...(this.plane.byArn(arn)?.tags ?? [])].map(([key, value]) => [`aws:ResourceTag/${key}`, value]),
      );
    return {
      AddTagsToResource: operation(tagsSchema, {
        authorize: ({ ResourceName, Tags }, caller) => [
          {
            action: 'rds:AddTagsToResource',
            resource: ResourceName,
            context: {
              ...held(ResourceName, caller),
              ...Object.fromEntries(Tags.map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value])),
              'aws:TagKeys': Tags.map(({ Key }) => Key),
            },
          },
        ],
        perform: ({ ResourceName, Tags }) => {
          const tags = tagsOf(ResourceName);
          for (const { Key, Value } of Tags) tags.set(Key, Value);
          return {};
        },
      }),
      RemoveTagsFromResource: operation(untagSchema, {
        authorize: ({ ResourceName, TagKeys }, caller) => [
          {
            action: 'rds:RemoveTagsFromResource',
            resource: ResourceName,
            context: { ...held(ResourceName, caller), 'aws:TagKeys': TagKeys },
          },
        ],
        perform: ({ ResourceName, TagKeys }) => {
          const tags = tagsOf(ResourceName);
          for (const key of TagKeys) tags.delete(key);
          return {};
        },
      }),
    };
  }

  #snapshot(identifier: string): Snapshot {
    const snapshot = this.plane.snapshots.get(identifier.replace(/^arn:.*:snapshot:/, ''));
    if (snapshot === undefined)
      throw new AwsError('DBSnapshotNotFoundFault', `DBSnapshot ${identifier} not found.`, 404);
    return snapshot;
  }
}

async function automatedBackup(instance: Instance): Promise<object> {
  const earliest = await instance.cluster?.archive.earliestRestorableTime();
  return {
    DBInstanceIdentifier: instance.identifier,
    DbiResourceId: instance.resourceId,
    DBInstanceArn: arnOf(instance),
    Status: instance.status === 'creating' ? 'creating' : 'active',
    BackupRetentionPeriod: instance.attributes.BackupRetentionPeriod,
    ...(earliest === undefined || instance.latestRestorable === undefined
      ? {}
      : { RestoreWindow: { EarliestTime: earliest, LatestTime: instance.latestRestorable } }),
  };
}

function describedSnapshot(snapshot: Snapshot): object {
  return {
    DBSnapshotIdentifier: snapshot.identifier,
    DBSnapshotArn: snapshot.arn,
    DBInstanceIdentifier: snapshot.of,
    Status: snapshot.status,
    PercentProgress: snapshot.status === 'available' ? 100 : 0,
    SnapshotType: 'manual',
    Engine: 'postgres',
    Encrypted: true,
    ...(snapshot.takenAt === undefined
      ? {}
      : { SnapshotCreateTime: snapshot.takenAt, OriginalSnapshotCreateTime: snapshot.takenAt }),
    TagList: [...snapshot.tags].map(([Key, Value]) => ({ Key, Value })),
  };
}

/** RDS restores to a second (RDS guide); whoever needs a fraction of one must not get it here. */
function wholeSeconds(moment: Date): Date {
  return new Date(Math.floor(moment.getTime() / 1000) * 1000);
}
