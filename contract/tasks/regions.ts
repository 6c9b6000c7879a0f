import * as z from 'zod';
import { descriptionSchema } from '../../config/schema';
import { instanceSettingsSchema, recoverySourceSchema } from '../changes';
import { replicationSchema } from '../documents';
import { instant, requestSchema, runRefSchema } from '../run';
import { task } from './task';

const endpoint = z.strictObject({ address: z.string(), port: z.number().int() });

/** The instance in this region that the description names; `current` of the plans that carry settings over. */
export const instanceHereSchema = z.strictObject({
  instanceIdentifier: z.string(),
  resourceId: z.string(),
  /** `deleted` where only its stored settings are left. */
  status: z.string(),
  endpoint: endpoint.nullable(),
  settings: instanceSettingsSchema,
  /** ARN of what it follows; null where it is no replica. */
  follows: z.string().nullable(),
});
export type InstanceHere = z.infer<typeof instanceHereSchema>;

/** The primary in the other region. */
export const primaryThereSchema = z.strictObject({
  /** Whether RDS there answers. */
  answers: z.boolean(),
  region: z.string(),
  instanceIdentifier: z.string(),
  /** Null where RDS there does not answer, or has no such instance. */
  arn: z.string().nullable(),
  status: z.string(),
  /** By its endpoint, or by the name of the description where RDS there does not answer. */
  endpoint,
  words: z.string(),
});
export type PrimaryThere = z.infer<typeof primaryThereSchema>;

/** What else there is in this region to restore from. */
export const regionalSourcesSchema = z.strictObject({
  backups: z
    .array(z.strictObject({ backupArn: z.string(), resourceId: z.string(), earliest: instant, latest: instant }))
    .max(20),
  snapshots: z.array(z.strictObject({ snapshot: z.string(), takenAt: instant })).max(100),
});
export type RegionalSources = z.infer<typeof regionalSourcesSchema>;

/** How this region comes to have the data. */
export const regionSourceSchema = z.union([
  z.strictObject({ kind: z.literal('replica'), instance: z.string(), moment: instant.nullable() }),
  recoverySourceSchema,
]);
export type RegionSource = z.infer<typeof regionSourceSchema>;

/** Tasks that look at both regions and choose; `lambdas/regions/`. */
export const regionTasks = {
  'regions-inspect': task({
    name: 'regions-inspect',
    capability: 'regions',
    does: 'Looks at both regions: the database here and what else there is of it, the primary there as far as it answers, and who serves.',
    arguments: z.strictObject({ run: runRefSchema, description: descriptionSchema, hosts: z.array(z.string()) }),
    result: z.strictObject({ here: instanceHereSchema, there: primaryThereSchema, sources: regionalSourcesSchema }),
    throws: ['RegionUnfitError', 'RecoverySourceMissingError'],
    timeoutSeconds: 60,
  }),
  'region-choose': task({
    name: 'region-choose',
    capability: 'regions',
    does: 'Chooses what this region takes over with: the replica, else replicated backups, else a copied snapshot; records that, and whether the other region answers.',
    arguments: z.strictObject({
      run: runRefSchema,
      request: requestSchema,
      description: descriptionSchema,
      here: instanceHereSchema,
      there: primaryThereSchema,
      sources: regionalSourcesSchema,
      /** Of the replica here; null where there is none that answers. */
      replication: replicationSchema.nullable(),
    }),
    result: z.strictObject({
      source: regionSourceSchema,
      /** Null where nobody knows. */
      predictedLossSeconds: z.number().nullable(),
      baselineTakenAt: instant.nullable(),
      /** Table to the highest key that the baseline's checksum is over, as `probe-integrity` takes it. */
      baselineThrough: z.record(z.string(), z.string()),
    }),
    throws: [
      'RegionUnfitError',
      'RecoverySourceMissingError',
      'RestoreTimeOutOfRangeError',
      'PredictedLossExceededError',
    ],
    timeoutSeconds: 30,
  }),
  'loss-record': task({
    name: 'loss-record',
    capability: 'regions',
    does: 'Records, right before a promotion or restore, what the primary is fenced by and how far this region has come: that is what is lost.',
    arguments: z.strictObject({
      run: runRefSchema,
      request: requestSchema,
      there: primaryThereSchema,
      source: regionSourceSchema,
      replication: z.strictObject({
        /** Null where there is no replica. */
        measured: replicationSchema.nullable(),
        /** Whether it has replayed everything that the fenced primary had written. */
        caughtUp: z.boolean(),
      }),
      fence: z.enum(['inside', 'network', 'none']),
    }),
    result: z.strictObject({ lossSeconds: z.number().nullable() }),
    throws: [],
    timeoutSeconds: 30,
  }),
} as const;
