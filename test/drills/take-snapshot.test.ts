import { noSnapshotYet } from '../../sandbox/scenarios';
import type { Host } from '../../sandbox/hosts';
import { expectPutBack } from './expectations';
import { describeDrill } from './postgres';
import { Stage } from './stage';
import { stateOf } from './state';

jest.setTimeout(360_000);

describeDrill('a snapshot of the files', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.open('snapshots');
    await noSnapshotYet.inject(stage.drill.damageable());
  }, 300_000);
  afterAll(async () => {
    await stage.close();
  });
  const group = () => stage.world.description.volume?.volumeGroup ?? '';
  const lvm = async (host: Host, command: string) => {
    const { exitCode, stdout, stderr } = await host.run(command);
    if (exitCode !== 0) throw new TypeError(`${command} ended with ${String(exitCode)}: ${stderr}`);
    return stdout.trim();
  };
  const snapshots = (prefix: string) =>
    Promise.all(
      stage.world.hosts.map(async (host) => {
        const names = await lvm(host, `lvs --noheadings --nosuffix --units b -o lv_name ${group()}`);
        return names.split('\n').filter((name) => name.trim().startsWith(prefix)).length;
      }),
    );
  /** What is not as the scenario wants it, by what is there: one snapshot on each host, and every file as it was. */
  const wrong = async () => {
    const checks = (await noSnapshotYet.look?.(stage.drill.damageable())) ?? [];
    expect(checks).toHaveLength(4);
    return checks.filter(({ status }) => status !== 'passed').map(({ name, actual }) => `${name}: ${actual}`);
  };

  test('a volume group without room on one host: the run says which, and everything serves on', async () => {
    const before = await stateOf(stage);
    const [, full] = stage.world.hosts;
    if (full === undefined) throw new TypeError('there are two hosts');
    const free = Number(await lvm(full, `vgs --noheadings --nosuffix --units b -o vg_free ${group()}`)) / 1_048_576;
    const volume = `${group()}/${stage.world.description.volume?.logicalVolume ?? ''}`;
    await lvm(full, `lvcreate --snapshot --yes --name filler --size ${String(Math.floor(free) - 4)}m ${volume}`);
    const ran = await stage.run({ plan: 'take-snapshot' });
    await lvm(full, `lvremove --yes ${group()}/filler`);
    await expectPutBack(stage, before, ran, {
      status: 'failed',
      error: 'VolumeFullError',
      step: 'take-snapshot › Take the snapshot: in force?',
      says: new RegExp(`${full.id}.*free`, 's'),
    });
    // Nothing that holds data is deleted: that of the other host stays until it expires.
    expect((await snapshots('lifeboat-')).toSorted()).toEqual([0, 1]);
  });

  test('the same again: one more on each host, of files that nobody touched', async () => {
    const before = await stateOf(stage);
    const had = await snapshots('lifeboat-');
    const { report } = await stage.run({ plan: 'take-snapshot' });
    expect(report).toMatchObject({ status: 'succeeded', undoFailed: [] });
    expect(await snapshots('lifeboat-')).toEqual(had.map((count) => count + 1));
    expect((await wrong()).filter((words) => words.startsWith('files'))).toEqual([]);
    expect(await stateOf(stage)).toEqual(before);
    expect(await stage.leaseHolder()).toBe('');
  });
});
