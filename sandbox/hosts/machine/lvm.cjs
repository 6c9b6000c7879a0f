'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { Disks } = require('./disks.cjs');
const { LvmError } = require('./lvm-error.cjs');
const { holdersOf } = require('./open-files.cjs');
const { changedBytes, copyTree, differences, restoreEntry } = require('./volume-files.cjs');

const MEGABYTE = 1024 * 1024;
/** The default of vgcreate, megabytes. */
const EXTENT = 4;
/** LVM looks after a merge every so many seconds unless it is told otherwise (lvm.conf, activation/polling_interval). */
const POLL_SECONDS = 15;

/**
 * Logical volumes of one host: a volume is a folder, a snapshot a real copy of its files, mounting a renaming, and merging
 * puts the files back one after the other, in the background, on when the host has been reset. Usage of a snapshot is what
 * differs by now, in chunks, and never shrinks; one that has no room left is invalid for ever, and nobody is told.
 */
class Lvm {
  #timers = new Map();
  /** By snapshot: how often somebody looks whether its merge has come to its end, seconds. Without that nobody notices. */
  #looks = new Map();

  constructor(machine) {
    this.machine = machine;
    this.place = path.join(machine.root, 'dev/.lvm');
    this.file = path.join(this.place, 'state.json');
    this.state = fs.existsSync(this.file)
      ? JSON.parse(fs.readFileSync(this.file, 'utf8'))
      : { groups: {}, volumes: [], faults: {} };
    this.disks = new Disks(this);
  }

  save() {
    fs.mkdirSync(this.place, { recursive: true });
    fs.writeFileSync(`${this.file}.new`, JSON.stringify(this.state, null, 1));
    fs.renameSync(`${this.file}.new`, this.file);
  }

  /**
   * At boot nothing is mounted yet, every volume is activated unless its group says otherwise, and with that merges go on and
   * deferred ones begin. As measured nobody looks for their end: what is activated at boot is not polled until
   * `lvchange --poll y` (lvchange(8)).
   */
  boot() {
    for (const volume of this.state.volumes) {
      if (volume.mountPoint !== null) this.#moveAway(volume);
      volume.active = this.state.groups[volume.group].atBoot !== false;
    }
    if (this.state.volumes.length > 0) this.save();
    for (const volume of this.state.volumes.filter(({ merging, active }) => merging && active)) this.#mergeOn(volume);
  }

