import * as fs from 'node:fs';
import { filesIn, volumeHeldOpen } from '../../sandbox/scenarios';
import { expectPutBack, expectServing } from './expectations';
import { describeDrill } from './postgres';
import { Stage } from './stage';
import { stateOf } from './state';

jest.setTimeout(300_000);

const PLAN = 'file-system-rollback';

/** Runs after each other in one world, each of which leaves it so that the next can be run. */
describeDrill('the files go back to a snapshot', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.open('files');
  });
  afterAll(async () => {
    await stage.close();
  });
  afterEach(async () => {
    for (const host of stage.world.hosts) await host.volumeFault({ heldOpen: [], mergeSeconds: 0.3 });
  });

  const second = () => {
    // Hosts are found in the order of their ids.
    const host = stage.world.hosts.toSorted((one, other) => one.id.localeCompare(other.id)).at(-1);
    if (host === undefined) throw new TypeError('there are two hosts');
    return host;
  };
  const files = () => stage.world.hosts.map((host) => Object.fromEntries(filesIn(host.path('/var/www'))));
  const write = (text: string) => {
    for (const host of stage.world.hosts) fs.writeFileSync(host.path('/var/www/note'), text);
  };
  const snapshotsOn = async () =>
    await Promise.all(
      stage.world.hosts.map(async (host) => {
        const { stdout } = await host.run('lvs -a --noheadings --nosuffix --units b -o lv_name vg0');
        return stdout.split('\n').flatMap((line) => (line.includes('lifeboat') ? [line.trim()] : []));
      }),
    );

  test('without a snapshot it is refused, and nothing was changed', async () => {
    const before = await stateOf(stage);
    const ran = await stage.run({ plan: PLAN });
    await expectPutBack(stage, before, ran, {
      status: 'rejected',
      error: 'RecoverySourceMissingError',
      step: `${PLAN} › Choose the snapshot`,
      says: /take-snapshot takes one/,
    });
    expect(await snapshotsOn()).toEqual([[], []]);
  });

  test('a file system with errors on the second host puts both hosts back', async () => {
    write('as it was\n');
    expect((await stage.run({ plan: 'take-snapshot' })).report.status).toBe('succeeded');
    const taken = await snapshotsOn();
    expect(taken[0]).toHaveLength(1);
    expect(taken[1]).toEqual(taken[0]);
    write('damaged\n');
    const damaged = files();
    const before = await stateOf(stage);

    await second().volumeFault({ fsckAfterMerge: 'errors' });
    const ran = await stage.run({ plan: PLAN });
    await expectPutBack(stage, before, ran, {
      status: 'failed',
      error: 'FileSystemDamagedError',
      step: `${PLAN} › Check the file system on the other hosts: ended?`,
      says: new RegExp(second().id),
    });
    // The first host was back in service already, behind the page: hosts of one application have the same files.
    expect(ran.steps).toContain(`${PLAN}/Ask the first host whether it is healthy`);
    expect(files()).toEqual(damaged);
    expect(await snapshotsOn()).toEqual(taken);

    // What the merge had left was taken again on its undo, errors included: it is not gone back to.
    const again = await stage.run({ plan: PLAN });
    await expectPutBack(stage, before, again, {
      status: 'rejected',
      error: 'SnapshotUnsoundError',
      step: `${PLAN} › Check the snapshot: ended?`,
      says: /has errors/,
    });
    expect(files()).toEqual(damaged);
  });

  test('what has the volume of the second host open is named, both hosts are put back, and the next run goes back', async () => {
    write('as it was\n');
    await stage.run({ plan: 'take-snapshot' });
    const [good, taken] = [files(), await snapshotsOn()];
    write('damaged\n');
    const [damaged, before] = [files(), await stateOf(stage)];
    const { what } = await volumeHeldOpen.inject(stage.drill.damageable());
    expect(what).toContain(second().id);
    const ran = await stage.run({ plan: PLAN }, {}, () => second().volumeFault({ heldOpen: [] }));
    await expectPutBack(stage, before, ran, {
      status: 'failed',
      error: 'VolumeBusyError',
      step: `${PLAN} › Close the volume on the other hosts: in force?`,
      says: /still open/,
    });
    expect(files()).toEqual(damaged);
    expect(await snapshotsOn()).toEqual(taken);

    // The first host's snapshot had been merged, and was taken again when that was undone.
    const again = await stage.run({ plan: PLAN });
    expect(again.report).toMatchObject({ status: 'succeeded', undoFailed: [] });
    expect(files()).toEqual(good);
    await expectServing(stage, before, again);
  });
});
