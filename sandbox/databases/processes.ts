/** Processes by id, without `ps` where the kernel tells (slim containers have none). */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Ids of the direct children of a process; empty when it is gone. */
export async function childrenOf(pid: number): Promise<number[]> {
  const numbers = (text: string) => text.split(/\s+/).filter(Boolean).map(Number);
  try {
    return numbers(await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8'));
  } catch {
    const { stdout } = await run('ps', ['-A', '-o', 'ppid=,pid=']).catch(() => ({ stdout: '' }));
    return stdout
      .split('\n')
      .map(numbers)
      .flatMap(([parent, child]) => (parent === pid && child !== undefined ? [child] : []));
  }
}

/** Whether a process exists and is not merely waiting to be reaped. */
export async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The state follows the command's name, which is in brackets and may contain anything.
  return stat?.slice(stat.lastIndexOf(')')).startsWith(') Z ') !== true;
}

/** Sends a signal; a process that is gone already is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** Removes a System V shared memory segment that nobody is attached to any more; one that is gone is no error. */
export async function removeSharedMemory(id: string): Promise<void> {
  await run('ipcrm', ['-m', id]).catch(() => undefined); // tidiness: a server starts with or without it
}
