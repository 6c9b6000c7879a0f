import { servingInstance } from '../../sandbox/drill/evidence';
import { type World } from '../../sandbox/drill/world';
import { usersAddress } from '../../sandbox/drill/regions';
import { assembly, STANDBY_STACK } from './assembly';
import { describeDrill } from './postgres';
import { Stage } from './stage';

const PLAN = 'cross-region-recovery';

jest.setTimeout(900_000);

describeDrill('a recovery in another region that ends badly, and one without a replica', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.open('cross', assembly(STANDBY_STACK), { stack: STANDBY_STACK, regions: 'lost' });
  });
  afterAll(async () => {
    await stage.close();
  });

  const primary = (): World => {
    const { beside } = stage.world;
    if (beside === undefined) throw new TypeError('there are two regions');
    return beside;
  };
  const asUsers = async () => {
    const address = usersAddress(stage.world, primary())();
    return { status: (await fetch(`${address}/api/health`)).status, here: address === stage.world.balancer.url };
  };
  const replica = () => stage.world.rds.plane.get(stage.world.description.database.instanceIdentifier);

  test('the plan of the other region is refused, and nothing was changed', async () => {
    const { report } = await stage.run({ plan: 'fail-back' });
    expect([report.status, report.error]).toEqual(['rejected', 'RegionUnfitError']);
    expect(report.cause).toContain('start it in us-east-1');
    expect(report.changes).toEqual([]);
    expect(await asUsers()).toEqual({ status: 200, here: false });
  });

  test('a replica that dies while it is promoted: the primary, which could be fenced, is opened again and serves', async () => {
    const { report } = await stage.run(
      { plan: PLAN },
      { 'cross-region-recovery/Record the lag': () => replica().cluster?.kill() },
    );
    expect(report.status).toBe('failed');
    expect(report.failedStep).toContain('Promote the replica');
    expect(report.pointOfNoReturnPassed).toBe(false);
    const fence = report.changes.find(({ kind }) => kind === 'database-fence');
    expect(fence?.state).toBe('undone');
    // It was fenced inside, and everything that it had written had been waited for.
    const lag = report.decisions.find(({ subject }) => subject === 'the lag');
    expect(lag?.choice).toBe('nothing is lost');
    expect(await asUsers()).toEqual({ status: 200, here: false });
    expect(await stage.leaseHolder()).toBe('');
  });

  test('then the region is lost: backups that were replicated are restored, and the record leads to them', async () => {
    const { plane } = stage.world.rds;
    plane.adoptReplicatedBackups(primary().source);
    const broken = replica().resourceId;
    await primary().lose();
    const { report } = await stage.run({ plan: PLAN, acceptLoss: true });
    expect([report.status, report.cause ?? '']).toEqual(['succeeded', '']);
    expect(report.restore?.kind).toBe('replicated-backup');
    // A failed instance cannot be renamed: here the record had to be moved.
    expect(report.changes.find(({ kind }) => kind === 'dns-record')?.state).toBe('confirmed');
    const serving = servingInstance(stage.world);
    expect([serving?.status, serving?.resourceId === broken]).toEqual(['available', false]);
    expect(serving?.tags.get('lifeboat:run')).toBe(report.runId);
    // The replica had no backups of its own; a primary without them could neither be restored nor followed.
    const { standby } = stage.world.description;
    expect(serving?.attributes.BackupRetentionPeriod).toBe(standby?.database.backupRetentionDays);
    const kept = [...plane.instances.values()].find(({ resourceId }) => resourceId === broken);
    expect(kept?.tags.has('lifeboat:expires')).toBe(true);
    expect(await asUsers()).toEqual({ status: 200, here: true });
  });
});
