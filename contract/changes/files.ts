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
  /** Of the disk under the volume group; `disks` are those of the hosts, which are replaced. */
  z.strictObject({
    kind: z.literal('ebs-snapshot'),
    takenAt: instant,
    snapshotId: z.string(),
    disks: z.record(z.string(), z.string()),
  }),
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
  /** An EBS volume for each host, made from a snapshot in the host's zone, attached, and taken in beside the one in use. */
  'files-volume': {
    lifted: 'on-failure',
    throws: [...byDocument, 'SnapshotUnsoundError', 'VolumeBusyError'],
    target: z.strictObject({
      hosts: hostIds,
      source: fileSourceSchema,
      volume: volumeSchema,
      deviceName: z.string(),
      aside: z.string(),
      keepReplacedDays: z.number().int(),
    }),
    /** The disk that each host has now: the new one becomes like it. */
    before: z.strictObject({
      disks: z.record(
        z.string(),
        z.strictObject({
          volumeId: z.string(),
          zone: z.string(),
          type: z.string(),
          iops: z.number().nullable(),
          throughput: z.number().nullable(),
        }),
      ),
    }),
  },
  /** The EBS volumes that were replaced carry the run and the day until which they are kept. */
  'kept-volume': {
    lifted: 'on-failure',
    throws: [],
    target: z.strictObject({ volumes: z.array(z.string()).min(1), keepReplacedDays: z.number().int() }),
    before: z.strictObject({ tags: z.record(z.string(), z.record(z.string(), z.string())) }),
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
      /** The names under which a volume, or a volume group, is put aside, and keeps what was in use. */
      aside: z.string(),
      before: z.string(),
      keepReplacedDays: z.number().int(),
    }),
    /** The hosts on which the volume was mounted. */
    before: z.strictObject({ mounted: z.array(z.string()) }),
  },
} as const satisfies Record<string, ChangeKindContract>;
