import * as fs from 'node:fs';
import * as path from 'node:path';
import { DOCUMENT_EXIT, documents, type DocumentName } from '../../contract/documents';
import { loadDocument } from '../../documents/load';
import type { Host, VolumeFaults } from '../../sandbox/hosts';
import { Fixture, writeUnit } from '../sandbox/hosts/fixture';
import { containing, matching } from './support/match';

/** The documents about volumes, on a simulated host whose LVM is the sandbox's. `npm run test:host` runs them on a real one. */
jest.setTimeout(60_000);

const fixture = new Fixture();
beforeAll(() => fixture.open());
afterAll(() => fixture.close());

const volume = { VolumeGroup: 'vg0', LogicalVolume: 'orders' };
const mount = { ...volume, MountPoint: '/var/www', MountUnit: 'var-www.mount' };
const SNAPSHOT = 'lifeboat-1';
const SAFETY = 'lifeboat-2-before';
const TAKE = { ...volume, Snapshot: SNAPSHOT, Megabytes: '16', Run: 'run-1', Expires: '2026-12-07' };
const MERGE = { ...volume, Snapshot: SNAPSHOT, Safety: SAFETY, Megabytes: '0', Run: 'run-2', Expires: '2026-12-07' };
const AWAIT = { ...volume, Snapshot: SNAPSHOT, Safety: SAFETY, Seconds: '20' };
const UNDO = { ...mount, Services: 'worker', Snapshot: SNAPSHOT, Safety: SAFETY, Run: 'run-2', Seconds: '20' };

class Machine {
  constructor(readonly host: Host) {}

  static async boot(groupMegabytes = 200): Promise<Machine> {
    const host = await fixture.host();
    const [mountPoint, mountUnit] = [mount.MountPoint, mount.MountUnit];
    await host.addVolume({ group: 'vg0', groupMegabytes, name: 'orders', megabytes: 40, mountPoint, mountUnit });
    writeUnit(host, 'worker.service', '[Service]\nWorkingDirectory=/var/www\nExecStart=/usr/bin/sleep 1000\n');
    const machine = new Machine(host);
    machine.write('a', 'one\n');
    await host.systemctl('start', 'worker');
    return machine;
  }

  async run(name: DocumentName, parameters: Readonly<Record<string, string>>) {
    documents[name].parameters.parse(parameters);
    const script = loadDocument(name).content.mainSteps[0].inputs.runCommand.join('\n');
    const environment = Object.fromEntries(Object.entries(parameters).map(([key, value]) => [`SSM_${key}`, value]));
    const { exitCode, stdout, stderr } = await this.host.run(script, environment, { timeoutSeconds: 50 });
    const line = stdout.trimEnd().split('\n').at(-1) ?? '';
    return { code: exitCode, stderr, result: exitCode === 0 ? documents[name].result.parse(JSON.parse(line)) : line };
  }

  async shell(script: string): Promise<string> {
    return (await this.host.run(script)).stdout.trim();
  }

  write(file: string, content: string | Buffer): void {
    fs.writeFileSync(this.host.path(`/var/www/${file}`), content);
  }

  /** What is in the mounted volume. */
  get files(): Record<string, string> {
    const folder = this.host.path('/var/www');
    const names = fs.readdirSync(folder);
    return Object.fromEntries(names.map((name) => [name, fs.readFileSync(path.join(folder, name), 'utf8')]));
  }

  /** Names of the snapshots that there are. */
  async snapshots(): Promise<string[]> {
    const list = await this.shell('lvs -a --noheadings --nosuffix --units b -o lv_name vg0');
    return list
      .split('\n')
      .map((name) => name.trim())
      .filter((name) => name !== 'orders')
      .sort();
  }

  async fault(faults: VolumeFaults): Promise<void> {
    await this.host.volumeFault(faults);
  }

  /** A snapshot, then damage, then everything stopped and unmounted. */
  async damaged(): Promise<void> {
    expect(await this.run('take-snapshot', TAKE)).toMatchObject({ code: 0 });
    this.write('a', 'two\n');
    this.write('b', 'new\n');
    await this.host.systemctl('stop', 'worker');
    expect(await this.run('close-volume', mount)).toMatchObject({ code: 0, result: { was: 'mounted' } });
  }

