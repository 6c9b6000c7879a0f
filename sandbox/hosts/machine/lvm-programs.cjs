'use strict';
const { mapper, MEGABYTE } = require('./lvm.cjs');
const { LvmError } = require('./lvm-error.cjs');

/** What the stand-in has not, or would do otherwise than the real program: refused with EX_USAGE of sysexits.h. */
class NotSimulated extends Error {
  name = 'NotSimulated';
}

/** Splits arguments into options and words. `flags` take nothing, `valued` take a value; anything else is refused. */
function parse(argv, { flags = {}, valued = {} }) {
  const options = {};
  const words = [];
  const left = [...argv];
  while (left.length > 0) {
    const [arg, inline] = left.shift().split(/=(.*)/s);
    if (!arg.startsWith('-') || arg === '-') {
      words.push(inline === undefined ? arg : `${arg}=${inline}`);
    } else if (arg in flags) {
      options[flags[arg]] = true;
    } else if (arg in valued) {
      const value = inline ?? left.shift();
      if (value === undefined) throw new LvmError(`option requires an argument: ${arg}`);
      options[valued[arg]] = valued[arg] === 'tags' ? [...(options.tags ?? []), value] : value;
    } else throw new NotSimulated(arg);
  }
  return { options, words };
}

const only = (words, count) => {
  if (words.length !== count) throw new NotSimulated(`${words.length} arguments, not ${count}`);
  return words;
};

const reporting = {
  flags: { '--noheadings': 'plain', '--nosuffix': 'nosuffix', '-a': 'all', '--all': 'all' },
  valued: {
    '--units': 'units',
    '--separator': 'separator',
    '-o': 'fields',
    '--options': 'fields',
    '--config': 'config',
  },
};

/** Reports as the documents want them: bytes without their letter, seconds of the epoch, words for what is so. */
function report(options, rows) {
  const { plain, nosuffix, units, separator = ' ', fields, config } = options;
  if (plain !== true || nosuffix !== true || units !== 'b' || fields === undefined)
    throw new NotSimulated('reports without --noheadings --nosuffix --units b -o FIELDS');
  if (config !== undefined && config !== 'report/time_format="%s"') throw new NotSimulated(`--config ${config}`);
  return rows
    .map((row) => {
      const cells = fields.split(',').map((field) => {
        if (!(field in row)) throw new LvmError(`Unrecognised field: ${field}`);
        if (field === 'lv_time' && config === undefined) throw new NotSimulated('lv_time without a time_format of %s');
        return row[field];
      });
      return `  ${cells.join(separator)}\n`;
    })
    .join('');
}

function volumeRow(lvm, volume, isNamed) {
  const isSnapshot = volume.origin !== null;
  const percent = Math.min(100, (volume.usedBytes / (volume.megabytes * MEGABYTE)) * 100);
  return {
    lv_name: volume.merging && !isNamed ? `[${volume.name}]` : volume.name,
    vg_name: volume.group,
    origin: volume.origin ?? '',
    lv_time: String(volume.seconds),
    // Of a snapshot what it takes in its group.
    lv_size: String(volume.megabytes * MEGABYTE),
    snap_percent: isSnapshot ? (volume.invalid ? '100.00' : percent.toFixed(2)) : '',
    lv_snapshot_invalid: isSnapshot ? (volume.invalid ? 'snapshot invalid' : '') : 'unknown',
    lv_merging: lvm.isMerging(volume) ? 'merging' : '',
    lv_merge_failed: isSnapshot ? (volume.mergeFailed ? 'merge failed' : '') : 'unknown',
    lv_device_open: lvm.isOpen(volume) ? 'open' : '',
    lv_active: volume.active ? 'active' : '',
    lv_tags: volume.tags.join(','),
  };
}

