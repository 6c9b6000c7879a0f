/** One rule of a Retry field, with Step Functions' defaults filled in. */
export interface Retrier {
  readonly errorEquals: readonly string[];
  readonly intervalSeconds: number;
  readonly maxAttempts: number;
  readonly backoffRate: number;
  readonly maxDelaySeconds: number | undefined;
  readonly jitter: 'FULL' | 'NONE';
}

/** Errors that no wildcard matches; `States.Runtime` is not matched by its own name either. */
const terminal = ['States.DataLimitExceeded', 'States.Runtime'];

/**
 * Whether an ErrorEquals list names an error. `States.ALL` matches all but data limits and runtime errors,
 * `States.TaskFailed` all of those but `States.Timeout`.
 * Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
 */
export function matchesError(errorEquals: readonly string[], error: string): boolean {
  if (error === 'States.Runtime') return false;
  if (errorEquals.includes(error)) return true;
  if (terminal.includes(error)) return false;
  if (errorEquals.includes('States.ALL')) return true;
  return errorEquals.includes('States.TaskFailed') && error !== 'States.Timeout';
}

/** The longest wait in seconds before the given retry (1 is the first), before jitter. */
export function longestDelay(retrier: Retrier, retry: number): number {
  const grown = retrier.intervalSeconds * retrier.backoffRate ** (retry - 1);
  return Math.min(grown, retrier.maxDelaySeconds ?? Number.POSITIVE_INFINITY, LONGEST_WAIT);
}

/** The longest time in seconds that Step Functions takes anywhere. */
const LONGEST_WAIT = 99_999_999;

/** How often each rule of one visit's Retry has been used: every rule counts for itself. */
export class Retries {
  readonly #used = new Map<Retrier, number>();

  constructor(
    private readonly retriers: readonly Retrier[],
    private readonly random: () => number,
  ) {}

  /** Seconds to wait before trying again, or undefined where the first rule that matches is used up or none does. */
  delayAfter(error: string): number | undefined {
    const retrier = this.retriers.find((candidate) => matchesError(candidate.errorEquals, error));
    if (retrier === undefined) return undefined;
    const retry = (this.#used.get(retrier) ?? 0) + 1;
    if (retry > retrier.maxAttempts) return undefined;
    this.#used.set(retrier, retry);
    const delay = longestDelay(retrier, retry);
    return retrier.jitter === 'FULL' ? delay * this.random() : delay;
  }
}
