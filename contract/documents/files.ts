import * as z from 'zod';
import { instant } from '../run';
import { folder, type DocumentContract } from './document';

const KEY = '[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*';
const run = z.string().regex(/^[A-Za-z0-9_-]{1,80}$/);
const day = z.string().regex(/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/);
const bytes = z.number().int().nonnegative();
/** Where archives lie: in a bucket, or where that is empty in a folder of the host. */
const store = {
  BackupFolder: folder,
  Region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-[0-9]$/),
  Bucket: z.string().regex(/^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?$/),
};
const serving = { Folder: folder, Serving: folder };

export const foundArchiveSchema = z.strictObject({
  name: z.string(),
  /** When the file was finished: what is in it is not younger. Null of an object, of which S3 knows it. */
  takenAt: instant.nullable(),
  bytes,
  files: z.number().int().nonnegative(),
  unpackedBytes: bytes,
  /** Why it cannot be used; null where it is sound. */
  problem: z.string().nullable(),
});
export const foundFilesSchema = z.strictObject({
  /** On the disk of `Folder`. */
  freeMegabytes: z.number().int().nonnegative(),
  usedMegabytes: z.number().int().nonnegative(),
  /** Newest first, as far as two sound ones. */
  archives: z.array(foundArchiveSchema),
  /** Of the bucket, in the order given, as far as the first sound one. */
  objects: z.array(foundArchiveSchema),
});
export type FoundFiles = z.infer<typeof foundFilesSchema>;

/** Documents about archives of the application's files, with GNU tar and gzip: `tar -C Folder -czf files_<when>.tar.gz .` */
export const fileDocuments = {
  /**
   * Reads archives to their end, newest first: `files_*.tar.gz` in `BackupFolder`, finished at `NotAfter` or before, or
   * `OnlyBackup` alone; and `Objects` of the bucket, until one is sound. Changes nothing; what it fetches ends with it.
   */
  'find-files': {
    readOnly: true,
    parameters: z.strictObject({
      ...serving,
      ...store,
      NotAfter: z.string().regex(/^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z)?$/),
      OnlyBackup: z.string().regex(/^([A-Za-z0-9][A-Za-z0-9._-]{0,127})?$/),
      Objects: z.string().regex(new RegExp(`^(${KEY}=[A-Za-z0-9._-]+( ${KEY}=[A-Za-z0-9._-]+){0,7})?$`)),
    }),
    result: foundFilesSchema,
  },
  /**
   * Unpacks an archive into `Folder/.lifeboat-files/Run/new` and holds what was written against it. What is in use is not
   * touched. Exit 32 without room, 40 where the archive is missing or not sound.
   */
  'stage-files': {
    readOnly: false,
    parameters: z.strictObject({
      ...serving,
      ...store,
      Archive: z.string().regex(new RegExp(`^${KEY}$`)),
      VersionId: z.string().regex(/^([A-Za-z0-9._-]{1,128})?$/),
      Run: run,
      Expires: day,
    }),
    result: z.strictObject({ folder: z.string(), entries: z.number().int(), unpacked: z.boolean() }),
  },
  /** Removes what was unpacked and never used. */
  'unstage-files': {
    readOnly: false,
    parameters: z.strictObject({ Folder: folder, Run: run }),
    result: z.strictObject({ removed: z.boolean() }),
  },
  /** Exchanges what is in use for what was unpacked, each entry of `Folder` by a rename. What was in use is kept. */
  'swap-files': {
    readOnly: false,
    parameters: z.strictObject({ Folder: folder, Run: run, Expires: day }),
    result: z.strictObject({ placed: z.number().int(), replaced: z.number().int(), kept: z.string() }),
  },
  /** Puts back what the run had replaced; what had been put there is kept. Nothing where nothing was exchanged. */
  'put-back-files': {
    readOnly: false,
    parameters: z.strictObject({ Folder: folder, Run: run }),
    result: z.strictObject({ was: z.string(), putBack: z.number().int() }),
  },
} as const satisfies Record<string, DocumentContract>;
