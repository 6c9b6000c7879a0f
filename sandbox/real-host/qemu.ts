import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Duplex } from 'node:stream';
import * as z from 'zod';
import { Agent } from './agent';
import { MachineFailed } from './errors';
import { devices, guestAddress, kernelArguments, memoryMegabytes } from './image/contents';
import { type Image } from './image-folder';
import { toolsIn } from './tools';

/** A port of the machine, and where this computer serves it. */
export interface Forward {
  readonly address: string;
  readonly port: number;
  readonly guestPort: number;
}

export interface StartOptions {
  /** `build` writes the disks and the memory's file; `restore` leaves every file as it is. */
  readonly purpose: 'build' | 'restore';
  readonly forwards?: readonly Forward[];
  /** Where what the kernel says goes. */
  readonly console?: string;
  /** Where what restored machines write goes: their disks' changes. It needs room, not order. */
  readonly scratch?: string;
}

const message = z.union([
  z.object({ QMP: z.unknown() }),
  z.object({ return: z.unknown(), id: z.int() }),
  z.object({ error: z.object({ class: z.string(), desc: z.string() }), id: z.int().optional() }),
  z.object({ event: z.string(), data: z.unknown().optional() }),
]);

const migration = z.object({ status: z.string().optional(), 'error-desc': z.string().optional() });

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

function commandLine(image: Image, { purpose, forwards = [], console }: StartOptions): string[] {
  const restore = purpose === 'restore';
  const memory = `memory-backend-file,id=memory,size=${memoryMegabytes}M,mem-path=${image.memory}`;
  const drive = (id: string, file: string): string =>
    `if=none,id=${id},format=raw,cache=unsafe,file=${file},snapshot=${restore ? 'on' : 'off'}`;
  const ports = forwards.map(
    ({ address, port, guestPort }) => `,hostfwd=tcp:${address}:${port}-${guestAddress}:${guestPort}`,
  );
  const firmware = ['usr/share/qemu', 'usr/share/seabios']
    .map((place) => join(image.tools, place))
    .filter((place) => existsSync(place));
  return [
    ...firmware.flatMap((place) => ['-L', place]),
    ...['-object', `${memory},share=${restore ? 'off' : 'on'}`],
    ...['-drive', drive('root', image.rootDisk), '-drive', drive('data', image.dataDisk)],
    ...['-netdev', `user,id=network,ipv6=off${ports.join('')}`],
    // Node's pipes are sockets: no files in a folder, and nobody else can connect.
    ...['-chardev', 'stdio,id=orders,signal=off', '-mon', 'chardev=orders,mode=control'],
    ...['-chardev', 'socket,id=agent,fd=3'],
    ...['-chardev', console === undefined ? 'null,id=console' : `file,id=console,path=${console}`],
    ...devices,
    ...['-kernel', image.kernel, '-initrd', image.initrd, '-append', kernelArguments],
    ...(restore ? ['-incoming', 'defer'] : []),
  ];
}

/** A QEMU process, and its monitor (QMP). It ends with this process, also when that is killed. */
export class Qemu {
  readonly agent: Agent;
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, Pending>();
  readonly #ended: Promise<void>;
  readonly #listeners = new Set<(event: string) => void>();
  #next = 1;
  #running = true;
  #said = '';

