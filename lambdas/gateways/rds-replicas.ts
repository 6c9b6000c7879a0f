import { CreateDBInstanceReadReplicaCommand, PromoteReadReplicaCommand, RDSClient } from '@aws-sdk/client-rds';
import { AwsRefusedError, RecoverySourceMissingError, ServiceUnavailableError } from '../../contract/errors';
import { callAws, isAwsError } from './aws-errors';
import { client } from './clients';
import { InstanceBusyError } from './rds';
import type { Begun, NewInstance } from './rds-restore';
import { provisioned, tagList } from './rds-settings';

/** RDS: read replicas. */

/**
 * Makes a replica a database of its own (RDS PromoteReadReplica). A replica without automated backups gets them by this.
 * @throws InstanceBusyError where RDS does not take it in the instance's present state
 */
export async function promoteReplica(identifier: string, backupRetentionDays: number): Promise<void> {
  await callAws(
    `rds:PromoteReadReplica ${identifier}`,
    () =>
      client(RDSClient).send(
        new PromoteReadReplicaCommand({
          DBInstanceIdentifier: identifier,
          BackupRetentionPeriod: backupRetentionDays,
        }),
      ),
    {
      InvalidDBInstanceStateFault: (cause) =>
        new InstanceBusyError(`RDS cannot promote ${identifier} in its present state.`, { cause }),
    },
  );
}

/**
 * Begins a replica in this region of an instance in another one (RDS CreateDBInstanceReadReplica, called where the replica
 * comes to be; an encrypted one is encrypted with this region's key for RDS, since a key does not leave its region).
 * Backups, the maintenance window and what else a replica is not made with, are set afterwards (database-settings).
 * @param source ARN of the source
 * @throws RecoverySourceMissingError where the source is gone; ServiceUnavailableError while it is busy; AwsRefusedError
 */
export async function createReplica(target: NewInstance, source: string): Promise<Begun> {
  const { settings } = target;
  return await callAws(
    `rds:CreateDBInstanceReadReplica ${target.identifier} of ${source}`,
    async () => {
      try {
        await client(RDSClient).send(
          new CreateDBInstanceReadReplicaCommand({
            DBInstanceIdentifier: target.identifier,
            SourceDBInstanceIdentifier: source,
            KmsKeyId: 'alias/aws/rds',
            DBInstanceClass: settings.DBInstanceClass,
            StorageType: settings.StorageType,
            ...provisioned(settings),
            MultiAZ: settings.MultiAZ,
            PubliclyAccessible: settings.PubliclyAccessible,
            AutoMinorVersionUpgrade: settings.AutoMinorVersionUpgrade,
            CopyTagsToSnapshot: settings.CopyTagsToSnapshot,
            DeletionProtection: settings.DeletionProtection,
            EnableIAMDatabaseAuthentication: settings.IAMDatabaseAuthenticationEnabled,
            CACertificateIdentifier: settings.CACertificateIdentifier,
            NetworkType: settings.NetworkType,
            DBSubnetGroupName: settings.DBSubnetGroupName,
            DBParameterGroupName: settings.DBParameterGroupName,
            OptionGroupName: settings.OptionGroupName,
            VpcSecurityGroupIds: settings.VpcSecurityGroupIds,
            EnableCloudwatchLogsExports: settings.EnabledCloudwatchLogsExports,
            Port: settings.Port,
            Tags: tagList(target.tags),
          }),
        );
        return 'created';
      } catch (error) {
        if (isAwsError(error, 'DBInstanceAlreadyExistsFault')) return 'exists';
        throw error;
      }
    },
    {
      DBInstanceNotFoundFault: (cause) => new RecoverySourceMissingError(`There is no instance ${source}.`, { cause }),
      InvalidDBInstanceStateFault: (cause) =>
        /backup/i.test(cause.message)
          ? new AwsRefusedError(`RDS makes no replica of ${source}: ${cause.message}`, { cause })
          : new ServiceUnavailableError(`RDS makes no replica of ${source} in its present state.`, { cause }),
    },
  );
}