  async merged(): Promise<void> {
    await this.damaged();
    expect(await this.run('merge-snapshot', MERGE)).toMatchObject({ code: 0, result: { state: 'merging' } });
    expect(await this.run('await-merge', AWAIT)).toMatchObject({ code: 0 });
  }

  async opened(): Promise<Record<string, string>> {
    expect(await this.run('open-volume', mount)).toMatchObject({ code: 0 });
    return this.files;
  }
}

test('a volume goes back to its snapshot, and what was there is kept under another name', async () => {
  const on = await Machine.boot();
  await on.merged();
  expect(await on.run('check-volume', { ...volume, AllowRepair: 'no' })).toMatchObject({
    code: 0,
    result: { clean: true, repaired: false },
  });
  expect(await on.opened()).toEqual({ a: 'one\n' });
  expect(await on.snapshots()).toEqual([SAFETY]);
  // Each of them again changes nothing.
  expect(await on.run('open-volume', mount)).toMatchObject({ code: 0, result: { was: 'mounted' } });
  expect(await on.run('merge-snapshot', MERGE)).toMatchObject({ code: 0, result: { state: 'merged' } });
  expect(await on.run('await-merge', AWAIT)).toMatchObject({ code: 0 });
});

test('the undo of a merge brings back what was there, keeps what was written since, and can be merged again', async () => {
  const on = await Machine.boot();
  await on.merged();
  await on.opened();
  on.write('since', 'later\n');
  await on.host.systemctl('start', 'worker');
  expect(await on.run('undo-merge', UNDO)).toMatchObject({
    code: 0,
    result: { state: 'merged-back', restarted: ['worker'] },
  });
  expect(on.files).toEqual({ a: 'two\n', b: 'new\n' });
  expect(await on.shell('systemctl is-active worker')).toBe('active');
  expect(await on.snapshots()).toEqual([SNAPSHOT]);
  // A repeated call, as after a lost answer.
  expect(await on.run('undo-merge', UNDO)).toMatchObject({ code: 0, result: { state: 'merged-back', restarted: [] } });
  const inspected = await on.run('inspect-volume', { ...mount, Chosen: SNAPSHOT });
  expect(inspected).toMatchObject({ code: 0, result: { checked: SNAPSHOT, snapshots: [{ kind: 'snapshot' }] } });
  await on.host.systemctl('stop', 'worker');
  await on.run('close-volume', mount);
  await on.run('merge-snapshot', { ...MERGE, Run: 'run-3', Safety: 'lifeboat-3-before' });
  await on.run('await-merge', { ...AWAIT, Safety: 'lifeboat-3-before' });
  expect(await on.opened()).toEqual({ a: 'one\n', since: 'later\n' });
});

test('the undo of a merge that never began touches nothing, not even the service', async () => {
  const on = await Machine.boot();
  await on.run('take-snapshot', TAKE);
  expect(await on.run('undo-merge', UNDO)).toMatchObject({ code: 0, result: { state: 'never-merged' } });
  expect(await on.shell('systemctl is-active worker')).toBe('active');
});

test('the undo of a merge whose host was reset in its midst waits for its end', async () => {
  const on = await Machine.boot();
  await on.damaged();
  await on.fault({ mergeSeconds: 20 });
  await on.run('merge-snapshot', MERGE);
  await on.host.crash();
  await on.host.start();
  await on.fault({ mergeSeconds: 0.1 });
  await on.host.crash();
  await on.host.start();
  // LVM looks every 15 s after a boot.
  expect(await on.run('undo-merge', { ...UNDO, Seconds: '40' })).toMatchObject({
    code: 0,
    result: { state: 'merged-back' },
  });
  expect(on.files).toEqual({ a: 'two\n', b: 'new\n' });
});

