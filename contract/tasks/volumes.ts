import * as z from 'zod';
import { volumeSchema } from '../../config/schema';
import { inspectedVolumeSchema } from '../documents/volumes';
import { instant, requestSchema, runRefSchema } from '../run';
import { task } from './task';

/** Tasks that decide about volumes; `lambdas/volumes/`. */
export const volumeTasks = {
  'snapshot-choose': task({
    name: 'snapshot-choose',
    capability: 'volumes',
    does: 'Chooses the snapshot to go back to: the newest that is sound on every host, or the one that is asked for; records why.',
    arguments: z.strictObject({
      run: runRefSchema,
      request: requestSchema,
      volume: volumeSchema,
      inspected: z.array(z.strictObject({ host: z.string(), result: inspectedVolumeSchema })).min(1),
    }),
    result: z.strictObject({
      snapshot: z.string(),
      takenAt: instant,
      /** By host, MiB. */
      rewritesMegabytes: z.record(z.string(), z.number()),
      /** The hosts on which the volume is mounted. */
      mounted: z.array(z.string()),
      lossSeconds: z.number(),
      mergeSeconds: z.number(),
    }),
    throws: ['RecoverySourceMissingError', 'SnapshotUnsoundError', 'RolledBackAlreadyError'],
    timeoutSeconds: 30,
  }),
} as const;
