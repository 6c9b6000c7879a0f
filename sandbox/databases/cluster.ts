/**
 * One real PostgreSQL server: what lies under a simulated RDS instance or a self-hosted database.
 * Folder: `data`, `socket`, `server.log`, and `archive` unless the archive is elsewhere.
 */
import { existsSync } from 'node:fs';
import { chmod, chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { type Account, ownFolder, requireEntry, serverAccount } from './account';
import type { Address } from './addresses';
import { type Admin, withAdmin } from './admin';
import { Archive } from './archive';
import type { Postgres } from './binaries';
import type { CertificateAuthority } from './certificates';
import {
  ADMIN,
  ADMIN_DATABASE,
  ADMIN_SCHEMA,
  type ConfigurationInput,
  fixedNames,
  pgHbaConf,
  pgIdentConf,
  postgresqlConf,
  type Settings,
} from './configuration';
import {
  FolderInUseError,
  ServerNotRunningError,
  ServerRunningError,
  ServerStartError,
  SettingRefusedError,
} from './errors';
import { removeSharedMemory } from './processes';
import { complete, Server, type StopMode } from './server';
import { until } from './wait';

export interface ClusterOptions {
  /** Made if missing; the servers' account must be able to enter what is above it (see `admitServers`). */
  readonly folder: string;
  readonly postgres: Postgres;
  /** From an `AddressPool`. */
  readonly address: Address;
  /** By these DNS names and IPv4 addresses, and no others, `sslmode=verify-full` succeeds. */
  readonly names: readonly [string, ...string[]];
  readonly authority: CertificateAuthority;
  readonly settings?: Settings;
  /** Refuses TCP connections without TLS, as RDS does; default true. */
  readonly requireTls?: boolean;
  /** Where WAL and base backups go; default `archive` in the folder. Elsewhere it survives `destroy`. */
  readonly archiveFolder?: string;
  /** Seconds after which written WAL is archived although its segment is not full; default 5. */
  readonly archiveSeconds?: number;
  readonly onProgress?: (step: 'initialising' | 'starting' | 'ready' | 'stopping' | 'stopped') => void;
}

/** Small segments: each latest-restorable-time and each backup fills one up, and the archive keeps them all. */
const SEGMENT_MEGABYTES = 1;
/** Of sockaddr_un: 104 bytes on macOS, less the terminating zero. */
const LONGEST_SOCKET_PATH = 103;
const START_SECONDS = 60;

export class Cluster {
  readonly folder: string;
  readonly dataFolder: string;
  readonly logFile: string;
  private server: Server | undefined;
  private socket: string | undefined;
  private names: readonly [string, ...string[]];
  private settings: Settings;

  private constructor(
    readonly options: ClusterOptions,
    readonly account: Account,
    readonly archive: Archive,
  ) {
    this.folder = resolve(options.folder);
    this.dataFolder = join(this.folder, 'data');
    this.logFile = join(this.folder, 'server.log');
    this.names = options.names;
    this.settings = options.settings ?? {};
  }

  /**
   * A new, empty, running cluster.
   * @throws FolderInUseError, UnreachableFolderError, CommandFailedError, ServerStartError
   */
  static async create(options: ClusterOptions): Promise<Cluster> {
    const cluster = await Cluster.prepare(options);
    options.onProgress?.('initialising');
    await complete({
      account: cluster.account,
      command: join(options.postgres.bin, 'initdb'),
      arguments: [
        ...['-D', cluster.dataFolder, '-U', ADMIN, '-A', 'reject', '--no-sync', '--data-checksums'],
        ...['--encoding=UTF8', '--locale=C', `--wal-segsize=${SEGMENT_MEGABYTES}`, '--no-instructions'],
      ],
      workFolder: cluster.folder,
      logFile: cluster.logFile,
    });
    await cluster.start();
    await cluster.withAdmin(ADMIN_DATABASE, (admin) =>
      admin.execute(`CREATE SCHEMA ${ADMIN_SCHEMA};
        CREATE TABLE ${ADMIN_SCHEMA}.heartbeat (beat bigint NOT NULL);
        INSERT INTO ${ADMIN_SCHEMA}.heartbeat VALUES (0)`),
    );
    return cluster;
  }

  /** A cluster without data yet: for a restore, which brings the data. */
  static async prepare(options: ClusterOptions): Promise<Cluster> {
    const account = await serverAccount();
    const folder = resolve(options.folder);
    // Checked first of all: whoever fails later may then remove the data, since it is their own.
    if (existsSync(join(folder, 'data'))) throw new FolderInUseError(`${folder} holds a cluster already`);
    await ownFolder(folder, account);
    await requireEntry(folder, account);
    const archive = await Archive.create(options.archiveFolder ?? join(folder, 'archive'), account);
    return new Cluster(options, account, archive);
  }

  /** Whether the server's process exists. */
  get running(): boolean {
    return this.server !== undefined && this.server.status === undefined;
  }

  /** The postmaster's process id while it runs. */
  get pid(): number | undefined {
    return this.running ? this.server?.pid : undefined;
  }

  /** The settings in force, the caller's only. */
  get customSettings(): Settings {
    return this.settings;
  }

  /**
   * Starts the server and waits until it accepts connections, after crash recovery if it was killed.
   * @throws ServerRunningError, ServerStartError
   */
  async start(): Promise<void> {
    this.options.onProgress?.('starting');
    const server = await this.launch({});
    await until('the server to accept connections', START_SECONDS, async () => {
      if (server.status !== undefined) {
        throw new ServerStartError(`the server ended with ${server.status}`, await server.logTail());
      }
      const phase = await this.phase();
      // A replica replays until it is promoted, and can be read meanwhile.
      const follows = existsSync(join(this.dataFolder, 'standby.signal'));
      return phase === 'ready' || (follows && phase === 'standby') ? true : undefined;
    });
    this.options.onProgress?.('ready');
  }

  /**
   * Starts the server's process without waiting; for restores.
   * @param overrides settings of this one run, which win over everything
   */
  async launch(overrides: Settings): Promise<Server> {
    if (this.running) throw new ServerRunningError(`the server in ${this.folder} runs already`);
    const socketFolder = await this.makeSocketFolder();
    await this.writeFiles();
    this.server = await Server.launch({
      account: this.account,
      command: join(this.options.postgres.bin, 'postgres'),
      arguments: [
        '-D',
        this.dataFolder,
        ...Object.entries(overrides).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
      workFolder: this.folder,
      logFile: this.logFile,
      scratchFolder: socketFolder.startsWith(this.folder) ? undefined : socketFolder,
    });
    return this.server;
  }

  /** What the server says of itself: `starting`, `standby` (replaying, readable), `ready`, `stopping`. */
  async phase(): Promise<string | undefined> {
    const lines = (await readFile(join(this.dataFolder, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
    // A killed server leaves its file behind: only the line of this process counts.
    return lines[0] === String(this.server?.pid) ? lines[7]?.trim() : undefined;
  }

  /** Stops the server; `fast` ends sessions and archives all WAL, `immediate` leaves recovery to the next start. */
  async stop(mode: StopMode = 'fast'): Promise<void> {
    this.options.onProgress?.('stopping');
    await this.server?.stop(mode);
    this.options.onProgress?.('stopped');
  }

  /** SIGKILL to the server and all its sessions: a host that failed. `start` recovers what was committed. */
  async kill(): Promise<void> {
    const lines = (await readFile(join(this.dataFolder, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
    const pid = this.pid;
    await this.server?.kill();
    // Line 7: key and id of the segment that guards the data folder; the kernel would keep it, 56 bytes, for ever.
    const segment = lines[0] === String(pid) ? lines[6]?.trim().split(/\s+/)[1] : undefined;
    if (segment !== undefined) await removeSharedMemory(segment);
  }

  /** Resolves with the exit status when the server ends, for whatever reason; at once when it does not run. */
  async ended(): Promise<number | undefined> {
    return this.server?.ended;
  }

  /** The last lines that the server logged since its last start. */
  async logTail(lines = 20): Promise<string> {
    return (await this.server?.logTail(lines)) ?? '';
  }

  /** Stops the server if it runs and removes the folder, with the archive if that is inside. */
  async destroy(): Promise<void> {
    await this.server?.stop('immediate');
    await rm(this.folder, { recursive: true, force: true });
  }

  /**
   * Works as superuser over the socket; connects for each call.
   * @throws ServerNotRunningError
   */
  async withAdmin<T>(database: string, work: (admin: Admin) => Promise<T>): Promise<T> {
    if (!this.running || this.socket === undefined)
      throw new ServerNotRunningError(`the server in ${this.folder} does not run`);
    return withAdmin({ socketFolder: this.socket, port: this.options.address.port }, database, work);
  }

  /** Puts a certificate for other names in place (a rename); new connections get it at once. */
  async rename(names: readonly [string, ...string[]]): Promise<void> {
    this.names = names;
    await this.reload();
  }

  /**
   * Replaces the caller's settings.
   * @returns names of settings that take effect at the next start only
   * @throws SettingRefusedError for settings that are the sandbox's own
   */
  async configure(settings: Settings): Promise<string[]> {
    const refused = Object.keys(settings).filter((name) => fixedNames(this.configuration('')).has(name));
    if (refused.length > 0) throw new SettingRefusedError(`not to be set: ${refused.join(', ')}`);
    this.settings = settings;
    await this.reload();
    if (!this.running) return [];
    const pending = z.object({ name: z.string() });
    const sql = 'SELECT name FROM pg_settings WHERE pending_restart ORDER BY name';
    return (await this.withAdmin(ADMIN_DATABASE, (admin) => admin.query(pending, sql))).map(({ name }) => name);
  }

  private async reload(): Promise<void> {
    if (!this.running) return; // `launch` writes the files
    await this.writeFiles();
    const loaded = z.object({ at: z.date() });
    const sql = 'SELECT pg_conf_load_time() AS at';
    const before = await this.withAdmin(ADMIN_DATABASE, (admin) => admin.one(loaded, sql));
    await this.withAdmin(ADMIN_DATABASE, (admin) => admin.execute('SELECT pg_reload_conf()'));
    // The postmaster reads its files after the signal, and new sessions know when it did.
    await until('the configuration to be read again', 10, async () => {
      const now = await this.withAdmin(ADMIN_DATABASE, (admin) => admin.one(loaded, sql));
      return now.at > before.at ? true : undefined;
    });
  }

  private configuration(socketFolder: string): ConfigurationInput {
    return {
      major: this.options.postgres.major,
      address: this.options.address,
      socketFolder,
      walArchive: this.archive.walFolder,
      archiveSeconds: this.options.archiveSeconds ?? 5,
      settings: this.settings,
    };
  }

  private async writeFiles(): Promise<void> {
    const issued = this.options.authority.issue(this.names);
    const files = {
      'postgresql.conf': postgresqlConf(this.configuration(this.socket ?? '')),
      'postgresql.auto.conf': '',
      'pg_hba.conf': pgHbaConf(this.options.requireTls ?? true),
      'pg_ident.conf': pgIdentConf(userInfo().username),
      'server.crt': issued.certificate,
      'server.key': issued.key,
    };
    for (const [name, content] of Object.entries(files)) {
      const file = join(this.dataFolder, name);
      await writeFile(file, content, { mode: 0o600 });
      await chmod(file, 0o600);
      if (this.account.foreign) await chown(file, this.account.uid, this.account.gid);
    }
  }

  private async makeSocketFolder(): Promise<string> {
    const inside = join(this.folder, 'socket');
    const fits = Buffer.byteLength(join(inside, '.s.PGSQL.65535')) <= LONGEST_SOCKET_PATH;
    const folder = fits ? inside : await mkdtemp(join(tmpdir(), 'lifeboat-'));
    await ownFolder(folder, this.account);
    this.socket = folder;
    return folder;
  }
}
