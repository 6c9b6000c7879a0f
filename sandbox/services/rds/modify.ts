import { AwsError, NotSimulatedError } from '../service';
import { type Attributes, GP3_PROVISIONED_FROM, taken } from './attributes';
import { type ControlPlane } from './control-plane';
import { type Modification } from './input';
import { type Instance } from './instance';
import { takes } from './options';

/**
 * ModifyDBInstance with ApplyImmediately. What needs the server waits for its turn, pending until the instance has been
 * through its status; what does not is in force with the answer.
 */
export function modify(plane: ControlPlane, input: Modification): Instance {
  const instance = plane.modifiable(input.DBInstanceIdentifier);
  refuseUnsimulated(instance, input);
  refuseNonsense(instance, input);
  plane.groups.require(input);
  const { NewDBInstanceIdentifier: name, MasterUserPassword: password, VpcSecurityGroupIds: groups } = input;
  if (name !== undefined) plane.reserve(name);

  const { attributes } = instance;
  if (groups !== undefined && !same(groups, attributes.VpcSecurityGroupIds)) plane.setSecurityGroups(instance, groups);
  attributes.DeletionProtection = input.DeletionProtection ?? attributes.DeletionProtection;
  attributes.CopyTagsToSnapshot = input.CopyTagsToSnapshot ?? attributes.CopyTagsToSnapshot;
  attributes.AutoMinorVersionUpgrade = input.AutoMinorVersionUpgrade ?? attributes.AutoMinorVersionUpgrade;
  attributes.PreferredBackupWindow = input.PreferredBackupWindow ?? attributes.PreferredBackupWindow;
  attributes.PreferredMaintenanceWindow = input.PreferredMaintenanceWindow ?? attributes.PreferredMaintenanceWindow;
  if (input.MaxAllocatedStorage !== undefined) {
    // Autoscaling is switched off by naming the size the instance has (RDS API, ModifyDBInstance).
    const off = input.MaxAllocatedStorage <= attributes.AllocatedStorage;
    attributes.MaxAllocatedStorage = off ? undefined : input.MaxAllocatedStorage;
  }

  if (password !== undefined) {
    const pending = { MasterUserPassword: '****' };
    plane.change(instance, { status: 'resetting-master-credentials', pending }, () =>
      plane.setMasterPassword(instance, password),
    );
  }
  changeServer(plane, instance, input);
  if (name !== undefined) {
    const pending = { DBInstanceIdentifier: name };
    plane.change(instance, { status: 'renaming', pending }, () => plane.rename(instance, name));
  }
  return instance;
}

/** Settings that RDS changes by way of the server, with what they are called in PendingModifiedValues, if they are. */
const viaServer = {
  DBInstanceClass: 'DBInstanceClass',
  StorageType: 'StorageType',
  AllocatedStorage: 'AllocatedStorage',
  Iops: 'Iops',
  StorageThroughput: 'StorageThroughput',
  MultiAZ: 'MultiAZ',
  BackupRetentionPeriod: 'BackupRetentionPeriod',
  CACertificateIdentifier: 'CACertificateIdentifier',
  IAMDatabaseAuthenticationEnabled: 'IAMDatabaseAuthenticationEnabled',
  PubliclyAccessible: undefined,
  NetworkType: undefined,
  DBParameterGroupName: undefined,
  OptionGroupName: undefined,
  MonitoringInterval: undefined,
  MonitoringRoleArn: undefined,
  PerformanceInsightsEnabled: undefined,
  PerformanceInsightsRetentionPeriod: undefined,
  PerformanceInsightsKMSKeyId: undefined,
  EnabledCloudwatchLogsExports: undefined,
} as const satisfies Partial<Record<keyof Attributes, string | undefined>>;

/** What an instance says while it changes one thing (RDS guide, instance status). */
const statuses: Readonly<Record<string, string>> = {
  MonitoringInterval: 'configuring-enhanced-monitoring',
  MonitoringRoleArn: 'configuring-enhanced-monitoring',
  IAMDatabaseAuthenticationEnabled: 'configuring-iam-database-auth',
  EnabledCloudwatchLogsExports: 'configuring-log-exports',
};

function changeServer(plane: ControlPlane, instance: Instance, input: Modification): void {
  const before = instance.attributes;
  const after = wanted(before, input);
  const changed = Object.entries(viaServer).flatMap(([name, pendingName]) => {
    const value: unknown = Reflect.get(after, name);
    return same(value, Reflect.get(before, name)) ? [] : [{ name, pendingName, value }];
  });
  if (changed.length === 0) return;
  const { EnableLogTypes = [], DisableLogTypes = [] } = input.CloudwatchLogsExportConfiguration ?? {};
  const logs = { LogTypesToEnable: EnableLogTypes, LogTypesToDisable: DisableLogTypes };
  const pending = {
    ...Object.fromEntries(changed.flatMap(({ pendingName, value }) => (pendingName ? [[pendingName, value]] : []))),
    ...(changed.some(({ name }) => name === 'EnabledCloudwatchLogsExports')
      ? { PendingCloudwatchLogsExports: logs }
      : {}),
  };
  const shown = new Set(changed.map(({ name }) => statuses[name] ?? 'modifying'));
  const [only] = shown;
  const status = shown.size === 1 && only !== undefined ? only : 'modifying';
  const regrouped = after.DBParameterGroupName !== before.DBParameterGroupName;
  if (regrouped) {
    // The association shows at once (RDS API, DBParameterGroupStatus).
    before.DBParameterGroupName = after.DBParameterGroupName;
    instance.parameterStatus = 'applying';
  }
  plane.change(instance, { status, pending }, async () => {
    await plane.passes(takes.modifying);
    instance.attributes = wanted(instance.attributes, input);
    if (regrouped) instance.parameterStatus = 'pending-reboot';
  });
}

