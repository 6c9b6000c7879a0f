import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Client } from 'pg';
import * as z from 'zod';
import {
  applicationFolder,
  createRepository,
  fillDatabase,
  installApplication,
  ProvisioningFailed,
  readVersions,
  type ApplicationSetup,
} from '../../../../sandbox/applications/interview-drills';
import { type CommandResult, type Host } from '../../../../sandbox/hosts';
import { Fixture, until } from '../../hosts/fixture';
import { PostgresServer } from '../../hosts/postgres';

const fixture = new Fixture();
const server = new PostgresServer();
const secret = { username: 'interview', password: 'first' };
const name = 'db.interview.internal';
let host: Host;
let setup: ApplicationSetup;
let admin: Client;

const connect = async (database: string): Promise<Client> => {
  const { address, port, user, password } = server;
  const client = new Client({ host: address, port, user, password, database });
  await client.connect();
  return client;
};

beforeAll(async () => {
  await Promise.all([fixture.open(), server.open(name)]);
  admin = await connect('postgres');
  await admin.query(`CREATE ROLE interview LOGIN PASSWORD 'first'`);
  await admin.query('CREATE DATABASE interview_app OWNER interview');
  fixture.names.set(name, [server.address]);
  host = await fixture.host({ role: 'app', getSecretValue: () => Promise.resolve(JSON.stringify(secret)) });
  setup = {
    repository: createRepository(path.join(fixture.folder, 'repository')),
    tag: 'v1.3.0',
    database: {
      host: name,
      port: server.port,
      name: 'interview_app',
      ssl: { mode: 'verify-full', ca: fs.readFileSync(server.certificate, 'utf8') },
    },
    secretId: 'interview-app/database',
    region: 'eu-central-1',
    migrate: true,
  };
  await installApplication(host, setup);
});
afterAll(async () => {
  await admin.end();
  await fixture.close();
  await server.close();
});

const reply = z.record(z.string(), z.unknown());

async function call(method: string, route: string, body?: unknown): Promise<[number, Record<string, unknown>]> {
  const { address, port } = host.endpoint(80);
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
  const response = await fetch(`http://${address}:${port}${route}`, init);
  // nginx's own pages, while the application restarts, are not JSON.
  const json = response.headers.get('content-type') === 'application/json';
  return [response.status, json ? reply.parse(await response.json()) : {}];
}

const run = (script: string, options = {}): Promise<CommandResult> =>
  host.run(`#!/bin/bash\nset -euo pipefail\n${script}`, {}, { folder: applicationFolder, ...options });

