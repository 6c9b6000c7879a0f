import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as z from 'zod';
import { canListen, freePort } from '../network';
import { awsCli, type GetObject, type GetSecretValue } from './aws-cli';
import { CommandUndelivered, HostNotRunning } from './errors';
import { Machine, type UnitState } from './machine';
import { findPostgresClients, installStandIns } from './stand-ins';
import { mountUnitFile, type HostVolume, type VolumeFaults } from './volumes';

export interface HostOptions {
  /** `i-…`; unique within the sandbox. */
  readonly id: string;
  /** The folder that is the machine's `/`. Made if missing, and kept when the host stops. */
  readonly root: string;
  /** Its own loopback address, from an AddressPool. */
  readonly address: string;
  /** What `NameResolver.serve()` returned. */
  readonly resolver: string;
  /** The role of its instance profile; without one the `aws` stand-in finds no credentials. */
  readonly role?: string;
  readonly getSecretValue?: GetSecretValue | undefined;
  readonly getObject?: GetObject | undefined;
  /** Folder of PostgreSQL's client programs; `null` for none, so that the stand-in for psql is used. */
  readonly postgresClients?: string | null;
  /** Ports on which it serves, so that those which are not permitted here can be served on another. */
  readonly ports?: readonly number[];
  /** `stand-in` for the one in Node even where the system has a curl. */
  readonly curl?: 'system' | 'stand-in';
}

export interface RunOptions {
  /** Real seconds, after which the script's whole process group is killed. */
  readonly timeoutSeconds?: number;
  /** Cancels: kills the process group, or gives up waiting for an agent that does not answer. */
  readonly signal?: AbortSignal;
  /** Absolute, as on the machine. Without it a folder of the command's own, as the agent has it. */
  readonly folder?: string;
  /** Counts as work what it is given: the script while the agent answers, not the wait for one that does not. */
  readonly work?: <T>(task: () => Promise<T>) => Promise<T>;
}

const commandResult = z.object({
  /** Null where a signal ended the script. */
  exitCode: z.int().nullable(),
  signal: z.string().nullable(),
  stdout: z.string(),
  stderr: z.string(),
  timedOut: z.boolean(),
  cancelled: z.boolean(),
  startedAt: z.number(),
  endedAt: z.number(),
});
/** Output is complete: cutting it to what the service returns is the caller's. Times are milliseconds of the epoch. */
export type CommandResult = z.infer<typeof commandResult>;

const answer = z.object({ code: z.int(), stdout: z.string(), stderr: z.string() });

export interface SystemctlResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const folders = [
  'var/www',
  'var/log',
  'var/lib',
  'var/backups',
  'var/tmp',
  'backup',
  'opt',
  'srv',
  'home',
  'root',
  'tmp',
  'mnt',
  'data',
  'run',
];

/**
 * A simulated EC2 instance: a folder for its disk, a loopback address, and real processes under a service manager. All
 * hosts share this computer, so what makes each one separate is explained where it is done: paths in
 * `machine/paths.cjs`, ports, names and localhost in `machine/preload.cjs` (Node) and `stand-ins/curl.cjs`,
 * `stand-ins/libpq.cjs` (programs). Everything ends with this process, even if it is killed.
 */
export class Host {
  readonly #options: HostOptions;
  readonly #news = new EventEmitter();
  readonly #units = new Map<string, UnitState>();
  #machine: Machine | undefined;
  #ports: Readonly<Record<number, number>> = {};
  #answering = true;

  private constructor(options: HostOptions) {
    this.#options = options;
    // Each command under way waits for news of the agent.
    this.#news.setMaxListeners(0);
  }

  /** Makes the machine and starts it with its enabled units. */
  static async boot(options: HostOptions): Promise<Host> {
    const host = new Host(options);
    for (const folder of [...folders, 'etc/systemd/system', 'etc/nginx']) {
      fs.mkdirSync(path.join(options.root, folder), { recursive: true });
    }
    installStandIns(host.#standIns);
    await host.start();
    return host;
  }

  get id(): string {
    return this.#options.id;
  }

  get address(): string {
    return this.#options.address;
  }

  get root(): string {
    return this.#options.root;
  }

  get running(): boolean {
    return this.#machine !== undefined;
  }

  /** Whether the agent takes commands (it is "online"). */
  get answering(): boolean {
    return this.running && this.#answering;
  }

  get #standIns(): string {
    return path.join(this.root, 'usr/lib/lifeboat/bin');
  }

  /** Where a path of the machine lies on this computer. */
  path(absolute: string): string {
    return path.join(this.root, absolute);
  }

