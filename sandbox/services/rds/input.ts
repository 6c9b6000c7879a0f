import * as z from 'zod';

/** What the simulated operations take; anything else is refused by name. */

// RDS guide, naming constraints: first a letter, no hyphen last nor two together.
const name = (longest: number) =>
  z
    .string()
    .max(longest)
    .regex(/^[A-Za-z](?!.*--)[A-Za-z0-9-]*(?<!-)$/, 'is not a valid identifier')
    .transform((given) => given.toLowerCase());
const instanceName = name(63);
const snapshotName = name(255);

/** Identifiers of what exists are compared in lower case and never refused for their form. */
export const existing = z.string().transform((given) => given.toLowerCase());

/** Tags: 50 a resource, and `aws:` is AWS's own (RDS guide, Tagging). */
const tagList = z
  .array(
    z.strictObject({
      Key: z
        .string()
        .min(1)
        .max(128)
        .regex(/^(?!aws:)/i, 'may not begin with aws:'),
      Value: z.string().max(256).default(''),
    }),
  )
  .max(50)
  .refine((tags) => new Set(tags.map(({ Key }) => Key)).size === tags.length, 'names a key twice');
export type TagList = z.infer<typeof tagList>;

export const tagRecord = (tags: TagList | undefined): Map<string, string> =>
  new Map((tags ?? []).map(({ Key, Value }) => [Key, Value]));

/** What restores and modifications share. */
const settings = {
  DBInstanceClass: z.string().optional(),
  StorageType: z.enum(['gp2', 'gp3', 'io1', 'io2', 'standard']).optional(),
  AllocatedStorage: z.number().int().min(20).max(65536).optional(),
  Iops: z.number().int().optional(),
  StorageThroughput: z.number().int().optional(),
  MultiAZ: z.boolean().optional(),
  PubliclyAccessible: z.boolean().optional(),
  AutoMinorVersionUpgrade: z.boolean().optional(),
  CopyTagsToSnapshot: z.boolean().optional(),
  DeletionProtection: z.boolean().optional(),
  EnableIAMDatabaseAuthentication: z.boolean().optional(),
  BackupRetentionPeriod: z.number().int().min(0).max(35).optional(),
  PreferredBackupWindow: z
    .string()
    .regex(/^\d\d:\d\d-\d\d:\d\d$/)
    .optional(),
  CACertificateIdentifier: z.string().optional(),
  NetworkType: z.enum(['IPV4', 'DUAL']).optional(),
  DBParameterGroupName: z.string().optional(),
  OptionGroupName: z.string().optional(),
  VpcSecurityGroupIds: z.array(z.string()).min(1).optional(),
};

const logs = z.array(z.enum(['postgresql', 'upgrade']));

const restored = {
  ...settings,
  DBSubnetGroupName: z.string().optional(),
  EnableCloudwatchLogsExports: logs.optional(),
  Port: z.number().int().min(1150).max(65535).optional(),
  Tags: tagList.optional(),
};

export const restoreToPointInTimeSchema = z.strictObject({
  ...restored,
  MaxAllocatedStorage: z.number().int().optional(),
  SourceDbiResourceId: z.string().optional(),
  SourceDBInstanceAutomatedBackupsArn: z.string().optional(),
  TargetDBInstanceIdentifier: instanceName,
  RestoreTime: z.date().optional(),
  UseLatestRestorableTime: z.boolean().optional(),
});
/** A replica of an instance of another region (one of the same is not simulated). */
export const createReplicaSchema = z.strictObject({
  ...restored,
  DBInstanceIdentifier: instanceName,
  SourceDBInstanceIdentifier: z.string(),
  KmsKeyId: z.string().optional(),
  MaxAllocatedStorage: z.number().int().optional(),
});
export type CreateReplica = z.infer<typeof createReplicaSchema>;

export const promoteSchema = z.strictObject({
  DBInstanceIdentifier: existing,
  BackupRetentionPeriod: z.number().int().min(0).max(35).optional(),
  PreferredBackupWindow: z
    .string()
    .regex(/^\d\d:\d\d-\d\d:\d\d$/)
    .optional(),
});

export type RestoreToPointInTime = z.infer<typeof restoreToPointInTimeSchema>;

export const restoreFromSnapshotSchema = z.strictObject({
  ...restored,
  DBSnapshotIdentifier: existing,
  DBInstanceIdentifier: instanceName,
});
export type RestoreFromSnapshot = z.infer<typeof restoreFromSnapshotSchema>;

export const modifySchema = z.strictObject({
  ...settings,
  DBInstanceIdentifier: existing,
  ApplyImmediately: z.boolean().optional(),
  NewDBInstanceIdentifier: instanceName.optional(),
  MasterUserPassword: z
    .string()
    .min(8)
    .max(128)
    .regex(/^[\x21-\x7e]*$/, 'is not printable ASCII')
    .regex(/^[^/"@]*$/, "may not contain '/', '@', '\"' or a space")
    .optional(),
  MaxAllocatedStorage: z.number().int().optional(),
  PreferredMaintenanceWindow: z
    .string()
    .regex(/^[a-z]{3}:\d\d:\d\d-[a-z]{3}:\d\d:\d\d$/i)
    .optional(),
  MonitoringInterval: z.literal([0, 1, 5, 10, 15, 30, 60]).optional(),
  MonitoringRoleArn: z.string().optional(),
  EnablePerformanceInsights: z.boolean().optional(),
  // RDS API, ModifyDBInstance: 7, 731, or a month of 31 days up to 23 times.
  PerformanceInsightsRetentionPeriod: z
    .number()
    .int()
    .refine((days) => days === 7 || days === 731 || (days % 31 === 0 && days >= 31 && days <= 713))
    .optional(),
  PerformanceInsightsKMSKeyId: z.string().optional(),
  CloudwatchLogsExportConfiguration: z
    .strictObject({ EnableLogTypes: logs.optional(), DisableLogTypes: logs.optional() })
    .optional(),
  DBPortNumber: z.number().int().optional(),
});
export type Modification = z.infer<typeof modifySchema>;

export const createSnapshotSchema = z.strictObject({
  DBSnapshotIdentifier: snapshotName,
  DBInstanceIdentifier: existing,
  Tags: tagList.optional(),
});

export const copySnapshotSchema = z.strictObject({
  SourceDBSnapshotIdentifier: existing,
  TargetDBSnapshotIdentifier: snapshotName,
  KmsKeyId: z.string().optional(),
  CopyTags: z.boolean().optional(),
  Tags: tagList.optional(),
});

export const tagsSchema = z.strictObject({ ResourceName: z.string(), Tags: tagList.min(1) });
export const untagSchema = z.strictObject({ ResourceName: z.string(), TagKeys: z.array(z.string()).min(1) });