/** Settings after a modification of those in force. */
function wanted(base: Attributes, input: Modification): Attributes {
  const exports = new Set(base.EnabledCloudwatchLogsExports);
  for (const log of input.CloudwatchLogsExportConfiguration?.EnableLogTypes ?? []) exports.add(log);
  for (const log of input.CloudwatchLogsExportConfiguration?.DisableLogTypes ?? []) exports.delete(log);
  const { AllocatedStorage } = input;
  const after = taken(base, {
    ...input,
    EnableCloudwatchLogsExports: [...exports].sort(),
    // These are in force already, and the size is rounded below.
    VpcSecurityGroupIds: undefined,
    MaxAllocatedStorage: undefined,
    AllocatedStorage: undefined,
  });
  if (AllocatedStorage !== undefined && AllocatedStorage > base.AllocatedStorage) {
    // "Values that are not at least 10% greater … are rounded up so that they are" (RDS API, ModifyDBInstance).
    after.AllocatedStorage = Math.max(AllocatedStorage, Math.ceil(base.AllocatedStorage * 1.1));
  }
  if (after.PerformanceInsightsEnabled) after.PerformanceInsightsRetentionPeriod ??= 7;
  else {
    after.PerformanceInsightsRetentionPeriod = undefined;
    after.PerformanceInsightsKMSKeyId = undefined;
  }
  if (after.MonitoringInterval === 0) after.MonitoringRoleArn = undefined;
  return after;
}

const same = (one: unknown, other: unknown): boolean => canonical(one) === canonical(other);
const canonical = (value: unknown): string => JSON.stringify([Array.isArray(value) ? value.map(String).sort() : value]);

function refuse(message: string): never {
  throw new AwsError('InvalidParameterCombination', message);
}

function refuseUnsimulated(instance: Instance, input: Modification): void {
  if (input.ApplyImmediately !== true)
    throw new NotSimulatedError('A modification that waits for the maintenance window is not simulated');
  const { BackupRetentionPeriod: kept = instance.attributes.BackupRetentionPeriod } = input;
  // Of a replica they begin with its promotion here.
  if (instance.follows === undefined && (kept === 0) !== (instance.attributes.BackupRetentionPeriod === 0))
    throw new NotSimulatedError('Switching automated backups on or off is not simulated');
  const port = instance.cluster?.options.address.port;
  if (input.DBPortNumber !== undefined && input.DBPortNumber !== port)
    throw new NotSimulatedError('Changing the port is not simulated');
}

function refuseNonsense({ attributes }: Instance, input: Modification): void {
  if (input.AllocatedStorage !== undefined && input.AllocatedStorage < attributes.AllocatedStorage)
    refuse('You can’t reduce the allocated storage of an instance.');
  requireStorage(taken(attributes, input), input);
  const interval = input.MonitoringInterval ?? attributes.MonitoringInterval;
  const role = input.MonitoringRoleArn ?? attributes.MonitoringRoleArn;
  if (interval > 0 && role === undefined)
    refuse('A MonitoringRoleARN value is required if you specify a MonitoringInterval value other than 0.');
  const insights = input.EnablePerformanceInsights ?? attributes.PerformanceInsightsEnabled;
  if (!insights && (input.PerformanceInsightsRetentionPeriod ?? input.PerformanceInsightsKMSKeyId) !== undefined)
    refuse('PerformanceInsightsRetentionPeriod and PerformanceInsightsKMSKeyId need EnablePerformanceInsights.');
}

/** @throws AwsError where IOPS or throughput do not go with the storage's type and size */
export function requireStorage(
  { StorageType, AllocatedStorage, Iops }: Attributes,
  given: { readonly Iops?: number | undefined; readonly StorageThroughput?: number | undefined },
): void {
  const some = given.Iops !== undefined || given.StorageThroughput !== undefined;
  if (some && StorageType === 'gp3' && AllocatedStorage < GP3_PROVISIONED_FROM)
    refuse(
      `You can't specify IOPS or storage throughput for engine postgres and a storage size less than ${GP3_PROVISIONED_FROM}.`,
    );
  if (some && /^(gp2|standard)$/.test(StorageType))
    refuse(`You can't specify IOPS or storage throughput for the storage type ${StorageType}.`);
  if (StorageType.startsWith('io') && Iops === undefined) refuse(`Storage type ${StorageType} needs a value for Iops.`);
}
