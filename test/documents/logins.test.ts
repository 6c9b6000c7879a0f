import { DOCUMENT_EXIT, documents } from '../../contract/documents';
import { PASSWORDS, withPostgres, World } from './support/database';
import { APPLICATION_NAME } from './support/postgres';
import { containing, matching } from './support/match';

withPostgres('the logins of a restored copy', () => {
  let world: World;
  let database: string;
  beforeAll(async () => {
    // The most talkative server there is.
    world = await World.start({ log_statement: 'all', log_min_error_statement: 'error' });
    world.host.write('names/copy.rds.test', '127.0.0.1\n');
  });
  afterAll(() => world.stop());
  beforeEach(async () => {
    database = await world.database();
    await world.server.admin(
      database,
      `ALTER ROLE app PASSWORD 'of-yesterday'; ALTER ROLE reports PASSWORD 'of-yesterday'`,
    );
  });

  const both = () => `${world.login('app')} ${world.login('reports')}`;
  const align = (logins = both()) => world.host.run('align-logins', { ...world.connection(database), Logins: logins });
  const attempt = (more: Record<string, string> = {}) =>
    world.host.run('try-logins', {
      ...world.connection(database),
      Logins: both(),
      Endpoint: 'copy.rds.test',
      ...more,
    });

  test("yesterday's passwords are refused until they are aligned; then every login writes over TLS", async () => {
    expect(await attempt()).toMatchObject({
      code: 1,
      stdout: '',
      stderr: matching(/does not let app in: .*password authentication failed.*align-logins/),
    });
    expect(documents['align-logins'].result.parse((await align()).line)).toEqual({ roles: ['app', 'reports'] });
    const login = (role: string) => ({ role, tls: 'TLSv1.3', database });
    expect(documents['try-logins'].result.parse((await attempt()).line)).toEqual({
      logins: [login('app'), login('reports')],
    });
    expect((await align()).code).toBe(0);
    expect((await attempt()).code).toBe(0);
    expect(world.host.read('calls')).toMatch(/^(region eu-west-1\n)+$/);
  });

  test("the server's log holds verifiers, never a password", async () => {
    await align();
    expect(world.server.log()).toContain(`ALTER ROLE "app" PASSWORD E'SCRAM-SHA-256$4096:`);
    // The two that nothing but the document could have sent; the test itself set the master's.
    const since = world.server.log().slice(world.server.log().indexOf('of-yesterday'));
    for (const password of [PASSWORDS.app, PASSWORDS.reports]) expect(since).not.toContain(password);
  });

  test('a login that the copy does not know is named, and nothing is changed', async () => {
    const unknown = world.host.secret('newcomer', 'newcomer-password');
    expect(await align(`${both()} newcomer=${unknown}`)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: containing('there is no login newcomer in this copy'),
    });
    await (await world.server.session(database, 'app', 'of-yesterday')).end();
  });

  test('a master that may not change a role says what it needs', async () => {
    await world.server.admin(database, 'ALTER ROLE master NOCREATEROLE');
    const ran = await align();
    await world.server.admin(database, 'ALTER ROLE master CREATEROLE');
    expect(ran).toMatchObject({ code: 1, stderr: matching(/permission denied.*ADMIN option/) });
  });

  test.each([
    [
      'that is missing',
      'app=arn:aws:secretsmanager:eu-west-1:123456789012:secret:gone-a1b2c3',
      'gone-a1b2c3 cannot be read',
    ],
    ['of somebody else', '', 'is of the user reports, not of app'],
  ])('a secret %s is named', async (_, logins, said) => {
    const Logins = logins || `app=${world.arn('reports')}`;
    expect(await align(Logins)).toMatchObject({ code: 1, stdout: '', stderr: containing(said) });
    expect(await attempt({ Logins })).toMatchObject({ code: 1, stderr: containing(said) });
  });

  test('a password outside ASCII is refused before anything is changed', async () => {
    const arn = world.host.secret('umlaut', 'pässword-ümlaut');
    expect(await align(`${world.login('app')} umlaut=${arn}`)).toMatchObject({
      code: 1,
      stderr: containing('not plain ASCII'),
    });
    await (await world.server.session(database, 'app', 'of-yesterday')).end();
  });

  describe('once aligned', () => {
    beforeEach(async () => {
      await align();
    });

    test('leaves no trace: no row, no lock, no changed version of a row', async () => {
      const rows = () => world.server.admin(database, 'SELECT ctid::text, u.* FROM users AS u ORDER BY id');
      const before = await rows();
      expect((await attempt()).code).toBe(0);
      expect(await rows()).toEqual(before);
    });

    test('a row that another session holds does not hold it up', async () => {
      const other = await world.server.session(database, 'app', PASSWORDS.app);
      await other.query('BEGIN; UPDATE users SET name = name; UPDATE evaluations SET score = score');
      expect((await attempt()).code).toBe(0);
      await other.end();
    });

    test('the certificate has to be for the name that the application uses', async () => {
      world.host.write('names/other.app.test', '127.0.0.1\n');
      const ran = await attempt({ Address: 'other.app.test' });
      expect(ran).toMatchObject({ code: 1, stderr: matching(/certificate.*cut over by rename/) });
      expect((await attempt({ Address: 'other.app.test', SslMode: 'verify-ca' })).code).toBe(0);
      // The endpoint's own name is not looked for.
      expect((await attempt({ Address: APPLICATION_NAME })).code).toBe(0);
    });

    test.each([
      ['an endpoint that does not resolve', { Endpoint: 'gone.rds.test' }, /gone\.rds\.test .*does not resolve/],
      ['an endpoint that does not listen', { Port: '1024' }, /cannot be reached/],
    ])('%s is unreachable', async (_, more, said) => {
      expect(await attempt(more)).toMatchObject({
        code: DOCUMENT_EXIT.databaseUnreachable,
        stdout: '',
        stderr: matching(said),
      });
    });

    test.each([
      [
        'read-only transactions',
        (on: string) => `ALTER DATABASE ${on} SET default_transaction_read_only = on`,
        /read-only here/,
      ],
      ['no grants', () => 'REVOKE ALL ON ALL TABLES IN SCHEMA public FROM app', /app may read and update no table/],
      ['no CONNECT', (on: string) => `REVOKE CONNECT ON DATABASE ${on} FROM PUBLIC`, /permission denied for database/],
    ])('a copy with %s fails', async (_, change, said) => {
      await world.server.admin(database, change(database));
      expect(await attempt()).toMatchObject({ code: 1, stdout: '', stderr: matching(said) });
    });

    test('empty tables can be tried, too', async () => {
      await world.server.admin(database, 'TRUNCATE users, evaluations, schema_migrations');
      expect((await attempt()).code).toBe(0);
    });
  });
});
