/** Taking base backups and snapshots of a cluster, and proving up to when it can be restored. */
import { randomBytes } from 'node:crypto';
import { copyFile, chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { Archive, type BaseBackup } from './archive';
import type { Cluster } from './cluster';
import { ADMIN_DATABASE, ADMIN_SCHEMA } from './configuration';
import { copyTree } from './copy';
import { ServerRunningError } from './errors';

export interface CopyProgress {
  readonly step: 'copying';
  readonly copiedBytes: number;
  readonly totalBytes: number;
}

export interface BackupOptions {
  readonly onProgress?: (progress: CopyProgress) => void;
  readonly signal?: AbortSignal;
}

/** Folders whose content a server makes anew (documentation, "Making a Base Backup Using the Low Level API"). */
const REMADE = [
  'pg_wal',
  'pg_replslot',
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
];
const REMADE_CONTENT = new RegExp(`^(${REMADE.join('|')})/`);
const LEFT_OUT = /(^postmaster\.(pid|opts)|^server\.(key|crt)|(^|\/)pgsql_tmp[^/]*|(^|\/)pg_internal\.init[^/]*)$/;

/** Settings that WAL replay needs at least as large as where the WAL was written. */
const LIMITS = [
  'max_connections',
  'max_worker_processes',
  'max_wal_senders',
  'max_prepared_transactions',
  'max_locks_per_transaction',
];

const Limit = z.object({ name: z.string(), setting: z.coerce.number() });
const Clock = z.object({ now: z.date() });
const Stopped = z.object({ segment: z.string(), labelfile: z.string(), spcmapfile: z.string() });

/**
 * A base backup into the cluster's archive while the server works on.
 * @throws ServerNotRunningError, ArchiveStalledError
 */
export async function takeBaseBackup(cluster: Cluster, options: BackupOptions = {}): Promise<BaseBackup> {
  return hotBackup(cluster, cluster.archive, options);
}

/**
 * A snapshot: a copy that can be restored by itself, whatever becomes of the cluster. Of a running server it holds what
 * was committed before it ended; of a stopped or killed one, everything that was committed.
 * @param folder new; the snapshot's, to be given to `restoreSnapshot`
 * @throws ArchiveStalledError
 */
export async function takeSnapshot(cluster: Cluster, folder: string, options: BackupOptions = {}): Promise<BaseBackup> {
  const snapshot = await Archive.create(folder, cluster.account);
  if (!cluster.running) return coldCopy(cluster, snapshot, options);
  const backup = await hotBackup(cluster, snapshot, options);
  const { first, last } = z.object({ first: z.string(), last: z.string() }).parse(backup.segments);
  const segments = (await cluster.archive.segments()).filter((segment) => segment >= first && segment <= last);
  for (const file of [...segments, ...(await cluster.archive.histories())]) {
    const target = join(snapshot.walFolder, file);
    await copyFile(join(cluster.archive.walFolder, file), target);
    if (cluster.account.foreign) await chown(target, cluster.account.uid, cluster.account.gid);
  }
  return backup;
}

async function hotBackup(cluster: Cluster, into: Archive, options: BackupOptions): Promise<BaseBackup> {
  const startedAt = new Date();
  const { id, draft } = await draftIn(into, startedAt);
  try {
    return await cluster.withAdmin(ADMIN_DATABASE, async (admin) => {
      // The session must stay open: the server ends a backup whose session ends.
      await admin.execute(`SELECT pg_backup_start('${id}', true)`);
      const bytes = await copyTree(cluster.dataFolder, join(draft, 'data'), {
        skip: (path) => REMADE_CONTENT.test(path) || LEFT_OUT.test(path),
        ...copyOptions(options),
      });
      const stop = await admin.one(
        Stopped,
        'SELECT pg_walfile_name(lsn) AS segment, labelfile, spcmapfile FROM pg_backup_stop(false)',
      );
      const { now } = await admin.one(Clock, 'SELECT clock_timestamp() AS now');
      const limits = await admin.query(Limit, 'SELECT name, setting FROM pg_settings WHERE name = ANY($1)', [LIMITS]);
      await writeFile(join(draft, 'data', 'backup_label'), stop.labelfile, { mode: 0o600 });
      await cluster.archive.has(stop.segment);
      const backup: BaseBackup = {
        id,
        kind: 'hot',
        major: cluster.options.postgres.major,
        startedAt,
        endedAt: new Date(now.getTime() + 1), // a JavaScript date cuts microseconds off: never too early
        bytes,
        segments: { first: firstSegment(stop.labelfile), last: stop.segment },
        limits: Object.fromEntries(limits.map(({ name, setting }) => [name, setting])),
      };
      await into.add(backup, draft);
      return backup;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function coldCopy(cluster: Cluster, into: Archive, options: BackupOptions): Promise<BaseBackup> {
  const startedAt = new Date();
  const { id, draft } = await draftIn(into, startedAt);
  try {
    const skip = (path: string) => LEFT_OUT.test(path) || path.startsWith('pg_wal/archive_status/');
    const bytes = await copyTree(cluster.dataFolder, join(draft, 'data'), { skip, ...copyOptions(options) });
    if (cluster.running) throw new ServerRunningError('the server was started while it was being copied');
    const backup: BaseBackup = {
      id,
      kind: 'cold',
      major: cluster.options.postgres.major,
      startedAt,
      endedAt: new Date(),
      bytes,
      limits: {},
    };
    await into.add(backup, draft);
    return backup;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function draftIn(archive: Archive, at: Date): Promise<{ id: string; draft: string }> {
  const id = `${at.toISOString().replace(/[-:.]/g, '')}-${randomBytes(3).toString('hex')}`;
  const draft = join(archive.backupsFolder, `.${id}`);
  await mkdir(draft, { mode: 0o700 });
  return { id, draft };
}

function copyOptions({ onProgress, signal }: BackupOptions) {
  return {
    signal,
    onBytes: (copiedBytes: number, totalBytes: number) => {
      onProgress?.({ step: 'copying', copiedBytes, totalBytes });
    },
  };
}

function firstSegment(label: string): string {
  return z.string().parse(/\(file ([0-9A-F]{24})\)/.exec(label)?.[1]);
}

/**
 * The latest moment that can be restored, brought up to now: a heart-beat is committed, its WAL segment ended, and the
 * segment awaited in the archive. Replay stops at the first commit after its target and so needs one: the answer is
 * just before the heart-beat's commit, and everything committed until then is archived.
 * @throws ServerNotRunningError, ArchiveStalledError
 */
export async function latestRestorableTime(cluster: Cluster): Promise<Date> {
  const beat = await cluster.withAdmin(ADMIN_DATABASE, async (admin) => {
    const { xid } = await admin.one(
      z.object({ xid: z.string() }),
      `UPDATE ${ADMIN_SCHEMA}.heartbeat SET beat = beat + 1 RETURNING pg_current_xact_id()::xid::text AS xid`,
    );
    const { milliseconds } = await admin.one(
      z.object({ milliseconds: z.coerce.number() }),
      `SELECT floor(extract(epoch FROM pg_xact_commit_timestamp($1::xid) - interval '1 microsecond') * 1000)::bigint AS milliseconds`,
      [xid],
    );
    const { segment } = await admin.one(
      z.object({ segment: z.string() }),
      'SELECT pg_walfile_name(pg_switch_wal()) AS segment',
    );
    return { moment: new Date(milliseconds), segment };
  });
  await cluster.archive.has(beat.segment);
  await cluster.archive.prove(beat.moment);
  return beat.moment;
}
