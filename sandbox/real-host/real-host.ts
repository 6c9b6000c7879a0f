import { randomUUID } from 'node:crypto';
import { once, EventEmitter } from 'node:events';
import { CommandUndelivered, HostNotRunning, type CommandResult, type GetSecretValue, type RunOptions } from '../hosts';
import { awsCli } from '../hosts/aws-cli';
import { canListen, freePort } from '../network';
import { type Agent, type Ended } from './agent';
import { Disks } from './disks';
import { Door } from './door';
import { AgentFailed } from './errors';
import { type Image } from './image-folder';
import { Qemu, type Forward } from './qemu';

/** Seconds that a boot under emulation may take on a busy computer, and the answer of a restored machine. */
const BOOT = 240;
const RESTORE = 60;

const lifeboat = '/usr/lib/lifeboat';

/** As the kernel counts them; the two that end a command here. */
const signalNames: Readonly<Record<number, string>> = { 9: 'SIGKILL', 15: 'SIGTERM' };

export interface RealHostOptions {
  /** `i-…`; unique within the sandbox. */
  readonly id: string;
  /** A finished image, from `buildImage`. */
  readonly image: Image;
  /** Its own loopback address, from an AddressPool. */
  readonly address: string;
  /** Ports on which it serves. 80 and 3000 where nothing is said. */
  readonly ports?: readonly number[];
  /** The role of its instance profile; without one the `aws` stand-in finds no credentials. */
  readonly role?: string;
  readonly getSecretValue?: GetSecretValue;
  /** `address:port` of a name server on loopback; without one the machine knows the names in its /etc/hosts only. */
  readonly nameServer?: string;
}

/**
 * An EC2 instance that is a real Debian machine under emulation, with the interface of `Host` (sandbox/hosts). It is
 * restored from a saved state in which the application serves already. What it writes, to memory and disks, is its own
 * and gone with it. It ends with this process, even if that is killed.
 */
export class RealHost {
  readonly #options: RealHostOptions;
  readonly #news = new EventEmitter();
  #qemu: Qemu | undefined;
  #disks: Disks | undefined;
  #door: Door | undefined;
  #ports: Readonly<Record<number, number>> = {};
  #powered = false;
  #answering = true;

  private constructor(options: RealHostOptions) {
    this.#options = options;
    this.#news.setMaxListeners(0);
  }

  /** Restores the saved machine. */
  static async boot(options: RealHostOptions): Promise<RealHost> {
    const host = new RealHost(options);
    try {
      await host.#restore();
    } catch (error) {
      await host.destroy();
      throw error;
    }
    return host;
  }

  get id(): string {
    return this.#options.id;
  }

  get address(): string {
    return this.#options.address;
  }

  get running(): boolean {
    return this.#powered && this.#qemu?.running === true;
  }

  /** Whether the agent takes commands (it is "online"). */
  get answering(): boolean {
    return this.running && this.#answering;
  }

  /** QEMU's process id. */
  get pid(): number | undefined {
    return this.#qemu?.pid;
  }

