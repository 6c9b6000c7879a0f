import { type World } from '../../sandbox/drill/world';
import { usersAddress } from '../../sandbox/drill/regions';
import { describeDrill } from './postgres';
import { Stage } from './stage';
import { assembly, STACK } from './assembly';

jest.setTimeout(900_000);

describeDrill('a way back that ends badly', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.open('back', assembly(), { stack: STACK, regions: 'returned' });
  });
  afterAll(async () => {
    await stage.close();
  });

  const standby = (): World => {
    const { beside } = stage.world;
    if (beside === undefined) throw new TypeError('there are two regions');
    return beside;
  };
  const asUsers = async () => {
    const address = usersAddress(stage.world, standby())();
    return { status: (await fetch(`${address}/api/health`)).status, here: address === stage.world.balancer.url };
  };
  const made = () =>
    [...stage.world.rds.plane.instances.values()].filter(({ identifier }) => identifier.startsWith('lifeboat-'));

  test('the new replica dies before it has caught up: the standby is opened again, and serves as before', async () => {
    const { report } = await stage.run(
      { plan: 'fail-back' },
      { 'fail-back/Where the primary ended': async () => await made()[0]?.cluster?.kill() },
    );
    expect(report.status).toBe('failed');
    expect(report.failedStep).toContain('Let the replica catch up');
    expect(report.pointOfNoReturnPassed).toBe(false);
    expect(report.changes.find(({ kind }) => kind === 'database-fence')?.state).toBe('undone');
    expect(report.changes.map(({ kind }) => kind)).not.toContain('region-traffic');
    // What it had made is kept until it expires; the old primary is as it was.
    expect(made()[0]?.tags.has('lifeboat:expires')).toBe(true);
    expect(await asUsers()).toEqual({ status: 200, here: false });
    expect(await stage.leaseHolder()).toBe('');
  });

  test('without the present primary there is no way back: nothing was changed', async () => {
    standby().rds.plane.lost = true;
    const { report } = await stage.run({ plan: 'fail-back' });
    standby().rds.plane.lost = false;
    expect([report.status, report.error]).toEqual(['rejected', 'RegionUnfitError']);
    expect(report.cause).toContain('Going back needs the present primary');
    expect(report.changes).toEqual([]);
  });
});
