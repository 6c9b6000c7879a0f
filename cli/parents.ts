import { readFileSync } from 'node:fs';

/**
 * npm and the shell that it starts stand between a terminal and this process. When one of them is killed, nobody is left
 * who could press Ctrl-C, and everything this process started would go on: so that counts as an interruption.
 * @returns what stops watching
 */
export function onOrphaned(
  action: () => void,
  every: (milliseconds: number, action: () => void) => () => void,
): () => void {
  return every(500, () => {
    if (startedByTheDead() || process.ppid !== parents[0] || parents.some((pid) => !alive(pid))) action();
  });
}

/** Looked for as soon as this file is loaded: npm may be killed before anything listens. */
const parents = launchers(process.ppid);

/** Whether npm was killed even earlier, so that the parent is now who adopts orphans. */
const startedByTheDead = (): boolean =>
  process.env['npm_lifecycle_event'] === 'drill' && proc(process.pid, 'status') !== null && !parents.some(isLauncher);

/** The direct parent, and above it those that only launch: a shell with one command, npm. */
function launchers(pid: number): number[] {
  const found = [pid];
  let current = pid;
  while (isLauncher(current)) {
    const parent = parentOf(current);
    if (parent === null || parent <= 1) break;
    if (!isLauncher(parent)) break;
    found.push(parent);
    current = parent;
  }
  return found;
}

function isLauncher(pid: number): boolean {
  const command = proc(pid, 'cmdline')?.split('\0') ?? [];
  return (
    command.some((word) => /(^|\/)(npm|npx|tsx)(-cli\.js|\.mjs|\.js)?$/.test(word) || word.startsWith('npm ')) ||
    (/(^|\/)(da|ba)?sh$/.test(command[0] ?? '') && command[1] === '-c')
  );
}

function parentOf(pid: number): number | null {
  const match = /^PPid:\s+(\d+)/m.exec(proc(pid, 'status') ?? '');
  return match?.[1] === undefined ? null : Number(match[1]);
}

/** Null where there is no /proc (macOS) or the process is gone: then only the direct parent is watched. */
function proc(pid: number, file: 'cmdline' | 'status'): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return null;
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
