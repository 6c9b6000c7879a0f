import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { findPostgres } from '../../sandbox/databases';
import { differences } from '../../sandbox/drill/differences';
import { footprintOf } from '../../sandbox/drill/footprint';
import { badDataMigration, badDataMigrationSelfHosted, type Scenario } from '../../sandbox/scenarios';
import { containing } from '../asl/machines';
import { matching } from '../lambdas/matchers';
import { assemblySelfHosted } from './assembly';
import { expectNothingMade, expectPutBack } from './expectations';
import { describeDrill } from './postgres';
import { Stage } from './stage';
import { stateOf, type State } from './state';

jest.setTimeout(300_000);

const PLAN = 'database-rollback';

/** What somebody who deployed the migration would ask for. */
async function afterTheMigration(stage: Stage, scenario: Scenario): Promise<Record<string, unknown>> {
  const { request } = await scenario.inject(stage.drill.damageable());
  return { plan: PLAN, ...request };
}
/** Somebody with the application's login tries to write to the database that is rolled back. @returns what came of it */
async function tryToWrite({ world }: Stage): Promise<string> {
  const [login] = world.description.database.logins;
  const client = new Client({
    ...world.cluster.options.address,
    database: world.description.database.name,
    user: login?.role ?? '',
    password: world.passwords.logins.get(login?.role ?? '') ?? '',
    ssl: { rejectUnauthorized: false },
  });
  try {
    await client.connect();
    await client.query('UPDATE public.evaluations SET score = score WHERE id = 1');
    return 'written';
  } catch (error) {
    return String(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}
const footprint = (stage: Stage) => footprintOf(stage.world, stage.drill.deployment.parts.alarms);

describeDrill('a rollback of a database that ends badly', () => {
  let stage: Stage;
  let before: State;
  let input: Record<string, unknown>;
  beforeAll(async () => {
    stage = await Stage.open('rollback');
    input = await afterTheMigration(stage, badDataMigration);
  });
  afterAll(async () => {
    await stage.close();
  });
  beforeEach(async () => {
    before = await stateOf(stage);
  });

  test('without a moment or a backup it is refused by name, and nothing was changed', async () => {
    const ran = await stage.run({ plan: PLAN });
    await expectPutBack(stage, before, ran, {
      status: 'rejected',
      error: 'InvalidInputError',
      step: 'recovery › Open the run',
      says: /restoreTime, source: one of them/,
      announced: false,
    });
    await expectNothingMade(stage, before);
  });

  test('a restore that fails puts everything back, behind a backup of all that was there, which is kept', async () => {
    const { rds } = stage.world;
    rds.plane.nextRestoreFault = { at: 'copying', act: (kill) => kill() };
    // It is open before, and closed from the fence on: the snapshot has all that was ever accepted.
    expect(await tryToWrite(stage)).toBe('written');
    const tried: string[] = [];
    const ran = await stage.run(input, {
      [`${PLAN}/Take the safety snapshot`]: async () => tried.push(await tryToWrite(stage)),
    });
    expect(tried).toEqual([matching(/permission denied for database/)]);
    await expectPutBack(stage, before, ran, {
      status: 'failed',
      error: 'RestoreFailedError',
      step: `${PLAN} › Restore beside the old instance: in force?`,
    });
    expect(ran.report.kept).toContainEqual({
      what: matching(/^backup of the state before, snapshot lifeboat-drill-safety-/),
      until: null,
    });
    const order = ran.report.changes.map(({ key }) => key);
    expect(order.indexOf('fence-database')).toBeLessThan(order.indexOf('safety-snapshot'));
    expect(order.indexOf('safety-snapshot')).toBeLessThan(order.indexOf('restore-beside'));
  });
});

describeDrill('a rollback of a self-hosted database', () => {
  let stage: Stage | undefined;
  let input: Record<string, unknown> = {};
  beforeAll(async () => {
    const found = await findPostgres();
    if (found.tools.pg_dump?.major !== found.major || found.tools.pg_restore?.major !== found.major) {
      process.stderr.write('SKIPPED: drills of a self-hosted database: pg_dump and pg_restore are missing\n');
      return;
    }
    stage = await Stage.open('rollback-own', assemblySelfHosted());
    await badDataMigrationSelfHosted.prepare?.(stage.drill.damageable());
    await stage.probe();
    input = await afterTheMigration(stage, badDataMigrationSelfHosted);
  });
  afterAll(async () => {
    await stage?.close();
  });

  test('a backup that breaks between the look and the restore: everything is put back, and the dump is kept', async () => {
    if (stage === undefined) return;
    const on = stage;
    const before = await stateOf(on);
    const { databaseHost, description } = on.world;
    const folder = databaseHost?.path(description.database.selfHosted?.backupFolder ?? '') ?? '';
    const broken = () => {
      writeFileSync(join(folder, 'db_20261122_020000.sql.gz'), 'no longer what it was');
    };
    const ran = await on.run({ ...input }, { [`${PLAN}-self-hosted/Restore beside the old database`]: broken });
    await expectPutBack(on, before, ran, {
      status: 'failed',
      error: matchingError(ran.report.error),
      step: `${PLAN}-self-hosted › Restore beside the old database: in force?`,
    });
    expect(ran.report.kept).toContainEqual({
      what: matching(/^backup of the state before, \/backup\/lifeboat_before_.*_expires_\d{4}-\d\d-\d\d\.dump$/),
      until: containing('T'),
    });
  });

  test('the next run goes back to the night before, and its undo takes that back to the last row', async () => {
    if (stage === undefined) return;
    const before = await footprint(stage);
    const ran = await stage.run({ ...input, acceptLoss: true });
    expect(ran.report).toMatchObject({ status: 'succeeded', undoFailed: [], restore: { kind: 'backup-file' } });
    expect(ran.report.checks.filter(({ status }) => status === 'failed')).toEqual([]);
    expect(JSON.stringify(ran.report.checks)).toContain('that the rollback leaves behind');
    const after = await footprint(stage);
    expect(differences(before, after)).toContainEqual(containing(`database ${stage.world.description.database.name}:`));

    // The release's own tests have written since: that they would be lost has to be accepted once it is counted.
    const refused = await stage.run({ plan: 'undo', run: ran.id });
    expect(refused.report).toMatchObject({ status: 'rejected', error: 'LossNotAcceptedError', changes: [] });
    expect(differences(after, await footprint(stage), [])).toEqual([]);
    const undone = await stage.run({ plan: 'undo', run: ran.id, acceptLoss: true });
    expect(undone.report).toMatchObject({ status: 'succeeded', undoFailed: [] });
    expect(differences(before, await footprint(stage))).toEqual([]);
    expect((await stage.run({ plan: 'undo', run: ran.id })).report).toMatchObject({ error: 'AlreadyUndoneError' });
    expect(await stage.leaseHolder()).toBe('');
  });
});

/** Whichever of the two it ends by, it is named. */
function matchingError(error: string | undefined): string {
  expect(['DocumentFailedError', 'RecoverySourceMissingError']).toContain(error);
  return error ?? '';
}
