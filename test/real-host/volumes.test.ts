import { DOCUMENT_EXIT, documents } from '../../contract/documents';
import { type RealHost } from '../../sandbox/real-host';
import { endMachines, HEALTHY, restore, runDocument, servedAgain, withMachine } from './stage';

const Services = 'nginx interview-app';
const volume = { VolumeGroup: 'vg0', LogicalVolume: 'interview-app' };
const mount = { ...volume, MountPoint: '/var/www', MountUnit: 'var-www.mount' };
const SNAPSHOT = 'lifeboat-1';
const SAFETY = 'lifeboat-2-before';
const TAKE = { ...volume, Snapshot: SNAPSHOT, Megabytes: '64', Run: 'run-1', Expires: '2026-12-07' };
const MERGE = { ...volume, Snapshot: SNAPSHOT, Safety: SAFETY, Megabytes: '0', Run: 'run-2', Expires: '2026-12-07' };
const AWAIT = { ...volume, Snapshot: SNAPSHOT, Safety: SAFETY, Seconds: '120' };
const UNDO = { ...mount, Services, Snapshot: SNAPSHOT, Safety: SAFETY, Run: 'run-2', Seconds: '240' };
const PAGE = '/var/www/releases/page';

/** LVM itself: what the stand-ins of the simulated hosts were written after. */
withMachine('volumes', () => {
  let machine: RealHost;
  beforeEach(async () => {
    machine = await restore();
  });
  afterEach(endMachines);

  const shell = async (script: string): Promise<string> => (await machine.run(script)).stdout.trim();
  const page = () => shell(`cat ${PAGE} 2>/dev/null || echo none`);
  const snapshots = () => shell("lvs -a --noheadings -o lv_name vg0 | tr -d ' ' | grep -v '^interview-app$' | sort");
  const good = async (name: Parameters<typeof runDocument>[1], parameters: Readonly<Record<string, string>>) => {
    const ran = await runDocument(machine, name, parameters);
    if (ran.code !== 0) throw new Error(`${name} ended with ${ran.code}: ${ran.stderr}`);
    return documents[name].result.parse(ran.line);
  };
  /** A snapshot, damage, and everything stopped. */
  const damaged = async () => {
    await shell(`mkdir -p ${PAGE.replace(/\/[^/]*$/, '')}; echo one >${PAGE}; sync`);
    expect(await good('take-snapshot', TAKE)).toMatchObject({ created: true, megabytes: 64 });
    await shell(`echo two >${PAGE}; dd if=/dev/urandom of=/var/www/big bs=1M count=8 status=none; sync`);
    await good('stop-services', { Services });
  };

  test('a snapshot is taken, checked, merged; the volume is back, and the undo brings back what was there', async () => {
    await damaged();
    expect(await good('inspect-volume', { ...mount, Chosen: SNAPSHOT })).toMatchObject({
      ...{ fileSystem: 'ext4', mounted: true, merging: false, checked: SNAPSHOT },
      snapshots: [{ name: SNAPSHOT, kind: 'snapshot', expires: '2026-12-07', sound: true }],
    });
    expect(await good('close-volume', mount)).toEqual({ was: 'mounted' });
    await good('merge-snapshot', MERGE);
    await good('await-merge', AWAIT);
    expect(await good('check-volume', { ...volume, AllowRepair: 'no' })).toEqual({ clean: true, repaired: false });
    await good('open-volume', mount);
    expect([await page(), await shell('ls /var/www/big 2>/dev/null || echo none'), await snapshots()]).toEqual([
      'one',
      'none',
      SAFETY,
    ]);
    await good('start-services', { Services: 'interview-app nginx' });
    expect(await servedAgain(machine)).toBe(HEALTHY);

    expect(await good('undo-merge', UNDO)).toMatchObject({ state: 'merged-back' });
    expect([await page(), await shell('stat -c %s /var/www/big'), await snapshots()]).toEqual([
      'two',
      String(8 * 1024 * 1024),
      SNAPSHOT,
    ]);
    expect(await servedAgain(machine)).toBe(HEALTHY);
    expect(await good('undo-merge', UNDO)).toMatchObject({ state: 'merged-back' });
  });

  test('what has the volume open is named, and neither unmounted nor merged', async () => {
    await good('take-snapshot', TAKE);
    expect(await runDocument(machine, 'close-volume', mount)).toMatchObject({ code: DOCUMENT_EXIT.volumeBusy });
    expect(await runDocument(machine, 'merge-snapshot', MERGE)).toMatchObject({ code: DOCUMENT_EXIT.volumeBusy });
    await good('stop-services', { Services });
    await good('close-volume', mount);
    await shell(`mkdir -p /mnt/look; mount -o ro /dev/vg0/${SNAPSHOT} /mnt/look`);
    expect(await runDocument(machine, 'merge-snapshot', MERGE)).toMatchObject({ code: DOCUMENT_EXIT.volumeBusy });
    expect(await snapshots()).toBe(SNAPSHOT);
  });

  test('a snapshot that has overflowed is refused before anything is stopped', async () => {
    await good('take-snapshot', { ...TAKE, Megabytes: '16' });
    await shell('dd if=/dev/urandom of=/var/www/big bs=1M count=32 status=none; sync');
    expect(await runDocument(machine, 'inspect-volume', { ...mount, Chosen: SNAPSHOT })).toMatchObject({
      code: DOCUMENT_EXIT.snapshotUnsound,
    });
    expect(await good('inspect-volume', { ...mount, Chosen: '' })).toMatchObject({ snapshots: [{ sound: false }] });
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });

  test('a full volume group takes no snapshot', async () => {
    expect(await runDocument(machine, 'take-snapshot', { ...TAKE, Megabytes: '900000' })).toMatchObject({
      code: DOCUMENT_EXIT.volumeFull,
    });
    expect(await snapshots()).toBe('');
  });

  test('errors that a merge leaves are found, and repaired only where that is allowed', async () => {
    await damaged();
    await good('close-volume', mount);
    await good('merge-snapshot', MERGE);
    await good('await-merge', AWAIT);
    // Counts of free blocks and inodes that are wrong, which e2fsck repairs.
    await shell(
      'debugfs -w -R "set_super_value free_blocks_count 7" /dev/vg0/interview-app; debugfs -w -R "clri <12>" /dev/vg0/interview-app',
    );
    const refused = await runDocument(machine, 'check-volume', { ...volume, AllowRepair: 'no' });
    expect(refused).toMatchObject({ code: DOCUMENT_EXIT.fileSystemDamaged });
    expect(await good('check-volume', { ...volume, AllowRepair: 'yes' })).toEqual({ clean: true, repaired: true });
    await good('open-volume', mount);
  });

  test('a machine that is reset in the midst of a merge completes it, and the undo waits for that', async () => {
    await damaged();
    await good('close-volume', mount);
    await good('merge-snapshot', MERGE);
    await machine.crash();
    await machine.start();
    expect(await good('undo-merge', UNDO)).toMatchObject({ state: 'merged-back' });
    expect(await page()).toBe('two');
  });
});
