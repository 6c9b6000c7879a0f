import * as z from 'zod';
import { instant } from '../run';
import type { ChangeKindContract } from './kind';

const instanceIdentifier = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/);

/** Where and how a document reaches a database. Secrets go by ARN and are read on the host. */
export const databaseConnectionSchema = z.strictObject({
  /** Name or endpoint to connect to. */
  address: z.string(),
  port: z.number().int(),
  name: z.string(),
  sslMode: z.enum(['require', 'verify-ca', 'verify-full']),
  caFile: z.string(),
  masterSecretArn: z.string(),
});
export type DatabaseConnection = z.infer<typeof databaseConnectionSchema>;

/** Every setting of an RDS instance that a recovery carries over (ModifyDBInstance and restore parameters of the RDS API). */
export const instanceSettingsSchema = z.strictObject({
  DBInstanceClass: z.string(),
  StorageType: z.string(),
  AllocatedStorage: z.number(),
  Iops: z.number().optional(),
  StorageThroughput: z.number().optional(),
  MaxAllocatedStorage: z.number().optional(),
  MultiAZ: z.boolean(),
  PubliclyAccessible: z.boolean(),
  AutoMinorVersionUpgrade: z.boolean(),
  CopyTagsToSnapshot: z.boolean(),
  DeletionProtection: z.boolean(),
  IAMDatabaseAuthenticationEnabled: z.boolean(),
  BackupRetentionPeriod: z.number(),
  PreferredBackupWindow: z.string(),
  PreferredMaintenanceWindow: z.string(),
  MonitoringInterval: z.number(),
  MonitoringRoleArn: z.string().optional(),
  PerformanceInsightsEnabled: z.boolean(),
  PerformanceInsightsRetentionPeriod: z.number().optional(),
  PerformanceInsightsKMSKeyId: z.string().optional(),
  CACertificateIdentifier: z.string(),
  NetworkType: z.string(),
  DBSubnetGroupName: z.string(),
  DBParameterGroupName: z.string(),
  OptionGroupName: z.string(),
  VpcSecurityGroupIds: z.array(z.string()),
  EnabledCloudwatchLogsExports: z.array(z.string()),
  Port: z.number(),
  Tags: z.record(z.string(), z.string()),
});
export type InstanceSettings = z.infer<typeof instanceSettingsSchema>;

/** Where a database is restored from, and to which moment. */
export const recoverySourceSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('point-in-time'),
    /** The automated backups of an instance, which may be deleted already. */
    resourceId: z.string(),
    instanceIdentifier,
    moment: z.union([instant, z.literal('latest')]),
  }),
  z.strictObject({ kind: z.literal('snapshot'), snapshot: z.string(), moment: instant }),
  z.strictObject({ kind: z.literal('copied-snapshot'), snapshotArn: z.string(), region: z.string(), moment: instant }),
  /** Automated backups that RDS replicates to this region from another one. */
  z.strictObject({
    kind: z.literal('replicated-backup'),
    backupArn: z.string(),
    resourceId: z.string(),
    moment: z.union([instant, z.literal('latest')]),
  }),
]);
export type RecoverySource = z.infer<typeof recoverySourceSchema>;

/** In the journal, the `first-backup` that has the state before a plan changes the data. */
export const SAFETY_SNAPSHOT_KEY = 'safety-snapshot';

/** Changes of the database and of the instance that holds it. */
export const databaseChanges = {
  'database-fence': {
    lifted: 'on-failure',
    throws: [
      'FenceFailedError',
      'DatabaseUnreachableError',
      'DocumentFailedError',
      'DocumentTimedOutError',
      'HostSilentError',
      'HostOfflineError',
    ],
    target: z.strictObject({
      host: z.string(),
      connection: databaseConnectionSchema,
      logins: z.array(z.strictObject({ role: z.string(), secretArn: z.string() })),
    }),
    /** Who could connect: roles, and PUBLIC. */
    before: z.strictObject({ grantees: z.array(z.string()) }),
  },
  'network-fence': {
    lifted: 'on-failure',
    throws: [],
    target: z.strictObject({
      instance: instanceIdentifier,
      securityGroupId: z.string(),
      /** Where the instance is, if not in the function's own region. */
      region: z.string().optional(),
    }),
    before: z.strictObject({ securityGroupIds: z.array(z.string()) }),
  },
  'database-replacement': {
    lifted: 'never',
    throws: ['RestoreFailedError', 'RestoreTimeOutOfRangeError', 'RecoverySourceMissingError'],
    target: z.strictObject({
      instance: instanceIdentifier,
      source: recoverySourceSchema,
      settings: instanceSettingsSchema,
      expiresInDays: z.number().int(),
    }),
    before: z.strictObject({ exists: z.literal(false) }),
  },
  'database-settings': {
    lifted: 'never',
    throws: ['RestoreFailedError'],
    target: z.strictObject({ instance: instanceIdentifier, settings: instanceSettingsSchema }),
    before: z.strictObject({ settings: instanceSettingsSchema }),
  },
  'master-login': {
    lifted: 'never',
    throws: [],
    target: z.strictObject({ instance: instanceIdentifier, secretArn: z.string() }),
    before: z.strictObject({ secretVersion: z.string() }),
  },
  'instance-rename': {
    lifted: 'on-failure',
    throws: [],
    target: z.strictObject({ from: instanceIdentifier, to: instanceIdentifier }),
    before: z.strictObject({ resourceId: z.string() }),
  },
  'database-alarms': {
    lifted: 'never',
    throws: [],
    target: z.strictObject({ alarms: z.array(z.string()), from: instanceIdentifier, to: instanceIdentifier }),
    before: z.strictObject({ dimensions: z.record(z.string(), z.string()) }),
  },
  'first-backup': {
    lifted: 'never',
    throws: [],
    target: z.strictObject({ instance: instanceIdentifier, snapshot: z.string() }),
    before: z.strictObject({ exists: z.literal(false) }),
  },
  /** The schema's version, by the migrations of a release. What they dropped is in the snapshot taken before, and nowhere else. */
  schema: {
    lifted: 'never',
    throws: [
      'DatabaseUnreachableError',
      'DocumentFailedError',
      'DocumentTimedOutError',
      'HostSilentError',
      'HostOfflineError',
    ],
    target: z.strictObject({
      host: z.string(),
      connection: databaseConnectionSchema,
      /** `table.column` */
      versions: z.string(),
      releasesFolder: z.string(),
      /** Name of the folder of the release that knows the way. */
      release: z.string(),
      version: z.string(),
      /** From which what is dropped can be had again. */
      snapshot: z.string(),
    }),
    /** As applied, newest first. */
    before: z.strictObject({ versions: z.array(z.string()) }),
  },
  'kept-instance': {
    lifted: 'never',
    throws: [],
    target: z.strictObject({ instance: instanceIdentifier, expiresInDays: z.number().int() }),
    before: z.strictObject({ tags: z.record(z.string(), z.string()), deletionProtection: z.boolean() }),
  },
} as const satisfies Record<string, ChangeKindContract>;
