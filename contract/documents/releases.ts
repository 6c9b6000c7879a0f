import * as z from 'zod';
import { folder, serviceList, url, whole, type DocumentContract } from './document';

/** A tag of the application's repository. */
export const releaseTag = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
/** A version of the schema, as migrations are named; digits, letters, dots. */
export const schemaVersionName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
/** Versions of the schema, newest first, separated by blanks. */
const versionList = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}( [A-Za-z0-9][A-Za-z0-9._-]{0,63}){0,199}$/);
/** Empty where hosts build from git. */
const artefacts = z.string().regex(/^(s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/[A-Za-z0-9_.-]+)*)?$/);
/** Files in a release's folder, separated by blanks. */
const files = z
  .string()
  .regex(
    /^([A-Za-z0-9_.][A-Za-z0-9_.-]*(\/[A-Za-z0-9_.-]+)*( [A-Za-z0-9_.][A-Za-z0-9_.-]*(\/[A-Za-z0-9_.-]+)*){0,15})?$/,
  );
const where = { Folder: folder, Releases: folder };

/** The schemas that a release works with, by its own `release.json`; `maximum` is null where every newer one is fine. */
export const schemaRangeSchema = z.strictObject({ minimum: z.string(), maximum: z.string().nullable() });
export type SchemaRange = z.infer<typeof schemaRangeSchema>;

export const inspectedReleaseSchema = z.strictObject({
  release: z.string(),
  /** Name of its folder in `Releases`; null where the application's folder is no link to one. */
  folder: z.string().nullable(),
  commit: z.string(),
  /** Of the health address; 0 where nothing answered. */
  status: z.number().int(),
  /** Since the application started; null where the metrics address did not tell. */
  metrics: z.strictObject({ requests: z.number(), errors: z.number(), p95Milliseconds: z.number() }).nullable(),
  /** Folders of other releases that are kept on the host. */
  kept: z.array(z.string()),
  missingTools: z.array(z.string()),
});
export type InspectedRelease = z.infer<typeof inspectedReleaseSchema>;

/** Documents about releases: each has a folder of its own, and the application's folder is a link to the one that serves. */
export const releaseDocuments = {
  /** Which release serves, how well, and what else is there. Changes nothing. */
  'inspect-release': {
    readOnly: true,
    parameters: z.strictObject({ ...where, HealthUrl: url, MetricsUrl: url }),
    result: inspectedReleaseSchema,
  },
  /** Whether there is such a release (exit 30 where not), and what it says of the schema, where the host knows already. */
  'find-release': {
    readOnly: true,
    parameters: z.strictObject({ ...where, Release: releaseTag, Artefacts: artefacts }),
    result: z.strictObject({ release: z.string(), known: z.boolean(), schema: schemaRangeSchema.nullable() }),
  },
  /**
   * The newest releases that the host knows, by git: the schemas that each works with, and whether it knows how to undo every
   * migration above `Version`. Changes nothing.
   */
  'list-releases': {
    readOnly: true,
    parameters: z.strictObject({ ...where, Applied: versionList, Version: schemaVersionName }),
    result: z.strictObject({
      /** Of the release that serves, by its own release.json. */
      serving: z.strictObject({ release: z.string(), schema: schemaRangeSchema.nullable() }),
      releases: z.array(
        z.strictObject({ release: z.string(), schema: schemaRangeSchema.nullable(), undoes: z.boolean() }),
      ),
    }),
  },
  /**
   * Fetches a release and builds it in a folder of its own, with the serving release's configuration; what serves is not
   * touched. A folder whose files are still those that were built is used again. Exit 30, 31, 32: no such release, the
   * build failed, no room.
   */
  'prepare-release': {
    readOnly: false,
    parameters: z.strictObject({ ...where, Release: releaseTag, Artefacts: artefacts, Carried: files }),
    result: z.strictObject({
      release: z.string(),
      /** Name of its folder in `Releases`. */
      folder: z.string(),
      commit: z.string(),
      built: z.boolean(),
      /** Whether the repository, or the bucket, was reached. */
      fetched: z.boolean(),
      schema: schemaRangeSchema.nullable(),
    }),
  },
  /**
   * Points the application's folder at a prepared release by one rename(2), restarts its units and asks for its health. A
   * host that does not become healthy is put back (exit 9), unless `RequireHealth` is `no`.
   */
  'switch-release': {
    readOnly: false,
    parameters: z.strictObject({
      ...where,
      /** Name of the folder in `Releases`. */
      Target: releaseTag,
      Services: serviceList,
      HealthUrl: url,
      Attempts: whole,
      SecondsBetween: whole,
      RequireHealth: z.enum(['yes', 'no']),
    }),
    result: z.strictObject({ was: z.string(), is: z.string(), healthy: z.boolean(), restarted: z.boolean() }),
  },
} as const satisfies Record<string, DocumentContract>;
