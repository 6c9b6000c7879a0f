import { rmSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { SkippingClock } from '../../../asl';
import { observationSchema } from '../../../contract/report';
import { type Cluster, latestRestorableTime, restore, takeBaseBackup } from '../../../sandbox/databases';
import {
  type Acknowledged,
  type Baseline,
  compareRows,
  type Comparison,
  MomentBeforeBaselineError,
  observationOf,
  Observer,
  takeBaseline,
  UnattributedWritesError,
  without,
} from '../../../sandbox/observer';
import { deletedAndCorruptedRows, seeded, type Struck } from '../../../sandbox/scenarios';
import { type Site, sql } from '../databases/machine';
import { FakeApplication } from './application';
import { DATABASE, DatabaseStore, describeWithPostgres, makeDatabase, MASTER, placeOf } from './site';

const EVALUATIONS = 3000;

describeWithPostgres('rows after a recovery to the moment before the damage', (makeSite) => {
  let site: Site;
  let original: Cluster;
  let copy: Cluster;
  let baseline: Baseline;
  let observer: Observer;
  let struck: Struck;
  const clock = new SkippingClock();

  const compare = (extra: Partial<Parameters<typeof compareRows>[0]> = {}): Promise<Comparison> =>
    compareRows({ entries: observer.entries(), baseline, recovered: placeOf(copy), moment: struck.at, ...extra });
  const inCopy = (statement: string) => sql(copy, DATABASE, statement);
  const acknowledged = (test: (write: Acknowledged) => boolean) => observer.acknowledged().filter(test);
  const momentMicroseconds = () => struck.at.getTime() * 1000;
  const kept = () =>
    acknowledged(({ commit }) => commit?.era === 'original' && commit.microseconds <= momentMicroseconds());
  const lost = () =>
    acknowledged(({ commit }) => commit?.era === 'original' && commit.microseconds > momentMicroseconds());
  const since = () => acknowledged(({ commit }) => commit?.era === 'recovered');

  /** Does something to the copy, compares, and takes it back by the other statement. */
  async function changed(statement: string, back: string): Promise<Comparison> {
    await inCopy(statement);
    const comparison = await compare();
    await inCopy(back);
    await expect(compare()).resolves.toMatchObject({ rows: { missing: 0, extra: 0 } });
    return comparison;
  }

  beforeAll(async () => {
    site = await makeSite();
    original = await makeDatabase(site, EVALUATIONS);
    baseline = await takeBaseline(placeOf(original));
    await takeBaseBackup(original);
    const first = new DatabaseStore(original);
    const application = await FakeApplication.open(first);
    observer = new Observer({
      address: application.url,
      clock,
      ledgerFile: join(site.folder, 'ledger.jsonl'),
      original: placeOf(original),
      knownEvaluation: EVALUATIONS,
      users: [1, 2, 3],
      questions: [1, 2],
      probeMilliseconds: 50,
      writesPerSecond: 100,
      timeoutMilliseconds: 1000,
      commitMilliseconds: 100,
    });
    await observer.start();
    await observer.writing(40);
    // One write is committed and its answer never arrives.
    let broken = false;
    first.afterCommit = () => {
      if (broken) return Promise.resolve();
      broken = true;
      return Promise.reject(new Error('the connection broke'));
    };
    await observer.writing(20);
    struck = await deletedAndCorruptedRows.inject({
      database: { cluster: original, name: DATABASE, login: MASTER },
      hosts: new Map(),
      rds: { nextRestoreFault: undefined },
      roles: { attach: () => undefined, all: () => [] },
      random: seeded(7),
      spare: { evaluations: [EVALUATIONS], users: [1, 2, 3] },
    });
    // More than are written after the recovery, which get the same ids again.
    await observer.writing(160);

    // The recovery: fence, restore, cut over.
    const failing = observer.failing(1);
    application.mode = 503;
    await failing;
    await first.end();
    await latestRestorableTime(original);
    const restored = await restore({ archive: original.archive, target: struck.at, into: await site.options() });
    copy = site.keep(restored.cluster);
    const second = new DatabaseStore(copy);
    application.store = second;
    application.mode = 'serve';
    await observer.serving(3);
    await observer.writing(40);
    await observer.stop();
    await observer.attribute(placeOf(copy));
    await second.end();
    await application.close();
  });

  afterAll(async () => {
    await observer.close();
    clock.close();
    await site.dispose();
    rmSync(site.folder, { recursive: true, force: true });
  });

  test('every write is attributed, and a recovery that did its work is found sound', async () => {
    const comparison = await compare();
    expect(kept().length).toBeGreaterThanOrEqual(60);
    expect(lost().length).toBeGreaterThanOrEqual(40);
    expect(since().length).toBeGreaterThanOrEqual(40);
    expect(kept().length + lost().length + since().length).toBe(observer.acknowledged().length);
    const expected = baseline.rows + kept().length;
    expect(baseline.rows).toBe(5000 + 501 + EVALUATIONS);
    expect(comparison).toMatchObject({
      rows: { expected, present: expected, lost: lost().length, missing: 0, extra: 0 },
      accepted: { acknowledged: since().length, present: since().length },
      unacknowledged: 1,
      tolerated: 0,
    });
    expect(comparison.lastLost).toBe(Math.max(...lost().map(({ commit }) => commit!.microseconds)));
  });

  test('commit times are those that the server noted, whatever became of the row', async () => {
    const rows = await copy.withAdmin(DATABASE, (admin) =>
      admin.query(
        z.object({ id: z.coerce.number(), at: z.coerce.number() }),
        `SELECT id, (extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000000)::bigint AS at
           FROM evaluations WHERE id > $1`,
        [EVALUATIONS],
      ),
    );
    const noted = new Map(rows.map(({ id, at }) => [id, at]));
    for (const { id, commit } of [...kept(), ...since()]) expect(noted.get(id)).toBe(commit!.microseconds);
    // The damage deleted some of the observer's rows on the original: their commits are known all the same.
    const there = await original.withAdmin(DATABASE, (admin) =>
      admin.query(z.object({ id: z.coerce.number() }), 'SELECT id FROM evaluations'),
    );
    const ids = new Set(there.map(({ id }) => id));
    expect(kept().filter(({ id }) => !ids.has(id)).length).toBeGreaterThan(0);
  });

  test('the report takes it', async () => {
    const observation = observationSchema.parse(
      observationOf(observer, await compare(), struck.at, clock, { at: struck.at, what: struck.what }),
    );
    expect(observation.lossWindow!.measuredSeconds).toBeGreaterThan(0);
    expect(observation.outages).toHaveLength(1);
    expect(observation.requests.failed).toBe(observer.failedRequests);
    expect(observation.fault?.what).toMatch(/^\d+ evaluations and \d+ users were deleted, and \d+ evaluations/);
    const instants = observation.outages.map(({ from, to }) => [Date.parse(from), Date.parse(to)]).flat();
    expect((instants[1]! - instants[0]!) / 1000).toBeCloseTo(observation.downtime.measuredSeconds, 2);
  });

  test('the damaged original itself does not pass', async () => {
    const { rows, examples } = await compare({ recovered: placeOf(original) });
    expect(rows.missing).toBeGreaterThan(EVALUATIONS * 0.3);
    expect(rows.extra).toBeGreaterThan(0);
    expect(examples.missing).toHaveLength(10);
    expect(rows.present).toBeLessThan(rows.expected);
  });

  test('one row of the baseline removed, and one changed, are named', async () => {
    const removed = await changed(
      `CREATE SCHEMA aside; CREATE TABLE aside.hidden AS SELECT * FROM evaluations WHERE id = 17;
       DELETE FROM evaluations WHERE id = 17`,
      'INSERT INTO evaluations OVERRIDING SYSTEM VALUE SELECT * FROM aside.hidden; DROP SCHEMA aside CASCADE',
    );
    expect(removed.rows).toMatchObject({ missing: 1, extra: 0, present: removed.rows.expected - 1 });
    expect(removed.examples.missing).toEqual(['public.evaluations 17: absent']);
    const other = await changed(
      `UPDATE users SET name = name || '!' WHERE id = 4000`,
      'UPDATE users SET name = left(name, -1) WHERE id = 4000',
    );
    expect(other.rows).toMatchObject({ missing: 1, extra: 0 });
    expect(other.examples.missing).toEqual(['public.users 4000: changed']);
  });

  test('one planted row is named, in whichever table', async () => {
    const planted = await changed(
      `INSERT INTO evaluations OVERRIDING SYSTEM VALUE VALUES (-1, 1, 1, 50, 'planted')`,
      'DELETE FROM evaluations WHERE id = -1',
    );
    expect(planted.rows).toMatchObject({ missing: 0, extra: 1 });
    expect(planted.examples.extra).toEqual(['public.evaluations -1']);
    const review = await changed('INSERT INTO reviews VALUES (1, 1, true)', 'DELETE FROM reviews');
    expect(review.examples.extra).toEqual(['public.reviews 1']);
    const table = await changed(
      'CREATE TABLE stray (a int PRIMARY KEY); INSERT INTO stray VALUES (5)',
      'DROP TABLE stray',
    );
    expect(table.examples.extra).toEqual(['public.stray 5']);
  });

  test('one acknowledged write removed or changed is named', async () => {
    const write = kept()[5]!;
    const text = await changed(
      `UPDATE evaluations SET feedback = feedback || '!' WHERE id = ${write.id}`,
      `UPDATE evaluations SET feedback = left(feedback, -1) WHERE id = ${write.id}`,
    );
    expect(text.rows).toMatchObject({ missing: 1, extra: 0, present: text.rows.expected - 1 });
    expect(text.examples.missing).toEqual([`public.evaluations ${write.id}: changed`]);
    const move = (from: number, to: number) =>
      `INSERT INTO evaluations OVERRIDING SYSTEM VALUE SELECT ${to}, user_id, question_id, score, feedback, created_at, rubric FROM evaluations WHERE id = ${from}; DELETE FROM evaluations WHERE id = ${from}`;
    const moved = await changed(move(write.id, -5), move(-5, write.id));
    expect(moved.examples).toMatchObject({
      missing: [`public.evaluations ${write.id}: absent`],
      extra: ['public.evaluations -5'],
    });
    const after = since()[3]!;
    const gone = await changed(move(after.id, -5), move(-5, after.id));
    expect(gone.examples.missing).toEqual([`public.evaluations ${after.id}: absent after the recovery`]);
    expect(gone.accepted.present).toBe(gone.accepted.acknowledged - 1);
  });

  test('a write from after the moment is not lost where it is there, but extra', async () => {
    const sure = await compare();
    // With its own id, unless a write after the recovery has got that.
    const taken = new Set(since().map(({ id }) => id));
    const write = lost().find(({ id }) => !taken.has(id))!;
    const row = z.object({
      id: z.coerce.number(),
      user_id: z.string(),
      question_id: z.string(),
      score: z.number(),
      feedback: z.string(),
    });
    const there = await original.withAdmin(DATABASE, (admin) =>
      admin.one(row, 'SELECT * FROM evaluations WHERE id = $1', [write.id]),
    );
    const extra = await changed(
      `INSERT INTO evaluations (id, user_id, question_id, score, feedback) OVERRIDING SYSTEM VALUE
         VALUES (${there.id}, ${there.user_id}, ${there.question_id}, ${there.score}, '${there.feedback}')`,
      `DELETE FROM evaluations WHERE id = ${there.id}`,
    );
    expect(extra.rows).toMatchObject({ missing: 0, extra: 1, lost: sure.rows.lost - 1 });
  });

  test('a write without an answer may be there once, not twice', async () => {
    const [unknown] = observer.entries().filter(({ outcome }) => outcome === 'unknown');
    expect(unknown).toBeDefined();
    const known = new Set(observer.acknowledged().map(({ id }) => id));
    const rows = await copy.withAdmin(DATABASE, (admin) =>
      admin.query(z.object({ id: z.coerce.number() }), 'SELECT id FROM evaluations WHERE id > $1', [EVALUATIONS]),
    );
    const [silent] = rows.filter(({ id }) => !known.has(id));
    const twice = await changed(
      `INSERT INTO evaluations OVERRIDING SYSTEM VALUE SELECT -9, user_id, question_id, score, feedback, created_at, rubric FROM evaluations WHERE id = ${silent!.id}`,
      'DELETE FROM evaluations WHERE id = -9',
    );
    expect(twice).toMatchObject({ rows: { extra: 1 }, unacknowledged: 1 });
  });

  test('rows that others leave by right are tolerated, counted, and only they', async () => {
    await inCopy(`INSERT INTO users (email, name) VALUES ('test-1@example.invalid', 'Test'), ('b@example.com', 'B')`);
    const tolerated = [{ table: 'public.users', where: `email LIKE 'test-%@example.invalid'` }];
    await expect(compare({ tolerated })).resolves.toMatchObject({ rows: { extra: 1 }, tolerated: 1 });
    await inCopy(`DELETE FROM users WHERE id > 5000`);
  });

  test('a row that is meant to go has to be gone', async () => {
    const removed = [{ table: 'public.users', key: '1' }];
    await expect(compare({ baseline: without(baseline, removed) })).resolves.toMatchObject({
      rows: { extra: 1, missing: 0 },
      examples: { extra: ['public.users 1'] },
    });
    expect(() => without(baseline, [{ table: 'public.users', key: 'nobody' }])).toThrow(/never had a row nobody/);
  });

  test('a moment before the baseline, and a write that no server knows, are refused', async () => {
    const moment = new Date(baseline.takenAt.getTime() - 1);
    await expect(compare({ moment })).rejects.toThrow(MomentBeforeBaselineError);
    const liar = await FakeApplication.open({
      healthy: () => Promise.resolve(true),
      read: (id) => Promise.resolve({ userId: 1, questionId: 1, score: 1, feedback: String(id) }),
      write: () => Promise.resolve({ id: 1, transaction: '3' }),
    });
    const credulous = new Observer({
      address: liar.url,
      clock,
      ledgerFile: join(site.folder, 'liar.jsonl'),
      original: placeOf(original),
      knownEvaluation: 1,
      users: [1],
      questions: [1],
      writesPerSecond: 100,
    });
    try {
      await credulous.start();
      await credulous.writing(2);
      await credulous.stop();
      await expect(credulous.attribute(placeOf(copy))).rejects.toThrow(UnattributedWritesError);
      await expect(credulous.attribute(undefined)).rejects.toThrow(UnattributedWritesError);
    } finally {
      await credulous.close();
      await liar.close();
    }
  });

  test('where nothing was put in its place, everything acknowledged is expected in the original', async () => {
    // As the damaged one was not written to since: no write of it is lost.
    const entries = observer
      .entries()
      .filter((entry) => entry.outcome !== 'acknowledged' || entry.commit?.era === 'original');
    const { rows } = await compareRows({ entries, baseline, recovered: placeOf(original), moment: 'latest' });
    expect(rows.lost).toBe(0);
    expect(rows.expected).toBe(baseline.rows + kept().length + lost().length);
  });
});
