import { AsyncLocalStorage } from 'node:async_hooks';
import { type Session } from '../identity';

/** A call as the interceptor saw it. */
export interface Call {
  /** The SDK client's name without `Client`. */
  readonly service: string;
  /** The command's name without `Command`. */
  readonly operation: string;
  readonly input: unknown;
  /** Undefined where the client was made without one: then it is the deployment's. */
  readonly region: string | undefined;
}

/** Under whose role code runs, and who answers its SDK calls. */
export interface Calling {
  readonly session: Session;
  /** The invocation's request id, for its log. */
  readonly requestId: string | undefined;
  readonly answer: (call: Call, calling: Calling) => Promise<unknown>;
  /** Set when an invocation has answered or timed out: nothing may come after. */
  ended: boolean;
}

/** Follows code through everything asynchronous that it starts. */
export const calling = new AsyncLocalStorage<Calling>();
