import { type Timer } from '../clock';
import { type TaskState } from '../definition';
import { Cancelled, StateError, asStateError } from '../errors';
import { type Json, NotJsonError, toJson } from '../json';
import { type TaskContext } from '../run';
import { type Outcome, type Visit, runtimeFailure } from './visit';
import { withRetryAndCatch } from './guarded';

/** The longest that Step Functions takes, in seconds. */
const LONGEST = 99_999_999;

/** Task: a handler's work with time-out, heart-beat, token, Retry and Catch. */
export async function runTask(visit: Visit, state: TaskState): Promise<Outcome> {
  return await withRetryAndCatch(visit, state, async () => {
    const result = await attempt(visit, state);
    return await visit.leave(state, { result }, result, visit.next(state.next));
  });
}

async function attempt(visit: Visit, state: TaskState): Promise<Json> {
  const call = new Call(visit, state);
  try {
    return await call.run();
  } catch (thrown) {
    if (!(thrown instanceof Cancelled)) call.recordFailure(asStateError(thrown));
    throw thrown;
  } finally {
    call.end();
  }
}

/** A promise that somebody else rejects or resolves; not awaiting it is no unhandled rejection. */
class Deferred<T> {
  readonly promise: Promise<T>;
  resolve!: (value: T) => void;
  reject!: (reason: Error) => void;

  constructor() {
    this.promise = new Promise<T>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.promise.catch(() => undefined);
  }
}

/** One attempt of a task. */
class Call {
  readonly #kind: { readonly resourceType: string; readonly resource: string };
  readonly #controller = new AbortController();
  /** Rejects when the attempt is given up: by its time-out, its heart-beat, or from outside. */
  readonly #givenUp = new Deferred<never>();
  readonly #answer = new Deferred<Json>();
  readonly #cancellation;
  #timeout: Timer | undefined;
  #heartbeat: Timer | undefined;
  #heartbeatSeconds: number | undefined;
  #scheduled = false;
  #timedOut = false;

