import * as fs from 'node:fs';
import * as path from 'node:path';
import { configurationChanged, configurationDamaged } from '../../sandbox/scenarios';
import { expectPutBack } from './expectations';
import { describeDrill } from './postgres';
import { Stage } from './stage';
import { fromOutside, stateOf } from './state';

/** Rollbacks and recoveries of the configuration in one world, those that end well and those that do not. */
jest.setTimeout(360_000);

const ROLLBACK = { plan: 'configuration-rollback' };
const RECOVERY = { plan: 'configuration-recovery' };

describeDrill('the configuration', () => {
  let stage: Stage;
  /** The version that sends users nowhere. */
  let changed = '';
  beforeAll(async () => {
    stage = await Stage.open('configures');
    await configurationChanged.prepare?.(stage.drill.damageable());
  }, 300_000);
  afterAll(async () => {
    await stage.close();
  });
  /** Runs take hosts in the order of their ids. */
  const inOrder = () => stage.world.hosts.toSorted((one, other) => one.id.localeCompare(other.id));
  const second = () => {
    const [, host] = inOrder();
    if (host === undefined) throw new TypeError('there are two hosts');
    return host;
  };
  /** What is not as it was when all was well, by what is there. */
  const differs = async () => {
    const checks = (await configurationDamaged.look?.(stage.drill.damageable())) ?? [];
    expect(checks.length).toBeGreaterThan(10);
    return checks.filter(({ status }) => status !== 'passed').map(({ name }) => name);
  };

  test('a rollback takes the version before what is in force', async () => {
    await configurationChanged.inject(stage.drill.damageable());
    expect(await differs()).toEqual(expect.arrayContaining(stage.world.hosts.map(({ id }) => `nginx.conf on ${id}`)));
    const { report } = await stage.run(ROLLBACK);
    expect(report).toMatchObject({ status: 'succeeded', undoFailed: [] });
    expect(await differs()).toEqual([]);
    const [decision] = report.decisions.filter(({ subject }) => subject === 'configuration version');
    changed = decision?.alternatives.find(({ because }) => because === 'it is in force')?.choice ?? '';
    expect(changed).toMatch(/^\d{4}-\d\d-\d\dT/);
    expect(await stage.leaseHolder()).toBe('');
  });

  test('a version that passes every check and does not live: the first host has back what it had, the other was not touched', async () => {
    const before = await stateOf(stage);
    const [first] = inOrder();
    const ran = await stage.run({ ...ROLLBACK, configurationVersion: changed });
    await expectPutBack(stage, before, ran, {
      status: 'failed',
      error: 'ApplicationUnhealthyError',
      step: 'configuration-rollback › Place it on the first host: in force?',
      says: new RegExp(`${first?.id ?? ''}.*The files that were in force before are in force again`, 's'),
    });
    expect(ran.report.changes.map(({ key, state }) => `${key} ${state}`)).toEqual([
      'suspend-auto-scaling undone',
      'place-on-first-host undone',
    ]);
    expect(await differs()).toEqual([]);
  });

  test('one host of two on which it does not live: that one has back what it had, the other serves, and the run says so', async () => {
    await configurationDamaged.prepare?.(stage.drill.damageable());
    await configurationDamaged.inject(stage.drill.damageable());
    const served = second().path(stage.world.description.hosts.folder);
    const main = path.join(fs.realpathSync(served), 'dist', 'main.js');
    const program = fs.readFileSync(main);
    const spoil = () => {
      fs.writeFileSync(main, 'process.exit(1);\n');
    };
    const { report } = await stage.run(RECOVERY, { 'configuration-recovery/Place it on a batch of hosts': spoil });
    fs.writeFileSync(main, program);
    expect(report).toMatchObject({
      status: 'failed',
      error: 'ApplicationUnhealthyError',
      failedStep: 'configuration-recovery › Place it on a batch of hosts: in force?',
      undoFailed: [],
      health: { healthy: true },
    });
    expect(report.cause).toMatch(
      new RegExp(`${second().id}.*The files that were in force before are in force again`, 's'),
    );
    expect(report.changes.map(({ key, state }) => `${key} ${state}`)).toEqual([
      'suspend-auto-scaling undone',
      'place-on-first-host confirmed',
      `place-on-${second().id} undone`,
    ]);
    // Everything on the first host is whole; the second one is as the damage left it.
    expect((await differs()).filter((name) => !name.includes(second().id))).toEqual([]);
    expect(await differs()).not.toEqual([]);
    expect(await fromOutside(stage.world)).toMatchObject({ status: 200 });
    expect(stage.world.autoScaling.terminated).toEqual([]);
    expect(await stage.leaseHolder()).toBe('');
  });

  test('the same again after that failure, and once more: all is whole, and stays so', async () => {
    const { report } = await stage.run(RECOVERY);
    expect(report).toMatchObject({ status: 'succeeded', undoFailed: [] });
    expect(await differs()).toEqual([]);
    const state = await stateOf(stage);
    const { report: again } = await stage.run(RECOVERY);
    expect(again).toMatchObject({ status: 'succeeded', undoFailed: [] });
    expect(await differs()).toEqual([]);
    expect(await stateOf(stage)).toEqual(state);
    const versions = [report, again].map(
      ({ decisions }) => decisions.find(({ subject }) => subject === 'configuration version')?.choice,
    );
    expect(versions[1]).toBe(versions[0]);
  });
});