describe('before anything is changed', () => {
  test('the volume, its snapshots and the room are told', async () => {
    const on = await Machine.boot();
    await on.run('take-snapshot', TAKE);
    const { result } = await on.run('inspect-volume', { ...mount, Chosen: '' });
    expect(result).toMatchObject({
      ...{ fileSystem: 'ext4', megabytes: 40, freeMegabytes: 144, mounted: true, merging: false, checked: null },
      snapshots: [{ name: SNAPSHOT, kind: 'snapshot', expires: '2026-12-07', megabytes: 16, sound: true }],
    });
  });

  test('a snapshot that has overflowed is refused', async () => {
    const on = await Machine.boot();
    await on.run('take-snapshot', TAKE);
    on.write('b', Buffer.alloc(17 * 1024 * 1024));
    expect(await on.run('inspect-volume', { ...mount, Chosen: '' })).toMatchObject({
      result: { snapshots: [{ sound: false }] },
    });
    expect(await on.run('inspect-volume', { ...mount, Chosen: SNAPSHOT })).toMatchObject({
      code: DOCUMENT_EXIT.snapshotUnsound,
      stderr: containing('not valid'),
    });
  });

  test('a snapshot that is not there, or of another volume, is refused', async () => {
    const on = await Machine.boot();
    expect(await on.run('inspect-volume', { ...mount, Chosen: 'nowhere' })).toMatchObject({
      code: DOCUMENT_EXIT.snapshotUnsound,
      stderr: containing('there is no snapshot nowhere'),
    });
    expect(await on.run('inspect-volume', { ...mount, Chosen: 'orders' })).toMatchObject({
      code: DOCUMENT_EXIT.snapshotUnsound,
      stderr: containing('no snapshot of vg0/orders'),
    });
  });

  test('a snapshot whose file system has errors is refused', async () => {
    const on = await Machine.boot();
    await on.run('take-snapshot', TAKE);
    await on.fault({ fsckAfterMerge: 'errors' });
    // A volume that has errors already: a merge has left them, and a snapshot of it has them too.
    await on.host.systemctl('stop', 'worker');
    await on.run('close-volume', mount);
    await on.run('merge-snapshot', MERGE);
    await on.run('await-merge', AWAIT);
    await on.run('take-snapshot', { ...TAKE, Snapshot: 'other' });
    expect(await on.run('inspect-volume', { ...mount, Chosen: 'other' })).toMatchObject({
      code: DOCUMENT_EXIT.snapshotUnsound,
      stderr: matching(/file system in the snapshot other .* has errors/),
    });
  });

  test('no room for what the merge overwrites is refused', async () => {
    const on = await Machine.boot(60);
    await on.run('take-snapshot', TAKE);
    expect(await on.run('inspect-volume', { ...mount, Chosen: SNAPSHOT })).toMatchObject({
      code: DOCUMENT_EXIT.volumeFull,
      stderr: containing('has 4 MiB free'),
    });
  });

  test('a full volume group takes no snapshot, and a name of another run is not taken for ours', async () => {
    const on = await Machine.boot(60);
    expect(await on.run('take-snapshot', { ...TAKE, Megabytes: '24' })).toMatchObject({
      code: DOCUMENT_EXIT.volumeFull,
      stderr: containing('20 MiB free'),
    });
    expect(await on.run('take-snapshot', TAKE)).toMatchObject({ code: 0, result: { created: true } });
    expect(await on.run('take-snapshot', TAKE)).toMatchObject({ code: 0, result: { created: false } });
    expect(await on.run('take-snapshot', { ...TAKE, Run: 'another' })).toMatchObject({
      code: 1,
      stderr: containing('not taken by another'),
    });
  });

  test('another snapshot that would overflow is not risked', async () => {
    const on = await Machine.boot();
    await on.run('take-snapshot', TAKE);
    on.write('b', Buffer.alloc(5 * 1024 * 1024));
    await on.run('take-snapshot', { ...TAKE, Snapshot: 'small', Megabytes: '4' });
    expect(await on.run('inspect-volume', { ...mount, Chosen: SNAPSHOT })).toMatchObject({
      code: DOCUMENT_EXIT.volumeFull,
      stderr: containing('small would be lost'),
    });
  });
});

