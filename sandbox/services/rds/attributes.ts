import * as z from 'zod';

/** The attributes of an instance that requests set and descriptions show, in RDS's own words. */
export interface Attributes {
  DBInstanceClass: string;
  StorageType: string;
  AllocatedStorage: number;
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
  CACertificateIdentifier: string;
  NetworkType: string;
  DBSubnetGroupName: string;
  DBParameterGroupName: string;
  OptionGroupName: string;
  VpcSecurityGroupIds: string[];
  EnabledCloudwatchLogsExports: string[];
}

/** What a new instance gets where a restore passes nothing: the defaults of RDS, which are not the source's settings. */
export function defaults(major: number, source: Attributes): Attributes {
  return {
    DBInstanceClass: source.DBInstanceClass,
    StorageType: source.StorageType,
    AllocatedStorage: source.AllocatedStorage,
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
    CACertificateIdentifier: 'rds-ca-rsa2048-g1',
    NetworkType: 'IPV4',
    DBSubnetGroupName: 'default',
    DBParameterGroupName: `default.postgres${major}`,
    OptionGroupName: `default:postgres-${major}`,
    VpcSecurityGroupIds: ['sg-0default000000000'],
    EnabledCloudwatchLogsExports: [],
  };
}

const tagList = z.array(z.strictObject({ Key: z.string().min(1).max(128), Value: z.string().max(256) }));
const identifier = z
  .string()
  // RDS guide, naming constraints: 1 to 63 letters, digits or hyphens, first a letter, no hyphen last nor two together.
  .regex(/^[A-Za-z](?!.*--)[A-Za-z0-9-]{0,62}(?<!-)$/, 'is not a valid identifier')
  .transform((name) => name.toLowerCase());

/** Parameters that both kinds of restore take. */
const restoreParameters = {
  DBInstanceClass: z.string().optional(),
  StorageType: z.string().optional(),
  AllocatedStorage: z.number().int().optional(),
  MultiAZ: z.boolean().optional(),
  PubliclyAccessible: z.boolean().optional(),
  AutoMinorVersionUpgrade: z.boolean().optional(),
  CopyTagsToSnapshot: z.boolean().optional(),
  DeletionProtection: z.boolean().optional(),
  EnableIAMDatabaseAuthentication: z.boolean().optional(),
  BackupRetentionPeriod: z.number().int().min(0).max(35).optional(),
  PreferredBackupWindow: z.string().optional(),
  CACertificateIdentifier: z.string().optional(),
  NetworkType: z.enum(['IPV4', 'DUAL']).optional(),
  DBSubnetGroupName: z.string().optional(),
  DBParameterGroupName: z.string().optional(),
  OptionGroupName: z.string().optional(),
  VpcSecurityGroupIds: z.array(z.string()).optional(),
  EnableCloudwatchLogsExports: z.array(z.enum(['postgresql', 'upgrade'])).optional(),
  Port: z.number().int().min(1150).max(65535).optional(),
  Tags: tagList.optional(),
};

export const restoreToPointInTimeSchema = z
  .strictObject({
    ...restoreParameters,
    MaxAllocatedStorage: z.number().int().optional(),
    SourceDbiResourceId: z.string(),
    TargetDBInstanceIdentifier: identifier,
    RestoreTime: z.date().optional(),
    UseLatestRestorableTime: z.literal(true).optional(),
  })
  .refine(
    ({ RestoreTime, UseLatestRestorableTime }) =>
      (RestoreTime === undefined) !== (UseLatestRestorableTime === undefined),
    {
      message: 'give either RestoreTime or UseLatestRestorableTime',
    },
  );
export type RestoreToPointInTime = z.infer<typeof restoreToPointInTimeSchema>;

export const restoreFromSnapshotSchema = z.strictObject({
  ...restoreParameters,
  DBSnapshotIdentifier: z.string(),
  DBInstanceIdentifier: identifier,
});

