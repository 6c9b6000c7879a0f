import { randomBytes } from 'node:crypto';
import { type Cluster } from '../../databases';
import { type Attributes } from './attributes';

/** An instance as RDS keeps it, over a real cluster once that runs. */
export interface Instance {
  identifier: string;
  readonly resourceId: string;
  readonly region: string;
  readonly account: string;
  status: string;
  attributes: Attributes;
  tags: Map<string, string>;
  cluster: Cluster | undefined;
  readonly masterUsername: string;
  readonly databaseName: string;
  readonly createdAt: Date;
  /** Names of changes taken and not made yet, with the value shown. */
  pending: Map<string, unknown>;
  parameterStatus: 'in-sync' | 'applying' | 'pending-reboot';
  securityGroupStatus: 'active' | 'adding';
  latestRestorable: Date | undefined;
  /** Why it failed; only the sandbox's log shows it, as with RDS. */
  failure: string | undefined;
}

export function newResourceId(): string {
  return `db-${randomBytes(13).toString('hex').toUpperCase()}`;
}

/** The endpoint follows the identifier. */
export function endpointOf(instance: Pick<Instance, 'identifier' | 'region'>): string {
  return `${instance.identifier}.c9akciq32lbx.${instance.region}.rds.amazonaws.com`;
}

export function arnOf(instance: Pick<Instance, 'identifier' | 'region' | 'account'>): string {
  return `arn:aws:rds:${instance.region}:${instance.account}:db:${instance.identifier}`;
}

const withoutEndpoint = ['creating', 'failed'];

/** As DescribeDBInstances shows it: no endpoint while it is created, passwords as asterisks. */
export function described(instance: Instance): object {
  const { attributes, cluster } = instance;
  const { DBSubnetGroupName, DBParameterGroupName, OptionGroupName, VpcSecurityGroupIds, ...plain } = attributes;
  return {
    ...Object.fromEntries(Object.entries(plain).filter(([, value]) => value !== undefined)),
    DBInstanceIdentifier: instance.identifier,
    DBInstanceArn: arnOf(instance),
    DbiResourceId: instance.resourceId,
    DBInstanceStatus: instance.status,
    Engine: 'postgres',
    EngineVersion: cluster === undefined ? undefined : `${cluster.options.postgres.major}`,
    MasterUsername: instance.masterUsername,
    DBName: instance.databaseName,
    InstanceCreateTime: instance.createdAt,
    ...(cluster === undefined || withoutEndpoint.includes(instance.status)
      ? {}
      : {
          Endpoint: {
            Address: endpointOf(instance),
            Port: cluster.options.address.port,
            HostedZoneId: 'Z2R2ITUGPM61AM',
          },
        }),
    ...(instance.latestRestorable === undefined ? {} : { LatestRestorableTime: instance.latestRestorable }),
    PendingModifiedValues: Object.fromEntries(instance.pending),
    DBSubnetGroup: { DBSubnetGroupName },
    DBParameterGroups: [{ DBParameterGroupName, ParameterApplyStatus: instance.parameterStatus }],
    OptionGroupMemberships: [{ OptionGroupName, Status: 'in-sync' }],
    VpcSecurityGroups: VpcSecurityGroupIds.map((id) => ({
      VpcSecurityGroupId: id,
      Status: instance.securityGroupStatus,
    })),
    StorageEncrypted: true,
    TagList: [...instance.tags].map(([Key, Value]) => ({ Key, Value })),
  };
}
