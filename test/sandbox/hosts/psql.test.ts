import * as fs from 'node:fs';
import { type CommandResult, type Host } from '../../../sandbox/hosts';
import { Fixture } from './fixture';
import { PostgresServer } from './postgres';

const fixture = new Fixture();
const server = new PostgresServer();
let real: Host;
let standIn: Host;
let environment: Record<string, string>;

beforeAll(async () => {
  await Promise.all([fixture.open(), server.open('db.internal')]);
  [real, standIn] = [await fixture.host(), await fixture.host({ postgresClients: null })];
  for (const host of [real, standIn]) fs.copyFileSync(server.certificate, host.path('/etc/ca.crt'));
  fixture.names.set('db.internal', [server.address]);
  fixture.names.set('other.internal', [server.address]);
  environment = {
    PGHOST: 'db.internal',
    PGPORT: String(server.port),
    PGUSER: server.user,
    PGPASSWORD: server.password,
    PGDATABASE: 'postgres',
    PGSSLMODE: 'require',
  };
});
afterAll(async () => {
  await fixture.close();
  await server.close();
});

/** The same script on the real psql and on the stand-in. */
async function both(script: string, changes: Record<string, string> = {}): Promise<[wanted: unknown, got: unknown]> {
  const part = ({ exitCode, stdout, stderr }: CommandResult, host: Host): unknown => ({
    exitCode,
    stdout,
    stderr: stderr.replaceAll(host.root, ''),
  });
  const given = { ...environment, ...changes };
  return [part(await real.run(script, given), real), part(await standIn.run(script, given), standIn)];
}

it('is the one under test', async () => {
  expect((await real.run('psql --version')).stdout).toMatch(/^psql \(PostgreSQL\)/);
  expect(await standIn.run('psql --version')).toMatchObject({
    exitCode: 64,
    stderr: 'psql: not simulated by this sandbox: --version\n',
  });
});

const stdin = (options: string, sql: string): string => `psql ${options} <<'SQL'\n${sql}\nSQL\n`;

