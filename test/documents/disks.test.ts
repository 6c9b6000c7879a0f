import * as fs from 'node:fs';
import * as path from 'node:path';
import { documents, type DocumentName } from '../../contract/documents';
import { loadDocument } from '../../documents/load';
import type { Host } from '../../sandbox/hosts';
import { Fixture } from '../sandbox/hosts/fixture';
import { containing } from './support/match';

/** The documents about EBS volumes, on a simulated host whose LVM and whose disks are the sandbox's. */
jest.setTimeout(60_000);

const fixture = new Fixture();
beforeAll(() => fixture.open());
afterAll(() => fixture.close());

const [OLD, NEW] = ['vol-0000000000000001', 'vol-0000000000000002'];
const group = { VolumeGroup: 'vg0', LogicalVolume: 'orders' };
const mount = { ...group, MountPoint: '/var/www', MountUnit: 'var-www.mount' };
const IMPORT = { ...group, Volume: NEW, Aside: 'lifeboat-1' };
const swap = (To: string) => ({ ...group, Aside: 'lifeboat-1', Before: 'lifeboat-1-before', To });
const RELEASE = { VolumeGroup: 'vg0', Volume: NEW, Aside: 'lifeboat-1' };

async function run(host: Host, name: DocumentName, parameters: Readonly<Record<string, string>>) {
  documents[name].parameters.parse(parameters);
  const script = loadDocument(name).content.mainSteps[0].inputs.runCommand.join('\n');
  const environment = Object.fromEntries(Object.entries(parameters).map(([key, value]) => [`SSM_${key}`, value]));
  const { exitCode, stdout, stderr } = await host.run(script, environment, { timeoutSeconds: 50 });
  const line = stdout.trimEnd().split('\n').at(-1) ?? '';
  return { code: exitCode, stderr, result: exitCode === 0 ? documents[name].result.parse(JSON.parse(line)) : line };
}