const endSessions = (): Promise<unknown> =>
  admin.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'interview_app'`);

it('comes from a repository whose commits never change', () => {
  const again = createRepository(path.join(fixture.folder, 'again'));
  const git = (folder: string, ...args: string[]): string =>
    execFileSync('git', args, { cwd: folder, encoding: 'utf8' });
  for (const { tag } of readVersions())
    expect(git(again, 'rev-parse', tag)).toBe(git(setup.repository, 'rev-parse', tag));
  expect(git(again, 'status', '--porcelain')).toBe('');
  expect(git(again, 'describe', '--tags', '--abbrev=0', 'v1.3.0~1')).toBe('v1.2.0\n');
  expect(git(again, 'diff', '--stat', 'v1.2.0', 'v1.3.0')).toContain('migrations/1.3.0.up.sql');
});

it('is healthy through nginx, and says what it runs on', async () => {
  expect(await call('GET', '/api/health')).toEqual([
    200,
    { status: 'healthy', version: '1.3.0', database: { name: 'interview_app', schema: '1.3.0' } },
  ]);
});

it('acknowledges a write that is in the database', async () => {
  const [status, user] = await call('POST', '/api/users', { email: 'a@example.com', name: 'A' });
  expect(status).toBe(201);
  const given = { userId: user['id'], questionId: 1, score: 77, feedback: 'fine', rubric: 'depth' };
  const [made, evaluation] = await call('POST', '/api/evaluations', given);
  expect(made).toBe(201);
  const committed = z
    .strictObject({ id: z.int(), transaction: z.string().regex(/^\d+$/), committedAt: z.iso.datetime() })
    .parse(evaluation);
  expect(committed.id).toBeGreaterThan(0);
  const client = await connect('interview_app');
  const { rows } = await client.query('SELECT score, rubric FROM evaluations WHERE id = $1', [evaluation['id']]);
  await client.end();
  expect(rows).toEqual([{ score: 77, rubric: 'depth' }]);
  expect(await call('GET', `/api/evaluations/${String(evaluation['id'])}`)).toMatchObject([200, { ...given }]);
  expect(await call('GET', '/api/evaluations?limit=1')).toMatchObject([
    200,
    { evaluations: [{ id: evaluation['id'] }] },
  ]);
  expect(await call('POST', '/api/evaluations', { ...given, score: 101 })).toMatchObject([400, {}]);
  expect((await call('GET', '/api/metrics'))[1]).toMatchObject({ errors: 0 });
});

it('passes its own tests on the host, and the consistency check', async () => {
  const tests = await run('npm run --silent test:integration');
  expect(tests.stdout).toMatch(/^# fail 0$/m);
  expect(tests.exitCode).toBe(0);
  const check = await run('./scripts/validate-data-consistency.sh');
  expect(JSON.parse(check.stdout)).toMatchObject({ consistent: true, questions: 1 });
});

it('is told of bad data by the consistency check', async () => {
  const client = await connect('interview_app');
  await client.query(
    `UPDATE evaluations SET created_at = now() + interval '1 day' WHERE id = (SELECT min(id) FROM evaluations)`,
  );
  const check = await run('./scripts/validate-data-consistency.sh');
  expect(check.exitCode).toBe(1);
  expect(JSON.parse(check.stdout)).toMatchObject({ consistent: false, future: 1 });
  await client.query('UPDATE evaluations SET created_at = now()');
  await client.end();
});

it('is unhealthy with a reason while its database is out of reach, and follows the name when it changes', async () => {
  const elsewhere = await fixture.pool.claim();
  fixture.names.set(name, [elsewhere]);
  await endSessions();
  await until(async () => (await call('GET', '/api/health'))[0] === 503);
  expect((await call('GET', '/api/health'))[1]['reason']).toBe(
    `database: connect ECONNREFUSED ${elsewhere}:${server.port}`,
  );
  expect((await call('POST', '/api/users', { email: 'x@example.com', name: 'X' }))[0]).toBeGreaterThanOrEqual(500);
  fixture.names.set(name, [server.address]);
  await until(async () => (await call('GET', '/api/health'))[0] === 200);
});

it('reads its login again when it is refused', async () => {
  await admin.query(`ALTER ROLE interview PASSWORD 'second'`);
  await endSessions();
  await until(async () => (await call('GET', '/api/health'))[0] === 503);
  expect((await call('GET', '/api/health'))[1]['reason']).toContain('password authentication failed');
  secret.password = 'second';
  await until(async () => (await call('GET', '/api/health'))[0] === 200);
});

it('is rolled back as the procedure says: the schema first, then the code', async () => {
  expect((await run('./scripts/migrate.sh version')).stdout).toBe('1.3.0\n');
  expect((await run('./scripts/migrate.sh rollback-to 1.1.0')).stdout).toBe('undone 1.3.0\nundone 1.2.0\n');
  expect(await call('GET', '/api/health')).toMatchObject([
    503,
    { reason: 'database: schema 1.1.0 is older than 1.3.0' },
  ]);
  const unknown = await run('./scripts/migrate.sh rollback-to 0.9.0');
  expect(unknown).toMatchObject({ exitCode: 1, stderr: 'migrate.sh: version 0.9.0 was never applied\n' });
  const rollback = `git checkout -q v1.1.0; npm ci --silent; npm run --silent build; sudo systemctl restart interview-app
    curl -fsS --retry 20 --retry-delay 1 --retry-all-errors http://localhost:3000/api/health`;
  expect(JSON.parse((await run(rollback)).stdout.split('\n').at(-1) ?? '')).toMatchObject({
    version: '1.1.0',
    database: { schema: '1.1.0' },
  });
  expect((await run('npm run --silent test:critical')).exitCode).toBe(0);
  expect((await run('git describe --tags --abbrev=0')).stdout).toBe('v1.1.0\n');
  const forward = `git checkout -q v1.3.0; npm run --silent build; ./scripts/migrate.sh up; systemctl restart interview-app`;
  expect((await run(forward)).stdout).toBe('built 1.3.0\napplied 1.2.0\napplied 1.3.0\n');
});