it.each([
  ['rows', `psql -X -q -A -t -c "SELECT 1, NULL, 'a|b', true, now() - now()"`],
  ['a separator', `psql -XqAt -F , -c "SELECT 1, 2 UNION ALL SELECT 3, 4 ORDER BY 1"`],
  ['a header and a footer', `psql -X -A -c "SELECT 1 AS one, 2 AS two"`],
  [
    'aligned rows',
    `psql -X -c "SELECT n, 'word ' || n AS text, NULL AS nothing, n * 1.5 AS half, 'ü' AS u FROM generate_series(8, 11) n"`,
  ],
  ['aligned tuples', `psql -X -t -c "SELECT count(*) FROM pg_class WHERE false"`],
  [
    'no rows',
    `psql -X -A -c "SELECT 1 AS one WHERE false"; psql -X -At -c "SELECT 1 WHERE false"; psql -X -c "SELECT 1 AS one WHERE false"`,
  ],
  [
    'several statements in one -c',
    `psql -X -A -t -c "SELECT 1; SELECT 2; CREATE TEMP TABLE t (a int); INSERT INTO t VALUES (1), (2)"`,
  ],
  [
    'several -c',
    `psql -X -A -t -c "SELECT 1" -c "SELEC" -c "SELECT 3"; echo $?; psql -XAt -v ON_ERROR_STOP=1 -c "SELEC" -c "SELECT 3"`,
  ],
  ['no replacement in -c', `psql -XAt -v a=1 -c "SELECT :a"`],
  [
    'command tags',
    stdin(
      '-X -A -t',
      'BEGIN;\nCREATE TEMP TABLE t (a int);\nINSERT INTO t VALUES (1) RETURNING a;\nUPDATE t SET a = 2;\nCOMMIT;',
    ),
  ],
  [
    'quiet',
    stdin('-X -q -A -t', 'BEGIN;\nCREATE TEMP TABLE t (a int);\nINSERT INTO t VALUES (1) RETURNING a;\nROLLBACK;'),
  ],
  [
    'a session',
    stdin(
      '-XqAt',
      "SET timezone = 'UTC';\nSELECT\n  '2026-01-01 00:00+00'::timestamptz\n;\nSELECT pg_backend_pid() = pg_backend_pid()",
    ),
  ],
  [
    'quotes',
    stdin(
      '-XqAt',
      `SELECT 'a;b', "x;y" FROM (SELECT 1 AS "x;y") s; SELECT E'it\\'s;', $$a;b$$, $x$ $$;$$ $x$; SELECT /* a;b /* c */ ; */ 1; -- d;e\nSELECT 2;`,
    ),
  ],
  [
    'a function body',
    stdin(
      '-XqAt',
      `CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n  RETURN 5; -- ;\nEND\n$$;\nSELECT pg_temp.f();`,
    ),
  ],
  [
    'variables',
    stdin(
      `-XqAt -v word="it's \\\\ \\"x\\"" -v n=5 -v table=pg_class`,
      `SELECT :'word', :n + 1, '2'::int, :undefined_thing IS NULL;\nSELECT count(*) > 0 FROM :"table";\n\\set later 'two words'\nSELECT :'later', ':n', :{?n}, :{?m};`,
    ),
  ],
  ['an error that does not stop', `${stdin('-XqAt', 'SELECT 1/0;\nSELECT 2;')}echo $?`],
  ['an error that stops', stdin('-XqAt -v ON_ERROR_STOP=1', '\n\nSELECT 1;\nSELECT 1/0;\nSELECT 2;')],
  ['an error that stops -f -', `psql -XqAt -v ON_ERROR_STOP=1 -f - <<'SQL'\nSELECT 1;\n\nSELECT\n 1/0;\nSQL`],
  ['an error in -c', `psql -XqAt -c "SELECT nothing FROM pg_class"`],
  [
    'a place in a long line',
    `psql -XqAt -c "SELECT 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, nothing, 21, 22, 23, 24, 25, 26, 27 FROM pg_class"`,
  ],
  ['a place in a later line', stdin('-XqAt', 'SELECT 1,\n  2,\n  nothing\nFROM pg_class;')],
  [
    'verbose errors',
    `psql -XqAt -v VERBOSITY=verbose -c "SELECT 1/0"; echo "DO \\$\\$ BEGIN RAISE EXCEPTION 'no' USING HINT = 'try', DETAIL = 'more', ERRCODE = 'LB001'; END \\$\\$;" | psql -XqAt -v VERBOSITY=verbose`,
  ],
  [
    'sqlstate and terse',
    stdin('-XqAt', '\\set VERBOSITY sqlstate\nSELECT 1/0;\n\\set VERBOSITY terse\nSELECT nothing FROM pg_class;'),
  ],
  [
    'a constraint',
    stdin(
      '-XqAt -v VERBOSITY=verbose',
      'CREATE TEMP TABLE t (a int CONSTRAINT positive CHECK (a > 0));\nINSERT INTO t VALUES (-1);',
    ),
  ],
  [
    'notices',
    stdin('-XqAt', `DO $$ BEGIN RAISE NOTICE 'hello %', 1; RAISE WARNING 'careful' USING HINT = 'do'; END $$;`),
  ],
  ['an aborted transaction', stdin('-XAt', 'BEGIN;\nSELECT 1/0;\nSELECT 2;\nCOMMIT;')],
  [
    'the end of the session',
    `psql -XqAt -v ON_ERROR_STOP=1 -c "SELECT pg_terminate_backend(pg_backend_pid())"; echo $?; PGSSLMODE=disable psql -XqAt -f - <<'SQL'\nSELECT pg_terminate_backend(pg_backend_pid());\nSQL\n echo $?; ${stdin('-XqAt', 'SELECT pg_terminate_backend(pg_backend_pid());\nSELECT 1;')}`,
  ],
  ['\\q and \\echo', stdin('-XqAt', '\\echo hello world\nSELECT 1;\n\\q\nSELECT 2;')],
  ['a missing file', 'psql -XqAt -f /nothing/here.sql'],
  ['no host', 'unset PGHOST; psql -XqAt -c "SELECT 1"'],
  [
    'PGOPTIONS and PGAPPNAME',
    `PGOPTIONS='-c work_mem=1234kB' PGAPPNAME=me psql -XqAt -c "SHOW work_mem" -c "SHOW application_name"; psql -XqAt -c "SHOW application_name"`,
  ],
  ['COPY TO STDOUT', `psql -XqAt -c "COPY (SELECT generate_series(1, 3)) TO STDOUT"`],
  ['an empty query', `psql -XAt -c ""; echo ";;" | psql -XAt`],
  [
    'TLS',
    `psql -XqAt -c "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"; PGSSLMODE=disable psql -XqAt -c "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"; env -u PGSSLMODE psql -XqAt -c "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"`,
  ],
])('prints %s like psql', async (_, script) => {
  const [wanted, got] = await both(script);
  expect(got).toEqual(wanted);
});

it.each([
  ['the password is wrong', { PGPASSWORD: 'wrong' }],
  ['the database is missing', { PGDATABASE: 'none' }],
  ['nobody listens', { PGPORT: '1' }],
  ['the name is unknown', { PGHOST: 'nowhere.internal' }],
  [
    'the certificate is not of that name',
    { PGHOST: 'other.internal', PGSSLMODE: 'verify-full', PGSSLROOTCERT: '/etc/ca.crt' },
  ],
  ['the certificate is right', { PGSSLMODE: 'verify-full', PGSSLROOTCERT: '/etc/ca.crt' }],
  ['the certificate file is missing', { PGSSLMODE: 'verify-ca', PGSSLROOTCERT: '/etc/none.crt' }],
  ['only the chain is checked', { PGHOST: 'other.internal', PGSSLMODE: 'verify-ca', PGSSLROOTCERT: '/etc/ca.crt' }],
])('says the same when %s', async (_, changes: Record<string, string>) => {
  const [wanted, got] = await both('psql -XqAt -c "SELECT 1"', changes);
  expect(got).toEqual(wanted);
});

it.each([
  'psql -X -l',
  'psql -c "\\d"',
  'echo "\\gexec" | psql',
  'psql postgres',
  'echo "COPY t FROM STDIN;" | psql -c "CREATE TEMP TABLE t (a int)" -f -',
])('refuses %s', async (script) => {
  expect((await standIn.run(script, environment)).exitCode).toBe(64);
});
