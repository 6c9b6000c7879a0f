/** Point-in-time restores: a new cluster from a base backup and the archived WAL, replayed to a moment. */
import { rm, writeFile, chown } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { Archive, type BaseBackup } from './archive';
import type { CopyProgress } from './backup';
import { Cluster, type ClusterOptions } from './cluster';
import { ADMIN_DATABASE, type Settings, shellWord } from './configuration';
import { copyTree } from './copy';
import {
  DeadlineError,
  NoBaseBackupError,
  RestoreCancelledError,
  RestoreFailedError,
  TargetAfterLatestError,
  TargetBeforeEarliestError,
  VersionMismatchError,
} from './errors';
import { type Fault, Gate } from './fault';
import type { Server } from './server';
import { until } from './wait';

/** `latest`: everything archived. `end of backup`: a snapshot. */
export type Target = Date | 'latest' | 'end of backup';

export interface ReplayProgress {
  readonly step: 'replaying';
  readonly target: Target;
  /** Commit time of the last transaction replayed; unknown until one was. */
  readonly replayedTo?: Date | undefined;
  /** The same as a position in the WAL, `0/3000148`; unknown until the copy is consistent. */
  readonly position?: string | undefined;
}

export type RestoreProgress = CopyProgress | ReplayProgress | { readonly step: 'starting' };

interface CommonOptions {
  /** The new cluster; its folder must not hold one yet. */
  readonly into: ClusterOptions;
  readonly onProgress?: (progress: RestoreProgress) => void;
  /** Cancels: the server is killed, the half-restored data removed. */
  readonly signal?: AbortSignal;
  /** Stops the restore at a certain step, for drills and tests. */
  readonly fault?: Fault;
  /** The longest replay; default 600. */
  readonly replaySeconds?: number;
}

export interface RestoreOptions extends CommonOptions {
  /** Of the cluster to restore from, which need not run nor exist any more. */
  readonly archive: Archive;
  /**
   * A moment between `archive.earliestRestorableTime()` and the last `latestRestorableTime(cluster)`: what was
   * committed at it is included, what was committed later is not.
   */
  readonly target: Date | 'latest';
}

export interface SnapshotRestoreOptions extends CommonOptions {
  /** The folder given to `takeSnapshot`. */
  readonly snapshotFolder: string;
}

export interface Restored {
  /** Running, with an archive of its own, and without a base backup yet. */
  readonly cluster: Cluster;
  readonly backup: BaseBackup;
  /** Commit time of the last transaction replayed; `undefined` where none was. */
  readonly restoredTo: Date | undefined;
  readonly copiedBytes: number;
  /** Measured seconds of each part. */
  readonly seconds: { readonly copy: number; readonly replay: number; readonly start: number };
}

/**
 * Restores the state of a moment into a new cluster, with that moment's roles and passwords. The cluster accepts TCP
 * connections only when it is complete.
 * @throws NoBaseBackupError, TargetBeforeEarliestError, TargetAfterLatestError, VersionMismatchError,
 *   RestoreFailedError, RestoreCancelledError
 */
export async function restore(options: RestoreOptions): Promise<Restored> {
  const backup = await baseFor(options.archive, options.target);
  return run(options, options.archive, backup, options.target);
}

/**
 * Restores a snapshot into a new cluster.
 * @throws NoBaseBackupError, VersionMismatchError, RestoreFailedError, RestoreCancelledError
 */
export async function restoreSnapshot(options: SnapshotRestoreOptions): Promise<Restored> {
  const archive = Archive.open(options.snapshotFolder);
  const [backup] = await archive.backups();
  if (backup === undefined) throw new NoBaseBackupError(`no snapshot in ${options.snapshotFolder}`);
  return run(options, archive, backup, 'end of backup');
}

/** The newest base backup that ended before the target: the least to replay. */
async function baseFor(archive: Archive, target: Date | 'latest'): Promise<BaseBackup> {
  const backups = await archive.backups();
  const [oldest] = backups;
  if (oldest === undefined) throw new NoBaseBackupError('the archive has no base backup');
  const usable = target === 'latest' ? backups : backups.filter(({ endedAt }) => endedAt <= target);
  const newest = usable.at(-1);
  if (target === 'latest') return newest ?? oldest;
  if (newest === undefined) throw new TargetBeforeEarliestError(target, oldest.endedAt);
  const latest = await archive.provenUntil();
  if (latest === undefined || target > latest) throw new TargetAfterLatestError(target, latest);
  return newest;
}

async function run(options: CommonOptions, archive: Archive, backup: BaseBackup, target: Target): Promise<Restored> {
  const { major } = options.into.postgres;
  if (backup.major !== major) {
    throw new VersionMismatchError(`the backup is of PostgreSQL ${backup.major}, the new cluster of ${major}`);
  }
  const cluster = await Cluster.prepare(options.into);
  const job = new Job(options, cluster, archive, backup, target);
  try {
    return await job.run();
  } catch (error) {
    const log = await cluster.logTail();
    await cluster.kill();
    await rm(cluster.dataFolder, { recursive: true, force: true }); // nobody may take a half for a whole
    if (options.signal?.aborted === true)
      throw new RestoreCancelledError('the restore was cancelled', { cause: error });
    if (error instanceof RestoreFailedError) throw error;
    throw new RestoreFailedError(`the restore failed: ${error instanceof Error ? error.message : String(error)}`, log, {
      cause: error,
    });
  }
}

