import { operation } from '../operation';
import { AwsError, NotSimulatedError, type Operation } from '../service';
import { defaults, taken } from './attributes';
import { type ControlPlane } from './control-plane';
import { createReplicaSchema, promoteSchema, tagRecord } from './input';
import { arnOf, described, type Instance } from './instance';
import { requireStorage } from './modify';
import { dbArn, requestTags, resourceTags, restoreGroupPermissions, tagPermissions } from './permissions';

/** Statuses of a source that RDS makes a replica of. */
const followable: readonly string[] = ['available', 'backing-up', 'modifying', 'storage-optimization'];

/** Read replicas across regions: made where they come to be, and promoted there. */
export function replicas(plane: ControlPlane): Record<string, Operation> {
  const { major } = plane.options.postgres;
  return {
    CreateDBInstanceReadReplica: operation(createReplicaSchema, {
      invalid: 'InvalidParameterValue',
      authorize: (input, caller) => {
        const action = 'rds:CreateDBInstanceReadReplica';
        const target = dbArn(caller, input.DBInstanceIdentifier);
        return [
          { action, resource: input.SourceDBInstanceIdentifier },
          { action, resource: target, context: requestTags(input.Tags) },
          ...restoreGroupPermissions(action, caller, input, major),
          ...tagPermissions(target, input.Tags),
        ];
      },
      perform: (input) => {
        const source = sourceOf(plane, input.SourceDBInstanceIdentifier);
        // Every instance here is encrypted, and a key does not leave its region (RDS API, KmsKeyId).
        if (input.KmsKeyId === undefined)
          throw new AwsError(
            'InvalidParameterCombination',
            'A KmsKeyId of the destination region is required to make a replica of an encrypted instance of another region.',
          );
        if (input.KmsKeyId !== 'alias/aws/rds')
          throw new NotSimulatedError(`The key ${input.KmsKeyId} is not simulated, only alias/aws/rds`);
        if (input.Port !== undefined && input.Port !== source.cluster?.options.address.port)
          throw new NotSimulatedError("A replica on another port than the source's is not simulated");
        // "RDS creates read replicas with backups disabled" (RDS API); windows and monitoring are not the source's either.
        const base = { ...defaults(major, source.attributes), BackupRetentionPeriod: 0 };
        const attributes = taken(base, input);
        requireStorage(attributes, input);
        const name = input.DBInstanceIdentifier;
        return { DBInstance: described(plane.beginReplica(source, name, attributes, tagRecord(input.Tags))) };
      },
    }),
    PromoteReadReplica: operation(promoteSchema, {
      invalid: 'InvalidParameterValue',
      authorize: ({ DBInstanceIdentifier: name }, caller) => [
        {
          action: 'rds:PromoteReadReplica',
          resource: dbArn(caller, name),
          context: resourceTags('db', plane.instances.get(name)?.tags),
        },
      ],
      perform: ({ DBInstanceIdentifier: name, BackupRetentionPeriod = 1, PreferredBackupWindow }) => {
        const instance = plane.get(name);
        if (instance.follows === undefined)
          throw new AwsError('InvalidDBInstanceStateFault', `DB Instance ${name} is not a read replica.`);
        plane.modifiable(name);
        instance.attributes.BackupRetentionPeriod = BackupRetentionPeriod;
        if (PreferredBackupWindow !== undefined) instance.attributes.PreferredBackupWindow = PreferredBackupWindow;
        plane.promote(instance);
        return { DBInstance: described(instance) };
      },
    }),
  };
}

/** @throws AwsError where there is none, it is in no state to be followed, or has no automated backups */
function sourceOf(plane: ControlPlane, arn: string): Instance {
  const region = /^arn:aws:rds:([a-z0-9-]+):/.exec(arn)?.[1];
  if (region === undefined || region === plane.options.region)
    throw new NotSimulatedError('A replica of an instance of the same region is not simulated');
  const peer = plane.peers.get(region);
  if (peer === undefined) throw new NotSimulatedError(`RDS is not simulated in ${region}`);
  if (peer.lost) throw new AwsError('InternalFailure', `RDS in ${region} does not answer.`, 500);
  const source = [...peer.instances.values()].find((instance) => arnOf(instance) === arn);
  if (source === undefined) throw new AwsError('DBInstanceNotFoundFault', `DBInstance ${arn} not found.`, 404);
  if (!followable.includes(source.status))
    throw new AwsError('InvalidDBInstanceStateFault', `The source ${arn} is ${source.status}.`);
  if (source.attributes.BackupRetentionPeriod === 0)
    throw new AwsError(
      'InvalidDBInstanceStateFault',
      'Automated backups are not enabled for this database instance. Set its backup retention period to a non-zero value.',
    );
  return source;
}
