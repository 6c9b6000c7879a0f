import * as z from 'zod';
import { filesSchema, volumeSchema } from '../../config/schema';
import { fileSourceSchema } from '../changes/files';
import { foundFilesSchema } from '../documents/files';
import { inspectedVolumeSchema } from '../documents/volumes';
import { instant, requestSchema, runRefSchema } from '../run';
import { batchSchema } from './releases';
import { task } from './task';

/** An archive in the bucket. */
export const storedArchiveSchema = z.strictObject({
  key: z.string(),
  versionId: z.string(),
  takenAt: instant,
});
const onHost = <T extends z.ZodType>(result: T) => z.array(z.strictObject({ host: z.string(), result }));

/** What there is outside of the hosts, as far as the moment allows. */
export const storedFilesSchema = z.strictObject({
  /** Newest first. */
  archives: z.array(storedArchiveSchema),
  /** Of EBS, completed; newest first. */
  snapshots: z.array(z.strictObject({ snapshotId: z.string(), takenAt: instant, megabytes: z.number() })),
  /** What there is and does not come into question. */
  passedOver: z.array(z.strictObject({ choice: z.string(), because: z.string() })),
});
export type StoredFiles = z.infer<typeof storedFilesSchema>;

/** Tasks about the application's files; `lambdas/volumes/`. */
export const fileTasks = {
  'files-find': task({
    name: 'files-find',
    capability: 'volumes',
    does: 'Lists what there is of the files outside of the hosts: snapshots of EBS, archives in the bucket, at or before the moment.',
    arguments: z.strictObject({ request: requestSchema, files: filesSchema }),
    result: storedFilesSchema,
    throws: ['RecoverySourceMissingError'],
    timeoutSeconds: 60,
  }),
  'files-choose': task({
    name: 'files-choose',
    capability: 'volumes',
    does: 'Chooses where the files come from: what was asked for, else the newest that is sound on every host; says in which batches, records why.',
    arguments: z.strictObject({
      run: runRefSchema,
      request: requestSchema,
      volume: volumeSchema,
      files: filesSchema,
      region: z.string(),
      inspected: onHost(inspectedVolumeSchema).min(1),
      /** What the hosts have themselves, and read of the bucket. */
      found: onHost(foundFilesSchema),
      stored: storedFilesSchema,
    }),
    result: z.strictObject({
      source: fileSourceSchema,
      reason: z.string(),
      /** The hosts on which the volume is mounted. */
      mounted: z.array(z.string()),
      lossSeconds: z.number(),
      /** Of one host, with its services stopped. */
      restoreSeconds: z.number(),
      /** Before anything is stopped. */
      prepareSeconds: z.number(),
      batches: z.array(batchSchema).min(1),
    }),
    throws: ['RecoverySourceMissingError', 'SnapshotUnsoundError'],
    timeoutSeconds: 30,
  }),
} as const;