  /** By the makers of the sandbox, not by a program of the host. */
  create({ group, groupMegabytes, name, megabytes, disk }) {
    this.state.groups[group] = { megabytes: groupMegabytes };
    if (disk !== undefined) this.disks.add(disk, group);
    const volume = this.#added({ group, name, megabytes, origin: null, tags: [] });
    fs.mkdirSync(this.#store(volume), { recursive: true });
    this.save();
  }

  /** `{fsckAfterMerge: 'errors' | 'repairable', mergeSeconds, heldOpen: [volume]}`; what is not given is as it was. */
  fault(faults) {
    Object.assign(this.state.faults, faults);
    this.save();
  }

  get volumes() {
    this.#measure();
    return this.state.volumes;
  }

  /** A group with volumes whose files are in a folder: nothing of it is active yet. */
  adopt(group, { megabytes, atBoot, volumes }, from) {
    if (this.state.groups[group] !== undefined) throw new LvmError(`New volume group "${group}" already exists`);
    this.state.groups[group] = { megabytes, atBoot };
    for (const volume of volumes) {
      const adopted = { ...volume, group, active: false, mountPoint: null };
      this.state.volumes.push(adopted);
      copyTree(path.join(from, volume.name), this.#store(adopted));
    }
  }

  /** The disk of a group is gone. */
  forget(group) {
    this.state.volumes = this.state.volumes.filter((volume) => volume.group !== group);
    delete this.state.groups[group];
    fs.rmSync(path.join(this.place, group), { recursive: true, force: true });
  }

  /** vgrename(8): volumes that are active may be renamed with their group; here nothing of it is mounted. */
  rename(from, to) {
    if (this.state.groups[from] === undefined) throw new LvmError(`Volume group "${from}" not found`);
    if (this.state.groups[to] !== undefined) throw new LvmError(`New volume group "${to}" already exists`);
    const own = this.state.volumes.filter(({ group }) => group === from);
    if (own.some(({ mountPoint }) => mountPoint !== null))
      throw new LvmError(`not simulated by this sandbox: renaming a group while a volume of it is mounted`);
    this.state.groups[to] = this.state.groups[from];
    delete this.state.groups[from];
    for (const volume of own) volume.group = to;
    fs.mkdirSync(path.join(this.place, from), { recursive: true });
    fs.renameSync(path.join(this.place, from), path.join(this.place, to));
    this.disks.renamed(from, to);
    this.save();
  }

  /** vgchange(8), --setautoactivation. */
  atBoot(name, on) {
    if (this.group(name).atBoot === on)
      throw new LvmError(`Volume group autoactivation is already ${on ? 'yes' : 'no'}.`);
    this.state.groups[name].atBoot = on;
    this.save();
  }

  /** vgchange(8): all of a group at once, also where one of them cannot be. */
  switchGroup(name, on) {
    if (this.state.groups[name] === undefined)
      throw new LvmError(`Volume group "${name}" not found\n  Cannot process volume group ${name}`);
    const refusals = [];
    for (const volume of this.state.volumes.filter(({ group, origin }) => group === name && origin === null)) {
      try {
        this[on ? 'activate' : 'deactivate'](volume);
      } catch (error) {
        if (!(error instanceof LvmError)) throw error;
        refusals.push(error.message);
      }
    }
    if (refusals.length > 0) throw new LvmError(refusals.join('\n  '));
  }

  #added({ group, name, megabytes, origin, tags }) {
    const volume = {
      group,
      name,
      megabytes: Math.ceil(megabytes / EXTENT) * EXTENT,
      origin,
      tags,
      seconds: Math.floor(Date.now() / 1000),
      usedBytes: 0,
      invalid: false,
      merging: false,
      mergeFailed: false,
      active: true,
      mountPoint: null,
      errors: null,
    };
    this.state.volumes.push(volume);
    return volume;
  }

  #store(volume) {
    return path.join(this.place, volume.group, volume.name);
  }

  /** Where its files are now. */
  folder(volume) {
    return volume.mountPoint ?? this.#store(volume);
  }

  group(name) {
    const found = this.state.groups[name];
    if (found === undefined)
      throw new LvmError(`Volume group "${name}" not found\n  Cannot process volume group ${name}`);
    const taken = this.state.volumes.filter(({ group }) => group === name).reduce((sum, one) => sum + one.megabytes, 0);
    const { megabytes, atBoot = true } = found;
    return { name, megabytes, freeMegabytes: megabytes - taken, extent: EXTENT, atBoot };
  }

  /** By `group/name`, `/dev/group/name` or the mapper's name of it. */
  find(given) {
    const mapped = /^\/dev\/mapper\/(.+)$/.exec(given)?.[1];
    const found = this.volumes.find(({ group, name }) =>
      mapped === undefined ? given.replace(/^\/dev\//, '') === `${group}/${name}` : mapped === mapper(group, name),
    );
    if (found === undefined) throw new LvmError(`Failed to find logical volume "${given}"`);
    return found;
  }

  snapshotsOf(volume) {
    return this.state.volumes.filter(({ origin, group }) => origin === volume.name && group === volume.group);
  }

  originOf(snapshot) {
    return this.state.volumes.find(({ name, group }) => name === snapshot.origin && group === snapshot.group);
  }

  isOpen(volume) {
    return volume.mountPoint !== null || (this.state.faults.heldOpen ?? []).includes(volume.name);
  }

  isMerging(volume) {
    return volume.merging || this.snapshotsOf(volume).some(({ merging }) => merging);
  }

  /** How full each snapshot is by now. */
  #measure() {
    for (const snapshot of this.state.volumes.filter(
      ({ origin, merging, invalid }) => origin !== null && !merging && !invalid,
    )) {
      const used = changedBytes(this.folder(this.originOf(snapshot)), this.folder(snapshot));
      snapshot.usedBytes = Math.max(snapshot.usedBytes, used);
      if (snapshot.usedBytes >= snapshot.megabytes * MEGABYTE) snapshot.invalid = true;
    }
  }

