import * as z from 'zod';
import { volumeSchema } from '../../config/schema';
import type { ErrorName } from '../errors';
import type { ChangeKindContract } from './kind';
import { hostIds } from './hosts';

const lvmName = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/);
const byDocument = [
  'DocumentFailedError',
  'DocumentTimedOutError',
  'HostSilentError',
  'HostOfflineError',
] as const satisfies readonly ErrorName[];

/** Changes of the logical volume that holds the application's files, made by documents. */
export const volumeChanges = {
  /** A snapshot to go back to. It stays until it expires. */
  'volume-snapshot': {
    lifted: 'never',
    throws: [...byDocument, 'VolumeFullError'],
    target: z.strictObject({ hosts: hostIds, volume: volumeSchema, snapshot: lvmName }),
    before: z.strictObject({ exists: z.literal(false) }),
  },
  /** Expired snapshots that Lifeboat had taken are removed. */
  'volume-expiry': {
    lifted: 'never',
    throws: byDocument,
    target: z.strictObject({ hosts: hostIds, volume: volumeSchema }),
    /** Host to the names of the snapshots that were there. */
    before: z.strictObject({ snapshots: z.record(z.string(), z.array(z.string())) }),
  },
  /** Unmounted, with nothing that has it open. */
  'volume-closed': {
    lifted: 'on-failure',
    throws: [...byDocument, 'VolumeBusyError'],
    target: z.strictObject({ hosts: hostIds, volume: volumeSchema }),
    /** The hosts on which it was mounted. */
    before: z.strictObject({ mounted: z.array(z.string()) }),
  },
  /** Taken back to a snapshot. What was there is in the safety snapshot. */
  'volume-merge': {
    lifted: 'on-failure',
    throws: [...byDocument, 'VolumeBusyError', 'VolumeFullError'],
    target: z.strictObject({
      hosts: hostIds,
      volume: volumeSchema,
      /** Units that serve from it: an undo stops those that run. */
      services: z.array(z.string()).min(1),
      snapshot: lvmName,
      safety: lvmName,
    }),
    /** Host to the MiB that were changed since the snapshot: so much does the merge rewrite. */
    before: z.strictObject({ rewritesMegabytes: z.record(z.string(), z.number()) }),
  },
} as const satisfies Record<string, ChangeKindContract>;
