import { DOCUMENT_EXIT, documents, type IntegrityMeasure } from '../../contract/documents';
import { PASSWORDS, withPostgres, World } from './support/database';
import { containing, matching } from './support/match';

const usual =
  'users:id:email,name evaluations:id:user_id,score,feedback|references=user_id>users.id|range=score>0..100 schema_migrations:version:version';

withPostgres('probe-integrity', () => {
  let world: World;
  let database: string;
  beforeAll(async () => {
    world = await World.start();
  });
  afterAll(() => world.stop());
  beforeEach(async () => {
    database = await world.database();
  });

  const run = (checks = usual, more: Record<string, string> = {}) =>
    world.host.run('probe-integrity', {
      ...world.connection(database),
      SchemaVersion: 'schema_migrations.version',
      Checks: checks,
      ...more,
    });
  const measure = async (checks?: string): Promise<IntegrityMeasure> => {
    const ran = await run(checks);
    if (ran.code !== 0) throw new Error(ran.stderr);
    return documents['probe-integrity'].result.parse(ran.line);
  };
  const change = (sql: string) => world.server.admin(database, sql);
  const table = async (checks: string) => (await measure(checks)).tables[0]!;

  test('measures every table twice around a moment in whole seconds', async () => {
    const start = Date.now();
    const found = await measure();
    expect(found.schemaVersion).toBe('1.2.0');
    expect(found.takenAt).toMatch(/T\d\d:\d\d:\d\dZ$/);
    expect(Date.parse(found.takenAt)).toBeGreaterThan(start);
    expect(Date.parse(found.takenAt)).toBeLessThanOrEqual(Date.now());
    expect(
      found.tables.map(({ table: name, rows, through, known, violations }) => [name, rows, through, known, violations]),
    ).toEqual([
      ['users', { before: 20, after: 20 }, '20', null, 0],
      ['evaluations', { before: 100, after: 100 }, '100', null, 0],
      ['schema_migrations', { before: 2, after: 2 }, '1.2.0', null, 0],
    ]);
    for (const { checksum } of found.tables) {
      expect(checksum.before).toMatch(/^-?[0-9]+$/);
      expect(checksum.after).toBe(checksum.before);
    }
    expect((await measure()).tables).toEqual(found.tables);
  });

  test("the checksum does not depend on the rows' place, but on every value of the columns listed", async () => {
    const sum = async () => (await table('users:id:email,name')).checksum.before;
    const first = await sum();
    await change(
      'CREATE TABLE moved AS SELECT * FROM users ORDER BY id DESC; DELETE FROM users; INSERT INTO users SELECT * FROM moved',
    );
    expect(await sum()).toBe(first);
    const different = new Set([first]);
    for (const sql of [
      "UPDATE users SET name = '' WHERE id = 3",
      'UPDATE users SET name = NULL WHERE id = 3',
      "UPDATE users SET email = NULL, name = '' WHERE id = 3",
      "UPDATE users SET email = 'a,b', name = 'c' WHERE id = 3",
      "UPDATE users SET email = 'a', name = 'b,c' WHERE id = 3",
      // Two rows that exchange their values.
      'UPDATE users AS u SET name = o.name FROM users AS o WHERE (u.id, o.id) IN ((5, 6), (6, 5))',
      'DELETE FROM users WHERE id = 7',
    ]) {
      await change(sql);
      different.add(await sum());
    }
    expect(different.size).toBe(8);
    await change("ALTER TABLE users ADD other text DEFAULT 'x'");
    expect(different).toContain(await sum());
  });

  test("the server's settings do not change it", async () => {
    await change(
      "ALTER TABLE users ADD born timestamptz DEFAULT now(), ADD weight float8 DEFAULT 0.1 + 0.2, ADD face bytea DEFAULT '\\xff'",
    );
    const checks = 'users:id:born,weight,face';
    const first = (await table(checks)).checksum;
    await change(
      "ALTER ROLE master SET TimeZone = 'Asia/Tokyo'; ALTER ROLE master SET DateStyle = 'German'; ALTER ROLE master SET bytea_output = 'escape'; ALTER ROLE master SET extra_float_digits = 0",
    );
    const second = (await table(checks)).checksum;
    await change('ALTER ROLE master RESET ALL');
    expect(second).toEqual(first);
  });

  test('known rows stay comparable while the table grows', async () => {
    const before = await table('evaluations:id:score');
    await change('INSERT INTO evaluations (user_id, score) VALUES (1, 50), (2, 60)');
    const after = await table(`evaluations:id:score:${before.through}`);
    expect(after).toMatchObject({ rows: { before: 102 }, through: '102' });
    expect(after.known).toEqual({ through: '100', rows: 100, checksum: before.checksum.before });
    await change('UPDATE evaluations SET score = 1 WHERE id = 50; DELETE FROM evaluations WHERE id = 51');
    const lost = (await table(`evaluations:id:score:${before.through}`)).known!;
    expect(lost.rows).toBe(99);
    expect(lost.checksum).not.toBe(before.checksum.before);
  });

  test('keys may be integers, texts, uuids or times, and a table empty', async () => {
    await change(`
      CREATE TABLE tokens (id uuid PRIMARY KEY, note text);
      INSERT INTO tokens VALUES ('00000000-0000-0000-0000-000000000001', 'a'), ('ffffffff-0000-0000-0000-000000000001', 'b');
      CREATE TABLE events (at timestamp PRIMARY KEY);
      INSERT INTO events VALUES ('2026-11-23 02:20:59'), ('2026-11-23 02:21:00');
      CREATE TABLE empty (id smallint PRIMARY KEY, note text);
      CREATE TABLE names (name varchar(9) PRIMARY KEY);
      INSERT INTO names VALUES ('Z'), ('a'), ('ä')`);
    const { tables } = await measure(
      'tokens:id:note:00000000-0000-0000-0000-000000000001 events:at: empty:id:note names:name::a',
    );
    expect(tables.map(({ through }) => through)).toEqual([
      'ffffffff-0000-0000-0000-000000000001',
      '2026-11-23 02:21:00',
      '',
      'ä',
    ]);
    expect(tables.map(({ rows }) => rows.after)).toEqual([2, 2, 0, 3]);
    expect(tables.map(({ known }) => known?.rows)).toEqual([1, undefined, undefined, 2]);
    expect(tables[2]!.checksum).toEqual({ before: '0', after: '0' });
  });

  test('counts the rows that break a rule; NULL breaks none', async () => {
    const checks = 'evaluations:id:score|references=user_id>users.id|range=score>-5..100';
    await change('INSERT INTO evaluations (user_id, score) VALUES (NULL, NULL), (NULL, -5)');
    expect((await table(checks)).violations).toBe(0);
    await change(
      'INSERT INTO evaluations (user_id, score) VALUES (777, 1), (1, 101), (1, -6); DELETE FROM users WHERE id = 20',
    );
    expect((await table(checks)).violations).toBe(1 + 2 + 5);
  });

  test('a writer goes on meanwhile: the two looks enclose what was committed at the moment', async () => {
    const writer = await world.server.session(database, 'app', PASSWORDS.app);
    const written: { id: number; at: number }[] = [];
    const state = { going: true };
    const writing = (async () => {
      while (state.going) {
        const { rows } = await writer.query<{ id: string; at: Date }>(
          'INSERT INTO evaluations (user_id, score) VALUES (1, 1) RETURNING id, clock_timestamp() AS at',
        );
        written.push({ id: Number(rows[0]!.id), at: rows[0]!.at.getTime() });
      }
    })();
    const found = await measure('evaluations:id:score users:id:name').finally(() => (state.going = false));
    await writing;
    await writer.end();
    const [evaluations, users] = found.tables;
    const moment = Date.parse(found.takenAt);
    const committed = 100 + written.filter(({ at }) => at <= moment).length;
    expect(evaluations!.rows.before).toBeLessThan(evaluations!.rows.after);
    expect(evaluations!.rows.before).toBeLessThanOrEqual(committed);
    expect(evaluations!.rows.after).toBeGreaterThanOrEqual(committed);
    // New rows come after the key that the first look reached.
    expect(evaluations!.checksum.after).toBe(evaluations!.checksum.before);
    expect(users!.rows).toEqual({ before: 20, after: 20 });
  });

  test('an open transaction does not hold it up, and is in neither look', async () => {
    const open = await world.server.session(database, 'app', PASSWORDS.app);
    await open.query("BEGIN; INSERT INTO users (email) VALUES ('not yet')");
    expect((await table('users:id:email')).rows).toEqual({ before: 20, after: 20 });
    await open.end();
  });

  test('nothing of the application is run by the master', async () => {
    await change(`
      CREATE FUNCTION public.hashtextextended(text, integer) RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RAISE ''owned''; END';
      CREATE TABLE public.pg_class (id integer)`);
    expect((await table('users:id:email')).rows.after).toBe(20);
  });

  test('a table of another schema is found', async () => {
    await change('CREATE SCHEMA more; ALTER TABLE users SET SCHEMA more');
    expect((await table('users:id:email')).rows.after).toBe(20);
  });

  test.each([
    ['a missing table', 'nowhere:id:', /the table nowhere is missing/],
    ['a missing key', 'users:nowhere:', /no column nowhere to be its key/],
    ['a missing column', 'users:id:nowhere', /column t\.nowhere does not exist/],
    [
      'a missing parent',
      'evaluations:id:|references=user_id>nowhere.id',
      /the table nowhere, which .*evaluations refers to/,
    ],
    ['half a check', 'users', /the check "users" should be/],
    ['an unknown rule', 'users:id:|maximum=id>3', /the rule "maximum=id>3"/],
    ['a known key that is none', 'users:id::abc', /invalid input syntax for type bigint: "abc"/],
  ])('%s is named', async (_, checks, said) => {
    expect(await run(checks)).toMatchObject({ code: 1, stdout: '', stderr: matching(said) });
  });

  test('a master that may not read says what it needs', async () => {
    await change('REVOKE pg_read_all_data FROM master');
    const ran = await run();
    await change('GRANT pg_read_all_data TO master');
    expect(ran).toMatchObject({ code: 1, stderr: matching(/permission denied.*pg_read_all_data/) });
  });

  test('rows that a policy hides are an error, not a smaller count', async () => {
    await change('ALTER TABLE users ENABLE ROW LEVEL SECURITY');
    expect(await run()).toMatchObject({ code: 1, stderr: containing('row-level security') });
  });

  test('a database that cannot be reached', async () => {
    expect(await run(usual, { Port: '1024' })).toMatchObject({ code: DOCUMENT_EXIT.databaseUnreachable, stdout: '' });
  });

  test('a schema without versions, and one without the table', async () => {
    await change('DELETE FROM schema_migrations');
    expect((await measure()).schemaVersion).toBe('');
    expect(await run(usual, { SchemaVersion: 'versions.version' })).toMatchObject({
      code: 1,
      stderr: containing('the table versions with the version'),
    });
  });
});
