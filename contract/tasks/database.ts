import * as z from 'zod';
import { databaseSchema, objectiveSchema } from '../../config/schema';
import { backupSourceSchema, instanceSettingsSchema, recoverySourceSchema } from '../changes';
import { foundBackupSchema, integrityMeasureSchema } from '../documents';
import { checkSchema, instant, requestSchema, runRefSchema } from '../run';
import { task } from './task';

/** Statuses of an instance to which nobody can connect any more and whose log does not grow (RDS guide, DB instance status). */
export const endedStatuses = [
  'deleted',
  'deleting',
  'failed',
  'stopped',
  'stopping',
  'inaccessible-encryption-credentials',
  'incompatible-network',
  'incompatible-option-group',
  'incompatible-parameters',
  'incompatible-restore',
] as const;

/** The instance that the application's name leads to, or led to before it was deleted. */
export const currentInstanceSchema = z.strictObject({
  instanceIdentifier: z.string(),
  resourceId: z.string(),
  /** `deleted` where only its stored settings and its automated backups are left. */
  status: z.string(),
  endpoint: z.strictObject({ address: z.string(), port: z.number().int() }).nullable(),
  settings: instanceSettingsSchema,
  /** `stored`: from the last integrity probe, since the instance cannot be asked any more. */
  settingsFrom: z.enum(['instance', 'stored']),
});
export type CurrentInstance = z.infer<typeof currentInstanceSchema>;

/** What there is to restore from. */
export const availableSourcesSchema = z.strictObject({
  pointInTime: z
    .array(
      z.strictObject({ resourceId: z.string(), instanceIdentifier: z.string(), earliest: instant, latest: instant }),
    )
    .max(20),
  snapshots: z.array(z.strictObject({ snapshot: z.string(), takenAt: instant })).max(100),
  copiedSnapshots: z.array(z.strictObject({ snapshotArn: z.string(), region: z.string(), takenAt: instant })).max(100),
});
export type AvailableSources = z.infer<typeof availableSourcesSchema>;

/** When a run has measured the database behind its fence: before it changes the data, and before it opens it again. */
export const runMomentSchema = z.enum(['fenced', 'opening']);
export type RunMoment = z.infer<typeof runMomentSchema>;

