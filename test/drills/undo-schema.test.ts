import { differences } from '../../sandbox/drill/differences';
import { footprintOf, type Footprint } from '../../sandbox/drill/footprint';
import { wrongMigration } from '../../sandbox/scenarios/schema';
import { expectNothingMade, expectPutBack } from './expectations';
import { describeDrill } from './postgres';
import { Stage } from './stage';
import { stateOf } from './state';

/** Undos of one rollback of the schema that cannot bring back what it dropped: the database in service is not touched. */
jest.setTimeout(400_000);

describeDrill('a rollback of the schema whose undo fails', () => {
  let stage: Stage;
  let of = '';
  let after: Footprint;
  const footprint = () => footprintOf(stage.world, stage.drill.deployment.parts.alarms);
  const undo = (acceptLoss = true) => ({ plan: 'undo', run: of, acceptLoss });

  beforeAll(async () => {
    stage = await Stage.open('undo-schema');
    await wrongMigration.prepare?.(stage.drill.damageable());
    const { request } = await wrongMigration.inject(stage.drill.damageable());
    const ran = await stage.run({ plan: wrongMigration.plan, ...wrongMigration.request, ...request });
    expect(ran.report).toMatchObject({ status: 'succeeded', undoFailed: [] });
    of = ran.id;
    after = await footprint();
  }, 300_000);
  afterAll(async () => {
    await stage.close();
  });

  test('the snapshot is no good any more: refused by name, and nothing is closed', async () => {
    const { description, rds } = stage.world;
    const [kept, ...others] = rds.plane.snapshots
      .in(description.region)
      .filter(({ identifier }) => identifier.includes('-safety-'));
    if (kept === undefined || others.length > 0) throw new TypeError('there is one safety snapshot');
    const was = await stateOf(stage);
    kept.status = 'failed';
    const { report } = await stage.run(undo());
    kept.status = 'available';
    expect(report).toMatchObject({
      status: 'rejected',
      error: 'NoWayBackError',
      failedStep: 'undo › Look for the snapshot',
      changes: [],
    });
    expect(report.cause).toContain(kept.identifier);
    await expectNothingMade(stage, was);
    expect(differences(after, await footprint(), [])).toEqual([]);
  });

  test('rows that were written since are counted before anybody may accept that they go', async () => {
    const { report } = await stage.run(undo());
    // The release's own tests write as every run ends.
    expect(report).toMatchObject({ status: 'rejected', error: 'LossNotAcceptedError', changes: [] });
    expect(report.cause).toMatch(/would lose .*\d+ of evaluations \(\d+ when .*, \d+ now\)/);
    expect(differences(after, await footprint(), [])).toEqual([]);
  });

  test('a restore that fails: the database in service is opened again as it was', async () => {
    const was = await stateOf(stage);
    stage.world.rds.plane.nextRestoreFault = { at: 'copying', act: (kill) => kill() };
    const ran = await stage.run(undo());
    await expectPutBack(stage, was, ran, {
      status: 'failed',
      error: 'RestoreFailedError',
      step: 'undo › Restore beside the old instance: in force?',
    });
    expect(differences(after, await footprint())).toEqual([]);
  });

  test('a copy that is not what was measured behind the fence is given to nobody', async () => {
    const was = await stateOf(stage);
    const spoil = async () => {
      const { description, rds } = stage.world;
      const copy = [...rds.plane.instances.values()].find(({ identifier }) =>
        identifier.startsWith(`lifeboat-drill-${stage.lastRun}`),
      );
      await copy?.cluster?.withAdmin(description.database.name, (admin) =>
        admin.execute('UPDATE public.evaluations SET score = 100 - score WHERE id = 1'),
      );
    };
    const ran = await stage.run(undo(), { 'undo/Log in from a host by the name that the application uses': spoil });
    await expectPutBack(stage, was, ran, {
      status: 'failed',
      error: 'IntegrityCheckFailedError',
      step: 'undo › Hold the copy against the baseline',
      says: /checksum of evaluations/,
    });
    expect(differences(after, await footprint())).toEqual([]);
  });
});
