/** A deployment brings a data migration that is wrong: every rule still holds, so only a person can say that it has to go. */
import * as z from 'zod';
import type { Check } from '../../contract/run';
import { AddressPool, contentDigest, restoreSnapshot, type Cluster } from '../databases';
import type { World as Sandbox } from '../drill/world';
import { servingInstance } from '../drill/evidence';
import { changed, transaction } from './deleted-and-corrupted-rows';
import { NothingToDamageError, sandboxOf, type Admin, type Injected, type Scenario, type World } from './scenario';
import { keptDatabase, nightlyDumps } from './self-hosted';

const rowsSchema = z.object({ rows: z.coerce.number(), through: z.string(), digest: z.string() });
type Rows = z.infer<typeof rowsSchema>;

/** Every row of before a moment, in one figure: each column of each counts. */
const UNTIL = `SELECT count(*) AS rows, coalesce(max(id), 0)::text AS through,
    coalesce(md5(string_agg(md5(e::text), '' ORDER BY id)), '') AS digest
  FROM public.evaluations AS e
 WHERE pg_xact_commit_timestamp(xmin) IS NULL OR pg_xact_commit_timestamp(xmin) <= $1`;
const THROUGH = `SELECT count(*) AS rows, coalesce(max(id), 0)::text AS through,
    coalesce(md5(string_agg(md5(e::text), '' ORDER BY id)), '') AS digest
  FROM public.evaluations AS e WHERE id <= $1::bigint`;

/** What the rows were that have to be there again. */
const before = new WeakMap<Sandbox, Rows>();

/** Scores to another scale and feedback shortened: wrong, within every rule, and nothing that could be computed back. */
async function migrate({ database, spare }: World, note: (admin: Admin, second: Date) => Promise<void>) {
  return await database.cluster.withAdmin(database.name, async (admin) => {
    let second = new Date(0);
    let rows = 0;
    const at = await transaction(admin, database.login, async () => {
      // As migrations do; and nobody who began before it commits after it.
      await admin.execute('LOCK TABLE public.evaluations IN SHARE ROW EXCLUSIVE MODE');
      const now = await admin.one(z.object({ at: z.date() }), "SELECT date_trunc('second', clock_timestamp()) AS at");
      second = now.at;
      await note(admin, second);
      rows = await changed(
        admin,
        `UPDATE public.evaluations SET score = (score / 10)::int, feedback = left(feedback, 12)
          WHERE id <> ALL($1::bigint[]) AND id <> ALL($2::bigint[]) RETURNING 1`,
        [spare.evaluations, []],
      );
    });
    if (rows === 0) throw new NothingToDamageError('there are no evaluations to migrate');
    return { at, second, what: `a migration put ${rows} evaluations on another scale and cut their feedback off` };
  });
}

/** Who deployed knows when: the whole second before the migration. */
async function inject(world: World): Promise<Injected> {
  const sandbox = sandboxOf(world);
  const { at, second, what } = await migrate(world, async (admin, moment) => {
    if (!before.has(sandbox)) before.set(sandbox, await admin.one(rowsSchema, UNTIL, [moment]));
  });
  return { at, what, request: { restoreTime: `${second.toISOString().slice(0, 19)}Z` } };
}

const check = (name: string, expected: string, actual: string, evidence: string): Check => ({
  name,
  status: actual === expected ? 'passed' : 'failed',
  expected,
  actual,
  evidence,
});

async function rowsAsBefore(sandbox: Sandbox, cluster: Cluster): Promise<Check> {
  const then = before.get(sandbox);
  if (then === undefined) throw new NothingToDamageError('nobody looked at the rows before the migration');
  const now = await cluster.withAdmin(sandbox.description.database.name, (admin) =>
    admin.one(rowsSchema, THROUGH, [then.through]),
  );
  const words = ({ rows, digest }: Rows) => `${rows} rows, ${digest}`;
  return check(
    'every row is as before the migration',
    words(then),
    words(now),
    `every column of every evaluation up to ${then.through}, read by nobody of the system under test`,
  );
}

const backedUp = (fenced: string, found: string, where: string) =>
  check(
    'the safety backup has all that was there behind the fence',
    fenced,
    found,
    `${where}, every row of every table`,
  );

