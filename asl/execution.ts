import { Cancellation } from './cancellation';
import { type Clock, type Instant, type Timer } from './clock';
import { type Machine } from './definition';
import { type Edge, START } from './edges';
import { Cancelled, InvalidExecutionInput, PAYLOAD_LIMIT_BYTES, asStateError } from './errors';
import { HISTORY_LIMIT, History, type HistoryEvent, type HistoryEventDetails, type HistoryListener } from './history';
import { type Json, NotJsonError, jsonBytes, toJson } from './json';
import { type ExecutionIdentity, Frame, type Run, type TaskHandler } from './run';
import { Scope } from './scope';
import { runBody } from './states/body';
import { TaskTokens } from './tokens';

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

export interface ExecutionOptions {
  readonly machine: Machine;
  readonly input: unknown;
  readonly clock: Clock;
  readonly handler: TaskHandler;
  readonly identity: ExecutionIdentity;
  /** Shared by the executions whose tokens are answered in one place. */
  readonly tokens?: TaskTokens;
  /** Aborts the execution: the signal of the task that started it. */
  readonly signal?: AbortSignal;
  /** Hears of every event, the first included. */
  readonly onEvent?: HistoryListener;
  /** From 0 to below 1, for retries with jitter. */
  readonly random?: () => number;
}

/** How an execution ended. */
export interface ExecutionResult {
  readonly status: Exclude<ExecutionStatus, 'RUNNING'>;
  readonly output?: Json;
  readonly error?: string;
  readonly cause?: string;
}

const endings = {
  SUCCEEDED: 'ExecutionSucceeded',
  FAILED: 'ExecutionFailed',
  TIMED_OUT: 'ExecutionTimedOut',
  ABORTED: 'ExecutionAborted',
} as const;

/** One run of a machine. */
export class Execution {
  readonly identity: ExecutionIdentity;
  readonly input: Json;
  readonly startedAt: Instant;
  /** Resolves at the end, whatever it is; never rejects. */
  readonly done: Promise<ExecutionResult>;
  readonly #clock: Clock;
  readonly #history: History;
  readonly #cancellation = new Cancellation();
  readonly #frame: Frame;
  readonly #edges: Edge[] = [];
  readonly #timeout: Timer | undefined;
  readonly #dispose: () => void;
  #settle: (result: ExecutionResult) => void = () => undefined;
  #result: ExecutionResult | undefined;
  #endedAt: Instant | undefined;
  #ending = false;

