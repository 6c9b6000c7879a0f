import type * as z from 'zod';
import type { ErrorName } from '../errors';

/**
 * One Lambda task: what a state machine gives it and gets back. `lambdas/<capability>/<name>.ts` does it,
 * `lib/tasks/<capability>.ts` deploys it with its policy, `test/lambdas/<capability>/<name>.test.ts` tests it.
 */
export interface TaskContract<A extends z.ZodType = z.ZodType, R extends z.ZodType = z.ZodType> {
  readonly name: string;
  readonly capability: Capability;
  /** What it does, in one sentence. */
  readonly does: string;
  readonly arguments: A;
  readonly result: R;
  /** Errors of its own, beside ContractViolationError, AccessDeniedError, AwsRefusedError, ThrottledError and ServiceUnavailableError, which every task may throw. */
  readonly throws: readonly ErrorName[];
  /** How long one call may take, seconds: the function's time-out; the state's is a little longer. */
  readonly timeoutSeconds: number;
}

/** The folders of lambdas/ that hold tasks. */
export const capabilities = [
  'run',
  'hosts',
  'database',
  'application',
  'instances',
  'infrastructure',
  'integrity',
  'validation',
  'configuration',
  'undo',
  'volumes',
  'regions',
  'changes',
] as const;
export type Capability = (typeof capabilities)[number];

export function task<A extends z.ZodType, R extends z.ZodType>(contract: TaskContract<A, R>): TaskContract<A, R> {
  return contract;
}

export type ArgumentsOf<T> = T extends TaskContract<infer A> ? z.infer<A> : never;
export type ResultOf<T> = T extends TaskContract<z.ZodType, infer R> ? z.infer<R> : never;
