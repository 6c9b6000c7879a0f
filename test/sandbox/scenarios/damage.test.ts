import * as z from 'zod';
import {
  type Cluster,
  latestRestorableTime,
  restore,
  RestoreFailedError,
  takeBaseBackup,
} from '../../../sandbox/databases';
import { compareRows, takeBaseline } from '../../../sandbox/observer';
import {
  damageDuringRestore,
  deletedAndCorruptedRows,
  NothingToDamageError,
  restoreKilled,
  seeded,
} from '../../../sandbox/scenarios';
import { type Site, sql } from '../databases/machine';
import { DATABASE, describeWithPostgres, makeDatabase, MASTER, placeOf } from '../observer/site';
import { emptyWorld } from './world';

const counts = z.object({
  evaluations: z.coerce.number(),
  users: z.coerce.number(),
  bad: z.coerce.number(),
  dangling: z.coerce.number(),
  spared: z.coerce.number(),
});

describeWithPostgres('damage in a real database', (makeSite) => {
  let site: Site;
  let cluster: Cluster;

  const world = (seed: number) =>
    emptyWorld({
      database: { cluster, name: DATABASE, login: MASTER },
      random: seeded(seed),
      spare: { evaluations: [1, 2, 3], users: [1] },
    });
  const count = () =>
    cluster.withAdmin(DATABASE, (admin) =>
      admin.one(
        counts,
        `SELECT (SELECT count(*) FROM evaluations) AS evaluations, (SELECT count(*) FROM users) AS users,
           (SELECT count(*) FROM evaluations WHERE score NOT BETWEEN 0 AND 100) AS bad,
           (SELECT count(*) FROM evaluations e WHERE NOT EXISTS (SELECT FROM users u WHERE u.id = e.user_id)) AS dangling,
           (SELECT count(*) FROM evaluations WHERE id <= 3 AND score BETWEEN 0 AND 100) AS spared`,
      ),
    );

  beforeAll(async () => {
    site = await makeSite();
    cluster = await makeDatabase(site, 2000);
    await takeBaseBackup(cluster);
  });
  afterAll(() => site.dispose());

  test('a third is gone, a fifth of the rest is nonsense, references break; the moment before is whole', async () => {
    const baseline = await takeBaseline(placeOf(cluster));
    const before = Date.now();
    const { at, what } = await deletedAndCorruptedRows.inject(world(1));
    expect(at.getTime()).toBeGreaterThanOrEqual(before);
    expect(at.getTime()).toBeLessThanOrEqual(Date.now());
    const after = await count();
    expect(after.evaluations).toBeGreaterThan(1200);
    expect(after.evaluations).toBeLessThan(1600);
    expect(after.bad).toBeGreaterThan(200);
    expect(after.users).toBeLessThan(5000);
    expect(after.dangling).toBeGreaterThan(0);
    expect(after.spared).toBe(3);
    expect(what).toBe(
      `${2000 - after.evaluations} evaluations and ${5000 - after.users} users were deleted, and ${after.bad} evaluations overwritten`,
    );
    await latestRestorableTime(cluster);
    const { cluster: copy } = await restore({ archive: cluster.archive, target: at, into: await site.options() });
    site.keep(copy);
    await expect(compareRows({ entries: [], baseline, recovered: placeOf(copy), moment: at })).resolves.toMatchObject({
      rows: { present: baseline.rows, missing: 0, extra: 0 },
    });
    await copy.destroy();
  });

  test('a restore is killed, and then meets more damage that does not reach the copy', async () => {
    const target = await latestRestorableTime(cluster);
    const baseline = await takeBaseline(placeOf(cluster));
    const own = world(4);
    const killed = await restoreKilled.inject(own);
    await expect(
      restore({ archive: cluster.archive, target, into: await site.options(), fault: own.rds.nextRestoreFault! }),
    ).rejects.toThrow(RestoreFailedError);
    await expect(killed.struck).resolves.toMatchObject({
      what: `the restore was killed while ${own.rds.nextRestoreFault!.at}`,
    });

    await sql(
      cluster,
      DATABASE,
      'UPDATE evaluations SET score = 100; ALTER TABLE evaluations ADD CONSTRAINT evaluations_score_check CHECK (score BETWEEN 0 AND 100)',
    );
    const moment = await latestRestorableTime(cluster);
    const whole = await takeBaseline(placeOf(cluster));
    const laid = await damageDuringRestore.inject(own);
    const { cluster: copy } = await restore({
      archive: cluster.archive,
      target: moment,
      into: await site.options(),
      fault: own.rds.nextRestoreFault!,
    });
    site.keep(copy);
    const struck = await laid.struck!;
    expect(struck.at.getTime()).toBeGreaterThan(moment.getTime());
    const sound = await compareRows({
      entries: [],
      baseline: { ...whole, takenAt: moment },
      recovered: placeOf(copy),
      moment,
    });
    expect(sound.rows).toMatchObject({ missing: 0, extra: 0 });
    const damaged = await compareRows({ entries: [], baseline: whole, recovered: placeOf(cluster), moment: 'latest' });
    expect(damaged.rows.missing).toBeGreaterThan(0);
    expect(baseline.rows).toBe(whole.rows);
  });

  test('nothing to damage is an error, and no transaction stays open', async () => {
    await sql(cluster, DATABASE, 'ALTER TABLE evaluations ADD CONSTRAINT evaluations_score_check CHECK (score >= 0)');
    await sql(cluster, DATABASE, 'TRUNCATE evaluations CASCADE');
    await expect(deletedAndCorruptedRows.inject(world(2))).rejects.toThrow(NothingToDamageError);
    // A statement fails in the midst of a transaction: it is taken back, and the constraint dropped before it is there.
    await sql(cluster, DATABASE, 'ALTER TABLE evaluations ADD CONSTRAINT evaluations_score_check CHECK (score >= 0)');
    await sql(cluster, DATABASE, 'ALTER TABLE evaluations RENAME COLUMN feedback TO remarks');
    await expect(deletedAndCorruptedRows.inject(world(2))).rejects.toThrow('feedback');
    await sql(cluster, DATABASE, 'ALTER TABLE evaluations DROP CONSTRAINT evaluations_score_check');
    await expect(count()).resolves.toMatchObject({ evaluations: 0 });
  });
});
