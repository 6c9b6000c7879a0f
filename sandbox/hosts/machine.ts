import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import * as path from 'node:path';
import * as readline from 'node:readline';
import * as z from 'zod';
import { HostNotRunning } from './errors';

/** A service, in systemd's words. */
const unitNews = z.object({
  name: z.string(),
  active: z.enum(['inactive', 'activating', 'active', 'deactivating', 'failed']),
  sub: z.string(),
  result: z.string(),
  pid: z.int(),
});
export type UnitState = z.infer<typeof unitNews>;

const message = z.union([
  z.object({ answer: z.int(), result: z.unknown() }),
  z.object({ answer: z.int(), error: z.string() }),
  z.object({ event: z.literal('group'), pid: z.int(), alive: z.boolean() }),
  unitNews.extend({ event: z.literal('unit') }),
  z.object({ event: z.literal('aws'), id: z.int(), argv: z.array(z.string()) }),
]);

export interface MachineListeners {
  readonly unit: (state: UnitState) => void;
  readonly aws: (argv: readonly string[]) => Promise<{ code: number; stdout: string; stderr: string }>;
  /** The process ended, however. */
  readonly end: () => void;
}

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** This side of `machine/main.cjs`: orders and their answers, and the news. */
export class Machine {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #pending = new Map<number, Pending>();
  readonly #groups = new Set<number>();
  readonly #ended: Promise<void>;
  #next = 1;
  #running = true;

  constructor(private readonly listeners: MachineListeners) {
    // Its own process group: an interrupt from the keyboard reaches us, and we end it by closing its input.
    this.#child = spawn(process.execPath, [path.join(__dirname, 'machine', 'main.cjs')], {
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true,
      env: {},
    });
    // Writing to a machine that has just ended is answered by its end.
    this.#child.stdin.on('error', () => undefined);
    readline.createInterface({ input: this.#child.stdout }).on('line', (line) => {
      this.#hear(line);
    });
    this.#ended = new Promise((resolve) => {
      this.#child.once('close', () => {
        this.#end();
        resolve();
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Throws HostNotRunning, or an Error with what the machine could not do. */
  async order(what: string, details: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    if (!this.#running) throw new HostNotRunning('The machine has ended');
    const id = this.#next;
    this.#next += 1;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#child.stdin.write(`${JSON.stringify({ ...details, do: what, id })}\n`);
    });
  }

  /** Like pulling the plug: every process of the machine is killed. */
  async cut(): Promise<void> {
    this.#child.stdin.end();
    await this.#ended;
  }

  #hear(line: string): void {
    const heard = message.parse(JSON.parse(line));
    if ('answer' in heard) {
      const pending = this.#pending.get(heard.answer);
      this.#pending.delete(heard.answer);
      if ('error' in heard) pending?.reject(new Error(heard.error));
      else pending?.resolve(heard.result);
    } else if (heard.event === 'group') {
      this.#groups[heard.alive ? 'add' : 'delete'](heard.pid);
    } else if (heard.event === 'unit') {
      this.listeners.unit({
        name: heard.name,
        active: heard.active,
        sub: heard.sub,
        result: heard.result,
        pid: heard.pid,
      });
    } else {
      const call = heard.id;
      void this.listeners
        .aws(heard.argv)
        .catch((error: unknown) => ({ code: 70, stdout: '', stderr: `${String(error)}\n` }))
        .then((answer) => this.order('aws-answer', { call, answer }))
        // The host was cut off before it had its answer.
        .catch(() => undefined);
    }
  }

  #end(): void {
    this.#running = false;
    // Somebody killed the machine itself: what it had started must not stay. Normally all of these are gone.
    for (const pid of this.#groups) {
      try {
        process.kill(-pid, 'SIGKILL');
      } catch {
        // Gone.
      }
    }
    for (const pending of this.#pending.values()) pending.reject(new HostNotRunning('The machine ended'));
    this.#pending.clear();
    this.listeners.end();
  }
}
