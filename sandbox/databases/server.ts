/** One running program of PostgreSQL that cannot outlive this process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Account, identity } from './account';
import { CommandFailedError } from './errors';
import { childrenOf, isAlive, signal } from './processes';
import { until } from './wait';

// Handed over as text: the servers' account may not be allowed to read this folder.
const SUPERVISOR = readFileSync(join(__dirname, 'supervise.sh'), 'utf8');

export interface LaunchOptions {
  readonly account: Account;
  readonly command: string;
  readonly arguments: readonly string[];
  /** A folder that the account can enter. */
  readonly workFolder: string;
  /** Standard output and error are appended to it. */
  readonly logFile: string;
  /** A folder outside `workFolder` to remove when the program has ended, however it ended. */
  readonly scratchFolder?: string | undefined;
}

/** How a server is told to stop: end sessions and write a checkpoint, or end at once and recover at the next start. */
export type StopMode = 'fast' | 'immediate';

/** Supervisors whose program runs. */
const supervisors = new Set<ChildProcess>();

/** Ends every program of PostgreSQL that this process runs, at once; for a process that is about to end. */
export async function endServers(): Promise<void> {
  const ends = [...supervisors].map(async (supervisor) => {
    const ended = once(supervisor, 'close');
    supervisor.stdin?.destroy();
    await ended;
  });
  await Promise.all(ends);
}

export class Server {
  /** Exit status once it has ended. */
  status: number | undefined;
  /** Resolves with the exit status (128 + signal when killed). */
  readonly ended: Promise<number>;

  private constructor(
    supervisor: ChildProcess,
    readonly pid: number,
    private readonly logFile: string,
    private readonly logStart: number,
  ) {
    this.ended = new Promise((resolve) => {
      const settle = (code: number | null) => {
        this.status = code ?? 137;
        supervisor.stdin?.destroy(); // should only the supervisor have been killed, its watcher now ends the server
        resolve(this.status);
      };
      if (supervisor.exitCode !== null || supervisor.signalCode !== null) settle(supervisor.exitCode);
      else supervisor.once('exit', settle);
    });
  }

  /** Starts a program; returns when its process exists. */
  static async launch(options: LaunchOptions): Promise<Server> {
    const log = await open(options.logFile, 'a', 0o600);
    try {
      const logStart = (await log.stat()).size;
      const child = spawn(
        '/bin/sh',
        ['-c', SUPERVISOR, 'supervise', options.scratchFolder ?? '', options.command, ...options.arguments],
        {
          ...identity(options.account),
          cwd: options.workFolder,
          // Nothing of ours: neither credentials nor PG* variables.
          env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
          stdio: ['pipe', 'pipe', log.fd],
          detached: true, // a Ctrl-C in the terminal is ours to handle, not the server's
        },
      );
      child.stdin?.on('error', () => undefined); // EPIPE when the server went first
      supervisors.add(child);
      child.once('close', () => supervisors.delete(child));
      child.once('error', () => supervisors.delete(child));
      const pid = Number(await firstLine(child));
      return new Server(child, pid, options.logFile, logStart);
    } finally {
      await log.close();
    }
  }

  /** The last lines of what it wrote since it was launched. */
  async logTail(lines = 20): Promise<string> {
    return (await this.log()).trimEnd().split('\n').slice(-lines).join('\n');
  }

  private async log(): Promise<string> {
    const content = await readFile(this.logFile);
    return content.subarray(this.logStart).toString('utf8');
  }

  /** Stops it; returns when its process has ended. */
  async stop(mode: StopMode): Promise<void> {
    if (this.status !== undefined) return;
    signal(this.pid, mode === 'fast' ? 'SIGINT' : 'SIGQUIT');
    await this.ended;
  }

  /** SIGKILL to the server and all its sessions, as the kernel does when memory runs out. */
  async kill(): Promise<void> {
    if (this.status !== undefined) return;
    const all = await freeze(this.pid);
    for (const pid of all) signal(pid, 'SIGKILL');
    await this.ended;
    for (const pid of all) {
      await until(`process ${pid} to end`, 5, async () => ((await isAlive(pid)) ? undefined : true));
    }
  }
}

/**
 * Stops a process and, so that none starts another meanwhile, each of its descendants in turn: a replaying server has a
 * shell that copies segments, which would write on after the server's death.
 */
async function freeze(pid: number): Promise<number[]> {
  signal(pid, 'SIGSTOP');
  const below: number[] = [];
  for (const child of await childrenOf(pid)) below.push(...(await freeze(child)));
  return [pid, ...below];
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new CommandFailedError('the supervisor has no standard output');
  const failed = once(child, 'error').then(([error]) => {
    throw new CommandFailedError('the supervisor did not start', { cause: error });
  });
  const lines = createInterface(child.stdout);
  const line = once(lines, 'line').then(([text]) => String(text));
  const silent = once(child, 'exit').then(() => {
    throw new CommandFailedError('the supervisor ended at once');
  });
  try {
    return await Promise.race([line, failed, silent]);
  } finally {
    failed.catch(() => undefined);
    silent.catch(() => undefined);
    lines.close();
  }
}

/**
 * Runs a program to its end.
 * @throws CommandFailedError with the end of its output
 */
export async function complete(options: LaunchOptions): Promise<void> {
  const server = await Server.launch(options);
  const status = await server.ended;
  if (status !== 0) throw new CommandFailedError(`${options.command} ended with ${status}\n${await server.logTail()}`);
}
