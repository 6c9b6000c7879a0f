import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Family } from './processes';

/** When: so many milliseconds after a line of the drill's progress, or after its beginning. */
export interface Moment {
  readonly name: string;
  readonly after: RegExp | null;
  readonly milliseconds: number;
}

export type Target = 'group' | 'npm' | 'node';

export interface Round {
  readonly signal: 'SIGINT' | 'SIGKILL';
  readonly target: Target;
  readonly moment: Moment;
}

export interface Seen {
  /** Line of progress before the signal. */
  readonly at: string;
  /** Milliseconds after the beginning. */
  readonly after: number;
  readonly seen: number;
  readonly sockets: number;
  /** Milliseconds from the signal until nothing was left; null where something was. */
  readonly gone: number | null;
  readonly code: string;
  readonly leftProcesses: readonly string[];
  readonly leftSockets: readonly string[];
  /** In the folder for temporary files, after everything was gone. */
  readonly leftFiles: readonly string[];
  readonly said: string;
}

/** After so long no process of the drill may be alive. */
const LIMIT_MS = 5000;

/** How the tools that start a drill report that Ctrl-C ended it. */
export const interruptedCodes = ['130', 'SIGINT'];

const root = join(__dirname, '..', '..');

/** Starts a drill as a person does, in a process group of its own, as an interactive shell would put it. */
export function startDrill(folder: string): { child: ReturnType<typeof spawn>; family: Family; said: () => string } {
  const child = spawn('npm', ['run', 'drill', '--', '--plain'], {
    cwd: root,
    detached: true,
    env: { ...process.env, TMPDIR: folder, LIFEBOAT_SIGNALS_TEST: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  return {
    child,
    family: new Family(child.pid ?? 0, folder),
    said: () => Buffer.concat(output).toString(),
  };
}

/** One drill with one signal at one moment. `folder` is where its temporary files go; its name is the mark. */
export async function play({ signal, target, moment }: Round, folder: string): Promise<Seen> {
  const began = Date.now();
  const { child, family, said } = startDrill(folder);
  const exited = once(child, 'exit').then(([code, by]) => String(by ?? code));
  let code = 'still running';
  void exited.then((of) => (code = of));
  try {
    while (moment.after !== null && !moment.after.test(said()) && child.exitCode === null) await pause(20);
    await pause(moment.milliseconds);
    const at = said().trimEnd().split('\n').at(-1) ?? '';
    const sockets = family.lookForSockets();
    const signalled = Date.now();
    send(signal, target, child.pid ?? 0, family);
    let left = family.left();
    while ((left.processes.length > 0 || left.sockets.length > 0) && Date.now() - signalled < LIMIT_MS) {
      await pause(50);
      left = family.left();
    }
    const gone = left.processes.length === 0 && left.sockets.length === 0 ? Date.now() - signalled : null;
    const seen: Seen = {
      at,
      after: signalled - began,
      seen: family.seen,
      sockets,
      gone,
      code: gone === null ? code : await exited, // npm is among the processes
      leftProcesses: left.processes.map(({ pid, command }) => `${pid} ${command.slice(0, 160)}`),
      leftSockets: left.sockets,
      leftFiles: filesOf(folder),
      said: said(),
    };
    for (const { pid } of left.processes) kill(pid, 'SIGKILL');
    return seen;
  } finally {
    family.close();
  }
}

/** What lies in the folder for temporary files, without tsx's cache. */
export const filesOf = (folder: string): string[] => readdirSync(folder).filter((name) => !name.startsWith('tsx-'));

function send(signal: Round['signal'], target: Target, npm: number, family: Family): void {
  if (target === 'npm') kill(npm, signal);
  if (target === 'group') kill(-npm, signal);
  if (target === 'node') {
    const node = family.look().find(({ command }) => /^\S*node\S* .*bin\/lifeboat\.ts/.test(command));
    // So early that npm has not started it yet: then the signal is npm's.
    kill(node?.pid ?? npm, signal);
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

const told = (said: string, file: string): boolean =>
  said.split('\n').some((line) => line.includes('left to the next drill to remove') && line.includes(file));

/** What of a round is not as it must be; empty when all is well. */
export function faultsOf({ signal }: Round, seen: Seen): string[] {
  return [
    ...seen.leftProcesses.map((of) => `alive after ${LIMIT_MS / 1000} s: ${of}`),
    ...seen.leftSockets.map((of) => `still listens: ${of}`),
    ...(signal === 'SIGINT' && !interruptedCodes.includes(seen.code) ? [`ended with ${seen.code}, not 130`] : []),
    // On a busy disk the removal of what was just written lasts longer than anything may run: then it has to be told.
    ...(signal === 'SIGINT'
      ? seen.leftFiles.filter((of) => !told(seen.said, of)).map((of) => `left behind: ${of}`)
      : []),
  ];
}
