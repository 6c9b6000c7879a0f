import { randomBytes } from 'node:crypto';
import { type Cluster } from '../../databases';
import { type Attributes, baseline } from './attributes';

/** An instance as RDS keeps it, over a real cluster once that runs. */
export interface Instance {
  identifier: string;
  /** Names it for ever, whatever it is called. */
  readonly resourceId: string;
  readonly region: string;
  readonly account: string;
  readonly engineVersion: string;
  status: string;
  attributes: Attributes;
  tags: Map<string, string>;
  cluster: Cluster | undefined;
  readonly masterUsername: string;
  readonly databaseName: string;
  readonly createdAt: Date;
  /** What was asked for and is not made yet, a change each, in the words of PendingModifiedValues. */
  readonly pending: Readonly<Record<string, unknown>>[];
  parameterStatus: 'in-sync' | 'applying' | 'pending-reboot';
  securityGroups: Map<string, 'active' | 'adding' | 'removing'>;
  latestRestorable: Date | undefined;
  /** What it is a replica of, here or in another region. */
  follows: Instance | undefined;
  /** Of one that was a replica: up to which commit it had replayed when it was promoted. */
  promotedAt: Date | undefined;
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

/** Of the automated backups, which outlive the instance. */
export function backupArnOf(instance: Pick<Instance, 'resourceId' | 'region' | 'account'>): string {
  return `arn:aws:rds:${instance.region}:${instance.account}:auto-backup:${instance.resourceId.replace(/^db-/, 'ab-').toLowerCase()}`;
}

/** Of `aws/rds`, the key that AWS keeps for RDS; the same in every account of a sandbox. */
const RDS_KEY = '3c0ffee0-0000-4000-8000-00000000001d';

/** While it is made, and where that failed, there is nothing to connect to. */
export const hasEndpoint = (instance: Instance): boolean =>
  instance.cluster !== undefined && !/^(creating|failed|incompatible-restore)$/.test(instance.status);

/** In another region by its ARN. */
const sourceOf = ({ region }: Instance, source: Instance): string =>
  source.region === region ? source.identifier : arnOf(source);

/** As DescribeDBInstances shows it: no endpoint while it is created, passwords as asterisks. */
export function described(instance: Instance): object {
  const { attributes, cluster, region, account } = instance;
  const { DBSubnetGroupName, DBParameterGroupName, OptionGroupName, ...plain } = attributes;
  const told = Object.entries(plain).filter(([name, value]) => value !== undefined && name !== 'VpcSecurityGroupIds');
  const key = `arn:aws:kms:${region}:${account}:key/${RDS_KEY}`;
  return {
    ...baseline(attributes),
    ...(plain.PerformanceInsightsEnabled ? { PerformanceInsightsKMSKeyId: key } : {}),
    ...Object.fromEntries(told),
    DBInstanceIdentifier: instance.identifier,
    DBInstanceArn: arnOf(instance),
    DbiResourceId: instance.resourceId,
    DBInstanceStatus: instance.status,
    Engine: 'postgres',
    EngineVersion: instance.engineVersion,
    MasterUsername: instance.masterUsername,
    DBName: instance.databaseName,
    ...(instance.status === 'creating' ? {} : { InstanceCreateTime: instance.createdAt }),
    ...(cluster !== undefined && hasEndpoint(instance)
      ? {
          Endpoint: {
            Address: endpointOf(instance),
            Port: cluster.options.address.port,
            HostedZoneId: 'Z2R2ITUGPM61AM',
          },
        }
      : {}),
    ...(instance.latestRestorable === undefined ? {} : { LatestRestorableTime: instance.latestRestorable }),
    ...(instance.follows === undefined
      ? {}
      : { ReadReplicaSourceDBInstanceIdentifier: sourceOf(instance, instance.follows) }),
    PendingModifiedValues: Object.fromEntries(instance.pending.flatMap((change) => Object.entries(change))),
    DBSubnetGroup: { DBSubnetGroupName },
    DBParameterGroups: [{ DBParameterGroupName, ParameterApplyStatus: instance.parameterStatus }],
    OptionGroupMemberships: [{ OptionGroupName, Status: 'in-sync' }],
    VpcSecurityGroups: [...instance.securityGroups].map(([VpcSecurityGroupId, Status]) => ({
      VpcSecurityGroupId,
      Status,
    })),
    StorageEncrypted: true,
    KmsKeyId: key,
    TagList: [...instance.tags].map(([Key, Value]) => ({ Key, Value })),
  };
}