export const modifySchema = z.strictObject({
  DBInstanceIdentifier: z.string(),
  // What waits for the maintenance window is not simulated.
  ApplyImmediately: z.literal(true),
  NewDBInstanceIdentifier: identifier.optional(),
  MasterUserPassword: z.string().min(8).max(128).optional(),
  DBInstanceClass: z.string().optional(),
  StorageType: z.string().optional(),
  AllocatedStorage: z.number().int().optional(),
  MaxAllocatedStorage: z.number().int().optional(),
  MultiAZ: z.boolean().optional(),
  PubliclyAccessible: z.boolean().optional(),
  AutoMinorVersionUpgrade: z.boolean().optional(),
  CopyTagsToSnapshot: z.boolean().optional(),
  DeletionProtection: z.boolean().optional(),
  EnableIAMDatabaseAuthentication: z.boolean().optional(),
  BackupRetentionPeriod: z.number().int().min(0).max(35).optional(),
  PreferredBackupWindow: z.string().optional(),
  PreferredMaintenanceWindow: z.string().optional(),
  MonitoringInterval: z.number().int().optional(),
  MonitoringRoleArn: z.string().optional(),
  EnablePerformanceInsights: z.boolean().optional(),
  PerformanceInsightsRetentionPeriod: z.number().int().optional(),
  CACertificateIdentifier: z.string().optional(),
  NetworkType: z.enum(['IPV4', 'DUAL']).optional(),
  DBParameterGroupName: z.string().optional(),
  OptionGroupName: z.string().optional(),
  VpcSecurityGroupIds: z.array(z.string()).min(1).optional(),
  CloudwatchLogsExportConfiguration: z
    .strictObject({ EnableLogTypes: z.array(z.string()).optional(), DisableLogTypes: z.array(z.string()).optional() })
    .optional(),
});
export type Modification = z.infer<typeof modifySchema>;

export const createSnapshotSchema = z.strictObject({
  DBSnapshotIdentifier: identifier,
  DBInstanceIdentifier: z.string(),
  Tags: tagList.optional(),
});
export const tagsSchema = z.strictObject({ ResourceName: z.string(), Tags: tagList.min(1) });
export const untagSchema = z.strictObject({ ResourceName: z.string(), TagKeys: z.array(z.string()).min(1) });

/** Copies what was given over the defaults; keys whose names differ between request and description are renamed. */
export function taken(
  base: Attributes,
  given: Omit<z.infer<z.ZodObject<typeof restoreParameters>>, 'Tags' | 'Port'> & {
    MaxAllocatedStorage?: number | undefined;
    PreferredMaintenanceWindow?: string | undefined;
    MonitoringInterval?: number | undefined;
    MonitoringRoleArn?: string | undefined;
    EnablePerformanceInsights?: boolean | undefined;
    PerformanceInsightsRetentionPeriod?: number | undefined;
  },
): Attributes {
  return {
    DBInstanceClass: given.DBInstanceClass ?? base.DBInstanceClass,
    StorageType: given.StorageType ?? base.StorageType,
    AllocatedStorage: given.AllocatedStorage ?? base.AllocatedStorage,
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
    CACertificateIdentifier: given.CACertificateIdentifier ?? base.CACertificateIdentifier,
    NetworkType: given.NetworkType ?? base.NetworkType,
    DBSubnetGroupName: given.DBSubnetGroupName ?? base.DBSubnetGroupName,
    DBParameterGroupName: given.DBParameterGroupName ?? base.DBParameterGroupName,
    OptionGroupName: given.OptionGroupName ?? base.OptionGroupName,
    VpcSecurityGroupIds: given.VpcSecurityGroupIds ?? base.VpcSecurityGroupIds,
    EnabledCloudwatchLogsExports: given.EnableCloudwatchLogsExports ?? base.EnabledCloudwatchLogsExports,
  };
}

export function tagRecord(tags: readonly { Key: string; Value: string }[] | undefined): Map<string, string> {
  return new Map((tags ?? []).map(({ Key, Value }) => [Key, Value]));
}