const programs = {
  lvs(lvm, argv) {
    const { options, words } = parse(argv, reporting);
    const [given] = only(words, 1);
    const isOne = given.includes('/');
    if (!isOne) lvm.group(given);
    const rows = isOne
      ? [lvm.find(given)]
      : lvm.volumes.filter(({ group, merging }) => group === given && (options.all === true || !merging));
    return report(
      options,
      rows.map((volume) => volumeRow(lvm, volume, isOne)),
    );
  },

  vgs(lvm, argv) {
    const { options, words } = parse(argv, reporting);
    const { name, megabytes, freeMegabytes, extent, atBoot } = lvm.group(only(words, 1)[0]);
    const bytes = (amount) => String(amount * MEGABYTE);
    const row = {
      vg_name: name,
      vg_size: bytes(megabytes),
      vg_free: bytes(freeMegabytes),
      vg_extent_size: bytes(extent),
      vg_autoactivation: atBoot ? 'enabled' : '',
    };
    return report(options, [row]);
  },

  lvcreate(lvm, argv) {
    const { options, words } = parse(argv, {
      flags: { '-s': 'snapshot', '--snapshot': 'snapshot', '--yes': 'yes', '-y': 'yes' },
      valued: {
        ...{ '-n': 'name', '--name': 'name', '-L': 'size', '--size': 'size' },
        ...{ '--chunksize': 'chunk', '-c': 'chunk', '--addtag': 'tags' },
      },
    });
    const megabytes = /^(\d+)[mM]$/.exec(options.size ?? '')?.[1];
    if (options.snapshot !== true || megabytes === undefined || options.name === undefined)
      throw new NotSimulated('anything but --snapshot with --name and --size in m');
    if ((options.chunk ?? '4k') !== '4k') throw new NotSimulated(`chunks of ${options.chunk}`);
    for (const tag of options.tags ?? [])
      if (!/^[A-Za-z0-9_+.][A-Za-z0-9_+./=!:#&-]*$/.test(tag)) throw new LvmError(`Tag ${tag} is not valid.`);
    const origin = lvm.find(only(words, 1)[0]);
    lvm.snapshot({ origin, name: options.name, megabytes: Number(megabytes), tags: options.tags ?? [] });
    return `  Logical volume "${options.name}" created.\n`;
  },

  lvconvert(lvm, argv) {
    const { options, words } = parse(argv, {
      flags: { '--merge': 'merge', '-b': 'background', '--background': 'background', '--yes': 'yes' },
      valued: { '-i': 'interval', '--interval': 'interval' },
    });
    // In the foreground it waits for the end, and what is killed with it is looked after by nobody.
    if (options.merge !== true || options.background !== true)
      throw new NotSimulated('anything but --merge --background');
    const seconds = options.interval === undefined ? undefined : Number(options.interval);
    if (Number.isNaN(seconds)) throw new LvmError(`Invalid argument for --interval: ${options.interval}`);
    return lvm.merge(lvm.find(only(words, 1)[0]), seconds);
  },

  lvremove(lvm, argv) {
    const { options, words } = parse(argv, { flags: { '--yes': 'yes', '-y': 'yes' } });
    const volume = lvm.find(only(words, 1)[0]);
    if (options.yes !== true) throw new LvmError(`Logical volume ${volume.name} not removed.`);
    lvm.remove(volume);
    return `  Logical volume "${volume.name}" successfully removed.\n`;
  },

  lvchange(lvm, argv) {
    const { options, words } = parse(argv, {
      flags: { '-an': 'off', '-ay': 'on' },
      valued: { '-a': 'active', '--activate': 'active', '--poll': 'poll', '--config': 'config' },
    });
    const volume = lvm.find(only(words, 1)[0]);
    const { poll, config = 'activation/polling_interval=15' } = options;
    const interval = /^activation\/polling_interval=(\d+)$/.exec(config)?.[1];
    if (interval === undefined) throw new NotSimulated(`--config ${config}`);
    if (poll === 'y') {
      lvm.poll(volume, Number(interval));
      return '';
    }
    const wanted = options.off ? 'n' : options.on ? 'y' : options.active;
    if (wanted !== 'n' && wanted !== 'y') throw new NotSimulated('anything but --activate y or n, and --poll y');
    lvm[wanted === 'y' ? 'activate' : 'deactivate'](volume);
    return '';
  },

  vgrename(lvm, argv) {
    const { words } = parse(argv, {});
    const [from, to] = only(words, 2);
    lvm.rename(from, to);
    return `  Volume group "${from}" successfully renamed to "${to}"\n`;
  },

  vgchange(lvm, argv) {
    const { options, words } = parse(argv, {
      valued: { '-a': 'active', '--activate': 'active', '--setautoactivation': 'boot' },
    });
    const wanted = options.active ?? options.boot;
    if ((wanted !== 'n' && wanted !== 'y') || (options.active !== undefined && options.boot !== undefined))
      throw new NotSimulated('anything but --activate or --setautoactivation, y or n');
    const [name] = only(words, 1);
    lvm[options.active === undefined ? 'atBoot' : 'switchGroup'](name, wanted === 'y');
    return '';
  },

  vgimportclone(lvm, argv) {
    const { options, words } = parse(argv, {
      flags: { '--importdevices': 'importing' },
      valued: { '-n': 'name', '--basevgname': 'name' },
    });
    if (options.name === undefined) throw new NotSimulated('anything but --basevgname');
    lvm.disks.importClone(only(words, 1)[0], options.name, options.importing === true);
    return '';
  },

  vgimportdevices(lvm, argv) {
    const { options, words } = parse(argv, { flags: { '-a': 'all', '--all': 'all' } });
    only(words, 0);
    if (options.all !== true) throw new NotSimulated('anything but --all');
    lvm.disks.keepDevicesFile();
    return '';
  },

  lvmdevices(lvm, argv) {
    only(parse(argv, {}).words, 0);
    const { devicesFile } = lvm.state;
    if (devicesFile === undefined) throw new LvmError('Devices file not enabled.');
    return lvm.disks.all
      .filter(({ volumeId }) => devicesFile.includes(volumeId))
      .map(({ device, volumeId }) => `  Device ${device} IDTYPE=wwid IDNAME=nvme.1d0f-${volumeId} DEVNAME=${device}\n`)
      .join('');
  },

  pvs(lvm, argv) {
    const { options, words } = parse(argv, reporting);
    only(words, 0);
    // Of two disks with the same ids LVM takes the one that it knows.
    const known = lvm.disks.all.filter(({ group }) => group !== null);
    return report(
      options,
      known.map(({ device, group }) => ({ pv_name: device, vg_name: group })),
    );
  },

  lsblk(lvm, argv) {
    const { options, words } = parse(argv, {
      flags: { '--noheadings': 'plain', '--nodeps': 'nodeps', '--paths': 'paths' },
      valued: { '-o': 'fields', '--output': 'fields' },
    });
    only(words, 0);
    if (options.plain !== true || options.nodeps !== true || options.paths !== true || options.fields !== 'NAME,SERIAL')
      throw new NotSimulated('anything but --noheadings --nodeps --paths -o NAME,SERIAL');
    // The serial number of a disk is the volume's id without its hyphen (EC2 guide, Identify the EBS device).
    return lvm.disks.all.map(({ device, volumeId }) => `${device} ${volumeId.replace('-', '')}\n`).join('');
  },

  blkid(lvm, argv) {
    const { options, words } = parse(argv, { valued: { '-o': 'output', '-s': 'tag' } });
    if (options.output !== 'value' || options.tag !== 'TYPE') throw new NotSimulated('anything but -o value -s TYPE');
    lvm.find(only(words, 1)[0]);
    return 'ext4\n';
  },

  findmnt(lvm, argv) {
    const { options, words } = parse(argv, {
      flags: { '-n': 'plain', '--noheadings': 'plain' },
      valued: {
        ...{ '-o': 'fields', '--output': 'fields', '-M': 'point', '--mountpoint': 'point' },
        ...{ '-S': 'source', '--source': 'source' },
      },
    });
    only(words, 0);
    if (options.plain !== true || options.fields === undefined)
      throw new NotSimulated('anything but --noheadings -o FIELDS');
    if ((options.point === undefined) === (options.source === undefined))
      throw new NotSimulated('anything but --mountpoint or --source');
    const found = lvm.volumes.filter(
      (volume) =>
        volume.mountPoint !== null &&
        (options.point === undefined ? lvm.find(options.source) === volume : volume.mountPoint === options.point),
    );
    if (found.length === 0) throw Object.assign(new LvmError(''), { code: 1 });
    const row = ({ group, name, mountPoint }) => ({
      SOURCE: `/dev/mapper/${mapper(group, name)}`,
      TARGET: mountPoint,
      FSTYPE: 'ext4',
      OPTIONS: 'rw,relatime',
    });
    return found
      .map((volume) => {
        const cells = options.fields.split(',').map((field) => {
          if (!(field in row(volume))) throw new NotSimulated(`the column ${field}`);
          return row(volume)[field];
        });
        return `${cells.join(' ')}\n`;
      })
      .join('');
  },

  /** Exit codes of e2fsck(8): 0 no errors, 1 corrected, 4 left uncorrected, 8 operational error. */
  e2fsck(lvm, argv) {
    const { options, words } = parse(argv, { flags: { '-f': 'force', '-n': 'no', '-y': 'yes', '-p': 'preen' } });
    if (options.force !== true || [options.no, options.yes, options.preen].filter(Boolean).length !== 1)
      throw new NotSimulated('anything but -f with -n, -y or -p');
    const [device] = only(words, 1);
    const volume = lvm.find(device);
    const told = (code, text) => Object.assign(new LvmError(text), { code });
    if (volume.invalid)
      throw told(
        8,
        `e2fsck: Attempt to read block from filesystem resulted in short read while trying to open ${device}`,
      );
    if (volume.mountPoint !== null && !options.no)
      throw told(8, `${device} is mounted.\ne2fsck: Cannot continue, aborting.`);
    // As measured: on a mounted file system -n looks at what may be out of date, and says 0.
    if (volume.mountPoint !== null) return `Warning!  ${device} is mounted.\n${device}: clean\n`;
    if (volume.errors === null) return `${device}: 1210/65536 files (0.2% non-contiguous), 20000/262144 blocks\n`;
    const found = `Pass 1: Checking inodes, blocks, and sizes\nInode 1234 has an invalid extent node\n`;
    if (options.no || volume.errors !== 'repairable')
      throw told(4, `${found}${device}: ********** WARNING: Filesystem still has errors **********`);
    volume.errors = null;
    lvm.save();
    throw Object.assign(told(1, ''), { stdout: `${found}${device}: ***** FILE SYSTEM WAS MODIFIED *****\n` });
  },
};

/** Answers as the program of that name would: `{code, stdout, stderr}`. */
function runProgram(lvm, program, argv) {
  try {
    return { code: 0, stdout: programs[program](lvm, argv), stderr: '' };
  } catch (error) {
    if (error instanceof NotSimulated)
      return { code: 64, stdout: '', stderr: `${program}: not simulated by this sandbox: ${error.message}\n` };
    if (!(error instanceof LvmError)) throw error;
    const { code = 5, stdout = '', message } = error;
    return { code, stdout, stderr: message === '' ? '' : `  ${message}\n` };
  }
}

module.exports = { runProgram, volumePrograms: Object.keys(programs) };
