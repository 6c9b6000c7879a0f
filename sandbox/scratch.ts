import { execFile } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';

/** In each folder: whose it is. A folder without it is kept, or not one of these. */
const OWNER = '.lifeboat-owner';
const ownerSchema = z.object({ pid: z.int().positive(), born: z.string().nullable() });

/** How the name of a folder ends that is being removed. */
const GOING = '.removed';

const mine = new Set<string>();
const going = new Set<string>();

/**
 * Makes a folder below the system's folder for temporary files that belongs to this process: it is removed at the latest
 * when the process ends, and where it was killed, by the next one that makes such a folder.
 */
export function scratchFolder(kind: string): string {
  sweep();
  const folder = mkdtempSync(join(tmpdir(), `lifeboat-${kind}-`));
  if (mine.size === 0) process.once('exit', discardAll);
  mine.add(folder);
  writeFileSync(join(folder, OWNER), JSON.stringify({ pid: process.pid, born: bornAt(process.pid) }));
  return folder;
}

/** Until when a removal may last: a busy disk takes seconds over half a gigabyte that was just written. */
let deadline: number | undefined;

/** From now on a folder that is not removed in time is left to the next process that makes one. */
export function removeWithin(milliseconds: number): void {
  deadline = Date.now() + milliseconds;
}

/** Removes a folder and forgets it. @returns what is left of it, for the next process to remove. */
export async function discard(folder: string): Promise<string[]> {
  if (!mine.has(folder)) return [];
  const aside = setAside(folder);
  const left = deadline === undefined ? undefined : Math.max(1, deadline - Date.now());
  const timeout = left === undefined ? {} : { timeout: left, killSignal: 'SIGKILL' as const };
  // Not in this process: what is torn down meanwhile must not wait.
  await promisify(execFile)('rm', ['-rf', '--', aside], timeout).catch(() => undefined);
  return existsSync(aside) ? [aside] : [];
}

/** Folders of this process that are still there. */
export const unremoved = (): string[] => [...mine, ...going].filter((folder) => existsSync(folder));

/** Its name then says, also to others, that nobody wants it any more. */
function setAside(folder: string): string {
  mine.delete(folder);
  const aside = `${folder}${GOING}`;
  renameSync(folder, aside);
  going.add(aside);
  return aside;
}

/** Leaves a folder to people: nothing removes it any more. */
export function keepFolder(folder: string): void {
  mine.delete(folder);
  rmSync(join(folder, OWNER), { force: true });
}

function discardAll(): void {
  for (const folder of [...mine]) {
    try {
      const aside = setAside(folder);
      if (deadline === undefined) rmSync(aside, { recursive: true, force: true });
    } catch {
      // The next drill sweeps it.
    }
  }
}

/** Removes the folders of this user whose process is gone; every other one stays, also where that cannot be told. */
function sweep(): void {
  const { uid } = userInfo();
  for (const name of readdirSync(tmpdir())) {
    if (!name.startsWith('lifeboat-')) continue;
    const folder = join(tmpdir(), name);
    try {
      const entry = lstatSync(folder);
      if (!entry.isDirectory() || entry.uid !== uid) continue;
      if (name.endsWith(GOING)) {
        rmSync(folder, { recursive: true, force: true });
        continue;
      }
      const owner = ownerSchema.parse(JSON.parse(readFileSync(join(folder, OWNER), 'utf8')));
      if (!lives(owner)) rmSync(folder, { recursive: true, force: true });
    } catch {
      // No such folder, or another one is sweeping it.
    }
  }
}

function lives({ pid, born }: z.infer<typeof ownerSchema>): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  // Its number may have been given to another process meanwhile.
  const now = bornAt(pid);
  return born === null || now === null || now === born;
}

/** When a process began, in clock ticks after the boot; null where the kernel does not tell. */
function bornAt(pid: number): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command's name is in brackets and may contain anything; the beginning is the 20th field after it.
    const field = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return field === undefined ? null : `${boot}/${field}`;
  } catch {
    return null;
  }
}