  constructor(
    private readonly visit: Visit,
    private readonly state: TaskState,
  ) {
    this.#kind = { resourceType: state.resource.service, resource: state.resource.action };
    this.#cancellation = visit.frame.cancellation.child();
    this.#cancellation.onCancel(() => {
      const cancelled = new Cancelled();
      this.#controller.abort(cancelled);
      this.#givenUp.reject(cancelled);
    });
  }

  async run(): Promise<Json> {
    const { visit, state } = this;
    const { clock, tokens } = visit.frame.run;
    const { integration } = state.resource;
    if (integration === 'waitForTaskToken') {
      visit.token = tokens.issue({
        succeed: (output) => {
          this.#answer.resolve(output);
        },
        fail: (failure) => {
          this.#answer.reject(failure);
        },
        heartbeat: () => {
          this.#awaitHeartbeat();
        },
      });
    }
    const context = await this.#schedule();
    const call = async (): Promise<unknown> => await Promise.race([this.#handle(context), this.#givenUp.promise]);
    // Given up, a handler that goes on no longer holds up the clock: what it does next has no part in this execution.
    const response = this.#json(integration === 'sync' ? await call() : await clock.work(call));
    if (integration !== 'waitForTaskToken') return this.#succeed(response);
    this.#record('TaskSubmitted', { taskSubmittedEventDetails: { ...this.#kind, output: JSON.stringify(response) } });
    return this.#succeed(await Promise.race([this.#answer.promise, this.#givenUp.promise]));
  }

  recordFailure(failure: StateError): void {
    // What fails before the task is scheduled (Arguments) has its own event; a limit is no failure of the task.
    if (!this.#scheduled || this.visit.frame.cancellation.cancelled) return;
    const details = { ...this.#kind, error: failure.name, cause: failure.cause };
    if (this.#timedOut) this.#record('TaskTimedOut', { taskTimedOutEventDetails: details });
    else this.#record('TaskFailed', { taskFailedEventDetails: details });
  }

  end(): void {
    this.#timeout?.cancel();
    this.#heartbeat?.cancel();
    this.#cancellation.close();
    const { token } = this.visit;
    if (token !== undefined) this.visit.frame.run.tokens.revoke(token, this.#timedOut);
    this.visit.token = undefined;
  }

  async #schedule(): Promise<TaskContext> {
    const { visit, state } = this;
    const { run, cancellation } = visit.frame;
    const taskArguments =
      state.arguments === undefined ? visit.input : await visit.evaluate(state.arguments, 'Arguments');
    visit.limit(taskArguments, 'arguments');
    const timeout = await this.#seconds('TimeoutSeconds');
    this.#heartbeatSeconds = await this.#seconds('HeartbeatSeconds');
    if (timeout !== undefined && this.#heartbeatSeconds !== undefined && this.#heartbeatSeconds >= timeout) {
      throw visit.wrongValue('HeartbeatSeconds', this.#heartbeatSeconds, `less than TimeoutSeconds (${timeout})`);
    }
    cancellation.check();
    this.#record('TaskScheduled', {
      taskScheduledEventDetails: {
        ...this.#kind,
        region: run.identity.executionArn.split(':')[3] ?? '',
        parameters: JSON.stringify(taskArguments),
        ...(timeout === undefined ? {} : { timeoutInSeconds: timeout }),
        ...(this.#heartbeatSeconds === undefined ? {} : { heartbeatInSeconds: this.#heartbeatSeconds }),
      },
    });
    this.#scheduled = true;
    this.#record('TaskStarted', { taskStartedEventDetails: this.#kind });
    // The history's limit may just have ended the execution.
    cancellation.check();
    if (timeout !== undefined) {
      this.#timeout = run.clock.after(timeout * 1000, () => {
        this.#expire(new StateError('States.Timeout', `The task did not end within ${timeout} seconds.`));
      });
    }
    this.#awaitHeartbeat();
    this.#arguments = taskArguments;
    return {
      signal: this.#controller.signal,
      token: visit.token,
      execution: run.identity,
      state: { name: state.name, retryCount: visit.retryCount },
      timeoutSeconds: timeout,
      clock: run.clock,
      submitted: (output) => {
        this.#record('TaskSubmitted', { taskSubmittedEventDetails: { ...this.#kind, output: JSON.stringify(output) } });
      },
    };
  }

  #arguments: Json = null;

  async #handle(context: TaskContext): Promise<unknown> {
    return await this.visit.frame.run.handler(this.state.resource.arn, this.#arguments, context);
  }

  async #seconds(field: 'TimeoutSeconds' | 'HeartbeatSeconds'): Promise<number | undefined> {
    const template = field === 'TimeoutSeconds' ? this.state.timeoutSeconds : this.state.heartbeatSeconds;
    return template === undefined ? undefined : await this.visit.wholeNumber(template, field, 1, LONGEST);
  }

  #awaitHeartbeat(): void {
    const seconds = this.#heartbeatSeconds;
    this.#heartbeat?.cancel();
    if (seconds === undefined || !this.#scheduled) return;
    this.#heartbeat = this.visit.frame.run.clock.after(seconds * 1000, () => {
      this.#expire(new StateError('States.HeartbeatTimeout', `No heart-beat came within ${seconds} seconds.`));
    });
  }

  #expire(failure: StateError): void {
    this.#timedOut = true;
    this.#controller.abort(failure);
    this.#givenUp.reject(failure);
  }

  #succeed(result: Json): Json {
    this.visit.limit(result, 'result');
    this.#record('TaskSucceeded', { taskSucceededEventDetails: { ...this.#kind, output: JSON.stringify(result) } });
    return result;
  }

  #json(result: unknown): Json {
    try {
      return toJson(result, 'result');
    } catch (thrown) {
      if (thrown instanceof NotJsonError) throw runtimeFailure(`${this.state.resource.arn}: ${thrown.message}`);
      throw thrown;
    }
  }

  #record(
    ...[type, details]: [Parameters<Visit['frame']['record']>[0], Parameters<Visit['frame']['record']>[1]]
  ): void {
    this.visit.frame.record(type, details, this.state.name);
  }
}