  /** Where a port of the machine is really served: for load balancers and observers. */
  endpoint(port: number): { readonly address: string; readonly port: number } {
    return { address: this.address, port: this.#ports[port] ?? port };
  }

  /** Boots a stopped host; its disk is as it was. */
  async start(): Promise<void> {
    if (this.#machine !== undefined) return;
    this.#ports = await this.#choosePorts();
    const machine = new Machine({
      unit: (state) => {
        this.#units.set(state.name, state);
        this.#news.emit('unit', state);
      },
      aws: (argv) =>
        awsCli(argv, { id: this.id, role: this.#options.role }, this.#options, (file, body) => {
          // A script's own folders lie under the root already.
          const inside = file.startsWith(`${this.root}${path.sep}`) ? file : this.path(file);
          fs.writeFileSync(inside, body, { mode: 0o600 });
        }),
      end: () => {
        if (this.#machine === machine) this.#machine = undefined;
        this.#units.clear();
        this.#news.emit('agent');
      },
    });
    this.#machine = machine;
    this.#answering = true;
    await machine.order('boot', { root: this.root, environment: this.#environment() });
    this.#news.emit('agent');
  }

  /** Stops its units in an orderly way, then the machine. */
  async stop(): Promise<void> {
    const machine = this.#machine;
    if (machine === undefined) return;
    await machine.order('shutdown');
    await machine.cut();
  }

  /** The plug is pulled: every process of it is killed at once. */
  async crash(): Promise<void> {
    await this.#machine?.cut();
  }

  /** Crashes it and deletes its disk. */
  async destroy(): Promise<void> {
    await this.crash();
    fs.rmSync(this.root, { recursive: true, force: true });
  }

  /**
   * Runs a shell script as the SSM agent would. `environment` is added to the host's own; a value that is a path of the
   * machine is mapped. While the agent is silenced or the host is down nothing is delivered, and a result is held back.
   * Throws CommandUndelivered when `signal` gives up on that, HostNotRunning when the host ends under the script.
   * Real work: callers with a clock give its `work`.
   */
  async run(
    script: string,
    environment: Readonly<Record<string, string>> = {},
    options: RunOptions = {},
  ): Promise<CommandResult> {
    await this.#untilAnswering(options.signal);
    const machine = this.#alive();
    const id = randomUUID();
    const cancel = (): void => {
      // An agent that does not answer cannot be told either.
      if (this.#answering) machine.order('cancel', { command: id }).catch(() => undefined);
    };
    options.signal?.addEventListener('abort', cancel, { once: true });
    try {
      const timeoutMs = options.timeoutSeconds === undefined ? undefined : options.timeoutSeconds * 1000;
      const command = { id, script, environment, timeoutMs, folder: options.folder };
      const running = machine.order('run', { command });
      // Abandoned below only where the agent does not answer.
      running.catch(() => undefined);
      const abandoned = this.#abandoned(options.signal);
      const { work = async <T>(task: () => Promise<T>) => await task() } = options;
      const result = await work(async () => await Promise.race([running, abandoned.promise])).finally(
        abandoned.dispose,
      );
      await this.#untilAnswering(options.signal);
      return commandResult.parse(result);
    } finally {
      options.signal?.removeEventListener('abort', cancel);
    }
  }

  /** As the program does, from outside: for provisioning and for tests. */
  async systemctl(verb: string, ...units: string[]): Promise<SystemctlResult> {
    const options = { quiet: false, now: false, value: false, properties: [] };
    return answer.parse(await this.#alive().order('systemctl', { verb, units, options }));
  }

  /** The last known state of a unit; undefined until it was first started or stopped. */
  unit(name: string): UnitState | undefined {
    return this.#units.get(name);
  }

  /** Resolves with the first state of any unit, present or to come, that the test accepts. */
  async unitReaches(test: (state: UnitState) => boolean, signal?: AbortSignal): Promise<UnitState> {
    for (;;) {
      const found = [...this.#units.values()].find(test);
      if (found !== undefined) return found;
      await once(this.#news, 'unit', signal === undefined ? {} : { signal });
    }
  }

  /** Fault: from its next start on, the unit's main process exits at once with 1. Until `repairUnit`. */
  async breakUnit(name: string): Promise<void> {
    await this.#alive().order('fault', { unit: name, on: true });
  }

  async repairUnit(name: string): Promise<void> {
    await this.#alive().order('fault', { unit: name, on: false });
  }

  /** Makes a volume, empty, and mounts it by its unit: before anything is installed in its mount point, which it hides. */
  async addVolume(volume: HostVolume): Promise<void> {
    await this.#alive().order('volume-create', { volume });
    fs.writeFileSync(this.path(`/etc/systemd/system/${volume.mountUnit}`), mountUnitFile(volume));
    for (const verb of ['enable', 'start']) {
      const { code, stderr } = await this.systemctl(verb, volume.mountUnit);
      if (code !== 0) throw new Error(`Host ${this.id}: systemctl ${verb} ${volume.mountUnit}: ${stderr}`);
    }
  }

  /** An EBS volume is attached, with what is in a folder of this computer on it (`group.json`, and its volumes). */
  async attachDisk(volumeId: string, folder: string): Promise<void> {
    await this.#alive().order('disk-attach', { volumeId, folder });
  }

  /** It is taken away; what is on it lies in the folder then. @throws Error while anything on it is active */
  async detachDisk(volumeId: string, folder: string): Promise<void> {
    await this.#alive().order('disk-detach', { volumeId, folder });
  }

  /** What is on it now is copied into a folder, as a snapshot takes it. */
  async copyDisk(volumeId: string, folder: string): Promise<void> {
    await this.#alive().order('disk-copy', { volumeId, folder });
  }

  async volumeFault(faults: VolumeFaults): Promise<void> {
    await this.#alive().order('volume-fault', { faults });
  }

  /** Fault: the agent neither takes commands nor returns results; services go on running. Until `answer`. */
  silence(): void {
    this.#answering = false;
  }

  answer(): void {
    this.#answering = true;
    this.#news.emit('agent');
  }

  #alive(): Machine {
    if (this.#machine === undefined) throw new HostNotRunning(`Host ${this.id} is not running`);
    return this.#machine;
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

  /** Rejects when the signal gives up on a command whose agent does not answer. */
  #abandoned(signal: AbortSignal | undefined): { readonly promise: Promise<never>; readonly dispose: () => void } {
    let abandon = (): void => undefined;
    const promise = new Promise<never>((_resolve, reject) => {
      abandon = () => {
        if (!this.#answering) reject(new CommandUndelivered(`The agent of host ${this.id} did not return the result`));
      };
    });
    signal?.addEventListener('abort', abandon, { once: true });
    return {
      promise,
      dispose: () => {
        signal?.removeEventListener('abort', abandon);
      },
    };
  }

  /** A port is its own number wherever we may listen on it: everywhere on Linux as root, above 1024 otherwise. */
  async #choosePorts(): Promise<Record<number, number>> {
    const chosen: Record<number, number> = {};
    for (const port of this.#options.ports ?? [80, 3000]) {
      const shared = this.address === '127.0.0.1';
      if (!shared && (await canListen(this.address, port))) continue;
      chosen[port] = await freePort(this.address);
    }
    return chosen;
  }

  /** Nothing of this process's own environment reaches a host but the PATH, behind the stand-ins. */
  #environment(): Record<string, string> {
    const clients = this.#options.postgresClients === undefined ? findPostgresClients() : this.#options.postgresClients;
    const system = ['/usr/local/bin', '/usr/bin', '/bin', '/usr/local/sbin', '/usr/sbin', '/sbin'];
    return {
      PATH: [this.#standIns, path.dirname(process.execPath), ...system].join(path.delimiter),
      HOME: this.path('/root'),
      USER: 'root',
      LOGNAME: 'root',
      LANG: 'C.UTF-8',
      TMPDIR: this.path('/tmp'),
      NODE_OPTIONS: `--require ${JSON.stringify(path.join(__dirname, 'machine', 'preload.cjs'))}`,
      // The application's packages are Lifeboat's: a sandbox has no registry.
      NODE_PATH: path.resolve(path.dirname(require.resolve('pg/package.json')), '..'),
      npm_config_offline: 'true',
      npm_config_audit: 'false',
      npm_config_fund: 'false',
      npm_config_update_notifier: 'false',
      npm_config_userconfig: this.path('/root/.npmrc'),
      npm_config_cache: this.path('/root/.npm'),
      GIT_ALLOW_PROTOCOL: 'file',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      LIFEBOAT_MACHINE: randomUUID(),
      LIFEBOAT_HOST_ROOT: this.root,
      LIFEBOAT_STAND_INS: this.#standIns,
      LIFEBOAT_ADDRESS: this.address,
      LIFEBOAT_RESOLVER: this.#options.resolver,
      LIFEBOAT_PORTS: JSON.stringify(this.#ports),
      LIFEBOAT_CURL: this.#options.curl ?? 'system',
      ...(clients === undefined || clients === null ? {} : { LIFEBOAT_POSTGRES_CLIENTS: clients }),
    };
  }
}
