import type { VolumeDescription } from '../../contract/description';

/** The volume as documents take it. */
export const volumeOf = ({ volumeGroup, logicalVolume }: VolumeDescription) => ({
  VolumeGroup: volumeGroup,
  LogicalVolume: logicalVolume,
});

/** The same with its mount. */
export const mountOf = (volume: VolumeDescription) => ({
  ...volumeOf(volume),
  MountPoint: volume.mountPoint,
  MountUnit: volume.mountUnit,
});
