import * as fs from 'node:fs';
import { damagedFiles, compareFiles, lostFiles, lostFilesAndBackups, lostVolume } from '../../sandbox/scenarios';
import { expectPutBack, expectServing } from './expectations';
import { describeDrill } from './postgres';
import { Stage, type Ran } from './stage';
import { fromOutside, stateOf } from './state';

jest.setTimeout(300_000);

const PLAN = 'file-system-recovery';

/** Runs after each other in one world, each of which leaves it so that the next can be run. */
describeDrill("the application's files are had back", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.open('recovered');
    // What has no files left is not healthy, and is not to be replaced before a run has begun.
    stage.world.autoScaling.suspend(stage.world.description.autoScalingGroup, ['ReplaceUnhealthy']);
  });
  afterAll(async () => {
    await stage.close();
  });

  /** Hosts are found in the order of their ids. */
  const hosts = () => stage.world.hosts.toSorted((one, other) => one.id.localeCompare(other.id));
  const second = () => {
    const host = hosts().at(-1);
    if (host === undefined) throw new TypeError('there are two hosts');
    return host;
  };
  const different = async () =>
    (await compareFiles(stage.drill.damageable())).filter(({ status }) => status !== 'passed');
  const chosen = (report: { decisions: readonly { subject: string; choice: string; reason: string }[] }) =>
    report.decisions.find(({ subject }) => subject === 'source of the files');
  const kept = () =>
    hosts().map((host) => {
      const folder = host.path('/var/www/.lifeboat-files');
      return fs.existsSync(folder) ? fs.readdirSync(folder) : [];
    });

  /** With the words of what went wrong. */
  const expectSuccess = ({ report: { status, failedStep, cause = '', undoFailed } }: Ran) => {
    expect({ status, failedStep, cause, undoFailed }).toEqual({ status: 'succeeded', cause: '', undoFailed: [] });
  };

  test('where there is nothing to have them back from it is refused, and nothing was changed', async () => {
    const before = await stateOf(stage);
    const ran = await stage.run({ plan: PLAN });
    await expectPutBack(stage, before, ran, {
      status: 'rejected',
      error: 'RecoverySourceMissingError',
      step: `${PLAN} › Choose the source of the files`,
      says: /There is: nothing at all/,
    });
  });

  test('a second host that does not come to health is put back; the first one keeps its files; both serve', async () => {
    const world = stage.drill.damageable();
    await lostFiles.prepare?.(world);
    // What the second one backed up is no application that runs, and looks like one.
    const main = second().path('/var/www/interview-app/dist/main.js');
    const good = fs.readFileSync(main);
    fs.writeFileSync(main, 'process.exit(1);\n');
    await lostFiles.prepare?.(world);
    fs.writeFileSync(main, good);
    for (const host of hosts()) fs.writeFileSync(host.path('/var/www/later'), 'written since');
    const { services, suspended } = await stateOf(stage);

    const ran = await stage.run({ plan: PLAN });
    expect(ran.report).toMatchObject({ status: 'failed', error: 'DocumentFailedError', undoFailed: [] });
    expect(ran.report.failedStep).toBe(`${PLAN} › Restore the files: in force?`);
    expect(ran.report.cause).toMatch(new RegExp(`^${second().id}: .*interview-app`));
    expect(Object.fromEntries(ran.report.changes.map(({ key, state }) => [key, state]))).toEqual({
      'stage-files': 'undone',
      'suspend-auto-scaling': 'undone',
      'stand-by-1': 'undone',
      'files-1': 'confirmed',
      'stand-by-2': 'undone',
      'files-2': 'undone',
    });
    expect(hosts().map((host) => fs.existsSync(host.path('/var/www/later')))).toEqual([false, true]);
    expect(fs.readFileSync(main)).toEqual(good);
    expect(await stateOf(stage)).toMatchObject({ services, suspended });
    expect(stage.world.targets.targets().map(({ state }) => state)).toEqual(['healthy', 'healthy']);
    expect(await fromOutside(stage.world)).toMatchObject({ status: 200 });
    expect(await stage.leaseHolder()).toBe('');
    // What was put there and did not serve is kept on the second host, what was replaced on the first.
    expect(kept()).toEqual([[ran.id], [ran.id]]);
  });

  test('the newest archive is cut off: the one before it is taken, on one host after the other', async () => {
    await lostFiles.prepare?.(stage.drill.damageable());
    const before = await stateOf(stage);
    await lostFiles.inject(stage.drill.damageable());
    expect(await different()).toHaveLength(2);
    const ran = await stage.run({ plan: PLAN });
    expectSuccess(ran);
    expect(await different()).toEqual([]);
    await expectServing(stage, before, ran);
    expect(chosen(ran.report)?.choice).toMatch(/^file-backup files_20261122_021500\.tar\.gz /);
    expect(chosen(ran.report)?.reason).toContain('1 newer passed over');
    expect(kept().every((folders) => folders.includes(ran.id))).toBe(true);
    for (const host of hosts()) {
      const replaced = host.path(`/var/www/.lifeboat-files/${ran.id}/replaced`);
      expect(fs.readdirSync(replaced)).toContain('READ_ME');
    }
  });

  test('a host that came while the archive was unpacked is named before any file is exchanged', async () => {
    const before = await stateOf(stage);
    const { autoScaling, description } = stage.world;
    const stranger = 'i-0000000000000abcd';
    const come = () => {
      autoScaling.attach(description.autoScalingGroup, stranger);
    };
    const ran = await stage.run({ plan: PLAN }, { [`${PLAN}/Suspend Auto Scaling`]: come });
    autoScaling.detach(description.autoScalingGroup, stranger);
    await expectPutBack(stage, before, ran, {
      status: 'failed',
      error: 'HostsChangedError',
      step: `${PLAN} › Compare the hosts`,
      says: new RegExp(stranger),
    });
    expect(ran.report.changes.map(({ key }) => key)).toEqual(['stage-files', 'suspend-auto-scaling']);
  });

  test('backups on the hosts are gone, too: an earlier version in the bucket', async () => {
    const world = stage.drill.damageable();
    for (const host of hosts()) fs.rmSync(host.path('/backup'), { recursive: true });
    await lostFilesAndBackups.prepare?.(world);
    const before = await stateOf(stage);
    await lostFilesAndBackups.inject(world);
    const ran = await stage.run({ plan: PLAN });
    expectSuccess(ran);
    expect(await different()).toEqual([]);
    await expectServing(stage, before, ran);
    expect(chosen(ran.report)?.choice).toMatch(/^bucket nightly\/files_20261122_021500\.tar\.gz /);
  });

  test('a snapshot of the volume is newer: it is merged, host after host', async () => {
    const world = stage.drill.damageable();
    await damagedFiles.prepare?.(world);
    const before = await stateOf(stage);
    await damagedFiles.inject(world);
    const ran = await stage.run({ plan: PLAN });
    expectSuccess(ran);
    expect(await different()).toEqual([]);
    await expectServing(stage, before, ran);
    expect(chosen(ran.report)?.choice).toMatch(/^lvm-snapshot lifeboat-/);
  });

  const serving = async () =>
    await Promise.all(
      hosts().map(async (host) => {
        const { stdout } = await host.run(
          'lsblk --noheadings --nodeps --paths -o NAME,SERIAL; pvs --noheadings --nosuffix --units b -o pv_name,vg_name',
        );
        const device = /(\S+) vg0\n/.exec(stdout)?.[1] ?? '';
        return new RegExp(`${device} (vol\\S+)`).exec(stdout)?.[1]?.replace('vol', 'vol-');
      }),
    );

  test('a snapshot of a disk: a volume for each host in its zone takes its place, and an undo puts the old one back', async () => {
    const { volumes } = stage.world.ec2;
    await lostVolume.prepare?.(stage.drill.damageable());
    const later = hosts().map((host) => host.path('/var/www/later'));
    for (const file of later) fs.writeFileSync(file, 'written since');
    const before = await stateOf(stage);
    const was = await serving();
    const ran = await stage.run({ plan: PLAN, fileSource: { kind: 'ebs-snapshot' } });
    expectSuccess(ran);
    expect(await different()).toEqual([]);
    await expectServing(stage, before, ran);
    expect(chosen(ran.report)?.choice).toMatch(/^ebs-snapshot snap-/);
    const now = await serving();
    expect(now.filter((id) => was.includes(id))).toEqual([]);
    for (const [at, id] of now.entries()) {
      const made = volumes.volumes.get(id ?? '');
      const replaced = volumes.volumes.get(was[at] ?? '');
      // As the disk was, and not as AWS makes one that nothing is said about; the old one is kept, attached.
      expect(made).toMatchObject({ zone: replaced?.zone, type: 'gp3', iops: 6000, throughput: 250 });
      expect(replaced?.attachment?.state).toBe('attached');
      expect(replaced?.tags.get('lifeboat:run')).toBe(ran.id);
    }

    const undo = await stage.run({ plan: 'undo', run: ran.id });
    expectSuccess(undo);
    expect(await serving()).toEqual(was);
    expect(later.map((file) => fs.existsSync(file))).toEqual([true, true]);
    // Detached, and kept with what is on them.
    expect(now.map((id) => volumes.volumes.get(id ?? '')?.state)).toEqual(['available', 'available']);
    for (const id of was) expect(volumes.volumes.get(id ?? '')?.tags.size).toBe(0);
  });
});
