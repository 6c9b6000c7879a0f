import { DOCUMENT_EXIT, documents } from '../../contract/documents';
import { type RealHost } from '../../sandbox/real-host';
import { endMachines, HEALTHY, restore, servedAgain, withMachine } from './stage';
import { BEFORE, damage, lvm, SAFETY, succeed, Volume } from './volume';

withMachine('snapshots of the file system', () => {
  let machine: RealHost;
  let volume: Volume;
  beforeEach(async () => {
    machine = await restore();
    volume = new Volume(machine);
  });
  afterEach(endMachines);

  test('an overflowed snapshot: LVM is silent, the look is not, and nothing is stopped for it', async () => {
    await succeed(() => volume.take(BEFORE, '8'));
    await machine.run('dd if=/dev/urandom of=/var/www/much bs=1M count=40 status=none; sync');
    expect(await lvm(machine, 'lv_snapshot_invalid', BEFORE)).toBe('snapshot invalid');
    expect(documents['inspect-volume'].result.parse((await volume.inspect()).line).snapshots).toMatchObject([
      { name: BEFORE, sound: false },
    ]);
    const looked = await volume.inspect(BEFORE);
    expect(looked).toMatchObject({ code: DOCUMENT_EXIT.snapshotUnsound, line: undefined });
    expect(looked.stderr).toContain('is not valid');
    // It looks as well, but no longer says why: that was asked before anything was stopped.
    expect(await volume.merge()).toMatchObject({ code: 1, line: undefined });
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });

  test('a snapshot of another volume: refused before anything is done', async () => {
    await machine.look('/sbin/lvcreate', '-qq', '-y', '-L', '64m', '-n', 'other', 'vg0');
    await machine.look('/sbin/lvcreate', '-qq', '-y', '-s', '-L', '16m', '-n', BEFORE, 'vg0/other');
    const looked = await volume.inspect(BEFORE);
    expect(looked).toMatchObject({ code: DOCUMENT_EXIT.snapshotUnsound, line: undefined });
    expect(looked.stderr).toContain('is no snapshot of vg0/interview-app but of other');
    expect(await volume.merge()).toMatchObject({ code: 1, line: undefined });
    expect(await lvm(machine, 'origin', BEFORE)).toBe('other');
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });

  test('a full volume group: neither a snapshot nor a merge begins, and both say what is missing', async () => {
    await succeed(() => volume.take());
    await damage(machine);
    await machine.look('/sbin/lvcreate', '-qq', '-y', '-l', '100%FREE', '-n', 'full', 'vg0');
    const taken = await volume.take('lifeboat-another');
    expect(taken).toMatchObject({ code: DOCUMENT_EXIT.volumeFull, line: undefined });
    expect(taken.stderr).toContain('vg0 on host has 0 MiB free');
    expect(await volume.inspect(BEFORE)).toMatchObject({ code: DOCUMENT_EXIT.volumeFull });
    await succeed(
      () => volume.stop(),
      () => volume.close(),
    );
    expect(await volume.merge()).toMatchObject({ code: DOCUMENT_EXIT.volumeFull, line: undefined });
    expect([await lvm(machine, 'lv_merging'), await lvm(machine, 'lv_name', SAFETY)]).toEqual(['', 'nothing']);

    await machine.look('/sbin/lvremove', '-qq', '-y', 'vg0/full');
    await succeed(
      () => volume.merge(),
      () => volume.awaited(),
      () => volume.open(),
      () => volume.start(),
    );
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });

  test('a file system with errors: a snapshot with them is refused; the volume is repaired only where that is allowed', async () => {
    const spoil = async (device: string): Promise<void> => {
      await machine.look('/sbin/debugfs', '-w', '-R', 'set_inode_field /releases links_count 77', device);
    };
    await succeed(() => volume.take());
    await spoil(`/dev/vg0/${BEFORE}`);
    const looked = await volume.inspect(BEFORE);
    expect(looked).toMatchObject({ code: DOCUMENT_EXIT.snapshotUnsound, line: undefined });
    expect(looked.stderr).toContain('has errors');
    expect(await servedAgain(machine)).toBe(HEALTHY);

    await succeed(
      () => volume.stop(),
      () => volume.close(),
    );
    await spoil('/dev/vg0/interview-app');
    expect(await volume.check('no')).toMatchObject({ code: DOCUMENT_EXIT.fileSystemDamaged, line: undefined });
    expect((await volume.check('yes')).line).toEqual({ clean: true, repaired: true });
    expect((await volume.check('no')).line).toEqual({ clean: true, repaired: false });
    await succeed(
      () => volume.open(),
      () => volume.start(),
    );
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });
});