describe('a disk made from a snapshot', () => {
  let host: Host;
  const file = () => host.path('/var/www/a');
  const read = () => fs.readFileSync(file(), 'utf8');
  beforeEach(async () => {
    host = await fixture.host();
    const [mountPoint, mountUnit] = [mount.MountPoint, mount.MountUnit];
    await host.addVolume({
      group: 'vg0',
      groupMegabytes: 200,
      name: 'orders',
      megabytes: 40,
      mountPoint,
      mountUnit,
      disk: OLD,
    });
    fs.writeFileSync(file(), 'good\n');
    const snapshot = path.join(fixture.folder, `snapshot-of-${host.id}`);
    await host.copyDisk(OLD, snapshot);
    fs.writeFileSync(file(), 'damaged\n');
    await host.attachDisk(NEW, snapshot);
  });

  test('is taken in beside the one in use, takes its place, and gives it back', async () => {
    expect(await run(host, 'import-volume', IMPORT)).toMatchObject({
      result: { group: 'lifeboat-1', repaired: false },
    });
    expect(await run(host, 'import-volume', IMPORT)).toMatchObject({ code: 0 });
    expect(read()).toBe('damaged\n');
    expect(await run(host, 'swap-volumes', swap('aside'))).toMatchObject({
      code: 61,
      stderr: containing('still mounted'),
    });
    await run(host, 'close-volume', mount);
    expect(await run(host, 'swap-volumes', swap('aside'))).toMatchObject({ result: { changed: true, disk: NEW } });
    expect(await run(host, 'swap-volumes', swap('aside'))).toMatchObject({ result: { changed: false, disk: NEW } });
    await run(host, 'open-volume', mount);
    expect(read()).toBe('good\n');
    // It serves: nobody takes it away.
    expect(await run(host, 'release-volume', RELEASE)).toMatchObject({ result: { state: 'in-use' } });
    await expect(host.detachDisk(NEW, path.join(fixture.folder, 'nowhere'))).rejects.toThrow('busy');

    await run(host, 'close-volume', mount);
    expect(await run(host, 'swap-volumes', swap('before'))).toMatchObject({ result: { changed: true, disk: OLD } });
    expect(await run(host, 'swap-volumes', swap('before'))).toMatchObject({ result: { changed: false, disk: OLD } });
    await run(host, 'open-volume', mount);
    expect(read()).toBe('damaged\n');
    expect(await run(host, 'release-volume', RELEASE)).toMatchObject({ result: { state: 'released' } });
    const kept = path.join(fixture.folder, `kept-of-${host.id}`);
    await host.detachDisk(NEW, kept);
    expect(fs.readFileSync(path.join(kept, 'orders', 'a'), 'utf8')).toBe('good\n');
    expect(await run(host, 'release-volume', RELEASE)).toMatchObject({ result: { state: 'absent' } });
  });

  test('where LVM keeps a devices file, the disk is taken into that, and the one in use stays in it', async () => {
    expect(await host.run('vgimportdevices --all')).toMatchObject({ exitCode: 0 });
    expect((await host.run(`vgimportclone --basevgname other /dev/nvme2n1`)).exitCode).not.toBe(0);
    expect(await run(host, 'import-volume', IMPORT)).toMatchObject({ result: { group: 'lifeboat-1' } });
    expect(await run(host, 'import-volume', IMPORT)).toMatchObject({ code: 0 });
    expect((await host.run('lvmdevices')).stdout.match(/vol-\d+/g)).toEqual([OLD, NEW]);
    await run(host, 'close-volume', mount);
    expect(await run(host, 'swap-volumes', swap('aside'))).toMatchObject({ result: { changed: true, disk: NEW } });
    await run(host, 'open-volume', mount);
    expect(read()).toBe('good\n');
  });

  test('a reset between the two renames is gone on with, or put back', async () => {
    await run(host, 'import-volume', IMPORT);
    await run(host, 'close-volume', mount);
    await host.run('vgrename vg0 lifeboat-1-before');
    expect(await run(host, 'swap-volumes', swap('aside'))).toMatchObject({ result: { changed: true, disk: NEW } });
    await host.run('vgrename vg0 lifeboat-1');
    expect(await run(host, 'swap-volumes', swap('before'))).toMatchObject({ result: { changed: true, disk: OLD } });
    await run(host, 'open-volume', mount);
    expect(read()).toBe('damaged\n');
  });

  test('another volume of the group in use: nothing is exchanged, and the files in use are there again', async () => {
    await host.addVolume({
      ...{ group: 'vg0', groupMegabytes: 200, name: 'pictures', megabytes: 8 },
      ...{ mountPoint: '/data', mountUnit: 'data.mount' },
    });
    await run(host, 'import-volume', IMPORT);
    await run(host, 'close-volume', mount);
    expect(await run(host, 'swap-volumes', swap('aside'))).toMatchObject({
      code: 61,
      stderr: containing('Nothing was changed'),
    });
    expect(await run(host, 'open-volume', mount)).toMatchObject({ code: 0 });
    expect(read()).toBe('damaged\n');
  });

  test('the disk that serves is not taken in', async () => {
    expect(await run(host, 'import-volume', { ...IMPORT, Volume: OLD })).toMatchObject({
      code: 1,
      stderr: containing(`${OLD} is the disk of vg0`),
    });
    expect(read()).toBe('damaged\n');
  });

  test('a group that the host does not know was activated when its disk appeared: it is taken in all the same', async () => {
    const [from, other] = [path.join(fixture.folder, `snapshot-of-${host.id}`), 'vol-0000000000000004'];
    const file = path.join(from, 'group.json');
    fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace('"name":"vg0"', '"name":"elsewhere"'));
    await host.attachDisk(other, from);
    expect((await host.run('lvs --noheadings --nosuffix --units b -o lv_active elsewhere/orders')).stdout).toContain(
      'active',
    );
    expect(await run(host, 'import-volume', { ...IMPORT, Volume: other })).toMatchObject({
      result: { group: 'lifeboat-1' },
    });
  });

  test('a boot after the exchange: what was kept is not activated, and what is in use is mounted', async () => {
    await run(host, 'import-volume', IMPORT);
    await run(host, 'close-volume', mount);
    await run(host, 'swap-volumes', swap('aside'));
    await host.crash();
    await host.start();
    expect(read()).toBe('good\n');
    const active = 'lvs --noheadings --nosuffix --units b -o lv_active';
    expect((await host.run(`${active} lifeboat-1-before/orders; ${active} vg0/orders`)).stdout).toBe('  \n  active\n');
  });

  test('a disk of something else is no source', async () => {
    expect(await run(host, 'import-volume', { ...IMPORT, LogicalVolume: 'other' })).toMatchObject({
      code: 60,
      stderr: containing('a snapshot of another disk'),
    });
    const empty = path.join(fixture.folder, 'empty');
    fs.mkdirSync(empty, { recursive: true });
    const [other, aside] = ['vol-0000000000000003', 'lifeboat-3'];
    await host.attachDisk(other, empty);
    expect(await run(host, 'import-volume', { ...IMPORT, Volume: other, Aside: aside })).toMatchObject({
      code: 60,
      stderr: containing('no volume group of LVM2'),
    });
  });

  test('find-files tells the disk under the volume group', async () => {
    const parameters = {
      ...{ Folder: '/var/www', Serving: '/var/www/app', VolumeGroup: 'vg0', BackupFolder: '/backup', NotAfter: '' },
      ...{ OnlyBackup: '', Region: 'us-east-1', Bucket: '', Objects: '' },
    };
    expect(await run(host, 'find-files', parameters)).toMatchObject({ result: { disk: OLD } });
    expect(await run(host, 'find-files', { ...parameters, VolumeGroup: 'vg9' })).toMatchObject({
      result: { disk: null },
    });
  });
});
