import { randomUUID } from 'node:crypto';
import { StateError, enforcePayloadLimit } from './errors';
import { type Json, NotJsonError, jsonBytes, toJson } from './json';

/** A refused callback; `name` is the error's name in the API. */
export class TokenError extends Error {
  override readonly name: 'TaskDoesNotExist' | 'TaskTimedOut' | 'InvalidOutput';
  constructor(name: 'TaskDoesNotExist' | 'TaskTimedOut' | 'InvalidOutput', message: string) {
    super(message);
    this.name = name;
  }
}

/** A task waiting for its token. */
export interface TokenHolder {
  readonly succeed: (output: Json) => void;
  readonly fail: (failure: StateError) => void;
  readonly heartbeat: () => void;
}

/** The tokens of tasks under way, of any number of executions: the other end of `.waitForTaskToken`. */
export class TaskTokens {
  readonly #holders = new Map<string, TokenHolder>();
  readonly #timedOut = new Set<string>();

  /** Tokens that can be answered. */
  get size(): number {
    return this.#holders.size;
  }

  /** A new token for a task. */
  issue(holder: TokenHolder): string {
    const token = randomUUID();
    this.#holders.set(token, holder);
    return token;
  }

  /** The task is over: its token is refused from now on. */
  revoke(token: string, timedOut: boolean): void {
    this.#holders.delete(token);
    if (timedOut) this.#timedOut.add(token);
  }

  /**
   * Ends the task with a result, as a value or as JSON text.
   * @throws TokenError TaskDoesNotExist, TaskTimedOut or InvalidOutput
   */
  sendTaskSuccess(token: string, output: unknown): void {
    const holder = this.#find(token);
    const value = parseOutput(output);
    this.#holders.delete(token);
    holder.succeed(value);
  }

  /** Fails the task. @throws TokenError TaskDoesNotExist or TaskTimedOut */
  sendTaskFailure(token: string, failure: { error?: string; cause?: string } = {}): void {
    const holder = this.#find(token);
    this.#holders.delete(token);
    holder.fail(new StateError(failure.error ?? 'States.TaskFailed', failure.cause ?? ''));
  }

  /** Says that the task is alive. @throws TokenError TaskDoesNotExist or TaskTimedOut */
  sendTaskHeartbeat(token: string): void {
    this.#find(token).heartbeat();
  }

  #find(token: string): TokenHolder {
    const holder = this.#holders.get(token);
    if (holder !== undefined) return holder;
    if (this.#timedOut.has(token)) throw new TokenError('TaskTimedOut', 'The task of this token has timed out.');
    throw new TokenError('TaskDoesNotExist', 'No task waits for this token: it is over, or was never there.');
  }
}

function parseOutput(output: unknown): Json {
  try {
    const value: unknown = typeof output === 'string' ? JSON.parse(output) : output;
    const json = toJson(value, 'output');
    enforcePayloadLimit(jsonBytes(json), 'The output');
    return json;
  } catch (thrown) {
    if (thrown instanceof NotJsonError || thrown instanceof SyntaxError || thrown instanceof StateError) {
      throw new TokenError('InvalidOutput', thrown.message);
    }
    throw thrown;
  }
}
