import { randomUUID } from 'node:crypto';
import { type Clock, type Timer } from '../../../asl';
import { type CommandDocument } from './document';
import { type HostResult, type ManagedHost, type Upload } from './host';

/** A command as CommandInvocation's Status and StatusDetails tell it. */
export type InvocationStatus =
  'Pending' | 'InProgress' | 'Success' | 'Failed' | 'TimedOut' | 'Cancelling' | 'Cancelled';
export type StatusDetails = Exclude<InvocationStatus, 'TimedOut'> | 'DeliveryTimedOut' | 'ExecutionTimedOut';

/** The first agent that knows `interpolationType: ENV_VAR`; an older one would splice text. */
const ENVIRONMENT_AGENT = [3, 3, 2746, 0];
/** How long a command takes to appear in GetCommandInvocation, and to reach a host, in milliseconds. */
const APPEARS_AFTER = 500;
const DELIVERED_AFTER = 1000;
/** How often a host that is away is looked for, in milliseconds. */
const LOOK_AGAIN = 5000;
/** A script that runs too long is ended by its agent; after so much more time the agent is taken for silent, in seconds. */
const GIVES_UP_AFTER = 30;
/** The agent's code for a command that was ended from outside (CommandStoppedPreemptivelyExitCode). */
const STOPPED = 137;

/** One command on one host. */
export class Invocation {
  status: InvocationStatus = 'Pending';
  details: StatusDetails = 'Pending';
  responseCode = -1;
  stdout = '';
  stderr = '';
  visible = false;
  startedAt: Date | undefined;
  endedAt: Date | undefined;
  readonly requestedAt: Date;
  readonly #abort = new AbortController();
  readonly #timers = new Set<Timer>();