it('keeps running the old build until it is built and restarted', async () => {
  await until(async () => (await call('GET', '/api/health'))[0] === 200);
  await run('git checkout -q v1.2.0');
  await host.systemctl('restart', 'interview-app');
  await until(async () => (await call('GET', '/api/health'))[0] === 200);
  expect((await call('GET', '/api/health'))[1]['version']).toBe('1.3.0');
  await run('git checkout -q v1.3.0');
});

it('has a version that is broken on purpose', async () => {
  await installApplication(host, { ...setup, tag: 'v1.3.0-test', migrate: false });
  expect((await call('GET', '/api/health'))[1]['version']).toBe('1.3.0-test');
  const tests = await run('npm run --silent test:critical');
  expect(tests.exitCode).toBe(1);
  expect(tests.stdout).toMatch(/^# fail 1$/m);
});

it('says why it could not be installed', async () => {
  const bare = await fixture.host();
  const failed = installApplication(bare, { ...setup, migrate: false, healthSeconds: 0.5 });
  await expect(failed).rejects.toBeInstanceOf(ProvisioningFailed);
  await expect(failed).rejects.toThrow(/not healthy.*Unable to locate credentials/);
  await bare.destroy();
});

describe('data', () => {
  const filled = async (
    database: string,
    evaluations?: number,
  ): Promise<{ sum: string; bytes: number; seconds: number; counts: unknown }> => {
    await admin.query(`CREATE DATABASE ${database}`);
    const client = await connect(database);
    for (const version of ['1.0.0', '1.1.0']) {
      await client.query(fs.readFileSync(path.join(setup.repository, 'migrations', `${version}.up.sql`), 'utf8'));
    }
    const began = Date.now();
    const options = { until: new Date('2026-01-01T00:00:00Z'), ...(evaluations === undefined ? {} : { evaluations }) };
    const counts = await fillDatabase(client, options);
    const seconds = (Date.now() - began) / 1000;
    const { rows } = await client.query(
      `SELECT pg_database_size(current_database())::float8 AS bytes,
         (SELECT md5(string_agg(md5(e::text), '' ORDER BY id)) FROM evaluations e) AS sum`,
    );
    await client.end();
    const { bytes, sum } = z.object({ bytes: z.number(), sum: z.string() }).parse(rows[0]);
    return { bytes, sum, seconds, counts };
  };

  it('is more than a hundred thousand rows and a hundred megabytes', async () => {
    const { bytes, seconds, counts } = await filled('large');
    expect(counts).toEqual({ users: 5000, questions: 500, evaluations: 100_000 });
    expect(bytes).toBeGreaterThan(100_000_000);
    // Generous: the computer may be busy with other tests.
    expect(seconds).toBeLessThan(30);
    process.stdout.write(`filled ${Math.round(bytes / 1e6)} MB in ${seconds} s\n`);
  });

  it('is the same each time', async () => {
    expect((await filled('one', 500)).sum).toBe((await filled('two', 500)).sum);
  });
});
