import { DOCUMENT_EXIT, documents } from '../../contract/documents';
import { type RealHost } from '../../sandbox/real-host';
import { endMachines, HEALTHY, restore, served, servedAgain, withMachine } from './stage';
import { BEFORE, damage, lvm, SAFETY, succeed, tree, Volume } from './volume';

withMachine('the file system', () => {
  let machine: RealHost;
  let volume: Volume;
  beforeEach(async () => {
    machine = await restore();
    volume = new Volume(machine);
  });
  afterEach(endMachines);

  test('merge closed: every file is what it was, the safety snapshot is kept, undo brings the damage back, and expiry removes it', async () => {
    const before = await tree(machine);
    expect((await volume.take()).line).toMatchObject({ snapshot: BEFORE, created: true });
    await damage(machine);
    const damaged = await tree(machine);
    expect(damaged).not.toBe(before);
    expect(await served(machine)).toBe('502');

    expect(documents['inspect-volume'].result.parse((await volume.inspect(BEFORE)).line)).toMatchObject({
      fileSystem: 'ext4',
      mounted: true,
      merging: false,
      snapshots: [{ name: BEFORE, kind: 'snapshot', sound: true }],
      checked: BEFORE,
    });
    await succeed(() => volume.stop());
    expect((await volume.close()).line).toEqual({ was: 'mounted' });
    expect(await machine.run('findmnt /var/www')).toMatchObject({ exitCode: 1 });
    expect((await volume.merge()).line).toMatchObject({ state: 'merging', safety: SAFETY });
    expect(documents['await-merge'].result.parse((await volume.awaited()).line).safetyUsedMegabytes).toBeGreaterThan(0);
    expect([await lvm(machine, 'lv_name', BEFORE), await lvm(machine, 'lv_merging')]).toEqual(['nothing', '']);
    expect((await volume.merge()).line).toMatchObject({ state: 'merged' });
    expect((await volume.check()).line).toEqual({ clean: true, repaired: false });
    expect((await volume.open()).line).toEqual({ was: 'closed' });
    expect(await tree(machine)).toBe(before);
    await succeed(() => volume.start());
    expect(await servedAgain(machine)).toBe(HEALTHY);
    expect(await lvm(machine, 'origin', SAFETY)).toBe('interview-app');

    expect((await volume.undo()).line).toMatchObject({ state: 'merged-back' });
    expect(await tree(machine)).toBe(damaged);
    expect(await lvm(machine, 'lv_name', SAFETY)).toBe('nothing');
    expect((await volume.undo()).line).toMatchObject({ state: 'merged-back' });
    expect(await tree(machine)).toBe(damaged);
    expect((await volume.remove('1', '2100-01-01')).line).toEqual({ removed: [], kept: 1 });
    expect((await volume.remove('0', '2099-01-01')).line).toEqual({ removed: [], kept: 1 });
    expect((await volume.remove('0', '2100-01-01')).line).toEqual({ removed: [BEFORE], kept: 0 });
  });

  test('merge of an open volume: refused, and nothing of it is put off', async () => {
    await succeed(() => volume.take());
    const ran = await volume.merge();
    expect(ran).toMatchObject({ code: DOCUMENT_EXIT.volumeBusy, line: undefined });
    expect(ran.stderr).toContain('still mounted at /var/www');
    expect([await lvm(machine, 'lv_merging'), await lvm(machine, 'lv_name', SAFETY)]).toEqual(['', 'nothing']);
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });

  test('merge deferred by hand: LVM says 0 and does nothing; the look tells it and no rollback begins; a new activation merges', async () => {
    const before = await tree(machine);
    await succeed(() => volume.take());
    await damage(machine);
    expect(await machine.run(`lvconvert --merge vg0/${BEFORE}`)).toMatchObject({ exitCode: 0 });
    expect(documents['inspect-volume'].result.parse((await volume.inspect()).line)).toMatchObject({ merging: true });
    expect(await volume.inspect(BEFORE)).toMatchObject({ code: DOCUMENT_EXIT.snapshotUnsound, line: undefined });

    await succeed(
      () => volume.stop(),
      () => volume.close(),
    );
    expect(await lvm(machine, 'lv_merging')).not.toBe('');
    await machine.look('/sbin/lvchange', '-an', 'vg0/interview-app');
    await machine.look('/sbin/lvchange', '-ay', '--config', 'activation/polling_interval=1', 'vg0/interview-app');
    const waited = await volume.awaited();
    expect(waited).toMatchObject({ code: 1, line: undefined });
    expect(waited.stderr).toContain(`there is no snapshot ${SAFETY}`);
    await succeed(
      () => volume.check(),
      () => volume.open(),
      () => volume.start(),
    );
    expect(await tree(machine)).toBe(before);
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });

  test('a snapshot that is open: refused with who has it, nothing is merged, and the application serves again', async () => {
    await succeed(() => volume.take());
    await machine.look('/bin/mkdir', '/mnt/look');
    await machine.look('/bin/mount', '-o', 'ro', `/dev/vg0/${BEFORE}`, '/mnt/look');
    await succeed(
      () => volume.stop(),
      () => volume.close(),
    );
    const ran = await volume.merge();
    expect(ran).toMatchObject({ code: DOCUMENT_EXIT.volumeBusy, line: undefined });
    expect(ran.stderr).toContain(`vg0/${BEFORE} on host is still open`);
    expect([await lvm(machine, 'lv_merging'), await lvm(machine, 'lv_name', SAFETY)]).toEqual(['', 'nothing']);
    await succeed(
      () => volume.open(),
      () => volume.start(),
    );
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });

  test('a volume that is in use: it is not unmounted, and who uses it is named', async () => {
    const { stdout } = await machine.run('cd /var/www; setsid sleep 4714 >/dev/null 2>&1 & echo $!');
    await succeed(() => volume.stop());
    const ran = await volume.close();
    expect(ran).toMatchObject({ code: DOCUMENT_EXIT.volumeBusy, line: undefined });
    expect(ran.stderr).toContain(`sleep (process ${stdout.trim()})`);
    expect(await machine.look('/bin/findmnt', '-no', 'TARGET', '/var/www')).toBe('/var/www');
    await succeed(() => volume.start());
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });

  test('a reset in the middle of the merge: it goes on at boot, and the documents come to their end when repeated', async () => {
    const before = await tree(machine);
    await succeed(() => volume.take());
    await damage(machine, 100);
    await succeed(
      () => volume.stop(),
      () => volume.close(),
      () => volume.merge(),
    );
    expect(await lvm(machine, 'lv_merging')).not.toBe('');
    await machine.reset();
    expect((await volume.merge()).line).toMatchObject({ safety: SAFETY });
    await succeed(
      () => volume.awaited(),
      () => volume.stop(),
      () => volume.close(),
      () => volume.check(),
      () => volume.open(),
      () => volume.start(),
    );
    expect(await lvm(machine, 'lv_name', BEFORE)).toBe('nothing');
    expect(await tree(machine)).toBe(before);
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });
});
