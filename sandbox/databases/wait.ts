import { setTimeout as pause } from 'node:timers/promises';
import { DeadlineError } from './errors';

/**
 * Asks `probe` until it answers something other than `undefined`. PostgreSQL tells its state by files and queries, not
 * by events, hence polling.
 * @param what completes the sentence "waited n s for …"
 * @param seconds the longest wait
 * @throws DeadlineError, AbortError when `signal` is aborted
 */
export async function until<T>(
  what: string,
  seconds: number,
  probe: () => Promise<T | undefined>,
  options: { readonly everyMilliseconds?: number; readonly signal?: AbortSignal | undefined } = {},
): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    options.signal?.throwIfAborted();
    const answer = await probe();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new DeadlineError(`waited ${seconds} s for ${what}`);
    await pause(options.everyMilliseconds ?? 10);
  }
}
