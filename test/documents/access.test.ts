import { DOCUMENT_EXIT, documents } from '../../contract/documents';
import { PASSWORDS, withPostgres, World } from './support/database';
import { anyText, containing, matching } from './support/match';

withPostgres('who may connect', () => {
  let world: World;
  let database: string;
  beforeAll(async () => {
    world = await World.start();
  });
  afterAll(() => world.stop());
  beforeEach(async () => {
    database = await world.database();
  });

  const inspect = async () => {
    const ran = await world.host.run('inspect-database', world.connection(database));
    return documents['inspect-database'].result.parse(ran.line);
  };
  const fence = (logins = `${world.login('app')} ${world.login('reports')}`, more: Record<string, string> = {}) =>
    world.host.run('fence-database', { ...world.connection(database), Logins: logins, ...more });
  const open = (grantees: string) =>
    world.host.run('open-database', { ...world.connection(database), Grantees: grantees });

  test('inspect-database reads the default privileges, the owner, the other sessions and the clock', async () => {
    const session = await world.server.session(database, 'app', PASSWORDS.app);
    const before = Date.now();
    expect(await inspect()).toEqual({
      grantees: ['PUBLIC', 'master'],
      owner: 'master',
      sessions: 1,
      databaseTime: anyText(),
    });
    const found = Date.parse((await inspect()).databaseTime);
    expect(Math.abs(found - before)).toBeLessThan(10_000);
    await session.end();
  });

  test('inspect-database refuses a grantee whose name open-database could not take back', async () => {
    await world.server.admin(database, `CREATE ROLE "odd name"; GRANT CONNECT ON DATABASE ${database} TO "odd name"`);
    const ran = await world.host.run('inspect-database', world.connection(database));
    await world.server.admin(database, 'DROP OWNED BY "odd name"; DROP ROLE "odd name"');
    expect(ran).toMatchObject({ code: 1, stdout: '', stderr: containing('"odd name"') });
  });

  test('the way there and back: fenced, sessions ended, every login refused; fenced again; opened', async () => {
    await world.server.admin(database, `GRANT CONNECT ON DATABASE ${database} TO app`);
    const session = await world.server.session(database, 'app', PASSWORDS.app);
    const ended = new Promise<void>((resolve) => session.once('end', resolve));
    const other = await world.server.session('postgres', 'app', PASSWORDS.app);

    const ran = await fence();
    expect(ran).toMatchObject({ code: 0 });
    const result = documents['fence-database'].result.parse(ran.line);
    await ended;
    expect(result).toMatchObject({ endedSessions: 1, revoked: ['PUBLIC', 'app'] });
    const refused = { message: containing(`permission denied for database "${database}"`) };
    expect(result.refusals).toEqual([
      { role: 'app', ...refused },
      { role: 'reports', ...refused },
    ]);
    // A session of another database is none of ours.
    expect((await other.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await other.end();
    // In whole seconds, and past.
    expect(result.fencedAt).toMatch(/:\d\dZ$/);
    expect(Date.parse(result.fencedAt)).toBeLessThanOrEqual(Date.parse((await inspect()).databaseTime));

    const again = documents['fence-database'].result.parse((await fence()).line);
    expect(again).toMatchObject({ endedSessions: 0, revoked: [], refusals: result.refusals });
    expect((await inspect()).grantees).toEqual(['master']);

    expect(documents['open-database'].result.parse((await open('PUBLIC app')).line)).toEqual({
      granted: ['PUBLIC', 'app'],
    });
    expect(documents['open-database'].result.parse((await open('PUBLIC app')).line).granted).toHaveLength(2);
    expect((await inspect()).grantees).toEqual(['PUBLIC', 'app', 'master']);
    await (await world.server.session(database, 'reports', PASSWORDS.reports)).end();
  });

  test("a master who came in by PUBLIC's privilege does not lock itself out; an owner is kept out", async () => {
    // As on RDS with an application that owns its database: the master is a member of the owner.
    await world.server.admin(
      database,
      `CREATE ROLE keeper LOGIN; ALTER DATABASE ${database} OWNER TO keeper; GRANT keeper TO master`,
    );
    const ran = await fence();
    await world.server.admin(database, 'REVOKE keeper FROM master');
    expect(documents['fence-database'].result.parse(ran.line).revoked).toEqual(['PUBLIC', 'keeper']);
    expect(await inspect()).toMatchObject({ owner: 'keeper', grantees: ['master'] });
  });

  test('open-database grants to all or to nobody, and to nobody where nobody is named', async () => {
    await fence();
    expect(await open('app nobody_knows')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: containing('role "nobody_knows" does not exist'),
    });
    expect((await inspect()).grantees).toEqual(['master']);
    expect((await open('')).line).toEqual({ granted: [] });
  });

  test('a master that may not revoke or grant says so, and changes nothing', async () => {
    await world.server.admin(
      database,
      `ALTER DATABASE ${database} OWNER TO reports; GRANT CONNECT ON DATABASE ${database} TO master`,
    );
    expect(await fence()).toMatchObject({
      code: DOCUMENT_EXIT.fenceFailed,
      stdout: '',
      stderr: containing('CONNECT could not be revoked from PUBLIC, reports'),
    });
    expect((await inspect()).grantees).toEqual(['PUBLIC', 'master', 'reports']);
    expect(await open('app')).toMatchObject({
      code: 1,
      stderr: containing('could not be granted to app'),
    });
  });

  test.each([
    ['a superuser', 'CREATE ROLE intruder LOGIN SUPERUSER', 'intruder (a superuser)'],
    ['a member of the master', 'CREATE ROLE intruder LOGIN; GRANT master TO intruder', 'intruder (by a role that'],
  ])('%s cannot be kept out by CONNECT: exit 8 by name, nothing changed', async (_, sql, said) => {
    await world.server.admin(database, sql);
    const ran = await fence();
    await world.server.admin(database, 'DROP ROLE intruder');
    expect(ran).toMatchObject({ code: DOCUMENT_EXIT.fenceFailed, stderr: containing(said) });
    expect((await inspect()).grantees).toEqual(['PUBLIC', 'master']);
  });

  test('a session that the master may not end: exit 8', async () => {
    await world.server.admin(database, 'REVOKE pg_signal_backend FROM master');
    const session = await world.server.session(database, 'app', PASSWORDS.app);
    const ran = await fence();
    await world.server.admin(database, 'GRANT pg_signal_backend TO master');
    expect(ran).toMatchObject({
      code: DOCUMENT_EXIT.fenceFailed,
      stderr: matching(/session \d+ of app cannot be ended/),
    });
    expect((await session.query('SELECT 1 AS one')).rows).toHaveLength(1);
    await session.end();
  });

  test('a session that does not end in time: exit 8', async () => {
    const session = await world.server.session(database, 'app', PASSWORDS.app);
    const { rows } = await session.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const pid = rows[0]!.pid;
    process.kill(pid, 'SIGSTOP');
    const ran = await fence().finally(() => process.kill(pid, 'SIGCONT'));
    expect(ran).toMatchObject({
      code: DOCUMENT_EXIT.fenceFailed,
      stderr: containing('1 session(s) do not end'),
    });
  });

  test("a login refused for its password's sake proves nothing: exit 8", async () => {
    world.host.secret('reports', 'not-the-password-0815');
    const ran = await fence();
    world.host.secret('reports', PASSWORDS.reports);
    expect(ran).toMatchObject({
      code: DOCUMENT_EXIT.fenceFailed,
      stdout: '',
      stderr: matching(/reports was refused .* another reason than the fence, which proves nothing.*password/),
    });
  });

  test('a secret that belongs to somebody else is refused by name', async () => {
    expect(await fence(`app=${world.arn('reports')}`)).toMatchObject({
      code: 1,
      stderr: containing('is of the user reports, not of app'),
    });
  });

  test.each([
    [
      'a name that does not resolve',
      { Address: 'gone.app.test' },
      DOCUMENT_EXIT.databaseUnreachable,
      'does not resolve',
    ],
    ['a port that nobody listens on', { Port: '1024' }, DOCUMENT_EXIT.databaseUnreachable, 'cannot be reached'],
    ['a database that does not exist', { Database: 'nowhere' }, 1, 'database "nowhere" does not exist'],
    ['a missing file of authorities', { CaFile: '/nowhere/ca.pem' }, 1, '/nowhere/ca.pem, cannot be read'],
  ])('%s', async (_, change, code, said) => {
    for (const name of ['inspect-database', 'fence-database', 'open-database'] as const) {
      const more = {
        'inspect-database': {},
        'fence-database': { Logins: world.login('app') },
        'open-database': { Grantees: 'app' },
      };
      const ran = await world.host.run(name, { ...world.connection(database), ...more[name], ...change });
      expect(ran).toMatchObject({ code, stdout: '', stderr: containing(said) });
    }
  });

  test("a master's wrong password is not an unreachable database", async () => {
    world.host.secret('master', 'not-the-password-0815');
    const ran = await world.host.run('inspect-database', world.connection(database));
    world.host.secret('master', PASSWORDS.master);
    expect(ran).toMatchObject({ code: 1, stderr: containing('password authentication failed') });
  });

  test('without a certificate check (require) no file is needed', async () => {
    const ran = await world.host.run('inspect-database', {
      ...world.connection(database),
      SslMode: 'require',
      CaFile: '/nowhere/ca.pem',
    });
    expect(ran.code).toBe(0);
  });
});