  private constructor(
    readonly image: Image,
    options: StartOptions,
  ) {
    const { environment } = toolsIn(image.tools);
    // setpriv: the kernel kills QEMU when its parent ends, however. exec, so that the process id is QEMU's own.
    const program = ['--pdeathsig', 'KILL', 'qemu-system-x86_64'];
    this.#child = spawn('setpriv', [...program, ...commandLine(image, options)], {
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
      // An interrupt from the keyboard is for us.
      detached: true,
      env: { ...environment, ...(options.scratch === undefined ? {} : { TMPDIR: options.scratch }) },
    });
    const [, , , channel] = this.#child.stdio;
    if (!(channel instanceof Duplex)) throw new TypeError('the fourth stream is a pipe');
    this.agent = new Agent(channel);
    this.#child.stdin?.on('error', () => undefined);
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said = `${this.#said}${text}`.slice(-2000);
    });
    if (this.#child.stdout === null) throw new TypeError('the second stream is a pipe');
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      this.#hear(line);
    });
    this.#ended = new Promise((resolve) => {
      const end = (why: string): void => {
        this.#running = false;
        this.agent.close();
        const error = new MachineFailed(`QEMU ended (${why}): ${this.#said.trim()}`);
        for (const { reject } of this.#pending.values()) reject(error);
        this.#pending.clear();
        for (const listener of this.#listeners) listener('ENDED');
        resolve();
      };
      this.#child.once('error', (error) => {
        end(error.message);
      });
      this.#child.once('close', (code, signal) => {
        end(String(code ?? signal));
      });
    });
  }

  /** Starts QEMU with the image's devices: booting for a build, with its memory still to come for a restore. */
  static async start(image: Image, options: StartOptions): Promise<Qemu> {
    const qemu = new Qemu(image, options);
    await qemu.order('qmp_capabilities');
    return qemu;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get running(): boolean {
    return this.#running;
  }

  /** Saves the running state, but for the memory, whose file has it already, and ends QEMU. */
  async save(): Promise<void> {
    await this.order('stop');
    await this.#shareMemory();
    await this.order('migrate', { uri: `exec:cat > '${this.image.state}'` });
    await this.#migrated();
    await this.order('quit').catch(() => undefined);
    await this.#ended;
  }

  /** Brings the saved state back and lets it run. */
  async restore(): Promise<void> {
    await this.#shareMemory();
    await this.order('migrate-incoming', { uri: `exec:cat '${this.image.state}'` });
    await this.#migrated();
    await this.order('cont');
  }

  /** @throws MachineFailed with QEMU's words */
  async order(execute: string, details: object = {}): Promise<unknown> {
    if (!this.#running) throw new MachineFailed(`QEMU has ended: ${this.#said.trim()}`);
    const id = this.#next;
    this.#next += 1;
    return await new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#child.stdin?.write(`${JSON.stringify({ execute, arguments: details, id })}\n`);
    });
  }

  /** Resolves with the next event of this name. @throws MachineFailed where QEMU ends before */
  async event(name: string): Promise<void> {
    if (!this.#running) throw new MachineFailed('QEMU has ended');
    await new Promise<void>((resolve, reject) => {
      const listener = (event: string): void => {
        if (event !== name && event !== 'ENDED') return;
        this.#listeners.delete(listener);
        if (event === name) resolve();
        else reject(new MachineFailed(`QEMU ended before ${name}: ${this.#said.trim()}`));
      };
      this.#listeners.add(listener);
    });
  }

  /** Kills QEMU: what the machine had on disk and in memory is gone. */
  async end(): Promise<void> {
    if (this.#running) this.#child.kill('SIGKILL');
    await this.#ended;
  }

  async #shareMemory(): Promise<void> {
    const capabilities = [{ capability: 'x-ignore-shared', state: true }];
    await this.order('migrate-set-capabilities', { capabilities });
  }

  async #migrated(): Promise<void> {
    for (;;) {
      const { status, 'error-desc': why } = migration.parse(await this.order('query-migrate'));
      if (status === 'completed') return;
      if (status === 'failed' || status === 'cancelled')
        throw new MachineFailed(`migration ${status}: ${why ?? this.#said}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  #hear(line: string): void {
    const heard = message.parse(JSON.parse(line));
    if ('event' in heard) {
      for (const listener of this.#listeners) listener(heard.event);
    } else if ('id' in heard && heard.id !== undefined) {
      const pending = this.#pending.get(heard.id);
      this.#pending.delete(heard.id);
      if ('error' in heard) pending?.reject(new MachineFailed(`${heard.error.class}: ${heard.error.desc}`));
      else pending?.resolve(heard.return);
    }
  }

  /** Resolves when QEMU has ended. */
  async ended(): Promise<void> {
    if (this.#running) await once(this.#child, 'close');
  }
}
