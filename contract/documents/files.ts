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
const lvmName = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/);
const ebsVolume = z.string().regex(/^vol-[0-9a-f]{8,17}$/);
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
  /** The EBS volume under the volume group; null where it lies on none that can be told. */
  disk: z.string().nullable(),
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
      VolumeGroup: lvmName,
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
  /**
   * Takes in the volume group on an EBS volume that was made from a snapshot, under the name `Aside`, and replays and checks its
   * file system. Exit 60 where there is none such, or it has errors.
   */
  'import-volume': {
    readOnly: false,
    parameters: z.strictObject({ VolumeGroup: lvmName, LogicalVolume: lvmName, Volume: ebsVolume, Aside: lvmName }),
    result: z.strictObject({ device: z.string(), group: z.string(), repaired: z.boolean() }),
  },
  /** Deactivates what `import-volume` took in, so that it can be detached, unless it is in use. */
  'release-volume': {
    readOnly: false,
    parameters: z.strictObject({ VolumeGroup: lvmName, Volume: ebsVolume, Aside: lvmName }),
    result: z.strictObject({ state: z.enum(['absent', 'in-use', 'released']) }),
  },
  /**
   * Exchanges the unmounted volume group for the one beside it by their names: the one that was in use is called `Before` then,
   * and deactivated; `To: before` goes back. Exit 61 where something has it open.
   */
  'swap-volumes': {
    readOnly: false,
    parameters: z.strictObject({
      VolumeGroup: lvmName,
      LogicalVolume: lvmName,
      Aside: lvmName,
      Before: lvmName,
      To: z.enum(['aside', 'before']),
    }),
    result: z.strictObject({ changed: z.boolean(), disk: z.string() }),
  },
} as const satisfies Record<string, DocumentContract>;