  constructor(options: ExecutionOptions) {
    const { machine, clock, identity, signal } = options;
    this.identity = identity;
    this.input = checkedInput(options.input);
    this.#clock = clock;
    this.startedAt = clock.now();
    this.done = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#history = new History(clock, () => {
      const cause = `The execution reached the maximum number of history events (${HISTORY_LIMIT}).`;
      this.#end({ status: 'FAILED', error: 'States.Runtime', cause });
    });
    if (options.onEvent !== undefined) this.#history.subscribe(options.onEvent);
    const run: Run = {
      clock,
      handler: options.handler,
      tokens: options.tokens ?? new TaskTokens(),
      history: this.#history,
      edges: this.#edges,
      identity,
      input: this.input,
      startedAt: new Date(this.startedAt.at).toISOString(),
      random: options.random ?? Math.random,
      body: runBody,
    };
    this.#frame = new Frame(run, new Scope(), this.#cancellation, 0, undefined);
    this.#dispose = this.#follow(signal);
    const { timeoutSeconds } = machine;
    if (timeoutSeconds !== undefined) {
      this.#timeout = clock.after(timeoutSeconds * 1000, () => {
        const cause = `The execution did not end within ${timeoutSeconds} seconds.`;
        this.#end({ status: 'TIMED_OUT', error: 'States.Timeout', cause });
      });
    }
    this.#history.record('ExecutionStarted', 0, {
      executionStartedEventDetails: { input: JSON.stringify(this.input), roleArn: identity.roleArn },
    });
    // Not at once: a handler called from here would find a caller that has no execution yet.
    queueMicrotask(() => {
      void this.#run(machine);
    });
  }

  get status(): ExecutionStatus {
    return this.#result?.status ?? 'RUNNING';
  }

  get output(): Json | undefined {
    return this.#result?.output;
  }

  get error(): string | undefined {
    return this.#result?.error;
  }

  get cause(): string | undefined {
    return this.#result?.cause;
  }

  get endedAt(): Instant | undefined {
    return this.#endedAt;
  }

  /** What still listens within the execution: 0 after its end. */
  get listeners(): number {
    return this.#cancellation.listeners;
  }

  /** The events so far, in the shape of GetExecutionHistory. */
  history(): readonly HistoryEvent[] {
    return this.#history.events();
  }

  /** The edges taken so far, in order, as `definitionEdges` enumerates them. */
  edges(): readonly Edge[] {
    return [...this.#edges];
  }

  /** Calls the listener for every event from now on. Returns what ends that. */
  subscribe(listener: HistoryListener): () => void {
    return this.#history.subscribe(listener);
  }

  /**
   * Aborts the execution, synchronously: tasks under way are told first (so nested executions end first), then their
   * states, then the execution. Returns false where it had already ended.
   */
  stop(error?: string, cause?: string): boolean {
    return this.#end({
      status: 'ABORTED',
      ...(error === undefined ? {} : { error }),
      ...(cause === undefined ? {} : { cause }),
    });
  }

  async #run(machine: Machine): Promise<void> {
    try {
      const entry = { from: START, to: machine.startAt, kind: 'StartAt' } as const;
      const output = await runBody(this.#frame, machine, this.input, entry);
      this.#end({ status: 'SUCCEEDED', output });
    } catch (thrown) {
      if (thrown instanceof Cancelled) return;
      const failure = asStateError(thrown);
      this.#end({ status: 'FAILED', error: failure.name, cause: failure.cause });
    }
  }

  /** Follows the signal of what started this execution; returns what ends that. */
  #follow(signal: AbortSignal | undefined): () => void {
    if (signal === undefined) return () => undefined;
    const abort = (): void => {
      this.stop('States.TaskAborted', 'The task that started this execution was aborted or timed out.');
    };
    if (signal.aborted) queueMicrotask(abort);
    else signal.addEventListener('abort', abort, { once: true });
    return () => {
      signal.removeEventListener('abort', abort);
    };
  }

  #end(result: ExecutionResult): boolean {
    // What is told of the abort may itself try to stop the execution.
    if (this.#ending) return false;
    this.#ending = true;
    this.#timeout?.cancel();
    this.#dispose();
    this.#cancellation.cancel();
    this.#result = result;
    this.#endedAt = this.#clock.now();
    this.#history.seal(endings[result.status], this.#frame.lastEventId, endingDetails(result));
    this.#settle(result);
    return true;
  }
}

function endingDetails(result: ExecutionResult): HistoryEventDetails {
  const failure = {
    ...(result.error === undefined ? {} : { error: result.error }),
    ...(result.cause === undefined ? {} : { cause: result.cause }),
  };
  switch (result.status) {
    case 'SUCCEEDED':
      return { executionSucceededEventDetails: { output: JSON.stringify(result.output) } };
    case 'FAILED':
      return { executionFailedEventDetails: failure };
    case 'TIMED_OUT':
      return { executionTimedOutEventDetails: failure };
    case 'ABORTED':
      return { executionAbortedEventDetails: failure };
  }
}

function checkedInput(input: unknown): Json {
  try {
    const json = toJson(input, 'input');
    if (jsonBytes(json) <= PAYLOAD_LIMIT_BYTES) return json;
  } catch (thrown) {
    if (!(thrown instanceof NotJsonError)) throw thrown;
    throw new InvalidExecutionInput(thrown.message);
  }
  throw new InvalidExecutionInput(`The input is over the limit of ${PAYLOAD_LIMIT_BYTES} bytes.`);
}

/**
 * Starts an execution; its first event is recorded before this returns.
 * @throws InvalidExecutionInput where the input is not JSON or over 256 KiB
 */
export function startExecution(options: ExecutionOptions): Execution {
  return new Execution(options);
}