  /** Where a port of the machine is served: for load balancers and observers. */
  endpoint(port: number): { readonly address: string; readonly port: number } {
    return { address: this.address, port: this.#ports[port] ?? port };
  }

  /** Boots a stopped or crashed machine; its disks are as they were. */
  async start(): Promise<void> {
    if (this.running) return;
    const qemu = this.#machine();
    await qemu.order('system_reset');
    await qemu.order('cont');
    await this.#arrive(BOOT);
  }

  /** Shuts the machine down in an orderly way. Its disks are kept. */
  async stop(): Promise<void> {
    if (!this.running) return;
    const qemu = this.#alive();
    const off = qemu.event('SHUTDOWN');
    // No answer: the agent goes down with the machine.
    void qemu.agent.run('/usr/bin/systemctl', ['--no-block', 'poweroff']).catch(() => undefined);
    await off;
    this.#down();
  }

  /** The plug is pulled: memory is lost, what was written to the disks is there. */
  async crash(): Promise<void> {
    if (!this.running) return;
    await this.#alive().order('stop');
    this.#down();
  }

  /** Pulls the plug and puts it in again: the machine boots. */
  async reset(): Promise<void> {
    await this.crash();
    await this.start();
  }

  /** Ends the machine and everything that it wrote. */
  async destroy(): Promise<void> {
    this.#powered = false;
    this.#door?.close();
    this.#door = undefined;
    await this.#qemu?.end();
    this.#qemu = undefined;
    this.#disks = undefined;
    this.#news.emit('agent');
  }

  /**
   * Runs a shell script as the SSM agent does: as root, in a folder of its own and a process group of its own, which is
   * killed when the time is over or the signal comes. Nothing but `environment` is added to the agent's own variables.
   * Throws CommandUndelivered when `signal` gives up on an agent that does not answer, HostNotRunning when the machine
   * ends under the script.
   */
  async run(
    script: string,
    environment: Readonly<Record<string, string>> = {},
    options: RunOptions = {},
  ): Promise<CommandResult> {
    const { work = async <T>(task: () => Promise<T>) => await task() } = options;
    await this.#untilAnswering(options.signal);
    const result = await work(async () => await this.#command(script, environment, options));
    await this.#untilAnswering(options.signal);
    return result;
  }

  /** Writes a file of the machine, with its folders. */
  async write(file: string, text: string, mode = 0o644): Promise<void> {
    const script = 'mkdir -p "$(dirname "$1")" && cat >"$1" && chmod "$2" "$1"';
    await this.#alive().agent.run('/bin/bash', ['-c', script, 'write', file, mode.toString(8)], text);
  }

  /** Runs a program directly and returns what it says: to look at the machine. @throws AgentFailed unless it ends with 0 */
  async look(program: string, ...args: string[]): Promise<string> {
    return (await this.#alive().agent.run(program, args)).trimEnd();
  }

  /** Plugs in an EBS volume with what `copyDisk` or `detachDisk` left in a folder; without that it is blank. */
  async attachDisk(volumeId: string, folder: string): Promise<void> {
    await this.#plugs().attach(volumeId, folder);
  }

  /** Pulls it out; what is on it lies in the folder then. @throws MachineFailed while the machine uses it */
  async detachDisk(volumeId: string, folder: string): Promise<void> {
    await this.#plugs().detach(volumeId, folder);
  }

  /** A snapshot of EBS: what is written on the disk at this moment, however much of it is still in memory only. */
  async copyDisk(volumeId: string, folder: string): Promise<void> {
    await this.#plugs().copy(volumeId, folder);
  }

  /** Fault: the agent neither takes commands nor returns results. Until `answer`. */
  silence(): void {
    this.#answering = false;
  }

  answer(): void {
    this.#answering = true;
    this.#news.emit('agent');
  }

  async #restore(): Promise<void> {
    const { id, image, role, getSecretValue } = this.#options;
    this.#door = await Door.open((argv) => awsCli(argv, { id, role }, { getSecretValue }));
    const forwards = await this.#forwards();
    this.#ports = Object.fromEntries(forwards.map(({ guestPort, port }) => [guestPort, port]));
    this.#qemu = await Qemu.start(image, { purpose: 'restore', forwards });
    this.#disks = new Disks(this.#qemu);
    await this.#qemu.restore();
    await this.#arrive(RESTORE);
  }

  /** Tells a machine that has just come to life what time it is and where it finds the sandbox. */
  async #arrive(seconds: number): Promise<void> {
    const qemu = this.#machine();
    await qemu.agent.sync(seconds);
    const { nameServer = '' } = this.#options;
    await qemu.agent.run(`${lifeboat}/arrive`, [String(Date.now() / 1000), this.#door?.url ?? '', nameServer]);
    this.#powered = true;
    this.#news.emit('agent');
  }

  async #command(
    script: string,
    environment: Readonly<Record<string, string>>,
    { timeoutSeconds, signal, folder = '' }: RunOptions,
  ): Promise<CommandResult> {
    const { agent } = this.#alive();
    const place = randomUUID();
    const startedAt = Date.now();
    const { pid, ended } = await agent.start(`${lifeboat}/run-command`, [place, folder], script, environment);
    let [timedOut, cancelled] = [false, false];
    const kill = (): void => {
      void agent.run('/bin/kill', ['-KILL', '--', `-${pid}`]).catch(() => undefined);
    };
    const timer =
      timeoutSeconds === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            kill();
          }, timeoutSeconds * 1000);
    const cancel = (): void => {
      cancelled = true;
      kill();
    };
    signal?.addEventListener('abort', cancel, { once: true });
    if (signal?.aborted === true) cancel();
    try {
      const { code, signal: number } = await ended;
      // Killed at once, it may not have come to have any.
      const killed = timedOut || cancelled;
      const { stdout, stderr } = await this.#output(agent, `/var/lib/amazon/ssm/${place}`, killed);
      return {
        exitCode: number === undefined ? (code ?? null) : null,
        signal: number === undefined ? null : (signalNames[number] ?? `signal ${number}`),
        stdout,
        stderr,
        timedOut,
        cancelled,
        startedAt,
        endedAt: Date.now(),
      };
    } catch (error) {
      if (this.running) throw error;
      throw new HostNotRunning(`The machine ${this.id} ended under the command`, { cause: error });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cancel);
    }
  }

  /** What a command said, both streams; its folder goes. */
  async #output(agent: Agent, place: string, killed: boolean): Promise<Pick<Ended, 'stdout' | 'stderr'>> {
    const script = 'cat "$1/stdout" && cat "$1/stderr" >&2; code=$?; rm -rf "$1"; exit $code';
    const { ended } = await agent.start('/bin/sh', ['-c', script, 'output', place]);
    const { code, stdout, stderr } = await ended;
    if (code === 0) return { stdout, stderr };
    if (killed) return { stdout: '', stderr: '' };
    throw new AgentFailed(`the output of a command of ${this.id} could not be read: ${stderr}`);
  }

  #down(): void {
    this.#powered = false;
  }

  #machine(): Qemu {
    if (this.#qemu?.running !== true) throw new HostNotRunning(`Host ${this.id} was destroyed`);
    return this.#qemu;
  }

  #plugs(): Disks {
    this.#alive();
    if (this.#disks === undefined) throw new HostNotRunning(`Host ${this.id} was destroyed`);
    return this.#disks;
  }

  #alive(): Qemu {
    if (!this.running) throw new HostNotRunning(`Host ${this.id} is not running`);
    return this.#machine();
  }

  async #untilAnswering(signal: AbortSignal | undefined): Promise<void> {
    while (!this.answering) {
      try {
        signal?.throwIfAborted();
        await once(this.#news, 'agent', signal === undefined ? {} : { signal });
      } catch (error) {
        throw new CommandUndelivered(`The agent of host ${this.id} did not answer`, { cause: error });
      }
    }
  }

  async #forwards(): Promise<Forward[]> {
    const { address, ports = [80, 3000] } = this.#options;
    const forwards: Forward[] = [];
    for (const guestPort of ports) {
      const own = address !== '127.0.0.1' && (await canListen(address, guestPort));
      forwards.push({ address, guestPort, port: own ? guestPort : await freePort(address) });
    }
    return forwards;
  }
}
