import {
  RDSClient,
  RestoreDBInstanceFromDBSnapshotCommand,
  RestoreDBInstanceToPointInTimeCommand,
} from '@aws-sdk/client-rds';
import type { InstanceSettings } from '../../contract/changes';
import {
  AwsRefusedError,
  RecoverySourceMissingError,
  RestoreTimeOutOfRangeError,
  ServiceUnavailableError,
} from '../../contract/errors';
import { callAws, isAwsError } from './aws-errors';
import { client } from './clients';
import { restorable, tagList, type Tags } from './rds-settings';

/** RDS: restores. Each makes a new instance; whatever is not passed falls to a default (docs/architecture.md, 3 and 5). */

export interface NewInstance {
  readonly identifier: string;
  readonly settings: InstanceSettings;
  readonly tags: Tags;
}

/** `exists`: an instance has that identifier already; whose it is, is for the caller to ask. */
export type Begun = 'created' | 'exists';

/** RDS says a moment that cannot be restored to by a general error name and its words. */
const outOfRange = /restor\w* (to )?time|latest restorable|earliest|point[- ]in[- ]time|before|later than/i;

const common = (what: string) => ({
  InvalidRestoreFault: (cause: Error) =>
    new AwsRefusedError(`RDS refuses to restore ${what}: ${cause.message}`, { cause }),
  InvalidDBInstanceStateFault: (cause: Error) =>
    new ServiceUnavailableError(`RDS cannot restore ${what} in its present state.`, { cause }),
  InvalidDBSnapshotStateFault: (cause: Error) =>
    new ServiceUnavailableError(`RDS cannot restore ${what} in its present state.`, { cause }),
});
const gone = (what: string) => (cause: Error) => new RecoverySourceMissingError(`There is no ${what}.`, { cause });

async function begin(create: () => Promise<unknown>): Promise<Begun> {
  try {
    await create();
    return 'created';
  } catch (error) {
    if (isAwsError(error, 'DBInstanceAlreadyExistsFault')) return 'exists';
    throw error;
  }
}

/**
 * Begins a restore to a moment from automated backups (RDS RestoreDBInstanceToPointInTime by SourceDbiResourceId, which
 * works for a deleted instance too, or by the ARN of backups that are replicated from another region).
 * @param moment an instant, or `latest`
 * @throws RestoreTimeOutOfRangeError, RecoverySourceMissingError where the backups are gone, ServiceUnavailableError
 */
export async function restoreToPointInTime(
  target: NewInstance,
  from: { readonly resourceId: string } | { readonly backupArn: string },
  moment: string,
): Promise<Begun> {
  const of = 'backupArn' in from ? from.backupArn : from.resourceId;
  const what = `automated backups of ${of}`;
  return await callAws(
    `rds:RestoreDBInstanceToPointInTime ${of} to ${target.identifier}`,
    () =>
      begin(() =>
        client(RDSClient).send(
          new RestoreDBInstanceToPointInTimeCommand({
            ...restorable(target.settings),
            ...(target.settings.MaxAllocatedStorage !== undefined && {
              MaxAllocatedStorage: target.settings.MaxAllocatedStorage,
            }),
            ...('backupArn' in from
              ? { SourceDBInstanceAutomatedBackupsArn: from.backupArn }
              : { SourceDbiResourceId: from.resourceId }),
            TargetDBInstanceIdentifier: target.identifier,
            ...(moment === 'latest' ? { UseLatestRestorableTime: true } : { RestoreTime: new Date(moment) }),
            Tags: tagList(target.tags),
          }),
        ),
      ),
    {
      ...common(what),
      DBInstanceNotFoundFault: gone(what),
      DBInstanceAutomatedBackupNotFoundFault: gone(what),
      PointInTimeRestoreNotEnabledFault: gone(what),
      InvalidParameterValue: (cause) =>
        outOfRange.test(cause.message)
          ? new RestoreTimeOutOfRangeError(`RDS cannot restore to ${moment}: ${cause.message}`, { cause })
          : new AwsRefusedError(`RDS refuses to restore: InvalidParameterValue: ${cause.message}`, { cause }),
    },
  );
}

/**
 * Begins a restore of a snapshot of this region (RDS RestoreDBInstanceFromDBSnapshot).
 * @throws RecoverySourceMissingError where the snapshot is gone, ServiceUnavailableError while it is not available
 */
export async function restoreFromSnapshot(target: NewInstance, snapshot: string): Promise<Begun> {
  const what = `snapshot ${snapshot}`;
  return await callAws(
    `rds:RestoreDBInstanceFromDBSnapshot ${snapshot} to ${target.identifier}`,
    () =>
      begin(() =>
        client(RDSClient).send(
          new RestoreDBInstanceFromDBSnapshotCommand({
            ...restorable(target.settings),
            DBSnapshotIdentifier: snapshot,
            DBInstanceIdentifier: target.identifier,
            Tags: tagList(target.tags),
          }),
        ),
      ),
    { ...common(what), DBSnapshotNotFoundFault: gone(what) },
  );
}
