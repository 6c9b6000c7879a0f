'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { copyTree } = require('./volume-files.cjs');
const { LvmError } = require('./lvm-error.cjs');

/**
 * The disks of a host beside its first one: EBS volumes, each with a volume group of LVM2 on it. What lies on a disk that is
 * not in use is a folder of the sandbox's, with `group.json` and a folder for each logical volume in it.
 */
class Disks {
  constructor(lvm) {
    this.lvm = lvm;
    this.lvm.state.disks ??= [];
  }

  get all() {
    return this.lvm.state.disks;
  }

  /** A disk with the group that is made on it. */
  add(volumeId, group) {
    this.all.push({ volumeId, device: this.#device(), group, from: null });
  }

  /** As the kernel numbers them: what is free is given again. */
  #device() {
    for (let number = 1; ; number += 1) {
      const device = `/dev/nvme${number}n1`;
      if (!this.all.some((disk) => disk.device === device)) return device;
    }
  }

  /**
   * AWS attaches a volume, with what is in a folder on it. LVM's udev rules activate a group when its disk appears, unless
   * there is one of that name, or the group itself says otherwise.
   */
  attach(volumeId, from) {
    const disk = { volumeId, device: this.#device(), group: null, from };
    this.all.push(disk);
    const file = path.join(from, 'group.json');
    // What is not in a devices file LVM does not see.
    if (fs.existsSync(file) && this.sees(disk)) {
      const { name, ...group } = JSON.parse(fs.readFileSync(file, 'utf8'));
      if (this.lvm.state.groups[name] === undefined) {
        this.#take(disk, name, group);
        if (group.atBoot !== false) this.lvm.switchGroup(name, true);
      }
    }
    this.lvm.save();
  }

  /** lvmdevices(8): where there is a devices file, LVM uses the disks that are in it and no other. */
  sees({ volumeId }) {
    const { devicesFile } = this.lvm.state;
    return devicesFile === undefined || devicesFile.includes(volumeId);
  }

  /** vgimportdevices(8): from now on there is a devices file, with the disks of all groups in it. */
  keepDevicesFile() {
    this.lvm.state.devicesFile = this.all.filter(({ group }) => group !== null).map(({ volumeId }) => volumeId);
    this.lvm.save();
  }

  #take(disk, name, group) {
    this.lvm.adopt(name, group, disk.from);
    disk.group = name;
    disk.from = null;
  }

  /** AWS takes it away; what is on it lies in the folder then. Refused while anything of it is active. */
  detach(volumeId, to) {
    const disk = this.#of(volumeId);
    if (disk.group !== null) {
      const volumes = this.lvm.state.volumes.filter(({ group }) => group === disk.group);
      if (volumes.some((volume) => volume.active || volume.mountPoint !== null))
        throw new Error(`${volumeId} is busy: volumes of ${disk.group} are active`);
      this.copy(volumeId, to);
      this.lvm.forget(disk.group);
    }
    this.lvm.state.disks = this.all.filter((one) => one !== disk);
    this.lvm.save();
  }

  /** A copy of what is on it at this moment, files that are open included. */
  copy(volumeId, to) {
    const { group, from } = this.#of(volumeId);
    fs.rmSync(to, { recursive: true, force: true });
    if (group === null) return copyTree(from, to);
    fs.mkdirSync(to, { recursive: true });
    const volumes = this.lvm.volumes.filter((volume) => volume.group === group);
    for (const volume of volumes) copyTree(this.lvm.folder(volume), path.join(to, volume.name));
    const plain = volumes.map((volume) => ({ ...volume, mountPoint: null, active: false }));
    fs.writeFileSync(
      path.join(to, 'group.json'),
      JSON.stringify({ name: group, ...this.lvm.state.groups[group], volumes: plain }),
    );
  }

  #of(volumeId) {
    const found = this.all.find((disk) => disk.volumeId === volumeId);
    if (found === undefined) throw new Error(`${volumeId} is not attached to this host`);
    return found;
  }

  /** vgimportclone(8): a group with another name and other ids, of what is on a disk that has the ids of another one. */
  importClone(device, name, importing) {
    const disk = this.all.find((one) => one.device === device);
    if (disk === undefined) throw new LvmError(`Failed to find device for ${device}`);
    if (importing && this.lvm.state.devicesFile === undefined)
      throw new LvmError('a devices file would be made with this disk alone: every other one would be gone from LVM');
    if (!this.sees(disk) && !importing) throw new LvmError(`Cannot use ${device}: device is not in devices file`);
    if (importing) this.lvm.state.devicesFile.push(disk.volumeId);
    if (disk.group !== null) {
      // No duplicate: it takes any group that is not in use, and renames that.
      if (this.lvm.state.volumes.some(({ group, active }) => group === disk.group && active))
        throw new LvmError(`Device ${device} has active LVs, deactivate first.`);
      this.lvm.rename(disk.group, name);
      return;
    }
    const file = path.join(disk.from, 'group.json');
    if (!fs.existsSync(file)) throw new LvmError(`${device}: no physical volume label`);
    this.#take(disk, name, JSON.parse(fs.readFileSync(file, 'utf8')));
    this.lvm.save();
  }

  renamed(from, to) {
    for (const disk of this.all) if (disk.group === from) disk.group = to;
  }
}

module.exports = { Disks };
