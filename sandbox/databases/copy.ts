/** Copies the files of a cluster, which may change or vanish meanwhile. */
import { constants } from 'node:fs';
import { chown, copyFile, lstat, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Account } from './account';

export interface CopyOptions {
  /** Who shall own the copy; default whoever runs this. */
  readonly owner?: Account | undefined;
  /** Called with a path relative to the folder; `true` leaves the entry out. */
  readonly skip?: ((path: string) => boolean) | undefined;
  /** Called after each file. */
  readonly onBytes?: ((copied: number, total: number) => void | Promise<void>) | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Entry {
  readonly path: string;
  readonly bytes: number;
}

/** As many as libuv has threads for files. */
const AT_ONCE = 4;

const vanished = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'ENOENT';

/**
 * Copies a folder, as clones where the file system can (no second copy on disk).
 * @returns bytes copied
 */
export async function copyTree(from: string, to: string, options: CopyOptions = {}): Promise<number> {
  const folders: string[] = [''];
  const files: Entry[] = [];
  for (const folder of folders) {
    // `folders` grows while it is walked.
    for (const entry of await readdir(join(from, folder), { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (options.skip?.(path)) continue;
      if (entry.isDirectory()) folders.push(path);
      else if (entry.isFile()) {
        const bytes = await lstat(join(from, path)).then(({ size }) => size, ignoreVanished);
        if (bytes !== undefined) files.push({ path, bytes });
      } else throw new Error(`${path} is neither file nor folder: tablespaces are not supported`);
    }
  }
  for (const folder of folders) {
    await mkdir(join(to, folder), { recursive: true, mode: 0o700 });
    await hand(join(to, folder), options.owner);
  }
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let copied = 0;
  const queue = files.values();
  const worker = async () => {
    for (const { path, bytes } of queue) {
      options.signal?.throwIfAborted();
      const target = join(to, path);
      await copyFile(join(from, path), target, constants.COPYFILE_FICLONE).then(
        () => hand(target, options.owner),
        ignoreVanished, // a table dropped meanwhile; the WAL says so too
      );
      copied += bytes;
      await options.onBytes?.(copied, total);
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker));
  for (const result of workers) if (result.status === 'rejected') throw result.reason;
  return copied;
}

function ignoreVanished(error: unknown): undefined {
  if (!vanished(error)) throw error;
  return undefined;
}

async function hand(path: string, owner: Account | undefined): Promise<void> {
  if (owner?.foreign === true) await chown(path, owner.uid, owner.gid);
}
