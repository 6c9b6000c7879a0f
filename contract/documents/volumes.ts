import * as z from 'zod';
import { instant } from '../run';
import { folder, serviceList, whole, type DocumentContract } from './document';

/** Names as LVM2 takes them, short enough for the device mapper, which doubles their hyphens. */
const lvmName = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/);
const run = z.string().regex(/^[A-Za-z0-9_-]{1,80}$/);
const day = z.string().regex(/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/);
const volume = { VolumeGroup: lvmName, LogicalVolume: lvmName };
const mount = { MountPoint: folder, MountUnit: z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*\.mount$/) };

const megabytes = z.number().int().nonnegative();
const wasOpen = z.strictObject({ was: z.enum(['mounted', 'closed']) });

export const snapshotSchema = z.strictObject({
  name: z.string(),
  /** `snapshot` was taken to go back to, `safety` kept what a rollback overwrote; empty: Lifeboat did not take it. */
  kind: z.string(),
  takenAt: instant,
  /** The day from which it may be removed; empty where nothing says so. */
  expires: z.string(),
  megabytes,
  /** What was changed since it was taken: so much does merging it rewrite. */
  usedMegabytes: megabytes,
  /** Whether it has not overflowed. */
  sound: z.boolean(),
});

export const inspectedVolumeSchema = z.strictObject({
  fileSystem: z.string(),
  megabytes,
  /** Free in its volume group. */
  freeMegabytes: megabytes,
  mounted: z.boolean(),
  merging: z.boolean(),
  snapshots: z.array(snapshotSchema),
  /** The chosen snapshot, which can be merged; null where none was chosen. */
  checked: z.string().nullable(),
});
export type InspectedVolume = z.infer<typeof inspectedVolumeSchema>;

/** Documents about a logical volume of LVM2 and its snapshots: lvs(8), lvcreate(8), lvconvert(8), e2fsck(8). */
export const volumeDocuments = {
  /**
   * The volume, its snapshots, the room in its group. Of a chosen snapshot: that it is one of this volume, has not overflowed
   * and is clean by e2fsck (exit 60), and that what merging it rewrites can be kept (exit 63). Changes nothing.
   */
  'inspect-volume': {
    readOnly: true,
    parameters: z.strictObject({
      ...volume,
      ...mount,
      Chosen: z.string().regex(/^([A-Za-z0-9_][A-Za-z0-9_.-]{0,99})?$/),
    }),
    result: inspectedVolumeSchema,
  },
  /** Takes a snapshot; again changes nothing. Exit 63 where the volume group is full. */
  'take-snapshot': {
    readOnly: false,
    parameters: z.strictObject({ ...volume, Snapshot: lvmName, Megabytes: whole, Run: run, Expires: day }),
    result: z.strictObject({ snapshot: z.string(), takenAt: instant, megabytes, created: z.boolean() }),
  },
  /** Removes snapshots that carry Lifeboat's tags and whose expiry has passed, beyond the newest `Keep`. */
  'remove-snapshots': {
    readOnly: false,
    parameters: z.strictObject({ ...volume, Keep: whole, Today: day }),
    result: z.strictObject({ removed: z.array(z.string()), kept: z.number().int() }),
  },
  /** Unmounts by the mount unit and proves that nothing has the volume open; exit 61 with who has. */
  'close-volume': { readOnly: false, parameters: z.strictObject({ ...volume, ...mount }), result: wasOpen },
  /** Mounts by the mount unit and proves it. */
  'open-volume': { readOnly: false, parameters: z.strictObject({ ...volume, ...mount }), result: wasOpen },
  /**
   * Keeps what is there now in `Safety`, with room for what the merge rewrites and up to `Megabytes` for what is written
   * until it expires, and begins to merge `Snapshot`. Exit 61 something is open, 63 no room.
   */
  'merge-snapshot': {
    readOnly: false,
    parameters: z.strictObject({
      ...volume,
      Snapshot: lvmName,
      Safety: lvmName,
      Megabytes: whole,
      Run: run,
      Expires: day,
    }),
    result: z.strictObject({
      state: z.enum(['merging', 'merged']),
      safety: z.string(),
      safetyMegabytes: megabytes,
    }),
  },
  /** Waits for the end of a merge, at most `Seconds`; fails where the safety snapshot overflowed meanwhile. */
  'await-merge': {
    readOnly: false,
    parameters: z.strictObject({ ...volume, Snapshot: lvmName, Safety: lvmName, Seconds: whole }),
    result: z.strictObject({
      seconds: z.number().int(),
      safetyMegabytes: megabytes,
      safetyUsedMegabytes: megabytes,
    }),
  },
  /**
   * Waits for a merge that goes on, takes `Snapshot` again, merges `Safety`, and mounts and starts again what it had to stop.
   * `never-merged`: there was nothing to take back.
   */
  'undo-merge': {
    readOnly: false,
    parameters: z.strictObject({
      ...volume,
      ...mount,
      Services: serviceList,
      Snapshot: lvmName,
      Safety: lvmName,
      Run: run,
      Seconds: whole,
    }),
    result: z.strictObject({ state: z.enum(['never-merged', 'merged-back']), restarted: z.array(z.string()) }),
  },
  /** e2fsck of the unmounted volume; exit 62 where it has errors that may not, or could not, be repaired. */
  'check-volume': {
    readOnly: false,
    parameters: z.strictObject({ ...volume, AllowRepair: z.enum(['yes', 'no']) }),
    result: z.strictObject({ clean: z.literal(true), repaired: z.boolean() }),
  },
} as const satisfies Record<string, DocumentContract>;
