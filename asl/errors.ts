import { isRecord } from './json';

/** One thing wrong with a definition. `path` is a JSON path into it, `state` the state it belongs to, if any. */
export interface Problem {
  readonly path: string;
  readonly state: string | undefined;
  readonly message: string;
}

/** A definition that cannot be run, with everything that is wrong with it. */
export class DefinitionError extends Error {
  override readonly name = 'DefinitionError';
  constructor(readonly problems: readonly Problem[]) {
    super(problems.map((problem) => `${problem.path}: ${problem.message}`).join('\n'));
  }
}

/**
 * The failure of a state: `name` is the error that Retry and Catch match. A task handler may reject with it; any
 * other error does as well, by its `name` and its textual `cause` or its message.
 */
export class StateError extends Error {
  override readonly name: string;
  constructor(
    error: string,
    override readonly cause: string,
  ) {
    super(`${error}: ${cause}`);
    this.name = error;
  }

  /** What `$states.errorOutput` shows to a Catch. */
  get output(): { readonly Error: string; readonly Cause: string } {
    return { Error: this.name, Cause: this.cause };
  }
}

/** An expression that failed, or had no result, at `location` (a field and the path inside it). */
export class EvaluationError extends StateError {
  constructor(
    cause: string,
    readonly location: string,
  ) {
    super('States.QueryEvaluationError', cause);
  }
}

/** A refused `startExecution`. */
export class InvalidExecutionInput extends Error {
  override readonly name = 'InvalidExecutionInput';
}

/** Why work under way was given up from outside: its execution ended, or a sibling branch failed. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled';
  constructor() {
    super('The state was aborted.');
  }
}

/** Any thrown value as an Error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(describe(thrown));
}

/** A handler's rejection as the failure of a state: its `name`, and its textual `cause` or else its message. */
export function asStateError(thrown: unknown): StateError {
  if (thrown instanceof StateError) return thrown;
  // Not `instanceof Error`: a handler's bundle may live in another realm.
  if (isErrorLike(thrown)) return new StateError(thrown.name, causeText(thrown.cause) ?? thrown.message);
  return new StateError('States.TaskFailed', describe(thrown));
}

function isErrorLike(thrown: unknown): thrown is { name: string; message: string; cause?: unknown } {
  return (
    typeof thrown === 'object' &&
    thrown !== null &&
    'name' in thrown &&
    'message' in thrown &&
    typeof thrown.name === 'string' &&
    typeof thrown.message === 'string'
  );
}

function causeText(cause: unknown): string | undefined {
  if (typeof cause === 'string') return cause;
  return isRecord(cause) ? JSON.stringify(cause) : undefined;
}

function describe(thrown: unknown): string {
  return typeof thrown === 'string' ? thrown : `A value that is no error was thrown: ${JSON.stringify(thrown)}`;
}

/** 256 KiB: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
export const PAYLOAD_LIMIT_BYTES = 262_144;

/** Refuses a payload over 256 KiB. `bytes` is its size, `what` names it in the cause. */
export function enforcePayloadLimit(bytes: number, what: string): void {
  if (bytes <= PAYLOAD_LIMIT_BYTES) return;
  throw new StateError(
    'States.DataLimitExceeded',
    `${what} is ${bytes} bytes, over the limit of ${PAYLOAD_LIMIT_BYTES}.`,
  );
}
