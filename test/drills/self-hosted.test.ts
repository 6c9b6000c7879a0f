import * as z from 'zod';
import { findPostgres } from '../../sandbox/databases';
import { NothingToDamageError, selfHostedRows } from '../../sandbox/scenarios';
import { containing } from '../asl/machines';
import { assemblySelfHosted } from './assembly';
import { expectNothingMade, expectPutBack, expectServing } from './expectations';
import { describeDrill } from './postgres';
import { Stage } from './stage';
import { stateOf, type State } from './state';

jest.setTimeout(240_000);

const INPUT = { plan: 'database-recovery' };
const MACHINE = 'database-recovery-self-hosted';
const backend = z.object({ pid: z.number() });

describeDrill('a recovery of a self-hosted database', () => {
  let stage: Stage;
  let before: State;
  let tools = false;
  beforeAll(async () => {
    const found = await findPostgres();
    tools = found.tools.pg_dump?.major === found.major && found.tools.pg_restore?.major === found.major;
    if (!tools) {
      process.stderr.write('SKIPPED: drills of a self-hosted database: pg_dump and pg_restore are missing\n');
      return;
    }
    stage = await Stage.open('own', assemblySelfHosted());
    await selfHostedRows.prepare?.(stage.drill.damageable());
    await stage.probe();
  });
  afterAll(async () => {
    if (tools) await stage.close();
  });
  beforeEach(async () => {
    if (tools) before = await stateOf(stage);
  });
  const withTools = (name: string, run: () => Promise<void>) => {
    test(name, async () => {
      if (!tools) throw new NothingToDamageError('there is no pg_dump of the server’s major version');
      await run();
    });
  };

  withTools('a backup that is not there is refused by name, and nothing was changed', async () => {
    const ran = await stage.run({ ...INPUT, source: { backup: 'db_none.sql.gz' } });
    await expectPutBack(stage, before, ran, {
      status: 'rejected',
      error: 'RecoverySourceMissingError',
      step: `${MACHINE} › Look for a sound backup: ended?`,
      says: /db_none\.sql\.gz/,
    });
    await expectNothingMade(stage, before);
  });

  withTools(
    'a connection that does not end keeps the name where it is; everything is put back, and the copy stays',
    async () => {
      const { cluster, description } = stage.world;
      let release: () => void = () => undefined;
      const released = new Promise<void>((resolve) => (release = resolve));
      const held = () =>
        cluster
          .withAdmin(description.database.name, async (admin) => {
            const { pid } = await admin.one(backend, 'SELECT pg_backend_pid() AS pid');
            process.kill(pid, 'SIGSTOP');
            try {
              await released;
            } finally {
              process.kill(pid, 'SIGCONT');
            }
          })
          .catch(() => undefined);
      const ran = await stage.run(INPUT, { [`${MACHINE}/Give the name to the copy`]: held }, () => {
        release();
      });
      await expectPutBack(stage, before, ran, {
        status: 'failed',
        error: 'SessionsRemainError',
        step: `${MACHINE} › Give the name to the copy: in force?`,
        says: /session\(s\) do not end/,
      });
      expect(ran.report.kept).toMatchObject([{ what: containing('lifeboat_side_') }]);
    },
  );

  withTools('the next run recovers all the same', async () => {
    await stage.world.cluster.withAdmin(stage.world.description.database.name, (admin) =>
      admin.execute('DELETE FROM public.evaluations WHERE id % 3 = 0 AND id > 1'),
    );
    const ran = await stage.run(INPUT);
    expect(ran.report).toMatchObject({
      status: 'succeeded',
      undoFailed: [],
      pointOfNoReturnPassed: true,
      restore: { kind: 'backup-file' },
    });
    expect((await stateOf(stage)).content).toBe(before.content);
    await expectServing(stage, before, ran);
    // The newest backup was cut off, and the report says that it was skipped.
    expect(JSON.stringify(ran.report.decisions)).toContain('db_20261123_020000.sql.gz');
  });
});
