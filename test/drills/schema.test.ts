import * as fs from 'node:fs';
import * as path from 'node:path';
import * as z from 'zod';
import { awaitHealthy, deployRelease, releasesFolder } from '../../sandbox/applications/interview-drills';
import { containing } from '../asl/machines';
import { expectNothingMade } from './expectations';
import { describeDrill } from './postgres';
import { Stage } from './stage';
import { fromOutside, stateOf } from './state';

/** Rollbacks of the schema that are refused, or stop in the middle. */
jest.setTimeout(360_000);

const newest = z.object({ version: z.string() });

describeDrill('a schema that does not go back', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.open('schema');
  }, 300_000);
  afterAll(async () => {
    await stage.close();
  });
  const schema = async () => {
    const { source, description } = stage.world;
    const rows = await source.cluster?.withAdmin(description.database.name, (admin) =>
      admin.query(
        newest,
        `SELECT version FROM schema_migrations ORDER BY string_to_array(version, '.')::int[] DESC LIMIT 1`,
      ),
    );
    return rows?.[0]?.version;
  };

  test.each([
    [
      'a version that was never applied',
      '7.0.0',
      'InvalidInputError',
      /7\.0\.0 was never applied; the database knows 1\.3\.0, 1\.2\.0/,
    ],
    ['the present version', '1.3.0', 'InvalidInputError', /has 1\.3\.0 already/],
    [
      'a release that needs the newer one',
      '1.2.0',
      'SchemaIncompatibleError',
      /v1\.3\.0 works with schema 1\.3\.0 or newer.*"plan": "application-rollback", "release": "v1\.2\.0"/,
    ],
  ])('%s is refused, and nothing was changed', async (_what, schemaVersion, error, says) => {
    const before = await stateOf(stage);
    const { report } = await stage.run({ plan: 'schema-rollback', schemaVersion });
    expect(report).toMatchObject({
      status: 'rejected',
      error,
      failedStep: 'schema-rollback › May the schema go back?',
    });
    expect(report.cause).toMatch(says);
    await expectNothingMade(stage, before);
  });

  test('a migration that cannot be undone: the database is opened again as it was, with its snapshot kept', async () => {
    for (const host of stage.world.hosts) await deployRelease(host, 'v1.2.0');
    for (const host of stage.world.hosts) await awaitHealthy(host, 30);
    const { content, connect, suspended, pages, services } = await stateOf(stage);
    const spoil = () => {
      for (const host of stage.world.hosts) {
        const releases = host.path(releasesFolder);
        const known = fs.readdirSync(releases).filter((name) => /^v1\.3\.0(-test)?(\.\d+)?$/.test(name));
        for (const name of known)
          fs.writeFileSync(
            path.join(releases, name, 'migrations', '1.3.0.down.sql'),
            'DROP TABLE reviews;\nDROP TABLE nowhere;\n',
          );
      }
    };
    const { report } = await stage.run(
      { plan: 'schema-rollback', schemaVersion: '1.2.0' },
      { 'schema-rollback/Suspend Auto Scaling': spoil },
    );
    expect(report).toMatchObject({
      status: 'failed',
      error: 'DocumentFailedError',
      failedStep: 'schema-rollback › Roll the schema back: in force?',
      undoFailed: [],
      health: { healthy: true },
    });
    expect(report.cause).toMatch(/the schema of interview_app is 1\.3\.0, not 1\.2\.0/);
    expect(report.changes.map(({ kind, state }) => `${kind} ${state}`)).toEqual([
      'auto-scaling-processes undone',
      'maintenance-page undone',
      'services undone',
      'database-fence undone',
      'first-backup confirmed',
      'schema applied',
    ]);
    expect(await schema()).toBe('1.3.0');
    expect(await stateOf(stage)).toMatchObject({ content, connect, suspended, pages, services });
    expect(await fromOutside(stage.world)).toMatchObject({ status: 200 });
    expect(stage.world.autoScaling.terminated).toEqual([]);
    expect(await stage.leaseHolder()).toBe('');
  });

  test('a rollback of the application asks for the one of the schema by its input, and goes on after it', async () => {
    const rollback = { plan: 'application-rollback', release: 'v1.1.0' };
    const before = await stateOf(stage);
    const { report: refused } = await stage.run(rollback);
    expect(refused).toMatchObject({ status: 'rejected', error: 'SchemaIncompatibleError', changes: [] });
    await expectNothingMade(stage, before);

    const asked = /Roll the schema back first: (\{.*?\})/.exec(refused.cause ?? '')?.[1];
    expect(JSON.parse(asked ?? '')).toEqual({ plan: 'schema-rollback', schemaVersion: '1.2.0' });
    const { report: first } = await stage.run(JSON.parse(asked ?? ''));
    expect(first).toMatchObject({ status: 'succeeded', health: { healthy: true } });
    expect(await schema()).toBe('1.2.0');

    const { report: then } = await stage.run(rollback);
    expect(then).toMatchObject({ status: 'succeeded', health: { healthy: true } });
    expect(await fromOutside(stage.world)).toMatchObject({ status: 200, body: containing('"1.1.0"') });
    expect(await stage.leaseHolder()).toBe('');
  });
});
