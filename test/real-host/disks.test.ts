import { DOCUMENT_EXIT, documents } from '../../contract/documents';
import { type RealHost } from '../../sandbox/real-host';
import { ASIDE, COPY, dataVolume, EbsVolumes, WAS } from './disk';
import { endMachines, HEALTHY, type Ran, restore, served, servedAgain, withMachine } from './stage';
import { tree } from './volume';

const inUse = 'vg0 /dev/vdb active';

withMachine('disks made from snapshots of EBS', () => {
  let machine: RealHost;
  let disks: EbsVolumes;
  beforeEach(async () => {
    machine = await restore();
    disks = new EbsVolumes(machine);
  });
  afterEach(async () => {
    disks.end();
    await endMachines();
  });

  const shell = async (script: string): Promise<string> => {
    const { exitCode, stdout, stderr } = await machine.run(`set -eo pipefail; ${script}`);
    if (exitCode !== 0) throw new Error(`"${script}" ended with ${String(exitCode)}: ${stderr}`);
    return stdout.trim();
  };
  const succeed = async (...steps: (() => Promise<Ran>)[]): Promise<void> => {
    for (const one of steps) {
      const { code, stderr } = await one();
      if (code !== 0) throw new Error(`A document ended with ${String(code)}: ${stderr}`);
    }
  };
  /** As stop-services and close-volume do, whose cases are elsewhere, and back. */
  const close = () => shell('systemctl stop nginx interview-app var-www.mount');
  const open = () => shell('systemctl start var-www.mount interview-app nginx');
  const ids = (group: string): Promise<string> =>
    shell(`vgs --noheadings -o vg_uuid,pv_uuid ${group}; lvs --noheadings -o lv_uuid ${group}`);

  test('the files of a snapshot take the place of those in use, and give it back; the disk is let go', async () => {
    // EC2's udev rules link a disk to the name that it was attached by, and LVM calls it by that.
    await shell(`echo 'KERNEL=="nvme*n1", SYMLINK+="sdf"' >/etc/udev/rules.d/70-ec2.rules; udevadm control --reload`);
    await shell('sync');
    const before = await tree(machine);
    // It is in use: the copy is as after a power cut.
    await disks.snapshot();
    await shell('cd /var/www/interview-app/; rm -r scripts; echo damaged >leftover');
    const damaged = await tree(machine);
    const own = await ids('vg0');

    // It waits for the disk, which the kernel sees some time after AWS has attached it.
    const importing = disks.import();
    await disks.attach();
    const imported = documents['import-volume'].result.parse((await importing).line);
    expect(imported).toMatchObject({ device: '/dev/nvme0n1', group: ASIDE });
    expect((await disks.import()).line).toMatchObject({ group: ASIDE, repaired: false });
    expect(await disks.groups()).toEqual([`${ASIDE} /dev/sdf active`, inUse]);
    expect(await ids('vg0')).toBe(own);
    expect(await ids(ASIDE)).not.toBe(own);

    const refused = await disks.swap('aside');
    expect(refused).toMatchObject({ code: DOCUMENT_EXIT.volumeBusy, line: undefined });
    expect(refused.stderr).toContain('still mounted at /var/www; nothing was changed');
    expect([await disks.groups(), await tree(machine)]).toEqual([[`${ASIDE} /dev/sdf active`, inUse], damaged]);
    expect(await served(machine)).toBe(HEALTHY);

    await close();
    expect((await disks.swap('aside')).line).toEqual({ changed: true, disk: COPY });
    expect((await disks.swap('aside')).line).toEqual({ changed: false, disk: COPY });
    expect(await disks.groups()).toEqual([`${WAS} /dev/vdb`, 'vg0 /dev/sdf active']);
    await open();
    expect(await tree(machine)).toBe(before);
    expect(await servedAgain(machine)).toBe(HEALTHY);
    expect((await disks.release()).line).toEqual({ state: 'in-use' });
    await expect(disks.detach()).rejects.toThrow('busy');

    await close();
    expect((await disks.swap('before')).line).toEqual({ changed: true, disk: dataVolume });
    expect((await disks.swap('before')).line).toEqual({ changed: false, disk: dataVolume });
    await open();
    expect(await tree(machine)).toBe(damaged);
    expect(await disks.groups()).toEqual([`${ASIDE} /dev/sdf`, inUse]);
    expect((await disks.release()).line).toEqual({ state: 'released' });
    await disks.detach();
    expect((await disks.release()).line).toEqual({ state: 'absent' });
    expect(await disks.groups()).toEqual([inUse]);
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });

  test('what is no copy of the volume group is not taken in, and neither is the disk that serves', async () => {
    // It waits half a minute for a disk: meanwhile for the others.
    const missing = disks.import({ Volume: 'vol-0000000000000bad0' });
    const serving = await disks.import({ Volume: dataVolume });
    expect(serving).toMatchObject({ code: 1, line: undefined });
    expect(serving.stderr).toContain(`${dataVolume} is the disk of vg0 on host, which is in use`);
    expect(await disks.groups()).toEqual([inUse]);

    await disks.attach(COPY, 'nothing');
    const blank = await disks.import();
    expect(blank).toMatchObject({ code: DOCUMENT_EXIT.snapshotUnsound, line: undefined });
    expect(blank.stderr).toContain('is no volume group of LVM2 that could be taken in');
    expect(await disks.groups()).toEqual([inUse]);

    // Active, as LVM's udev rules make every group that the host does not know.
    await shell('vgcreate -q other /dev/nvme0n1; lvcreate -q -y -L 64m -n pictures other');
    const other = await disks.import();
    expect(other).toMatchObject({ code: DOCUMENT_EXIT.snapshotUnsound, line: undefined });
    expect(other.stderr).toContain('there is no logical volume interview-app');
    expect((await disks.release()).line).toEqual({ state: 'released' });
    expect(await disks.groups()).toEqual([`${ASIDE} /dev/nvme0n1`, inUse]);
    await disks.detach();

    expect(await missing).toMatchObject({ code: 1, line: undefined });
    expect((await missing).stderr).toContain('no disk of host has the serial number of vol-0000000000000bad0');
    expect(await disks.groups()).toEqual([inUse]);
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });

  test('a disk of another host, whose group has the same name and other ids; then its file system has errors', async () => {
    await disks.attach(COPY, 'nothing');
    // LVM makes no second group of a name: it is written as if restored.
    await shell(`vgcreate -q other /dev/nvme0n1; lvcreate -q -y -L 64m -n interview-app other
      mkfs.ext4 -q /dev/other/interview-app; vgchange -q -an other
      vgcfgbackup -q -f /tmp/group other; sed -i 's/^other {/vg0 {/' /tmp/group
      vgcfgrestore -q -y --force --devices /dev/nvme0n1 -f /tmp/group vg0`);
    await disks.detach(COPY, 'other');
    await disks.attach(COPY, 'other');
    expect(documents['import-volume'].result.parse((await disks.import()).line)).toMatchObject({ group: ASIDE });
    expect(await disks.groups()).toEqual([`${ASIDE} /dev/nvme0n1 active`, inUse]);
    await shell(`dd if=/dev/urandom of=/dev/${ASIDE}/interview-app bs=1k count=64 seek=1 conv=notrunc status=none`);
    const damaged = await disks.import();
    expect(damaged).toMatchObject({ code: DOCUMENT_EXIT.snapshotUnsound, line: undefined });
    expect(damaged.stderr).toContain('has errors');
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });

  test('something still open: nothing is exchanged and nothing let go, and the application serves again', async () => {
    await shell('lvcreate -q -y -L 64m -n pictures vg0; mkfs.ext4 -q /dev/vg0/pictures; mkdir /mnt/pictures /mnt/look');
    await disks.snapshot();
    await disks.attach();
    await succeed(() => disks.import());
    await shell(`mount /dev/vg0/pictures /mnt/pictures; mount -o ro /dev/${ASIDE}/pictures /mnt/look`);
    const kept = await disks.release();
    expect(kept).toMatchObject({ code: DOCUMENT_EXIT.volumeBusy, line: undefined });
    expect(kept.stderr).toContain('something has it open');
    await close();
    const refused = await disks.swap('aside');
    expect(refused).toMatchObject({ code: DOCUMENT_EXIT.volumeBusy, line: undefined });
    expect(refused.stderr).toContain('Nothing was changed');
    expect(await disks.groups()).toEqual([`${ASIDE} /dev/nvme0n1 active`, inUse]);
    await open();
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });

  test('killed between the two renames it is gone on with; after a boot the new disk serves, and only that is there to be mounted', async () => {
    // By the file system's UUID, which both disks have.
    await shell(`sed -i "s#^What=.*#What=/dev/disk/by-uuid/$(blkid -o value -s UUID /dev/vg0/interview-app)#" \\
      /etc/systemd/system/var-www.mount; systemctl daemon-reload`);
    await disks.snapshot();
    await shell('echo new >/var/www/new');
    await disks.attach();
    await succeed(() => disks.import());
    await close();
    await shell(`vgchange -q -an vg0; vgrename -q vg0 ${WAS}`);
    expect((await disks.swap('aside')).line).toEqual({ changed: true, disk: COPY });
    await machine.reset();
    expect(await disks.groups()).toEqual([`${WAS} /dev/vdb`, 'vg0 /dev/nvme0n1 active']);
    expect(await shell('ls /var/www')).not.toContain('new');
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });
});
