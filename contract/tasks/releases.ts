import * as z from 'zod';
import { releasesSchema, serviceLevelsSchema } from '../../config/schema';
import { inspectedReleaseSchema, schemaRangeSchema } from '../documents';
import { instant, requestSchema, runRefSchema } from '../run';
import { task } from './task';

const inspected = z.array(z.strictObject({ host: z.string(), result: inspectedReleaseSchema })).min(1);

/** What one probe found of the releases that the hosts serve. */
export const releaseSightingSchema = z.strictObject({
  takenAt: instant,
  hosts: z.array(
    z.strictObject({
      host: z.string(),
      release: z.string(),
      commit: z.string(),
      healthy: z.boolean(),
      /** In words, with the figures. */
      because: z.string(),
      /** As the application counts them since it started. */
      requests: z.number(),
      errors: z.number(),
    }),
  ),
});
export type ReleaseSighting = z.infer<typeof releaseSightingSchema>;

/** Hosts that change at the same time. */
export const batchSchema = z.strictObject({
  number: z.number().int().positive(),
  hosts: z.array(z.string()).min(1),
  /** Whether they leave service meanwhile: not where nobody else would serve. */
  standby: z.boolean(),
});
export type Batch = z.infer<typeof batchSchema>;

/** Tasks about the application's releases; `lambdas/application/`. */
export const releaseTasks = {
  'releases-open': task({
    name: 'releases-open',
    capability: 'application',
    does: 'Says on which hosts and with which parameters the releases are looked at now, or why not (a run holds the lease).',
    arguments: z.strictObject({}),
    result: z.discriminatedUnion('probe', [
      z.strictObject({
        probe: z.literal(true),
        hosts: z.array(z.string()).min(1),
        parameters: z.record(z.string(), z.string()),
      }),
      z.strictObject({ probe: z.literal(false), because: z.string() }),
    ]),
    throws: [],
    timeoutSeconds: 30,
  }),
  'releases-record': task({
    name: 'releases-record',
    capability: 'application',
    does: 'Judges how well each host serves its release, by health, errors and response time, and keeps it as evidence.',
    arguments: z.strictObject({ inspected }),
    result: releaseSightingSchema,
    throws: [],
    timeoutSeconds: 30,
  }),
  'release-choose': task({
    name: 'release-choose',
    capability: 'application',
    does: 'Chooses the release: what was asked for, else the newest that probes found healthy for long enough; says in which batches.',
    arguments: z.strictObject({
      run: runRefSchema,
      request: requestSchema,
      /** `roll-back` never chooses what runs now. */
      /** `rebuild`: the whole system is down, so that what runs badly now may be a good release. */
      purpose: z.enum(['recover', 'roll-back', 'rebuild']),
      releases: releasesSchema,
      serviceLevels: serviceLevelsSchema,
      inspected,
    }),
    result: z.strictObject({
      release: z.string(),
      reason: z.string(),
      /** Host to what it serves now. */
      serving: z.record(z.string(), z.strictObject({ release: z.string(), folder: z.string(), healthy: z.boolean() })),
      batches: z.array(batchSchema).min(1),
    }),
    throws: ['EvidenceMissingError', 'HostUnfitError', 'RolledBackAlreadyError'],
    timeoutSeconds: 30,
  }),
  'schema-choose': task({
    name: 'schema-choose',
    capability: 'application',
    does: 'Says whether the schema may go back to that version while this release runs, and which release knows the way.',
    arguments: z.strictObject({
      run: runRefSchema,
      /** What was asked for. */
      version: z.string(),
      versions: z.array(z.string()).min(1),
      /** Each host's release. */
      inspected,
      serving: z.strictObject({ release: z.string(), schema: schemaRangeSchema.nullable() }),
      releases: z.array(
        z.strictObject({ release: z.string(), schema: schemaRangeSchema.nullable(), undoes: z.boolean() }),
      ),
    }),
    result: z.strictObject({ release: z.string(), from: z.string(), undone: z.array(z.string()).min(1) }),
    throws: ['InvalidInputError', 'SchemaIncompatibleError', 'ReleaseMissingError', 'HostUnfitError'],
    timeoutSeconds: 30,
  }),
  'schema-gate': task({
    name: 'schema-gate',
    capability: 'application',
    does: "Holds the schemas that a release works with against the database's, and records the check.",
    arguments: z.strictObject({
      run: runRefSchema,
      release: z.string(),
      /** Null where the release does not say it, or no host knows the release yet. */
      schema: schemaRangeSchema.nullable(),
      /** As applied, newest first. */
      versions: z.array(z.string()).min(1),
      /** Before anything is changed it may not be known yet; right before the switch it has to be. */
      mayBeUnknown: z.boolean(),
    }),
    result: z.strictObject({ version: z.string(), compatible: z.boolean().nullable() }),
    throws: ['SchemaIncompatibleError'],
    timeoutSeconds: 30,
  }),
} as const;
