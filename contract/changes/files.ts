import * as z from 'zod';
import { volumeSchema } from '../../config/schema';
import type { ErrorName } from '../errors';
import { instant } from '../run';
import { hostIds } from './hosts';
import type { ChangeKindContract } from './kind';

const archive = { takenAt: instant, bucket: z.string(), region: z.string() };
const byHost = z.record(z.string(), z.strictObject({ name: z.string(), versionId: z.string() }));

/** Where the application's files come from. */
export const fileSourceSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('lvm-snapshot'), takenAt: instant, snapshot: z.string() }),
  /** An archive in each host's folder of backups. */
  z.strictObject({ kind: z.literal('file-backup'), ...archive, archives: byHost }),
  /** The same object of a bucket on every host. */
  z.strictObject({ kind: z.literal('bucket'), ...archive, archives: byHost }),
]);
export type FileSource = z.infer<typeof fileSourceSchema>;

const byDocument = [
  'DocumentFailedError',
  'DocumentTimedOutError',
  'HostSilentError',
  'HostOfflineError',
] as const satisfies readonly ErrorName[];

/** Changes of the files that hosts serve from, by documents. */
export const fileChanges = {
  /** An archive, unpacked beside the files that are in use. */
  'files-staged': {
    lifted: 'on-failure',
    throws: [...byDocument, 'RecoverySourceMissingError', 'DiskFullError'],
    target: z.strictObject({
      hosts: hostIds,
      source: fileSourceSchema,
      folder: z.string(),
      serving: z.string(),
      backupFolder: z.string(),
      keepReplacedDays: z.number().int(),
    }),
    before: z.strictObject({ staged: z.literal(false) }),
  },
  /**
   * The files that hosts serve from: services stopped, exchanged, started, healthy. A host that is healthy with them stays
   * with them, where another one fails. What was in use is kept.
   */
  files: {
    lifted: 'until-confirmed',
    throws: [
      ...byDocument,
      'ApplicationUnhealthyError',
      'SnapshotUnsoundError',
      'VolumeBusyError',
      'VolumeFullError',
      'FileSystemDamagedError',
    ],
    target: z.strictObject({
      hosts: hostIds,
      source: fileSourceSchema,
      volume: volumeSchema,
      /** In the order in which they stop. */
      services: z.array(z.string()).min(1),
      healthUrl: z.string(),
      /** The name under which a volume keeps what was in use. */
      before: z.string(),
      keepReplacedDays: z.number().int(),
    }),
    /** The hosts on which the volume was mounted. */
    before: z.strictObject({ mounted: z.array(z.string()) }),
  },
} as const satisfies Record<string, ChangeKindContract>;
