import { operation } from '../operation';
import { AwsError, NotSimulatedError, type Operation } from '../service';
import { type Attributes, defaults, type Given, taken } from './attributes';
import { type ControlPlane } from './control-plane';
import { restoreFromSnapshotSchema, type RestoreToPointInTime, restoreToPointInTimeSchema, tagRecord } from './input';
import { arnOf, backupArnOf, described, type Instance } from './instance';
import { requireStorage } from './modify';
import { dbArn, requestTags, resourceTags, restoreGroupPermissions, snapshotArn, tagPermissions } from './permissions';

/** Both kinds of restore: each makes a new instance, with defaults for whatever is not passed. */
export function restores(plane: ControlPlane): Record<string, Operation> {
  const { major } = plane.options.postgres;
  const sourceOf = (input: RestoreToPointInTime): Instance | undefined =>
    input.SourceDBInstanceAutomatedBackupsArn === undefined
      ? plane.backedUp().find(({ resourceId }) => resourceId === input.SourceDbiResourceId)
      : plane.replicated.get(input.SourceDBInstanceAutomatedBackupsArn);
  return {
    RestoreDBInstanceToPointInTime: operation(restoreToPointInTimeSchema, {
      invalid: 'InvalidParameterValue',
      authorize: (input, caller) => {
        const action = 'rds:RestoreDBInstanceToPointInTime';
        const source = sourceOf(input);
        const target = dbArn(caller, input.TargetDBInstanceIdentifier);
        return [
          ...(source === undefined
            ? []
            : [sourcePermission(action, source, input.SourceDBInstanceAutomatedBackupsArn)]),
          { action, resource: target, context: requestTags(input.Tags) },
          ...restoreGroupPermissions(action, caller, input, major),
          ...tagPermissions(target, input.Tags),
        ];
      },
      perform: async (input) => {
        if ((input.SourceDbiResourceId === undefined) === (input.SourceDBInstanceAutomatedBackupsArn === undefined))
          throw new AwsError('InvalidParameterCombination', 'One source has to be given, and not two.');
        const source = sourceOf(input);
        if (source === undefined)
          throw new AwsError(
            'DBInstanceAutomatedBackupNotFoundFault',
            `Automated backup of ${input.SourceDbiResourceId ?? input.SourceDBInstanceAutomatedBackupsArn ?? ''} not found.`,
            404,
          );
        const { archive, target } = await moment(source, input);
        const attributes = settings(major, source.attributes, source.cluster?.options.address.port, input);
        // "If the source DB instance has resource tags, RDS adds the latest tags" (RDS guide, Restoring to a specified time).
        const tags = new Map([...source.tags, ...tagRecord(input.Tags)]);
        const name = input.TargetDBInstanceIdentifier;
        return { DBInstance: described(plane.beginRestore(source, name, attributes, tags, { archive, target })) };
      },
    }),
    RestoreDBInstanceFromDBSnapshot: operation(restoreFromSnapshotSchema, {
      invalid: 'InvalidParameterValue',
      authorize: (input, caller) => {
        const action = 'rds:RestoreDBInstanceFromDBSnapshot';
        const snapshot = plane.snapshots.find(caller.region, input.DBSnapshotIdentifier);
        const target = dbArn(caller, input.DBInstanceIdentifier);
        return [
          {
            action,
            resource: snapshot?.arn ?? snapshotArn(caller, input.DBSnapshotIdentifier),
            context: resourceTags('snapshot', snapshot?.tags),
          },
          { action, resource: target, context: requestTags(input.Tags) },
          ...restoreGroupPermissions(action, caller, input, major),
          ...tagPermissions(target, input.Tags),
        ];
      },
      perform: (input, caller) => {
        const snapshot = plane.snapshots.available(caller.region, input.DBSnapshotIdentifier);
        if (snapshot.region !== caller.region)
          throw new AwsError('DBSnapshotNotFoundFault', `DBSnapshot not found: ${snapshot.arn}`, 404);
        const attributes = settings(major, snapshot.attributes, snapshot.port, input);
        const name = input.DBInstanceIdentifier;
        const origin = { snapshotFolder: snapshot.folder };
        return { DBInstance: described(plane.beginRestore(snapshot, name, attributes, tagRecord(input.Tags), origin)) };
      },
    }),
  };
}

/** A restore is a write on the source's ARN as well; a deleted instance's is that of its automated backups. */
function sourcePermission(action: string, source: Instance, backupArn: string | undefined) {
  if (backupArn !== undefined) return { action, resource: backupArn };
  if (source.status === 'deleting') return { action, resource: backupArnOf(source) };
  return { action, resource: arnOf(source), context: resourceTags('db', source.tags) };
}

function settings(
  major: number,
  source: Attributes,
  port: number | undefined,
  input: Given & { Port?: number | undefined },
) {
  if (input.Port !== undefined && input.Port !== port)
    throw new NotSimulatedError(`A restore to another port than the source's (${port ?? 'none'}) is not simulated`);
  if (input.AllocatedStorage !== undefined && input.AllocatedStorage < source.AllocatedStorage)
    throw new AwsError(
      'InvalidParameterCombination',
      `The storage of a restored instance can't be smaller than its source's ${source.AllocatedStorage} GiB.`,
    );
  const attributes = taken(defaults(major, source), input);
  requireStorage(attributes, input);
  return attributes;
}

/** The moment asked for, which has to lie in what can be restored. */
async function moment(source: Instance, input: RestoreToPointInTime) {
  const { RestoreTime, UseLatestRestorableTime = false } = input;
  if ((RestoreTime === undefined) !== UseLatestRestorableTime)
    throw new AwsError(
      'InvalidParameterCombination',
      'Either RestoreTime or UseLatestRestorableTime must be given, and not both.',
    );
  const archive = source.cluster?.archive;
  const earliest = await archive?.earliestRestorableTime();
  const latest = source.latestRestorable;
  if (archive === undefined || earliest === undefined || latest === undefined)
    throw new AwsError('InvalidDBInstanceStateFault', `${source.identifier} has no backup to restore from yet.`);
  const target = RestoreTime === undefined ? latest : wholeSeconds(RestoreTime);
  if (target > latest)
    throw new AwsError(
      'InvalidParameterValue',
      `The specified instance cannot be restored to a time later than ${latest.toISOString()} because that is its latest restorable time.`,
    );
  if (target < earliest)
    throw new AwsError(
      'InvalidParameterValue',
      `The specified instance cannot be restored to a time before ${earliest.toISOString()}.`,
    );
  return { archive, target };
}

/** RDS restores to a second (RDS guide); whoever needs a fraction of one must not get it here. */
function wholeSeconds(given: Date): Date {
  return new Date(Math.floor(given.getTime() / 1000) * 1000);
}
