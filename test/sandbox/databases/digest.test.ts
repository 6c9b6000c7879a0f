import { type Cluster, contentDigest } from '../../../sandbox/databases';
import { describeEachSource, Site, sql } from './machine';

describeEachSource('the content digest', (source) => {
  let site: Site;
  let cluster: Cluster;
  const digest = async () => (await contentDigest(cluster, 'postgres')).digest;

  beforeAll(async () => {
    site = await Site.make(source);
    cluster = await site.cluster();
    await sql(
      cluster,
      'postgres',
      `CREATE TABLE users (id int PRIMARY KEY, name text, at timestamptz);
       CREATE TABLE "Odd ""name""" (v float8, b bytea);
       INSERT INTO users SELECT n, 'user ' || n, to_timestamp(n) FROM generate_series(1, 100) n;
       INSERT INTO "Odd ""name""" VALUES (0.1, '\\x00ff')`,
    );
  });

  afterAll(() => site.dispose());

  test('counts the rows of each table', async () => {
    const { tables } = await contentDigest(cluster, 'postgres');
    expect(Object.entries(tables).map(([name, { rows }]) => [name, rows])).toEqual([
      ['public.Odd "name"', 1],
      ['public.users', 100],
    ]);
  });

  test('is the same for other row order on disk, privileges, and time zone of the server', async () => {
    const before = await digest();
    await sql(cluster, 'postgres', 'UPDATE users SET name = name WHERE id % 3 = 0');
    await sql(cluster, 'postgres', 'REVOKE CONNECT ON DATABASE postgres FROM PUBLIC');
    await cluster.configure({ timezone: 'Asia/Tokyo', datestyle: 'German' });
    await expect(digest()).resolves.toBe(before);
  });

  test.each([
    `UPDATE users SET name = 'other' WHERE id = 50`,
    'DELETE FROM users WHERE id = 51',
    'INSERT INTO users SELECT 1000, name, at FROM users WHERE id = 52',
    'ALTER TABLE users ADD email text',
    'CREATE INDEX ON users (name)',
    'ALTER TABLE users ADD CHECK (id > 0)',
    'CREATE TABLE empty ()',
    'CREATE VIEW names AS SELECT name FROM users',
    `CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'`,
  ])('changes after %s', async (statement) => {
    const before = await digest();
    await sql(cluster, 'postgres', statement);
    await expect(digest()).resolves.not.toBe(before);
  });
});
