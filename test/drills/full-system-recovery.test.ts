import * as fs from 'node:fs';
import { lostSystem, restoreKilled } from '../../sandbox/scenarios';
import { containing } from '../asl/machines';
import { expectServing } from './expectations';
import { describeDrill } from './postgres';
import { Stage } from './stage';
import { fromOutside, stateOf } from './state';

jest.setTimeout(360_000);

const NGINX = '/etc/nginx/nginx.conf';

describeDrill('a full system recovery', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.open('full-system');
    await lostSystem.prepare?.(stage.drill.damageable());
    await stage.probe();
  }, 300_000);
  afterAll(async () => {
    await stage.close();
  });
  afterEach(() => {
    stage.world.rds.plane.nextRestoreFault = undefined;
  });

  test('fails in the middle, before anything leads to the copy: it is taken back, and the application serves', async () => {
    // What is in force is not what is stored: by that it is seen who has it back.
    for (const host of stage.world.hosts) fs.appendFileSync(host.path(NGINX), '# by hand\n');
    const { content, connect, records, suspended, pages, services } = await stateOf(stage);
    const { struck } = await restoreKilled.inject(stage.drill.damageable());
    const ran = await stage.run({ plan: 'full-system-recovery' });
    expect(ran.report).toMatchObject({
      status: 'failed',
      error: 'RestoreFailedError',
      failedStep: 'full-system-recovery › Restore beside the old instance: in force?',
      undoFailed: [],
      pointOfNoReturnPassed: false,
      health: { healthy: true },
    });
    await expect(struck).resolves.toMatchObject({ what: containing('killed') });
    // What does not wait for the data was done by then.
    expect(ran.steps).toEqual(
      expect.arrayContaining([
        'full-system-recovery/Place the configuration on every host',
        'full-system-recovery/Prepare the release on every host',
      ]),
    );
    expect(ran.report.changes.map(({ kind, state }) => `${kind} ${state}`)).toEqual([
      'maintenance-page undone',
      'auto-scaling-processes undone',
      'services undone',
      'database-fence undone',
      'database-replacement applied',
      // Every file of it was sound, and nobody has seen a host healthy with it.
      'configuration undone',
    ]);
    expect(stage.world.hosts.map((host) => fs.readFileSync(host.path(NGINX), 'utf8').endsWith('# by hand\n'))).toEqual(
      stage.world.hosts.map(() => true),
    );
    expect(await stateOf(stage)).toMatchObject({ content, connect, records, suspended, pages, services });
    expect(await fromOutside(stage.world)).toMatchObject({ status: 200 });
    expect(stage.world.autoScaling.terminated).toEqual([]);
    expect(await stage.leaseHolder()).toBe('');
  });

  test('succeeds, and begins the restore before anything else where its moment can be restored already', async () => {
    const before = await stateOf(stage);
    const restorable = stage.world.source.latestRestorable ?? new Date(Number.NaN);
    const restoreTime = restorable.toISOString().replace(/\.\d+Z$/, 'Z');
    const ran = await stage.run({ plan: 'full-system-recovery', restoreTime });
    const order = ['Begin the restore at once', 'Put the maintenance page up', 'Fence the old database'];
    const went = order.map((step) => ran.steps.indexOf(`full-system-recovery/${step}`));
    expect(went).toEqual(went.toSorted((one, other) => one - other));
    expect(went).not.toContain(-1);
    expect(ran.report).toMatchObject({ status: 'succeeded', undoFailed: [], health: { healthy: true } });
    await expectServing(stage, before, ran);
  });
});
