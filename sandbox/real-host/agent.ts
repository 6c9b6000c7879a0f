import { randomInt } from 'node:crypto';
import { type Duplex } from 'node:stream';
import * as z from 'zod';
import { AgentFailed } from './errors';

const started = z.object({ pid: z.int() });
const state = z.object({
  exited: z.boolean(),
  exitcode: z.int().optional(),
  signal: z.int().optional(),
  'out-data': z.string().optional(),
  'err-data': z.string().optional(),
  'out-truncated': z.boolean().optional(),
});
const numbered = z.object({ id: z.int() });
const reply = z.union([
  z.object({ return: z.unknown() }),
  z.object({ error: z.object({ class: z.string(), desc: z.string() }) }),
]);

export interface Ended {
  readonly code: number | undefined;
  /** Number of the signal that ended it. */
  readonly signal: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly pid: number;
  readonly ended: Promise<Ended>;
}

interface Waiting {
  readonly accepts: (line: string) => boolean;
  readonly resolve: (line: string) => void;
  readonly reject: (error: Error) => void;
}

/** An emulated machine answers late where this computer has others to serve, milliseconds. */
const PATIENCE = 120_000;

/** The environment of the SSM agent's service, and so of what it runs: no HOME among it. */
const serviceEnvironment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
};

const decode = (text: string | undefined): string => Buffer.from(text ?? '', 'base64').toString('utf8');

/** The QEMU guest agent of one machine (its protocol: JSON lines, one question at a time). */
export class Agent {
  #rest = Buffer.alloc(0);
  #waiting: Waiting | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(private readonly channel: Duplex) {
    channel.on('error', () => undefined);
    channel.on('data', (chunk: Buffer) => {
      this.#hear(chunk);
    });
  }

  close(): void {
    this.#closed = true;
    this.#waiting?.reject(new AgentFailed('the machine ended'));
    this.#waiting = undefined;
    this.channel.destroy();
  }

  /** Resolves when the agent answers; what it had still to say to somebody else is dropped. @throws AgentFailed */
  async sync(seconds: number): Promise<void> {
    const id = randomInt(1, 2 ** 31);
    const mine = (line: string): boolean => line.replaceAll(' ', '') === `{"return":${id}}`;
    await this.#ask({ execute: 'guest-sync', arguments: { id } }, seconds * 1000, mine);
  }

  /** @throws AgentFailed */
  async order(execute: string, details: object = {}, milliseconds = PATIENCE): Promise<unknown> {
    // The answer carries the question's id: one that comes too late is not taken for the next question's.
    const id = randomInt(1, 2 ** 31);
    const mine = (line: string): boolean => numbered.safeParse(JSON.parse(line)).data?.id === id;
    return await this.#ask({ execute, arguments: details, id }, milliseconds, mine);
  }

  /** Starts a program, in a session of its own: its process id is its group's. */
  async start(
    program: string,
    args: readonly string[],
    input = '',
    environment: Readonly<Record<string, string>> = {},
  ): Promise<Started> {
    const env = Object.entries({ ...serviceEnvironment, ...environment }).map(([name, value]) => `${name}=${value}`);
    const { pid } = started.parse(
      await this.order('guest-exec', {
        path: '/usr/bin/setsid',
        arg: [program, ...args],
        env,
        'input-data': Buffer.from(input).toString('base64'),
        'capture-output': true,
      }),
    );
    return { pid, ended: this.#untilEnded(pid) };
  }

  /** Runs a program to its end. @throws AgentFailed unless it exits with 0 */
  async run(program: string, args: readonly string[] = [], input = ''): Promise<string> {
    const { ended } = await this.start(program, args, input);
    const { code, stdout, stderr } = await ended;
    if (code !== 0) throw new AgentFailed(`${program} ${args.join(' ')} ended with ${String(code)}: ${stderr}`);
    return stdout;
  }

  async #untilEnded(pid: number): Promise<Ended> {
    // Each answer costs the machine some milliseconds, so a long command is asked about less often.
    for (let pause = 20; ; pause = Math.min(pause * 1.4, 600)) {
      const now = state.parse(await this.order('guest-exec-status', { pid }));
      if (now.exited) {
        if (now['out-truncated'] === true) throw new AgentFailed('a command said more than the guest agent keeps');
        return {
          code: now.exitcode,
          signal: now.signal,
          stdout: decode(now['out-data']),
          stderr: decode(now['err-data']),
        };
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  async #ask(question: object, milliseconds: number, accepts: Waiting['accepts']): Promise<unknown> {
    const asked = this.#queue.then(async () => await this.#exchange(question, milliseconds, accepts));
    this.#queue = asked.catch(() => undefined);
    return await asked;
  }

  async #exchange(question: object, milliseconds: number, accepts: Waiting['accepts']): Promise<unknown> {
    if (this.#closed) throw new AgentFailed('the machine ended');
    const line = await new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting = undefined;
        reject(new AgentFailed(`the guest agent did not answer within ${milliseconds / 1000} s`));
      }, milliseconds);
      const settle = (): void => {
        clearTimeout(timer);
      };
      this.#waiting = {
        accepts,
        resolve: (text) => {
          settle();
          resolve(text);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      };
      this.channel.write(`${JSON.stringify(question)}\n`);
    });
    const answer = reply.parse(JSON.parse(line));
    if ('error' in answer) throw new AgentFailed(`${answer.error.class}: ${answer.error.desc}`);
    return answer.return;
  }

  #hear(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const end = this.#rest.indexOf(10);
      if (end < 0) return;
      const line = this.#rest.subarray(0, end).toString('utf8');
      this.#rest = this.#rest.subarray(end + 1);
      const waiting = this.#waiting;
      if (line.trim() === '' || waiting?.accepts(line) !== true) continue;
      this.#waiting = undefined;
      waiting.resolve(line);
    }
  }
}
