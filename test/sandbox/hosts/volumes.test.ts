import * as fs from 'node:fs';
import { containing } from '../../asl/machines';
import type { Host } from '../../../sandbox/hosts';
import { Fixture, until, writeUnit } from './fixture';

jest.setTimeout(30_000);

const fixture = new Fixture();
beforeAll(() => fixture.open());
afterAll(() => fixture.close());

const volume = {
  group: 'vg0',
  groupMegabytes: 100,
  name: 'orders',
  megabytes: 40,
  mountPoint: '/var/www',
  mountUnit: 'var-www.mount',
};

/** A host with a mounted volume and a file in it. */
async function host(): Promise<Host> {
  const made = await fixture.host();
  await made.addVolume(volume);
  fs.writeFileSync(made.path('/var/www/a'), 'one\n');
  return made;
}

async function run(on: Host, script: string) {
  const { exitCode, stdout, stderr } = await on.run(script, { W: '/var/www' });
  return { code: exitCode, stdout: stdout.trim(), stderr };
}

const SNAPSHOT = 'lvcreate --snapshot --yes --name before --size 8m --addtag lifeboat.run=r vg0/orders';
const lvs = (fields: string) =>
  `lvs -a --noheadings --nosuffix --units b --separator '|' -o ${fields} vg0 | sed 's/^ *//'`;
const MERGE = 'lvconvert --merge --background --interval 1 vg0/before';

test('a snapshot keeps what the files were; merging puts them back and the snapshot is gone', async () => {
  const on = await host();
  fs.chmodSync(on.path('/var/www/a'), 0o640);
  expect(await run(on, SNAPSHOT)).toMatchObject({ code: 0, stdout: 'Logical volume "before" created.' });
  fs.writeFileSync(on.path('/var/www/a'), 'two\n');
  fs.chmodSync(on.path('/var/www/a'), 0o777);
  fs.writeFileSync(on.path('/var/www/b'), 'new\n');
  expect(await run(on, 'systemctl stop var-www.mount && ls "$W"')).toMatchObject({ code: 0, stdout: '' });
  expect(await run(on, `${MERGE} && ${lvs('lv_name,lv_merging')}`)).toMatchObject({
    stdout: 'Merging of volume vg0/before started.\norders|merging\n[before]|merging',
  });
  await until(async () => (await run(on, lvs('lv_name'))).stdout === 'orders');
  expect(await run(on, 'systemctl start var-www.mount && ls "$W"')).toMatchObject({ code: 0, stdout: 'a' });
  expect(fs.readFileSync(on.path('/var/www/a'), 'utf8')).toBe('one\n');
  expect(fs.statSync(on.path('/var/www/a')).mode & 0o777).toBe(0o640);
});

test('merging what is open is put off and no failure; unmounting does not begin it, activating anew does', async () => {
  const on = await host();
  await run(on, SNAPSHOT);
  fs.writeFileSync(on.path('/var/www/a'), 'two\n');
  expect(await run(on, MERGE)).toMatchObject({ code: 0, stdout: containing('will occur on next activation') });
  expect((await run(on, 'lvchange --activate n vg0/orders')).code).toBe(5);
  await run(on, 'systemctl stop var-www.mount');
  expect((await run(on, `sleep 1; ${lvs('lv_name')}`)).stdout).toBe('orders\n[before]');
  expect((await run(on, 'lvchange -an vg0/orders && lvchange -ay vg0/orders')).code).toBe(0);
  // LVM looks every 15 s unless it is told otherwise: only the files are looked at here.
  const file = on.path('/dev/.lvm/vg0/orders/a');
  await until(() => fs.existsSync(file) && fs.readFileSync(file, 'utf8') === 'one\n');
});

test('a snapshot without room is invalid for ever, says nothing, and cannot be merged', async () => {
  const on = await host();
  await run(on, SNAPSHOT);
  fs.writeFileSync(on.path('/var/www/b'), Buffer.alloc(9 * 1024 * 1024));
  expect((await run(on, lvs('lv_name,snap_percent,lv_snapshot_invalid'))).stdout).toBe(
    'orders||unknown\nbefore|100.00|snapshot invalid',
  );
  fs.rmSync(on.path('/var/www/b'));
  expect((await run(on, lvs('lv_snapshot_invalid'))).stdout).toBe('unknown\nsnapshot invalid');
  expect(await run(on, MERGE)).toMatchObject({ code: 5, stderr: containing('invalidated snapshot') });
  expect((await run(on, 'e2fsck -f -n /dev/vg0/before')).code).toBe(8);
});

test('a full volume group takes no snapshot', async () => {
  const on = await host();
  expect(await run(on, SNAPSHOT.replace('8m', '64m'))).toMatchObject({
    code: 5,
    stderr: containing('insufficient free space (15 extents): 16 required'),
  });
});

test('while a merge goes on there is no other, and no snapshot; a reset in the midst completes at boot, which LVM notices once it is told to look', async () => {
  const on = await host();
  await run(on, SNAPSHOT);
  fs.writeFileSync(on.path('/var/www/a'), 'two\n');
  await run(on, 'systemctl stop var-www.mount');
  await on.volumeFault({ mergeSeconds: 30 });
  await run(on, MERGE);
  expect(await run(on, SNAPSHOT.replace('before', 'other'))).toMatchObject({ code: 5, stderr: containing('merging') });
  expect((await run(on, MERGE)).code).toBe(5);
  await on.crash();
  await on.start();
  await on.volumeFault({ mergeSeconds: 0.1 });
  expect((await run(on, lvs('lv_merging'))).stdout).toBe('merging\nmerging');
  await on.crash();
  await on.start();
  await until(() => fs.readFileSync(on.path('/var/www/a'), 'utf8') === 'one\n');
  expect((await run(on, `sleep 1; ${lvs('lv_merging')}`)).stdout).toBe('merging\nmerging');
  expect((await run(on, 'lvchange --poll y --config activation/polling_interval=1 vg0/orders')).code).toBe(0);
  await until(async () => (await run(on, lvs('lv_name,lv_merging'))).stdout === 'orders|');
});

test('a process that works in it keeps it mounted, and is seen; services that live there stop with it', async () => {
  const on = await host();
  writeUnit(
    on,
    'worker.service',
    '[Service]\nWorkingDirectory=/var/www\nExecStart=/usr/bin/sleep 1000\n[Install]\nWantedBy=multi-user.target\n',
  );
  await run(on, 'systemctl start worker');
  expect(await run(on, 'systemctl stop var-www.mount; systemctl is-active worker')).toMatchObject({
    stdout: 'inactive',
  });
  // Its mounts come before a service.
  expect(await run(on, 'systemctl start worker; systemctl is-active var-www.mount')).toMatchObject({
    stdout: 'active',
  });
  const held = await run(
    on,
    'systemctl stop worker; cd "$W"; sleep 30 & cd /; systemctl stop var-www.mount; echo "$?"; kill "$!"; systemctl is-active var-www.mount; findmnt --noheadings -o SOURCE --mountpoint "$W"',
  );
  expect(held.stdout).toBe('1\nactive\n/dev/mapper/vg0-orders');
});

test('what is not simulated is refused by name', async () => {
  const on = await host();
  for (const script of [
    'lvs vg0',
    `${MERGE} --force`,
    'lvconvert --merge vg0/before',
    'e2fsck -n /dev/vg0/orders',
    'mount',
  ])
    expect(await run(on, script)).toMatchObject({ code: 64, stderr: containing('not simulated') });
});
