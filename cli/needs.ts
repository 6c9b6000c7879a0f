import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { findPostgres } from '../sandbox/databases';
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

function runs(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
