/** Replicas: a cluster that follows another one by the log that the other one archives, and can be read meanwhile. */
import { chown, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { takeBaseBackup } from './backup';
import { Cluster, type ClusterOptions } from './cluster';
import { ADMIN_DATABASE, type Settings, shellWord } from './configuration';
import { copyTree } from './copy';
import { until } from './wait';

const PROMOTE_SECONDS = 60;

export interface FollowOptions {
  /** The new cluster; its folder must not hold one yet. */
  readonly into: ClusterOptions;
  readonly signal?: AbortSignal;
}

/**
 * Makes a replica of a running cluster: its newest base backup, and from then on every segment that it archives. It lags by the
 * segment that is being written, `archiveSeconds` of the source at the most while the source archives.
 * @throws what copying and starting throw
 */
export async function follow(source: Cluster, { into, signal }: FollowOptions): Promise<Cluster> {
  const backup = (await source.archive.backups()).at(-1) ?? (await takeBaseBackup(source));
  const wal = shellWord(source.archive.walFolder);
  const limits = Object.entries(backup.limits).map(([name, atLeast]): [string, string] => [
    name,
    String(Math.max(atLeast, Number(into.settings?.[name] ?? 0))),
  ]);
  const settings: Settings = {
    ...into.settings,
    ...Object.fromEntries(limits),
    hot_standby: 'on',
    restore_command: `test -f ${wal}/%f && cp ${wal}/%f %p`,
    wal_retrieve_retry_interval: '500ms',
  };
  const replica = await Cluster.prepare({ ...into, settings });
  try {
    await copyTree(source.archive.dataOf(backup), replica.dataFolder, { owner: replica.account, signal });
    const mark = join(replica.dataFolder, 'standby.signal');
    await writeFile(mark, '', { mode: 0o600 });
    if (replica.account.foreign) await chown(mark, replica.account.uid, replica.account.gid);
    await replica.start();
    return replica;
  } catch (error) {
    await replica.kill();
    await rm(replica.dataFolder, { recursive: true, force: true }); // nobody may take a half for a whole
    throw error;
  }
}

const replayed = z.object({ at: z.date().nullable() });

/** Commit time of the last transaction that a replica has replayed. */
export async function replayedTo(replica: Cluster): Promise<Date | null> {
  const sql = 'SELECT pg_last_xact_replay_timestamp() AS at';
  return (await replica.withAdmin(ADMIN_DATABASE, (admin) => admin.one(replayed, sql))).at;
}

/** Makes a replica a cluster of its own, with what it has replayed by then. @returns the commit time of the last of that */
export async function promote(replica: Cluster): Promise<Date | null> {
  const done = z.object({ done: z.boolean() });
  await replica.withAdmin(ADMIN_DATABASE, (admin) =>
    admin.one(done, `SELECT pg_promote(true, ${PROMOTE_SECONDS}) AS done`),
  );
  await until('the promoted server to take writes', PROMOTE_SECONDS, async () =>
    (await replica.phase()) === 'ready' ? true : undefined,
  );
  // Its settings stay: where from to restore means nothing to a server that is not in recovery.
  return await replayedTo(replica);
}
