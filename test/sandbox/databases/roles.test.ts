import * as z from 'zod';
import {
  createDatabase,
  createLogin,
  createMaster,
  createSuperuser,
  type Cluster,
  PasswordRefusedError,
  setRolePassword,
} from '../../../sandbox/databases';
import { describeEachSource, login, PASSWORD, Site } from './machine';

describeEachSource('roles', (source) => {
  let site: Site;
  let cluster: Cluster;
  const as = (user: string, database = 'shop', password = PASSWORD) => login(cluster, { user, database, password });

  beforeAll(async () => {
    site = await Site.make(source);
    cluster = await site.cluster();
    await createMaster(cluster, { name: 'master user', password: PASSWORD });
    await createLogin(cluster, { name: 'app', password: PASSWORD }, 'master user');
    await createDatabase(cluster, 'shop', 'master user');
  });

  afterAll(() => site.dispose());

  test('the master fences its database: CONNECT revoked, sessions ended, a write fails', async () => {
    const [master, app] = await Promise.all([as('master user'), as('app')]);
    await master.query('CREATE TABLE orders (n int); GRANT INSERT ON orders TO app');
    await app.query('INSERT INTO orders VALUES (1)');
    await master.query('REVOKE CONNECT ON DATABASE shop FROM PUBLIC');
    await master.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'`);
    await expect(app.query('INSERT INTO orders VALUES (2)')).rejects.toThrow(/terminat|not queryable/);
    await expect(as('app')).rejects.toThrow(/permission denied for database/);
    await master.query('GRANT CONNECT ON DATABASE shop TO PUBLIC');
    await master.end();
  });

  test('the master sees other sessions, creates databases and roles, and renames what it owns', async () => {
    const [master, app] = await Promise.all([as('master user', 'postgres'), as('app')]);
    const seen = await master.query(`SELECT query FROM pg_stat_activity WHERE usename = 'app'`);
    expect(seen.rows).not.toEqual([{ query: '<insufficient privilege>' }]);
    await master.query('CREATE ROLE reporting LOGIN');
    await master.query('CREATE DATABASE shop_new');
    await master.query('ALTER DATABASE shop_new RENAME TO shop_old');
    await master.query('CHECKPOINT');
    await app.end();
    await master.end();
  });

  test('the master changes the password of the application, whose sessions stay', async () => {
    const [master, app] = await Promise.all([as('master user'), as('app')]);
    await master.query(`ALTER ROLE app PASSWORD 'another'`);
    await expect(app.query('SELECT 1')).resolves.toMatchObject({ rowCount: 1 });
    await (await as('app', 'shop', 'another')).end();
    await expect(as('app')).rejects.toThrow(/password authentication failed/);
    await setRolePassword(cluster, 'app', PASSWORD);
    await (await as('app')).end();
    await Promise.all([app.end(), master.end()]);
  });

  test('the master is no superuser and does not become one', async () => {
    const master = await as('master user');
    for (const statement of [
      'ALTER ROLE "master user" SUPERUSER',
      'ALTER ROLE rdsadmin PASSWORD NULL',
      'SET ROLE rdsadmin',
      `COPY (SELECT 1) TO '/tmp/x'`,
      `ALTER SYSTEM SET archive_mode = off`,
      'SELECT pg_switch_wal()',
    ]) {
      await expect(master.query(statement)).rejects.toThrow(/permission denied|must be|Only roles/);
    }
    await cluster.withAdmin('postgres', async (admin) => {
      const { pid } = await admin.one(z.object({ pid: z.number() }), 'SELECT pg_backend_pid() AS pid');
      const ended = master.query('SELECT pg_terminate_backend($1)', [pid]);
      await expect(ended).rejects.toThrow(/must be a superuser|permission denied/);
    });
    await master.end();
  });

  test('a password is changed for new sessions, and one beyond ASCII is refused', async () => {
    await setRolePassword(cluster, 'master user', 'N3w "pass"');
    await (await as('master user', 'shop', 'N3w "pass"')).end();
    await expect(as('master user')).rejects.toThrow(/password authentication failed/);
    await expect(setRolePassword(cluster, 'app', 'pässword')).rejects.toThrow(PasswordRefusedError);
    await setRolePassword(cluster, 'master user', PASSWORD);
  });

  test('a self-hosted server has a superuser that logs in', async () => {
    await createSuperuser(cluster, { name: 'postgres', password: PASSWORD });
    const client = await as('postgres', 'postgres');
    await expect(client.query('SHOW is_superuser')).resolves.toMatchObject({ rows: [{ is_superuser: 'on' }] });
    await client.end();
  });
});
