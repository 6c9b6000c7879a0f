import { DOCUMENT_EXIT, documents } from '../../contract/documents';
import { currentImage, type RealHost } from '../../sandbox/real-host';
import {
  connection,
  endMachines,
  HEALTHY,
  login,
  restore,
  runDocument,
  served,
  servedAgain,
  sql,
  withMachine,
} from './stage';

const Logins = login('app');
const Checks =
  'users:id:email,name evaluations:id:user_id,score|references=user_id>users.id|range=score>0..100 schema_migrations:version:version';

withMachine('the database', () => {
  let machine: RealHost;
  beforeEach(async () => {
    machine = await restore();
  });
  afterEach(endMachines);

  test('inspect-database tells who may connect, who owns, and the time', async () => {
    const ran = await runDocument(machine, 'inspect-database', connection);
    expect(ran).toMatchObject({ code: 0 });
    const result = documents['inspect-database'].result.parse(ran.line);
    expect(result).toMatchObject({ grantees: ['PUBLIC', 'master'], owner: 'master' });
    expect(Math.abs(Date.parse(result.databaseTime) - Date.now())).toBeLessThan(60_000);
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });

  test('probe-integrity counts what is there', async () => {
    const parameters = { ...connection, SchemaVersion: 'schema_migrations.version', Checks };
    const ran = await runDocument(machine, 'probe-integrity', parameters);
    expect(ran).toMatchObject({ code: 0 });
    const result = documents['probe-integrity'].result.parse(ran.line);
    expect(result.tables.map(({ table, rows, violations }) => [table, rows.after, violations])).toEqual([
      ['users', Number(await sql(machine, 'SELECT count(*) FROM users')), 0],
      ['evaluations', Number(await sql(machine, 'SELECT count(*) FROM evaluations')), 0],
      ['schema_migrations', Number(await sql(machine, 'SELECT count(*) FROM schema_migrations')), 0],
    ]);
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });

  test('try-logins writes as the application over TLS, and leaves no trace', async () => {
    const before = await sql(machine, 'SELECT sum(score) FROM evaluations');
    const ran = await runDocument(machine, 'try-logins', { ...connection, Logins, Endpoint: connection.Address });
    expect(ran).toMatchObject({ code: 0 });
    expect(documents['try-logins'].result.parse(ran.line).logins).toEqual([
      { role: 'app', tls: 'TLSv1.3', database: 'interview' },
    ]);
    expect(await sql(machine, 'SELECT sum(score) FROM evaluations')).toBe(before);
  });

  test('fence-database keeps the application out, open-database lets it in again', async () => {
    // One that the application would give up by itself after ten seconds proves nothing.
    const { passwords } = currentImage().describe();
    await machine.run(
      `cd / && setsid psql 'host=${connection.Address} user=app dbname=interview' -c 'SELECT pg_sleep(4715)' >/dev/null 2>&1 &`,
      { PGPASSWORD: passwords.app },
    );
    const sessions = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(4715)'";
    for (let look = 0; look < 100 && (await sql(machine, sessions)) === '0'; look += 1)
      await new Promise((resolve) => setTimeout(resolve, 250));
    expect(await sql(machine, sessions)).toBe('1');
    const fenced = await runDocument(machine, 'fence-database', { ...connection, Logins });
    expect(fenced).toMatchObject({ code: 0 });
    const result = documents['fence-database'].result.parse(fenced.line);
    expect(result).toMatchObject({ revoked: ['PUBLIC'], refusals: [{ role: 'app' }] });
    expect(result.endedSessions).toBeGreaterThan(0);
    expect(await sql(machine, "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app'")).toBe('0');
    expect(await served(machine)).toBe('503');

    const opened = await runDocument(machine, 'open-database', { ...connection, Grantees: 'PUBLIC' });
    expect(documents['open-database'].result.parse(opened.line)).toEqual({ granted: ['PUBLIC'] });
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });

  test("align-logins gives the application its secret's password, which another one had replaced", async () => {
    await sql(machine, "ALTER ROLE app PASSWORD 'of another time'");
    const tried = { ...connection, Logins, Endpoint: connection.Address };
    expect(await runDocument(machine, 'try-logins', tried)).toMatchObject({ code: 1, line: undefined });
    const ran = await runDocument(machine, 'align-logins', { ...connection, Logins });
    expect(ran).toMatchObject({ code: 0, line: { roles: ['app'] } });
    expect(await runDocument(machine, 'try-logins', tried)).toMatchObject({ code: 0 });
    expect(await sql(machine, "SELECT rolpassword LIKE 'SCRAM-SHA-256$%' FROM pg_authid WHERE rolname = 'app'")).toBe(
      't',
    );
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });

  test('a replica is waited for until it has replayed; one that does not come that far, and a primary, are told apart', async () => {
    const replica = { ...connection, Port: '5433' };
    const [conf, data] = ['/etc/postgresql/15/main', '/var/lib/postgresql/replica'];
    const made = await machine.run(`set -e; cd /
echo 'local replication rdsadmin peer map=machine' >>${conf}/pg_hba.conf
systemctl reload postgresql@15-main
runuser -u postgres -- pg_basebackup -U rdsadmin -D ${data} -R -X stream -c fast
runuser -u postgres -- /usr/lib/postgresql/15/bin/pg_ctl -w -t 300 -D ${data} -l /tmp/replica.log -o '-p 5433 -c config_file=${conf}/postgresql.conf -c data_directory=${data} -c external_pid_file=/tmp/replica.pid' start`);
    expect(made).toMatchObject({ exitCode: 0 });
    await sql(machine, "INSERT INTO users (email, name) VALUES ('replayed@example.com', 'Replayed')");
    const Position = await sql(machine, 'SELECT pg_current_wal_lsn()');

    const awaited = await runDocument(machine, 'await-replay', { ...replica, Position, WaitSeconds: '120' });
    expect(documents['await-replay'].result.parse(awaited.line)).toMatchObject({ recovering: true });
    const inspected = await runDocument(machine, 'inspect-replication', connection);
    expect(documents['inspect-replication'].result.parse(inspected.line)).toMatchObject({ recovering: false });
    expect(await runDocument(machine, 'await-replay', { ...replica, Position: 'F/0', WaitSeconds: '2' })).toMatchObject(
      {
        code: DOCUMENT_EXIT.replicaBehind,
        line: undefined,
      },
    );
    const primary = await runDocument(machine, 'await-replay', { ...connection, Position, WaitSeconds: '2' });
    expect(primary).toMatchObject({ code: 1, line: undefined });
    expect(primary.stderr).toContain('is no replica');
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });

  test('a database that is down cannot be reached, which has a code of its own', async () => {
    await machine.look('/bin/systemctl', 'stop', 'postgresql@15-main');
    const ran = await runDocument(machine, 'inspect-database', connection);
    expect(ran).toMatchObject({ code: DOCUMENT_EXIT.databaseUnreachable, line: undefined });
  });
});