  constructor(
    readonly instanceId: string,
    private readonly command: Command,
    private readonly host: () => ManagedHost | undefined,
    private readonly clock: Clock,
  ) {
    this.requestedAt = new Date(clock.now().at);
    this.#after(APPEARS_AFTER, () => {
      this.visible = true;
    });
    this.#after(DELIVERED_AFTER, () => {
      this.#deliver();
    });
    // Foreground: whoever waits for a host that never answers waits for this.
    this.#after(command.deliverySeconds * 1000, () => {
      if (this.status === 'Pending') this.#end('TimedOut', 'DeliveryTimedOut', -1);
    });
  }

  get ended(): boolean {
    return this.endedAt !== undefined;
  }

  cancel(): void {
    if (this.ended) return;
    if (this.status === 'Pending') {
      this.#end('Cancelled', 'Cancelled', -1);
      return;
    }
    this.status = 'Cancelling';
    this.details = 'Cancelling';
    this.#abort.abort();
  }

  /** Ends everything, without an answer. */
  close(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.#abort.abort();
  }

  #deliver(): void {
    if (this.ended || this.status !== 'Pending') return;
    const host = this.host();
    if (host?.online !== true) {
      this.#after(
        LOOK_AGAIN,
        () => {
          this.#deliver();
        },
        true,
      );
      return;
    }
    this.status = 'InProgress';
    this.details = 'InProgress';
    this.startedAt = new Date(this.clock.now().at);
    // An agent that has fallen silent tells nothing any more: Systems Manager gives up by its own clock.
    this.#after((this.command.executionSeconds + GIVES_UP_AFTER) * 1000, () => {
      this.#end('TimedOut', 'ExecutionTimedOut', -1);
      this.#abort.abort();
    });
    void this.#run(host);
  }

  async #run(host: ManagedHost): Promise<void> {
    const { document, bound } = this.command;
    if (document.usesEnvironment && older(host.agentVersion, ENVIRONMENT_AGENT)) {
      this.stderr = `The SSM agent ${host.agentVersion} does not know interpolationType ENV_VAR and would splice text into the script`;
      this.#end('Failed', 'Failed', 1);
      return;
    }
    try {
      const result = await host.run(document.script, document.environment(bound), {
        timeoutSeconds: this.command.executionSeconds,
        signal: this.#abort.signal,
        work: async (task) => await this.clock.work(task),
      });
      await this.clock.work(async () => {
        await this.#upload(host, result);
      });
      this.#finish(result);
    } catch (thrown) {
      this.stderr = `failed to run commands: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
      this.#end('Failed', 'Failed', 1);
    }
  }

  /** The whole output, also of what GetCommandInvocation would not cut; an empty stream makes no object. */
  async #upload(host: ManagedHost, { stdout, stderr }: HostResult): Promise<void> {
    const { output, upload, id, document } = this.command;
    if (output === undefined) return;
    const folder = [output.prefix, id, this.instanceId, 'awsrunShellScript', document.stepName];
    for (const [stream, body] of Object.entries({ stdout, stderr })) {
      const key = [...folder, stream].filter((part) => part !== undefined && part !== '').join('/');
      if (body !== '') await upload(host, { bucket: output.bucket, key, body });
    }
  }

  #finish({ exitCode, stdout, stderr, timedOut }: HostResult): void {
    if (this.ended) return;
    this.stdout = stdout;
    this.stderr = stderr;
    if (this.#abort.signal.aborted) this.#end('Cancelled', 'Cancelled', STOPPED);
    else if (timedOut) this.#end('TimedOut', 'ExecutionTimedOut', STOPPED);
    else if (exitCode === 0) this.#end('Success', 'Success', 0);
    else this.#end('Failed', 'Failed', exitCode ?? STOPPED);
  }

  #end(status: InvocationStatus, details: StatusDetails, responseCode: number): void {
    if (this.ended) return;
    this.status = status;
    this.details = details;
    this.responseCode = responseCode;
    this.endedAt = new Date(this.clock.now().at);
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.visible = true;
  }

  #after(milliseconds: number, action: () => void, background = false): void {
    const timer = this.clock.after(
      milliseconds,
      () => {
        this.#timers.delete(timer);
        action();
      },
      { background },
    );
    this.#timers.add(timer);
  }
}

export interface CommandOptions {
  readonly document: CommandDocument;
  readonly given: Readonly<Record<string, readonly string[]>>;
  readonly comment: string | undefined;
  readonly deliverySeconds: number;
  /** Where in S3 the output goes as well. */
  readonly output: { readonly bucket: string; readonly prefix: string | undefined } | undefined;
  readonly upload: Upload;
}

/** What SendCommand started, on all its hosts. */
export class Command {
  readonly id = randomUUID();
  readonly document: CommandDocument;
  readonly given: Readonly<Record<string, readonly string[]>>;
  readonly bound: ReadonlyMap<string, string>;
  readonly executionSeconds: number;
  readonly deliverySeconds: number;
  readonly comment: string | undefined;
  readonly output: CommandOptions['output'];
  readonly upload: Upload;
  readonly requestedAt: Date;
  readonly invocations: readonly Invocation[];

  /** @throws AwsError InvalidParameters */
  constructor(
    options: CommandOptions,
    instanceIds: readonly string[],
    hosts: (instanceId: string) => ManagedHost | undefined,
    clock: Clock,
  ) {
    const { document, given, comment, deliverySeconds } = options;
    this.document = document;
    this.given = given;
    this.bound = document.bind(given);
    this.executionSeconds = document.timeoutSeconds(this.bound);
    this.deliverySeconds = deliverySeconds;
    this.comment = comment;
    this.output = options.output;
    this.upload = options.upload;
    this.requestedAt = new Date(clock.now().at);
    this.invocations = instanceIds.map((id) => new Invocation(id, this, () => hosts(id), clock));
  }

  /** The status of all invocations together: the worst that has come, once none is under way. */
  get status(): InvocationStatus {
    const statuses = this.invocations.map(({ status }) => status);
    const found = (['Cancelling', 'InProgress', 'Pending', 'Failed', 'TimedOut', 'Cancelled'] as const).find((status) =>
      statuses.includes(status),
    );
    if (found === 'Pending' && statuses.some((status) => status !== 'Pending')) return 'InProgress';
    return found ?? 'Success';
  }
}

function older(version: string, least: readonly number[]): boolean {
  const parts = version.split('.').map(Number);
  for (const [index, wanted] of least.entries()) {
    const part = parts[index] ?? 0;
    if (part !== wanted) return !(part > wanted);
  }
  return false;
}