describe('what has it open', () => {
  test('is named, and nothing is unmounted', async () => {
    const on = await Machine.boot();
    expect(await on.run('close-volume', mount)).toMatchObject({
      code: DOCUMENT_EXIT.volumeBusy,
      stderr: matching(/in use by sleep \(process \d+\)/),
    });
    expect(await on.shell('systemctl is-active var-www.mount')).toBe('active');
  });

  test('keeps a merge from beginning, which LVM would put off with exit code 0', async () => {
    const on = await Machine.boot();
    await on.run('take-snapshot', TAKE);
    expect(await on.run('merge-snapshot', MERGE)).toMatchObject({
      code: DOCUMENT_EXIT.volumeBusy,
      stderr: containing('still mounted'),
    });
    await on.host.systemctl('stop', 'worker');
    await on.run('close-volume', mount);
    await on.fault({ heldOpen: [SNAPSHOT] });
    expect(await on.run('merge-snapshot', MERGE)).toMatchObject({
      code: DOCUMENT_EXIT.volumeBusy,
      stderr: containing(`${SNAPSHOT} on`),
    });
    expect(await on.snapshots()).toEqual([SNAPSHOT]);
  });
});

describe('after the merge', () => {
  test('errors are repaired only where that is allowed', async () => {
    const on = await Machine.boot();
    await on.fault({ fsckAfterMerge: 'repairable' });
    await on.merged();
    expect(await on.run('check-volume', { ...volume, AllowRepair: 'no' })).toMatchObject({
      code: DOCUMENT_EXIT.fileSystemDamaged,
      stderr: containing('allowRepair is off'),
    });
    const allowed = { ...volume, AllowRepair: 'yes' };
    expect(await on.run('check-volume', allowed)).toMatchObject({ code: 0, result: { repaired: true } });
    expect(await on.run('check-volume', allowed)).toMatchObject({ code: 0, result: { repaired: false } });
  });

  test('what cannot be repaired fails, and a mounted volume is not checked at all', async () => {
    const on = await Machine.boot();
    await on.fault({ fsckAfterMerge: 'errors' });
    await on.merged();
    const allowed = { ...volume, AllowRepair: 'yes' };
    expect(await on.run('check-volume', allowed)).toMatchObject({ code: DOCUMENT_EXIT.fileSystemDamaged });
    await on.opened();
    expect(await on.run('check-volume', allowed)).toMatchObject({ code: DOCUMENT_EXIT.volumeBusy });
  });

  test('a merge that fails, or does not end in time, is not waited for for ever', async () => {
    const on = await Machine.boot();
    await on.damaged();
    await on.fault({ mergeSeconds: 30 });
    await on.run('merge-snapshot', MERGE);
    expect(await on.run('await-merge', { ...AWAIT, Seconds: '2' })).toMatchObject({
      code: 1,
      stderr: containing('did not end within 2 s'),
    });
    await on.fault({ mergeFails: true });
    expect(await on.run('await-merge', AWAIT)).toMatchObject({ code: 1, stderr: containing('failed (LVM says') });
  });
});

test('only what Lifeboat took and what has expired is removed, and the newest stay', async () => {
  const on = await Machine.boot();
  for (const name of ['one', 'two', 'three']) {
    await on.run('take-snapshot', { ...TAKE, Snapshot: name, Megabytes: '16', Expires: '2026-11-01' });
    // LVM's time has whole seconds.
    await on.shell('sleep 1.1');
  }
  await on.run('take-snapshot', { ...TAKE, Snapshot: 'valid', Expires: '2027-01-01' });
  await on.shell('lvcreate --snapshot --yes --name foreign --size 8m vg0/orders');
  const removed = await on.run('remove-snapshots', { ...volume, Keep: '2', Today: '2026-11-01' });
  expect(removed).toMatchObject({ code: 0, result: { removed: ['two', 'one'], kept: 2 } });
  expect(await on.snapshots()).toEqual(['foreign', 'three', 'valid']);
  const none = await on.run('remove-snapshots', { ...volume, Keep: '0', Today: '2026-10-31' });
  expect(none).toMatchObject({ code: 0, result: { removed: [] } });
});