  snapshot({ origin, name, megabytes, tags }) {
    if (origin.origin !== null) throw new LvmError('Snapshots of snapshots are not supported.');
    if (this.isMerging(origin))
      throw new LvmError('Snapshots of an origin that has a merging snapshot is not supported');
    if (this.state.volumes.some((one) => one.group === origin.group && one.name === name))
      throw new LvmError(`Logical Volume "${name}" already exists in volume group "${origin.group}"`);
    const { freeMegabytes } = this.group(origin.group);
    const wanted = Math.ceil(megabytes / EXTENT);
    if (wanted * EXTENT > freeMegabytes)
      throw new LvmError(
        `Volume group "${origin.group}" has insufficient free space (${freeMegabytes / EXTENT} extents): ${wanted} required.`,
      );
    const made = this.#added({ group: origin.group, name, megabytes, origin: origin.name, tags });
    made.errors = origin.errors;
    copyTree(this.folder(origin), this.#store(made));
    this.save();
  }

  remove(volume) {
    if (this.isOpen(volume))
      throw new LvmError(`Logical volume ${volume.group}/${volume.name} contains a filesystem in use.`);
    if (this.isMerging(volume)) throw new LvmError(`Can't remove merging snapshot logical volume "${volume.name}"`);
    if (volume.origin === null) throw new LvmError('not simulated by this sandbox: removing an origin');
    this.#drop(volume);
  }

  #drop(volume) {
    this.state.volumes = this.state.volumes.filter((one) => one !== volume);
    fs.rmSync(this.#store(volume), { recursive: true, force: true });
    this.save();
  }

  /** @returns what lvconvert says. A merge that cannot begin since something is open is no failure for LVM. */
  merge(snapshot, seconds = POLL_SECONDS) {
    const { group, name } = snapshot;
    const origin = this.originOf(snapshot);
    if (origin === undefined) throw new LvmError(`"${group}/${name}" is not a mergeable logical volume.`);
    if (snapshot.invalid) throw new LvmError(`Unable to merge invalidated snapshot LV "${group}/${name}".`);
    if (this.isMerging(origin))
      throw new LvmError(`Cannot merge: snapshot "${group}/${name}" or another one is merging already.`);
    snapshot.merging = true;
    this.save();
    if (this.isOpen(origin) || this.isOpen(snapshot)) {
      return (
        `  Delaying merge since ${this.isOpen(origin) ? 'origin' : 'snapshot'} is open.\n` +
        `  Merging of snapshot ${group}/${name} will occur on next activation of ${group}/${origin.name}.\n`
      );
    }
    this.#mergeOn(snapshot, seconds);
    return `  Merging of volume ${group}/${name} started.\n`;
  }

  deactivate(volume) {
    const all = [volume, ...this.snapshotsOf(volume)];
    const open = all.find((one) => this.isOpen(one));
    if (open !== undefined)
      throw new LvmError(`Logical volume ${open.group}/${open.name} contains a filesystem in use.`);
    for (const one of all) one.active = false;
    this.save();
  }

  activate(volume) {
    const wasActive = volume.active;
    for (const one of [volume, ...this.snapshotsOf(volume)]) one.active = true;
    this.save();
    const deferred = this.snapshotsOf(volume).find(({ merging }) => merging);
    if (!wasActive && deferred !== undefined) this.#mergeOn(deferred, POLL_SECONDS);
  }

  /** Somebody looks after the merge into a volume from now on, if there is one. */
  poll(volume, seconds = POLL_SECONDS) {
    const snapshot = this.snapshotsOf(volume).find(({ merging }) => merging);
    if (snapshot === undefined || this.#looks.has(snapshot.name)) return;
    this.#looks.set(snapshot.name, seconds);
    if (this.#timers.get(snapshot.name) === null) this.#noticed(snapshot);
  }

  /** Entry after entry, spread over the time it takes; LVM notices the end when it looks the next time. */
  #mergeOn(snapshot, seconds) {
    if (this.#timers.has(snapshot.name)) return;
    if (seconds !== undefined) this.#looks.set(snapshot.name, seconds);
    const origin = this.originOf(snapshot);
    const took = (this.state.faults.mergeSeconds ?? 0.3) * 1000;
    const todo = differences(this.folder(origin), this.#store(snapshot)).map((one) => one.path);
    const rounds = Math.max(1, Math.floor(took / 50));
    const share = Math.ceil(todo.length / rounds);
    let round = 0;
    const timer = setInterval(() => {
      round += 1;
      if (this.state.faults.mergeFails === true) return this.#mergeFailed(snapshot, timer);
      for (const name of todo.splice(0, share)) restoreEntry(this.folder(origin), this.#store(snapshot), name);
      this.#measure();
      if (todo.length > 0 || round < rounds) return;
      clearInterval(timer);
      this.#timers.set(snapshot.name, null);
      if (this.#looks.has(snapshot.name)) this.#noticed(snapshot);
    }, 50);
    this.#timers.set(snapshot.name, timer);
  }

  #noticed(snapshot) {
    const seconds = this.#looks.get(snapshot.name);
    const merged = () => this.#merged(snapshot, this.originOf(snapshot));
    this.#timers.set(snapshot.name, setTimeout(merged, seconds * 1000));
  }

  #mergeFailed(snapshot, timer) {
    clearInterval(timer);
    this.#timers.delete(snapshot.name);
    this.#looks.delete(snapshot.name);
    snapshot.mergeFailed = true;
    this.save();
  }

  #merged(snapshot, origin) {
    this.#timers.delete(snapshot.name);
    this.#looks.delete(snapshot.name);
    // Times of folders that were written into, and whatever came into being meanwhile.
    for (const { path: name } of differences(this.folder(origin), this.#store(snapshot)))
      if (origin.mountPoint === null) restoreEntry(this.folder(origin), this.#store(snapshot), name);
    const { fsckAfterMerge } = this.state.faults;
    origin.errors = fsckAfterMerge ?? snapshot.errors;
    // It befell one merge; the next one is as good as its snapshot.
    delete this.state.faults.fsckAfterMerge;
    this.#drop(snapshot);
  }

  mount(device, where) {
    let volume;
    try {
      volume = this.find(device);
    } catch {
      throw new Error(`mount: ${where}: special device ${device} does not exist.`);
    }
    if (!volume.active) throw new Error(`mount: ${where}: special device ${device} does not exist.`);
    if (volume.mountPoint !== null)
      throw new Error(`mount: ${where}: ${device} already mounted on ${volume.mountPoint}.`);
    if (volume.errors === 'unmountable') throw new Error(`mount: ${where}: wrong fs type, bad option, bad superblock.`);
    // What lies in the folder is hidden while something is mounted over it.
    fs.mkdirSync(where, { recursive: true });
    fs.renameSync(where, `${this.#store(volume)}.under`);
    fs.renameSync(this.#store(volume), where);
    volume.mountPoint = where;
    this.save();
  }

  unmount(where) {
    const volume = this.mountedAt(where);
    if (volume === undefined) return;
    if (holdersOf(where).length > 0) throw new Error(`umount: ${where}: target is busy.`);
    this.#moveAway(volume);
    this.save();
  }

  mountedAt(where) {
    return this.state.volumes.find(({ mountPoint }) => mountPoint === where);
  }

  #moveAway(volume) {
    const where = volume.mountPoint;
    const under = `${this.#store(volume)}.under`;
    fs.renameSync(where, this.#store(volume));
    if (fs.existsSync(under)) fs.renameSync(under, where);
    else fs.mkdirSync(where, { recursive: true });
    volume.mountPoint = null;
  }
}

/** The device mapper's name: single hyphens belong to it, so those of the names are doubled. */
const mapper = (group, name) => `${group.replaceAll('-', '--')}-${name.replaceAll('-', '--')}`;

module.exports = { Lvm, LvmError, mapper, MEGABYTE };