/** Tasks of the database's recovery; `lambdas/database/`. */
export const databaseTasks = {
  'source-inspect': task({
    name: 'source-inspect',
    capability: 'database',
    does: "Finds the instance behind the application's name, its settings (stored ones if it is gone) and everything to restore from.",
    arguments: z.strictObject({ run: runRefSchema, database: databaseSchema }),
    result: z.strictObject({ current: currentInstanceSchema, sources: availableSourcesSchema }),
    throws: ['RecoverySourceMissingError'],
    timeoutSeconds: 60,
  }),
  'source-choose': task({
    name: 'source-choose',
    capability: 'database',
    does: 'Chooses source and moment: what was asked for, else the last moment at which the integrity probe passed; records choice, reason, predicted loss.',
    arguments: z.strictObject({
      run: runRefSchema,
      request: requestSchema,
      objective: objectiveSchema,
      current: currentInstanceSchema,
      sources: availableSourcesSchema,
    }),
    result: z.strictObject({
      source: recoverySourceSchema,
      reason: z.string(),
      predictedLossSeconds: z.number(),
      /** When the probe passed against whose figures the copy is checked; null where none fits. */
      baselineTakenAt: instant.nullable(),
      /** Table to the highest key that the baseline's checksum is over, as `probe-integrity` takes it. */
      baselineThrough: z.record(z.string(), z.string()),
    }),
    throws: [
      'EvidenceMissingError',
      'RestoreTimeOutOfRangeError',
      'RecoverySourceMissingError',
      'PredictedLossExceededError',
    ],
    timeoutSeconds: 30,
  }),
  'restorable-await': task({
    name: 'restorable-await',
    capability: 'database',
    does: 'Says whether the moment can be restored yet: the restorable time trails; for "latest" the fence has to stand and be passed.',
    arguments: z.strictObject({
      run: runRefSchema,
      source: recoverySourceSchema,
      current: currentInstanceSchema,
      /** Keys of the changes of which one is the fence, in the database or around its network. */
      fenceKeys: z.array(z.string()).min(1),
    }),
    /** `waitsFor` is the moment that `restorable` has to reach; null while the fence does not stand. */
    result: z.strictObject({ done: z.boolean(), waitsFor: instant.nullable(), restorable: instant.nullable() }),
    throws: ['FenceFailedError'],
    timeoutSeconds: 30,
  }),
  'settings-compare': task({
    name: 'settings-compare',
    capability: 'database',
    does: "Computes the difference between the replacement's settings and the source's; it has to be empty.",
    arguments: z.strictObject({ run: runRefSchema, instance: z.string(), settings: instanceSettingsSchema }),
    result: z.strictObject({
      compared: z.number().int(),
      endpoint: z.strictObject({ address: z.string(), port: z.number().int() }),
    }),
    throws: ['SettingsDifferError'],
    timeoutSeconds: 30,
  }),
  'backup-moment': task({
    name: 'backup-moment',
    capability: 'database',
    does: 'Says of which moment or name a backup file of a self-hosted database is looked for: what was asked for, else the last moment at which the integrity probe passed.',
    arguments: z.strictObject({ run: runRefSchema, request: requestSchema }),
    /** Both are empty for the newest backup; times are in UTC and whole seconds. */
    result: z.strictObject({ notAfter: z.string(), only: z.string(), because: z.string() }),
    throws: ['EvidenceMissingError', 'RecoverySourceMissingError'],
    timeoutSeconds: 30,
  }),
  'backup-choose': task({
    name: 'backup-choose',
    capability: 'database',
    does: 'Judges the backup that was found: what is lost by it, against the objective and what a person decided; records choice, reason and what was skipped.',
    arguments: z.strictObject({
      run: runRefSchema,
      request: requestSchema,
      objective: objectiveSchema,
      folder: z.string(),
      wanted: z.strictObject({ notAfter: z.string(), only: z.string(), because: z.string() }),
      found: foundBackupSchema,
    }),
    result: z.strictObject({
      source: backupSourceSchema,
      predictedLossSeconds: z.number(),
      baselineTakenAt: instant.nullable(),
      baselineThrough: z.record(z.string(), z.string()),
    }),
    throws: ['PredictedLossExceededError'],
    timeoutSeconds: 30,
  }),
  'rollback-count': task({
    name: 'rollback-count',
    capability: 'database',
    does: 'Counts what a rollback leaves behind: rows of the present state behind the fence against those of the copy; records it with the backup that has them.',
    arguments: z.strictObject({
      run: runRefSchema,
      /** Null where the present state could not be measured: what is wrong with it may be just that. */
      present: integrityMeasureSchema.nullable(),
      copy: integrityMeasureSchema,
      /** Names the safety backup. */
      keptIn: z.string(),
    }),
    result: z.strictObject({ words: z.string() }),
    throws: [],
    timeoutSeconds: 30,
  }),
  'measure-record': task({
    name: 'measure-record',
    capability: 'database',
    does: 'Keeps what the database holds behind the fence: what an undo holds a restored copy against, and counts from.',
    arguments: z.strictObject({
      run: runRefSchema,
      moment: runMomentSchema,
      /** Null where it could not be measured. */
      measure: integrityMeasureSchema.nullable(),
    }),
    result: z.strictObject({ kept: z.boolean() }),
    throws: ['LeaseLostError'],
    timeoutSeconds: 30,
  }),
  'integrity-compare': task({
    name: 'integrity-compare',
    capability: 'database',
    does: 'Holds the measures of the restored copy against the baseline of the chosen moment and records each check.',
    arguments: z.strictObject({
      run: runRefSchema,
      database: databaseSchema,
      measure: integrityMeasureSchema,
      baselineTakenAt: instant.nullable(),
      /** Measured by the run itself, where it had another database to measure: then no probe's is looked for. */
      baseline: integrityMeasureSchema.nullish(),
      /** True where the copy is of exactly the baseline's moment. */
      exact: z.boolean(),
      consistencyPercent: z.number(),
    }),
    result: z.strictObject({ checks: z.array(checkSchema) }),
    throws: ['IntegrityCheckFailedError'],
    timeoutSeconds: 30,
  }),
} as const;
