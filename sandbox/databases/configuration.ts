/** The text of a cluster's configuration files. */
import type { Address } from './addresses';

/** The real superuser, as on RDS: it has no password and cannot log in over TCP. */
export const ADMIN = 'rdsadmin';
/**
 * Where the heart-beat is kept, in a schema of its own, so that applications' databases contain nothing
 * of ours. A database of its own would be 300 more files to copy with every backup and restore.
 */
export const ADMIN_DATABASE = 'postgres';
/** Not named after the superuser: what it creates would land there (`search_path` begins with "$user"). */
export const ADMIN_SCHEMA = 'sandbox';

/** Settings by name as in postgresql.conf, values with their units: `{ work_mem: '16MB' }`. */
export type Settings = Readonly<Record<string, string>>;

export interface ConfigurationInput {
  readonly major: number;
  readonly address: Address;
  readonly socketFolder: string;
  readonly walArchive: string;
  /** Seconds after which a begun segment is archived, if anything was written. */
  readonly archiveSeconds: number;
  /** The caller's; they win over ours, except over what keeps a cluster together. */
  readonly settings: Settings;
}

/** Quotes a word for /bin/sh inside archive_command or restore_command, where `%` is special too. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`).replaceAll('%', '%%')}'`;
}

/** What every cluster has unless its settings say otherwise. */
function defaults(major: number): Settings {
  return {
    max_connections: '100',
    shared_buffers: '32MB',
    max_wal_size: '256MB',
    min_wal_size: '16MB',
    jit: 'off',
    log_statement: 'none',
    timezone: 'UTC',
    lc_messages: 'C',
    ssl_min_protocol_version: 'TLSv1.2',
    ...(major >= 18 ? { io_method: 'sync' } : {}), // three worker processes less a cluster
  };
}

/** What keeps a cluster together; no caller's setting wins over it. */
function fixed(input: ConfigurationInput): Settings {
  const archive = (name: string) => `${shellWord(input.walArchive)}/${name}`;
  return {
    listen_addresses: input.address.host,
    port: String(input.address.port),
    unix_socket_directories: input.socketFolder,
    unix_socket_permissions: '0700',
    // A segment appears in the archive complete or not at all. Repeating is harmless: each cluster has its own folder.
    archive_mode: 'on',
    archive_command: `cp %p ${archive('.%f')} && mv ${archive('.%f')} ${archive('%f')}`,
    archive_timeout: `${input.archiveSeconds}s`,
    wal_level: 'replica',
    track_commit_timestamp: 'on', // the latest restorable time is a commit's
    // Safe against killed processes, which is all a sandbox promises; a page half written by a killed process is
    // mended by the full page in the WAL, so that one stays on.
    fsync: 'off',
    full_page_writes: 'on',
    synchronous_commit: 'on',
    ssl: 'on',
    ssl_cert_file: 'server.crt',
    ssl_key_file: 'server.key',
    password_encryption: 'scram-sha-256',
    // A statement that fails may contain a password: no statement reaches the log.
    log_min_error_statement: 'panic',
    logging_collector: 'off',
    log_destination: 'stderr',
    log_line_prefix: '%m [%p] ',
    log_timezone: 'UTC',
    // POSIX shared memory would stay behind in /dev/shm when the server is killed.
    dynamic_shared_memory_type: 'mmap',
    huge_pages: 'off',
  };
}

/** Our fixed settings' names: `configure` refuses them. */
export function fixedNames(input: ConfigurationInput): ReadonlySet<string> {
  return new Set(Object.keys(fixed(input)));
}

export function postgresqlConf(input: ConfigurationInput): string {
  const all = { ...defaults(input.major), ...input.settings, ...fixed(input) };
  return Object.entries(all)
    .map(([name, value]) => `${name} = '${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'\n`)
    .join('');
}

/**
 * Who may connect: the superuser by the socket as this process's own account, everybody else by TCP with a password.
 * @param requireTls refuses TCP without TLS, as RDS does with `rds.force_ssl`
 */
export function pgHbaConf(requireTls: boolean): string {
  return [
    `local all ${ADMIN} peer map=sandbox`,
    `host all ${ADMIN} all reject`,
    `${requireTls ? 'hostssl' : 'host'} all all 127.0.0.0/8 scram-sha-256`,
    '',
  ].join('\n');
}

export function pgIdentConf(user: string): string {
  return `sandbox "${user}" ${ADMIN}\n`;
}