const Replay = z.object({ recovering: z.boolean(), position: z.string().nullable(), at: z.date().nullable() });
const REPLAY = `SELECT pg_is_in_recovery() AS recovering, pg_last_wal_replay_lsn()::text AS position,
  pg_last_xact_replay_timestamp() AS at`;

class Job {
  private readonly gate: Gate;

  constructor(
    private readonly options: CommonOptions,
    private readonly cluster: Cluster,
    private readonly archive: Archive,
    private readonly backup: BaseBackup,
    private readonly target: Target,
  ) {
    this.gate = new Gate(options.fault, cluster.folder);
  }

  async run(): Promise<Restored> {
    const begun = performance.now();
    const copiedBytes = await this.copy();
    const copied = performance.now();
    const restoredTo = this.backup.kind === 'hot' ? await this.replay() : undefined;
    const replayed = performance.now();
    this.options.onProgress?.({ step: 'starting' });
    this.options.signal?.throwIfAborted();
    await this.cluster.start();
    const seconds = (from: number, to: number) => (to - from) / 1000;
    return {
      cluster: this.cluster,
      backup: this.backup,
      restoredTo,
      copiedBytes,
      seconds: {
        copy: seconds(begun, copied),
        replay: seconds(copied, replayed),
        start: seconds(replayed, performance.now()),
      },
    };
  }

  private copy(): Promise<number> {
    return copyTree(this.archive.dataOf(this.backup), this.cluster.dataFolder, {
      owner: this.cluster.account,
      signal: this.options.signal,
      onBytes: async (copiedBytes, totalBytes) => {
        this.options.onProgress?.({ step: 'copying', copiedBytes, totalBytes });
        if (copiedBytes * 2 >= totalBytes)
          await this.gate.reach('copying', () => Promise.reject(this.killed('copying')));
      },
    });
  }

  private async replay(): Promise<Date | undefined> {
    const signalFile = join(this.cluster.dataFolder, 'recovery.signal');
    await writeFile(signalFile, '', { mode: 0o600 });
    const { account } = this.cluster;
    if (account.foreign) await chown(signalFile, account.uid, account.gid);
    await this.gate.close(account, await this.gateSegment());

    const server = await this.cluster.launch(this.replaySettings());
    const last = await until('the replay to end', this.options.replaySeconds ?? 600, () => this.watch(server), {
      signal: this.options.signal,
    });
    await this.gate.remove();
    await this.cluster.stop('fast');
    return last.at ?? undefined;
  }

  /** One look at the replaying server; the last state when it has been promoted. */
  private async watch(server: Server): Promise<z.infer<typeof Replay> | undefined> {
    if (server.status !== undefined) throw await this.died(server);
    const phase = await this.cluster.phase();
    const state = phase === 'standby' || phase === 'ready' ? await this.state(server) : undefined;
    this.options.onProgress?.({
      step: 'replaying',
      target: this.target,
      position: state?.position ?? undefined,
      replayedTo: state?.at ?? undefined,
    });
    if (await this.gate.isReached()) await this.gate.reach('replaying', () => this.cluster.kill());
    return state?.recovering === false ? state : undefined;
  }

  private async state(server: Server): Promise<z.infer<typeof Replay> | undefined> {
    try {
      return await this.cluster.withAdmin(ADMIN_DATABASE, (admin) => admin.one(Replay, REPLAY));
    } catch (error) {
      // It ended or is being promoted between two looks; the next look tells which.
      if (server.status !== undefined || error instanceof DeadlineError) return undefined;
      if (error instanceof Error && 'code' in error) return undefined;
      throw error;
    }
  }

  private replaySettings(): Settings {
    const wal = shellWord(this.archive.walFolder);
    const limits: Record<string, string> = {};
    for (const [name, atLeast] of Object.entries(this.backup.limits)) {
      limits[name] = String(Math.max(atLeast, Number(this.cluster.customSettings[name] ?? 0)));
    }
    return {
      ...limits,
      listen_addresses: '', // no client sees a half-replayed database
      hot_standby: 'on', // so that progress can be asked for
      restore_command: `${this.gate.shell}test -f ${wal}/%f && cp ${wal}/%f %p`,
      recovery_target_action: 'promote',
      ...(this.target === 'end of backup' ? { recovery_target: 'immediate' } : {}),
      // The documented format; an ISO time with T and Z is taken for local time by some versions.
      ...(this.target instanceof Date
        ? {
            recovery_target_time: this.target.toISOString().replace('T', ' ').replace('Z', '+00'),
            recovery_target_inclusive: 'on',
          }
        : {}),
    };
  }

  /**
   * Where replay waits for a fault: the first segment after the backup's end, which replay to a moment always needs,
   * so that the copy is consistent by then; else the first of all.
   */
  private async gateSegment(): Promise<string> {
    const segments = await this.archive.segments();
    const { first, last } = z.object({ first: z.string(), last: z.string() }).parse(this.backup.segments);
    return (this.target === 'end of backup' ? undefined : segments.find((segment) => segment > last)) ?? first;
  }

  private killed(step: string): RestoreFailedError {
    return new RestoreFailedError(`the restore was killed while ${step}`, '');
  }

  private async died(server: Server): Promise<RestoreFailedError> {
    return new RestoreFailedError(
      `the restoring server ended with ${server.status ?? 'nothing'}`,
      await server.logTail(),
    );
  }
}