/** The rows, and the snapshot restored by somebody else and held against the instance that was fenced. */
async function lookAtInstances(world: World): Promise<Check[]> {
  const sandbox = sandboxOf(world);
  const { rds, description, source } = sandbox;
  const serving = servingInstance(sandbox)?.cluster;
  const snapshot = rds.plane.snapshots
    .in(description.region)
    .find(({ identifier }) => identifier.startsWith(`lifeboat-${description.environment}-safety-`));
  if (serving === undefined || source.cluster === undefined) throw new NothingToDamageError('an instance is gone');
  const { name, port } = description.database;
  const fenced = (await contentDigest(source.cluster, name)).digest;
  const found = snapshot === undefined ? 'no snapshot' : await contentOf(sandbox, snapshot.folder, { name, port });
  const where = `${snapshot?.identifier ?? 'the snapshot'}, restored by nobody of the system under test`;
  return [await rowsAsBefore(sandbox, serving), backedUp(fenced, found, where)];
}

async function contentOf(
  { rds }: Sandbox,
  snapshotFolder: string,
  { name, port }: { readonly name: string; readonly port: number },
): Promise<string> {
  const addresses = new AddressPool({ port });
  const address = await addresses.take();
  try {
    const into = rds.plane.clusterOptions('lifeboat-look', address, `look-${Date.now()}`);
    const { cluster } = await restoreSnapshot({ snapshotFolder, into });
    try {
      return (await contentDigest(cluster, name)).digest;
    } finally {
      await cluster.stop('immediate');
    }
  } finally {
    await addresses.release(address);
  }
}

const LOOK = 'look_at_the_dump';
const replaced = z.object({ name: z.string() });

/** The same where the safety backup is a dump on the database's own host, which is restored into a database beside. */
async function lookAtDatabases(world: World): Promise<Check[]> {
  const sandbox = sandboxOf(world);
  const { cluster, databaseHost: host, description, masterUsername, passwords } = sandbox;
  const { name, selfHosted, sslMode, address } = description.database;
  if (host === undefined || selfHosted === undefined)
    throw new NothingToDamageError('the database has no host of its own');
  const old = await cluster.withAdmin(name, (admin) =>
    admin.one(replaced, `SELECT datname AS name FROM pg_database WHERE datname LIKE 'lifeboat\\_old\\_%'`),
  );
  const fenced = (await contentDigest(cluster, old.name)).digest;
  const script = `#!/bin/bash
set -euo pipefail
dump=$(find "$folder" -maxdepth 1 -name 'lifeboat_before_*_expires_*.dump')
psql -X -q -d postgres -c 'DROP DATABASE IF EXISTS ${LOOK}' -c 'CREATE DATABASE ${LOOK} TEMPLATE template0'
pg_restore --exit-on-error -d ${LOOK} "$dump"
basename "$dump"`;
  const ran = await host.run(script, {
    folder: selfHosted.backupFolder,
    PGHOST: address,
    PGPORT: String(cluster.options.address.port),
    PGUSER: masterUsername,
    PGPASSWORD: passwords.master,
    PGSSLMODE: sslMode,
  });
  const found = ran.exitCode === 0 ? (await contentDigest(cluster, LOOK)).digest : `no dump: ${ran.stderr}`;
  await cluster.withAdmin('postgres', (admin) => admin.execute(`DROP DATABASE IF EXISTS ${LOOK}`));
  return [
    await rowsAsBefore(sandbox, cluster),
    backedUp(fenced, found, `${ran.stdout.trim()}, restored by nobody of the system under test`),
    ...(await keptDatabase(world)),
  ];
}

export const badDataMigration: Scenario = {
  name: 'bad-data-migration',
  title: 'A deployment brings a data migration that is wrong',
  plan: 'database-rollback',
  inject,
  look: lookAtInstances,
};

export const badDataMigrationSelfHosted: Scenario = {
  name: 'self-hosted-bad-data-migration',
  title: 'A deployment brings a wrong data migration to a self-hosted database',
  plan: 'database-rollback',
  database: 'self-hosted',
  async prepare(world) {
    const sandbox = sandboxOf(world);
    await nightlyDumps(sandbox);
    // What the newest sound dump has: nobody has written since.
    const { cluster, name } = world.database;
    before.set(sandbox, await cluster.withAdmin(name, (admin) => admin.one(rowsSchema, UNTIL, [new Date()])));
  },
  inject,
  look: lookAtDatabases,
};
