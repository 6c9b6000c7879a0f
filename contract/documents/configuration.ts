import * as z from 'zod';
import { instant } from '../run';
import { folder, whole, type DocumentContract } from './document';

// Texts of which the patterns below are made.
const NAME = '[a-z][a-z0-9-]*';
const PATH = '(/[A-Za-z0-9._-]+)+';
const OBJECT = '[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*';
const UNIT = '[A-Za-z0-9][A-Za-z0-9_.@-]*:(restart|reload)';
const FILE = `${NAME}\\|(json|env|certificate|key|nginx|network)\\|${PATH}\\|${OBJECT}\\|(${UNIT}(,${UNIT})*)?`;
const SECRET = `${NAME}\\|[A-Z_][A-Z0-9_]*\\|arn:[A-Za-z0-9:/_+=.@-]+\\|[A-Za-z_][A-Za-z0-9_]*`;
const OBJECT_VERSION = `${NAME}:[A-Za-z0-9._-]+`;
const VERSION = `[A-Za-z0-9.:-]+=${OBJECT_VERSION}(,${OBJECT_VERSION})*`;
const list = (item: string, further: number) => new RegExp(`^${item}( ${item}){0,${further}}$`);

/** What every one of them is told of the files. */
const files = {
  /** What the paths begin at: `/`, or the folder at which a host's disk is mounted. */
  Root: z.string().regex(/^(\/|(\/[A-Za-z0-9._-]+)+)$/),
  /**
   * name|kind|path|object|unit:restart,unit:reload: one item a file, separated by blanks. A certificate's private key is an
   * item of its own, of kind `key`, named after it with `-key` behind.
   */
  Files: z.string().regex(list(FILE, 31)),
  /** file|VARIABLE|secret-arn|field: entries of env files that come from Secrets Manager and from nowhere else. */
  Secrets: z.string().regex(new RegExp(`^(${SECRET}( ${SECRET}){0,31})?$`)),
};
/** Where versions lie: in a bucket, or where that is empty in a folder of the host. */
const store = {
  Region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-[0-9]$/),
  Bucket: z.string().regex(/^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?$/),
  /** Before each object's key. */
  Prefix: z.string().regex(new RegExp(`^(${OBJECT}/)?$`)),
  Folder: folder,
  /** version=name:object-version,…: newest first; `-` for an object that the version does not have. */
  Versions: z.string().regex(list(VERSION, 7)),
};
const kept = {
  /** The folder on the host in which replaced files are kept, a folder for each run in it. */
  Kept: folder,
  Run: z.string().regex(/^[A-Za-z0-9_-]{1,80}$/),
};

/** SHA-256 of a file; of an env file without its secret entries. Null where there is no file. */
const digest = z.string().regex(/^[0-9a-f]{64}$/);
const digests = z.record(z.string(), digest.nullable());

/** Why a version is not taken, in the order in which the checks are made. */
export const unsoundSchema = z.enum([
  'missing-file',
  'invalid',
  'certificate-expired',
  'key-mismatch',
  'web-server-refused',
]);
export type Unsound = z.infer<typeof unsoundSchema>;

export const examinedSchema = z.strictObject({
  version: z.string(),
  /** Null where it is sound. */
  problem: unsoundSchema.nullable(),
  /** What is wrong with which file; nothing of its contents. */
  words: z.string(),
  files: digests,
});
export type Examined = z.infer<typeof examinedSchema>;

export const inForceSchema = z.strictObject({
  files: z.record(
    z.string(),
    z.strictObject({ digest: digest.nullable(), mode: z.string(), owner: z.string(), changedAt: instant.nullable() }),
  ),
  /** What lies in the folder of backups: when its newest file was written; null where a file is missing. */
  backup: z.strictObject({ writtenAt: instant.nullable(), missing: z.array(z.string()) }),
  /** Whether each secret entry has today's value of its secret. Never the value. */
  secretsCurrent: z.record(z.string(), z.boolean()),
});
export type InForce = z.infer<typeof inForceSchema>;

const unitsAfter = z.array(z.strictObject({ name: z.string(), was: z.string(), is: z.string() }));

/** Documents about the files that configure a host. */
export const configurationDocuments = {
  /** The files in force by hash, mode and owner; whether secret entries are today's; what lies in the folder of backups. Changes nothing. */
  'inspect-configuration': {
    readOnly: true,
    parameters: z.strictObject({ ...files, Folder: folder }),
    result: inForceSchema,
  },
  /**
   * Fetches each version into a folder of its own, checks it (JSON, certificate dates, key, `nginx -t` on a copy), and removes
   * it again. Changes nothing in force. Where no version is sound it ends with the exit code of the newest one's fault.
   */
  'stage-configuration': {
    readOnly: true,
    parameters: z.strictObject({ ...files, ...store }),
    result: z.strictObject({ versions: z.array(examinedSchema).min(1) }),
  },
  /**
   * Fetches and checks one version once more, keeps what it replaces, renames each file into its place, restarts, and asks
   * for health. Where that does not come it puts everything back itself (exit 9).
   */
  'place-configuration': {
    readOnly: false,
    parameters: z.strictObject({
      ...files,
      ...store,
      ...kept,
      /** Until when what is replaced is kept. */
      Expires: z.string().regex(/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/),
      HealthUrls: z.string().regex(/^(https?:\/\/[A-Za-z0-9.:_/-]+( https?:\/\/[A-Za-z0-9.:_/-]+){0,7})?$/),
      Attempts: whole,
      SecondsBetween: whole,
    }),
    result: z.strictObject({ version: z.string(), before: digests, files: digests, services: unitsAfter }),
  },
  /** Puts what `place-configuration` of that run kept into its place again, secrets as they are today. Again changes nothing. */
  'put-back-configuration': {
    readOnly: false,
    parameters: z.strictObject({ ...files, ...kept }),
    result: z.strictObject({ putBack: z.array(z.string()), files: digests, services: unitsAfter }),
  },
} as const satisfies Record<string, DocumentContract>;
