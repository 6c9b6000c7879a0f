/** The same disasters where PostgreSQL runs on a host of one's own, and nightly dumps are all that there is. */
import * as z from 'zod';
import type { Check } from '../../contract/run';
import { type World as Sandbox } from '../drill/world';
import { damage } from './deleted-and-corrupted-rows';
import { NothingToDamageError, sandboxOf, type Scenario, type World } from './scenario';

/** A night, seconds. */
const NIGHT = 86_400;

/**
 * What a cron job has left in the folder of backups: a dump of each of two nights, and the one of last night, which broke off
 * when the disk was full. It is the newest.
 */
export async function nightlyDumps(sandbox: Sandbox): Promise<void> {
  const { databaseHost: host, description, passwords, masterUsername } = sandbox;
  const { address, name, selfHosted, sslMode } = description.database;
  if (host === undefined || selfHosted === undefined)
    throw new NothingToDamageError('the database has no host of its own');
  const night = (number: number) => `db_2026112${number}_020000.sql.gz`;
  const script = `#!/bin/bash
set -euo pipefail
pg_dump | gzip >"$folder/${night(1)}"
cp "$folder/${night(1)}" "$folder/${night(2)}"
head -c "$(($(stat -c %s "$folder/${night(1)}") / 2))" "$folder/${night(1)}" >"$folder/${night(3)}"
touch -d "@$(($(date +%s) - ${NIGHT}))" "$folder/${night(1)}"
sync "$folder"`;
  const ran = await host.run(script, {
    folder: selfHosted.backupFolder,
    PGHOST: address,
    PGPORT: String(sandbox.cluster.options.address.port),
    PGDATABASE: name,
    PGUSER: masterUsername,
    PGPASSWORD: passwords.master,
    PGSSLMODE: sslMode,
  });
  if (ran.exitCode !== 0) throw new NothingToDamageError(`no nightly dumps could be made: ${ran.stderr}`);
}

const kept = z.object({ name: z.string(), comment: z.string() });

/** The old database is there under another name, with its run and its expiry. */
export async function keptDatabase(world: World): Promise<Check[]> {
  const { cluster, name } = world.database;
  const found = await cluster.withAdmin(name, (admin) =>
    admin.query(
      kept,
      `SELECT datname AS name, coalesce(shobj_description(oid, 'pg_database'), '') AS comment
         FROM pg_database WHERE datname LIKE 'lifeboat\\_old\\_%'`,
    ),
  );
  const sound =
    found.length === 1 && /^lifeboat run=\S+ expires=\d{4}-\d{2}-\d{2} replaced=/.test(found[0]?.comment ?? '');
  return [
    {
      name: 'the replaced database is kept',
      status: sound ? 'passed' : 'failed',
      expected: 'one, with its run and its expiry',
      actual: found.map(({ name: is, comment }) => `${is}: ${comment}`).join('; ') || 'none',
      evidence: "the server's list of databases",
    },
  ];
}

/** Rows are deleted and overwritten; last night's dump is cut off. */
export const selfHostedRows: Scenario = {
  name: 'self-hosted-deleted-and-corrupted-rows',
  title: 'Rows are deleted and overwritten in a self-hosted database, and its newest backup is cut off',
  plan: 'database-recovery',
  database: 'self-hosted',
  prepare: (world) => nightlyDumps(sandboxOf(world)),
  inject: damage,
  look: keptDatabase,
};
