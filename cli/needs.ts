import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { findPostgres, type Postgres } from '../sandbox/databases';
import { AccountMissingError, PostgresMissingError } from '../sandbox/databases/errors';
import { currentImage, neededToRun } from '../sandbox/real-host';
import { UsageError } from './usage';

/** What documents and hosts of a drill run for real, and what brings it. Everything else has a stand-in. */
const programs: Readonly<Record<string, readonly string[]>> = {
  git: ['git'],
  npm: ['npm'],
  bash: ['bash'],
  coreutils: ['id', 'rm', 'od', 'base64', 'sha256sum', 'mktemp'],
};

/** @throws UsageError naming what to install, before anything is started */
export async function requireNeeds(path = process.env['PATH'] ?? ''): Promise<void> {
  const folders = path.split(delimiter);
  const missing = Object.entries(programs).filter(([, names]) =>
    names.some((name) => !folders.some((folder) => runs(join(folder, name)))),
  );
  if (missing.length > 0)
    throw new UsageError(
      `a drill needs ${missing.map(([name]) => name).join(', ')} on this machine: install that first`,
    );
  try {
    await findPostgres();
  } catch (error) {
    if (error instanceof PostgresMissingError || error instanceof AccountMissingError)
      throw new UsageError(error.message);
    throw error;
  }
}

/** @throws UsageError saying what a real host needs that is not here */
export function requireRealHost(): void {
  const needs = neededToRun();
  if (needs.length > 0) throw new UsageError(`--real-host: ${needs.join('; ')}`);
  if (!currentImage().finished)
    throw new UsageError('--real-host: the image of the machine is not there yet: npm run host:build makes it');
}

/**
 * What plans that dump or restore a database need besides: a client of another major version is not to be trusted with a dump.
 * @throws UsageError naming the package to install
 */
export async function requireDumpTools(found?: Pick<Postgres, 'major' | 'tools'>): Promise<void> {
  const { major, tools } = found ?? (await findPostgres());
  const wrong = (['psql', 'pg_dump', 'pg_restore'] as const).filter((name) => tools[name]?.major !== major);
  if (wrong.length > 0)
    throw new UsageError(
      `a drill of a self-hosted database needs ${wrong.join(', ')} of PostgreSQL ${major}, the server's major version: install postgresql-client-${major}`,
    );
}

function runs(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
