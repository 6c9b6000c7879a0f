import * as z from 'zod';
import { instant, runRefSchema } from './run';

/**
 * The kinds of change a run can make; lambdas/changes/<kind>.ts reads, applies, confirms and undoes it.
 * - `target`: what is to be changed and into what.
 * - `before`: the state before, recorded in the journal before anything is done.
 * - `lifted`: when settling takes it back:
 *     `always`      it only protects while the run works (a maintenance page, suspended processes);
 *     `on-failure`  it is taken back where the run fails before its point of no return (stopped services, the fence, the record);
 *     `never`       it stays (a restored instance: kept and tagged, removed only by the janitor after its expiry).
 */
const hostIds = z
  .array(z.string().regex(/^i-[0-9a-f]{8,17}$/))
  .min(1)
  .max(50);
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
]);
export type RecoverySource = z.infer<typeof recoverySourceSchema>;

export const changeKinds = {
  'auto-scaling-processes': {
    lifted: 'always',
    target: z.strictObject({ group: z.string(), suspend: z.array(z.string()).min(1) }),
    before: z.strictObject({ suspended: z.array(z.string()) }),
  },
  'maintenance-page': {
    lifted: 'always',
    target: z.strictObject({ listenerArn: z.string(), title: z.string().max(80) }),
    before: z.strictObject({ rules: z.array(z.strictObject({ arn: z.string(), priority: z.string() })) }),
  },
  services: {
    lifted: 'on-failure',
    target: z.strictObject({ hosts: hostIds, services: z.array(z.string()).min(1) }),
    before: z.strictObject({ active: z.record(z.string(), z.array(z.string())) }),
  },
  'database-fence': {
    lifted: 'on-failure',
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
    target: z.strictObject({ instance: instanceIdentifier, securityGroupId: z.string() }),
    before: z.strictObject({ securityGroupIds: z.array(z.string()) }),
  },
  'database-replacement': {
    lifted: 'never',
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
    target: z.strictObject({ instance: instanceIdentifier, settings: instanceSettingsSchema }),
    before: z.strictObject({ settings: instanceSettingsSchema }),
  },
  'master-login': {
    lifted: 'never',
    target: z.strictObject({ instance: instanceIdentifier, secretArn: z.string() }),
    before: z.strictObject({ secretVersion: z.string() }),
  },
  'dns-record': {
    lifted: 'on-failure',
    target: z.strictObject({
      hostedZoneId: z.string(),
      name: z.string(),
      value: z.string(),
      ttlSeconds: z.number().int(),
    }),
    before: z.strictObject({ value: z.string(), ttlSeconds: z.number().int() }),
  },
  'instance-rename': {
    lifted: 'on-failure',
    target: z.strictObject({ from: instanceIdentifier, to: instanceIdentifier }),
    before: z.strictObject({ resourceId: z.string() }),
  },
  'database-alarms': {
    lifted: 'never',
    target: z.strictObject({ alarms: z.array(z.string()), from: instanceIdentifier, to: instanceIdentifier }),
    before: z.strictObject({ dimensions: z.record(z.string(), z.string()) }),
  },
  'first-backup': {
    lifted: 'never',
    target: z.strictObject({ instance: instanceIdentifier, snapshot: z.string() }),
    before: z.strictObject({ exists: z.literal(false) }),
  },
  'kept-instance': {
    lifted: 'never',
    target: z.strictObject({ instance: instanceIdentifier, expiresInDays: z.number().int() }),
    before: z.strictObject({ tags: z.record(z.string(), z.string()), deletionProtection: z.boolean() }),
  },
} as const;

export type ChangeKind = keyof typeof changeKinds;
export const changeKindNames = [
  'auto-scaling-processes',
  'maintenance-page',
  'services',
  'database-fence',
  'network-fence',
  'database-replacement',
  'database-settings',
  'master-login',
  'dns-record',
  'instance-rename',
  'database-alarms',
  'first-backup',
  'kept-instance',
] as const satisfies readonly ChangeKind[];
export const changeKindSchema = z.enum(changeKindNames);

export type ChangeTarget<K extends ChangeKind> = z.infer<(typeof changeKinds)[K]['target']>;
export type ChangeBefore<K extends ChangeKind> = z.infer<(typeof changeKinds)[K]['before']>;

/**
 * recorded: intent and state before are in the journal, nothing is known of the doing. applied: AWS or the host took it.
 * confirmed: it is in force. not-applied: it was refused for certain. undone, undo-failed: what taking it back came to.
 */
export const changeStateSchema = z.enum([
  'recorded',
  'applied',
  'confirmed',
  'not-applied',
  'undoing',
  'undone',
  'undo-failed',
]);
export type ChangeState = z.infer<typeof changeStateSchema>;

export const journalEntrySchema = z.strictObject({
  runId: z.string(),
  /** Order of recording in the run, from 1. Undo walks it backwards. */
  sequence: z.number().int().positive(),
  /** Names the change in its run: a repeated call finds it by this. */
  key: z.string(),
  kind: changeKindSchema,
  state: changeStateSchema,
  /** After it is applied there is no way back without losing accepted writes. */
  pointOfNoReturn: z.boolean(),
  target: z.unknown(),
  before: z.unknown(),
  /** What confirming found, and handles such as a command's or a change's id. */
  detail: z.record(z.string(), z.unknown()),
  /**
   * How many calls that apply it have begun and are not known to have ended; absent right after recording: one. Null once
   * settling has seen that there is none: then no further one may begin.
   */
  underWay: z.number().int().nullable().optional(),
  recordedAt: instant,
  appliedAt: instant.optional(),
  confirmedAt: instant.optional(),
  undoneAt: instant.optional(),
  error: z.string().optional(),
});
export type JournalEntry = z.infer<typeof journalEntrySchema>;

const key = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/);

/** The arguments of the function of one kind of change. */
export function changeArguments(kind: ChangeKind) {
  const definition = changeKinds[kind];
  return z.discriminatedUnion('verb', [
    z.strictObject({
      verb: z.literal('apply'),
      run: runRefSchema,
      key,
      target: definition.target,
      /** Given where only a host could read it (services, fence); otherwise the function reads it itself. */
      before: definition.before.optional(),
      pointOfNoReturn: z.boolean().optional(),
    }),
    z.strictObject({ verb: z.literal('confirm'), run: runRefSchema, key }),
    z.strictObject({ verb: z.literal('undo'), run: runRefSchema, key }),
    z.strictObject({ verb: z.literal('confirm-undo'), run: runRefSchema, key }),
  ]);
}

/** The same for one kind, as its function and the state machines' fragments are typed. */
export interface ApplyArguments<K extends ChangeKind> {
  readonly key: string;
  readonly target: ChangeTarget<K>;
  readonly before?: ChangeBefore<K>;
  readonly pointOfNoReturn?: boolean;
}

/** What every verb of a change answers: whether it is in force (or gone) yet, and how far it is. */
export const changeResultSchema = z.strictObject({
  done: z.boolean(),
  progress: z.string().optional(),
  detail: z.record(z.string(), z.unknown()).optional(),
});
export type ChangeResult = z.infer<typeof changeResultSchema>;
