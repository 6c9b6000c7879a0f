/**
 * What the machine is made of. Every file of this folder is an input of the image: a change makes a new one. Kept apart
 * from what only starts and restores it.
 */

/** Debian's packages in the machine, without what they merely recommend. */
export const packages = [
  ...['systemd-sysv', 'udev', 'dbus', 'linux-image-cloud-amd64', 'initramfs-tools', 'zstd', 'procps'],
  ...['iproute2', 'nftables', 'qemu-guest-agent', 'ca-certificates'],
  ...['lvm2', 'e2fsprogs', 'nginx-light', 'postgresql', 'git', 'nodejs', 'curl', 'openssl', 'sudo'],
] as const;

/** What of Debian's packages is left out: texts, what udev knows of other computers' devices, and PostgreSQL's compiler (LLVM). */
export const notUnpacked = [
  ...['/usr/share/doc/*', '/usr/share/man/*', '/usr/share/locale/*', '/usr/share/info/*', '/usr/share/i18n/*'],
  ...[
    '/usr/lib/udev/hwdb.d/*',
    '/lib/udev/hwdb.d/*',
    '/usr/lib/x86_64-linux-gnu/libLLVM*',
    '/usr/lib/x86_64-linux-gnu/libz3*',
  ],
  ...['/usr/lib/postgresql/*/lib/llvmjit*', '/usr/lib/postgresql/*/lib/bitcode/*'],
] as const;

/**
 * What the initial RAM disk needs to find the root disk, and nothing for other computers: unpacking it is emulated.
 * initramfs-tools(7), initramfs.conf(5).
 */
export const bootModules = ['virtio_pci', 'virtio_blk', 'ext4'] as const;

/** Units that would wake up in the middle of a test, or after the clock was set, or cost each boot seconds for nothing. */
export const notWanted = [
  ...['apt-daily.timer', 'apt-daily-upgrade.timer', 'dpkg-db-backup.timer', 'e2scrub_all.timer', 'fstrim.timer'],
  ...['man-db.timer', 'systemd-tmpfiles-clean.timer', 'e2scrub_reap.service'],
] as const;

/** Node's packages in the machine: the application's one dependency, with what it needs itself. */
export const nodePackages = [
  ...['pg', 'pg-connection-string', 'pg-int8', 'pg-pool', 'pg-protocol', 'pg-types', 'pgpass'],
  ...['postgres-array', 'postgres-bytea', 'postgres-date', 'postgres-interval', 'split2', 'xtend'],
] as const;

export const memoryMegabytes = 1024;
export const processors = 1;
export const rootMegabytes = 3072;
/** The second disk, and the logical volume on it; the rest is for snapshots. As large as those of simulated hosts. */
export const dataMegabytes = 8192;
export const volumeMegabytes = 2048;
/** Where LVM begins the first volume of a disk unless it is told otherwise: lvm.conf(5), default_data_alignment. */
export const volumeOffset = 1024 ** 2;

/** The second disk as EBS would call it: the serial number of a disk is its volume's id without the hyphen. */
export const dataVolume = 'vol-0a1b2c3d4e5f60718';

/**
 * Where disks are plugged in while the machine runs: ports that are empty when it is saved, since QEMU cannot save the
 * disks of an instance (NVMe).
 */
export const slots = ['slot1', 'slot2'] as const;

/** QEMU's user network: what the machine is called there, and this computer's 127.0.0.1. */
export const guestAddress = '10.0.2.15';
export const computerAddress = '10.0.2.2';

/** The version of the application that the machine starts with. */
export const applicationVersion = 'v1.3.0';

/** The database in the machine that stands for RDS. */
export const guestDatabase = { address: 'db.interview.internal', port: 5432, name: 'interview' } as const;

/**
 * The machine's devices. Saving and restoring need the very same, in this order. qemu64 and software emulation, since a
 * saved state of a real processor would need that processor again.
 */
export const devices: readonly string[] = [
  ...['-machine', 'q35,memory-backend=memory', '-accel', 'tcg,thread=multi', '-cpu', 'qemu64,-svm'],
  ...['-smp', String(processors), '-m', `${memoryMegabytes}M`],
  ...['-nodefaults', '-no-user-config', '-display', 'none', '-vga', 'none', '-no-shutdown'],
  ...['-device', 'virtio-blk-pci,drive=root'],
  ...['-device', `virtio-blk-pci,drive=data,serial=${dataVolume.replace('-', '')}`],
  ...['-device', 'virtio-net-pci,netdev=network,romfile=,mac=52:54:00:12:34:56', '-device', 'virtio-rng-pci'],
  ...['-device', 'virtio-serial-pci', '-device', 'virtserialport,chardev=agent,name=org.qemu.guest_agent.0'],
  ...['-serial', 'chardev:console'],
  ...slots.flatMap((id, index) => ['-device', `pcie-root-port,id=${id},chassis=${index + 1}`]),
];

/**
 * The second line is work that the kernel does at every allocation, copy and start of a program for safety that nobody
 * needs here, and pages of two megabytes, which QEMU's translation of addresses forgets all at once. The kernel's
 * admin-guide/kernel-parameters.
 */
export const kernelArguments = [
  'root=/dev/vda rw console=ttyS0 quiet net.ifnames=0 mitigations=off panic=1',
  'lsm=capability init_on_alloc=0 hardened_usercopy=off cgroup_disable=memory audit=0 transparent_hugepage=never',
].join(' ');
