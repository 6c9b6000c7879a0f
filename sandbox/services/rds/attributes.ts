/** The attributes of an instance that requests set and descriptions show, in RDS's own words. */
export interface Attributes {
  DBInstanceClass: string;
  StorageType: string;
  AllocatedStorage: number;
  /** Undefined for the baseline of the storage type. */
  Iops?: number | undefined;
  StorageThroughput?: number | undefined;
  MaxAllocatedStorage: number | undefined;
  MultiAZ: boolean;
  PubliclyAccessible: boolean;
  AutoMinorVersionUpgrade: boolean;
  CopyTagsToSnapshot: boolean;
  DeletionProtection: boolean;
  IAMDatabaseAuthenticationEnabled: boolean;
  BackupRetentionPeriod: number;
  PreferredBackupWindow: string;
  PreferredMaintenanceWindow: string;
  MonitoringInterval: number;
  MonitoringRoleArn: string | undefined;
  PerformanceInsightsEnabled: boolean;
  PerformanceInsightsRetentionPeriod: number | undefined;
  /** Undefined for the key that AWS keeps for RDS. */
  PerformanceInsightsKMSKeyId?: string | undefined;
  CACertificateIdentifier: string;
  NetworkType: string;
  DBSubnetGroupName: string;
  DBParameterGroupName: string;
  OptionGroupName: string;
  VpcSecurityGroupIds: string[];
  EnabledCloudwatchLogsExports: string[];
}

/** The group of a VPC that lets in its own members only: what a restore falls to, and no host of an application is in it. */
export const DEFAULT_SECURITY_GROUP = 'sg-0default000000000';

/** Group names that a restore falls to, which every account has. */
export const defaultGroups = (major: number) => ({
  DBSubnetGroupName: 'default',
  DBParameterGroupName: `default.postgres${major}`,
  OptionGroupName: `default:postgres-${major}`,
});

/** What a new instance gets where a restore passes nothing: the defaults of RDS, which are not the source's settings. */
export function defaults(major: number, source: Attributes): Attributes {
  return {
    DBInstanceClass: source.DBInstanceClass,
    StorageType: source.StorageType,
    AllocatedStorage: source.AllocatedStorage,
    Iops: source.Iops,
    StorageThroughput: source.StorageThroughput,
    MaxAllocatedStorage: undefined,
    MultiAZ: false,
    PubliclyAccessible: false,
    AutoMinorVersionUpgrade: true,
    CopyTagsToSnapshot: false,
    DeletionProtection: false,
    IAMDatabaseAuthenticationEnabled: false,
    BackupRetentionPeriod: source.BackupRetentionPeriod,
    // RDS draws windows at random within the region's block of hours; any that is not the source's will do.
    PreferredBackupWindow: '09:12-09:42',
    PreferredMaintenanceWindow: 'sat:10:03-sat:10:33',
    MonitoringInterval: 0,
    MonitoringRoleArn: undefined,
    PerformanceInsightsEnabled: false,
    PerformanceInsightsRetentionPeriod: undefined,
    PerformanceInsightsKMSKeyId: undefined,
    CACertificateIdentifier: 'rds-ca-rsa2048-g1',
    NetworkType: 'IPV4',
    ...defaultGroups(major),
    VpcSecurityGroupIds: [DEFAULT_SECURITY_GROUP],
    EnabledCloudwatchLogsExports: [],
  };
}

/** From this size on gp3 takes IOPS and throughput of its own, and has more of both (RDS guide, gp3 storage, PostgreSQL). */
export const GP3_PROVISIONED_FROM = 400;

/** What gp3 has where nothing was provisioned (RDS guide, gp3 storage, PostgreSQL). */
export function baseline({ StorageType, AllocatedStorage }: Attributes): { Iops?: number; StorageThroughput?: number } {
  if (StorageType !== 'gp3') return {};
  return AllocatedStorage < GP3_PROVISIONED_FROM
    ? { Iops: 3000, StorageThroughput: 125 }
    : { Iops: 12000, StorageThroughput: 500 };
}

type Named = 'IAMDatabaseAuthenticationEnabled' | 'PerformanceInsightsEnabled' | 'EnabledCloudwatchLogsExports';
/** Attributes as requests name them. */
export type Given = { readonly [K in Exclude<keyof Attributes, Named>]?: Attributes[K] | undefined } & {
  readonly EnableIAMDatabaseAuthentication?: boolean | undefined;
  readonly EnablePerformanceInsights?: boolean | undefined;
  readonly EnableCloudwatchLogsExports?: string[] | undefined;
};

/** What was given over what there is; keys whose names differ between request and description are renamed. */
export function taken(base: Attributes, given: Given): Attributes {
  return {
    DBInstanceClass: given.DBInstanceClass ?? base.DBInstanceClass,
    StorageType: given.StorageType ?? base.StorageType,
    AllocatedStorage: given.AllocatedStorage ?? base.AllocatedStorage,
    Iops: given.Iops ?? base.Iops,
    StorageThroughput: given.StorageThroughput ?? base.StorageThroughput,
    MaxAllocatedStorage: given.MaxAllocatedStorage ?? base.MaxAllocatedStorage,
    MultiAZ: given.MultiAZ ?? base.MultiAZ,
    PubliclyAccessible: given.PubliclyAccessible ?? base.PubliclyAccessible,
    AutoMinorVersionUpgrade: given.AutoMinorVersionUpgrade ?? base.AutoMinorVersionUpgrade,
    CopyTagsToSnapshot: given.CopyTagsToSnapshot ?? base.CopyTagsToSnapshot,
    DeletionProtection: given.DeletionProtection ?? base.DeletionProtection,
    IAMDatabaseAuthenticationEnabled: given.EnableIAMDatabaseAuthentication ?? base.IAMDatabaseAuthenticationEnabled,
    BackupRetentionPeriod: given.BackupRetentionPeriod ?? base.BackupRetentionPeriod,
    PreferredBackupWindow: given.PreferredBackupWindow ?? base.PreferredBackupWindow,
    PreferredMaintenanceWindow: given.PreferredMaintenanceWindow ?? base.PreferredMaintenanceWindow,
    MonitoringInterval: given.MonitoringInterval ?? base.MonitoringInterval,
    MonitoringRoleArn: given.MonitoringRoleArn ?? base.MonitoringRoleArn,
    PerformanceInsightsEnabled: given.EnablePerformanceInsights ?? base.PerformanceInsightsEnabled,
    PerformanceInsightsRetentionPeriod:
      given.PerformanceInsightsRetentionPeriod ?? base.PerformanceInsightsRetentionPeriod,
    PerformanceInsightsKMSKeyId: given.PerformanceInsightsKMSKeyId ?? base.PerformanceInsightsKMSKeyId,
    CACertificateIdentifier: given.CACertificateIdentifier ?? base.CACertificateIdentifier,
    NetworkType: given.NetworkType ?? base.NetworkType,
    DBSubnetGroupName: given.DBSubnetGroupName ?? base.DBSubnetGroupName,
    DBParameterGroupName: given.DBParameterGroupName ?? base.DBParameterGroupName,
    OptionGroupName: given.OptionGroupName ?? base.OptionGroupName,
    VpcSecurityGroupIds: given.VpcSecurityGroupIds ?? base.VpcSecurityGroupIds,
    EnabledCloudwatchLogsExports: given.EnableCloudwatchLogsExports ?? base.EnabledCloudwatchLogsExports,
  };
}
