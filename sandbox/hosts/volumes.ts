/** A volume group with one logical volume, as a host gets it before anything is installed. */
export interface HostVolume {
  readonly group: string;
  readonly groupMegabytes: number;
  readonly name: string;
  readonly megabytes: number;
  /** Absolute, as on the machine. */
  readonly mountPoint: string;
  /** systemd's name of the mount point: `var-www.mount`. */
  readonly mountUnit: string;
  /** The EBS volume on which the group lies: `vol-…`; none for a disk that is no such volume. */
  readonly disk?: string;
}

/** What befalls the volumes of a host from now on; what is not given stays as it was. */
export interface VolumeFaults {
  /** The file system that the next merge leaves has errors; e2fsck can repair them or not. */
  readonly fsckAfterMerge?: 'errors' | 'repairable';
  /** How long merging takes, real seconds; a third of one unless given. */
  readonly mergeSeconds?: number;
  /** Merges end as failed. */
  readonly mergeFails?: boolean;
  /** Volumes that something holds open. */
  readonly heldOpen?: readonly string[];
}

/** The unit that mounts it. */
export const mountUnitFile = ({ group, name, mountPoint }: HostVolume): string => `[Unit]
Description=${mountPoint}

[Mount]
What=/dev/${group}/${name}
Where=${mountPoint}
Type=ext4

[Install]
WantedBy=multi-user.target
`;
