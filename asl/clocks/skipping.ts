import { RealTimers } from './alarm';
import { QUIET_TURNS } from './timers';
import { type Clock, type Instant, type Timer } from '../clock';

/** One stretch of waiting that was skipped, and the real time of day at which it was. */
export interface Jump {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly seconds: number;
}

/**
 * Real time in which waiting is skipped: when no work is under way and a foreground timer is pending, the clock jumps
 * to the next timer, background ones on the way included and each on its own, so that what a timer starts is waited
 * for before the next jump. While work is under way timers fire in real time, so work that never ends still times out.
 */
export class SkippingClock implements Clock {
  readonly #origin = performance.now();
  readonly #timers = new RealTimers(
    () => this.elapsed(),
    () => {
      this.#watch();
    },
  );
  readonly #jumps: Jump[] = [];
  /** Skipped seconds in all after each jump: `skippedAt` searches instead of adding up. */
  readonly #totals: number[] = [];
  #skippedMilliseconds = 0;
  #working = 0;
  #quietTurns = 0;
  #turn: NodeJS.Immediate | undefined;

  now(): Instant {
    return { at: Date.now(), skipped: this.#skippedMilliseconds / 1000 };
  }

  elapsed(): number {
    return performance.now() - this.#origin + this.#skippedMilliseconds;
  }

  after(milliseconds: number, action: () => void, options: { background?: boolean } = {}): Timer {
    return this.#timers.after(milliseconds, action, options.background ?? false);
  }

  async work<T>(task: () => Promise<T>): Promise<T> {
    this.#working += 1;
    try {
      return await task();
    } finally {
      this.#working -= 1;
      this.#watch();
    }
  }

  /** How much work is under way: 0 means that waiting is skipped. */
  get working(): number {
    return this.#working;
  }

  /** Every jump so far, oldest first. */
  jumps(): readonly Jump[] {
    return [...this.#jumps];
  }

  /** Seconds skipped, in all, by a real time of day (milliseconds since the epoch). A jump counts from its own `at`. */
  skippedAt(realTime: number): number {
    let low = 0;
    let high = this.#jumps.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const jump = this.#jumps[middle];
      if (jump !== undefined && jump.at <= realTime) low = middle + 1;
      else high = middle;
    }
    return this.#totals[low - 1] ?? 0;
  }

  /** Forgets every timer; nothing fires and nothing is skipped afterwards. */
  close(): void {
    this.#timers.close();
  }

  #watch(): void {
    this.#quietTurns = 0;
    if (this.#maySkip()) {
      this.#turn ??= setImmediate(() => {
        this.#passTurn();
      });
    } else {
      clearImmediate(this.#turn);
      this.#turn = undefined;
    }
  }

  #maySkip(): boolean {
    return this.#working === 0 && this.#timers.queue.foreground > 0;
  }

  #passTurn(): void {
    this.#turn = undefined;
    if (!this.#maySkip()) return;
    this.#quietTurns += 1;
    if (this.#quietTurns < QUIET_TURNS) {
      this.#turn = setImmediate(() => {
        this.#passTurn();
      });
      return;
    }
    this.#jump();
  }

  #jump(): void {
    const next = this.#timers.queue.next();
    if (next === undefined) return;
    const elapsed = this.elapsed();
    const gap = next.due - elapsed;
    if (gap > 0) {
      this.#skippedMilliseconds += gap;
      // The wall clock can be set back; the ledger stays in order.
      const at = Math.max(Date.now(), this.#jumps.at(-1)?.at ?? 0);
      this.#jumps.push({ at, seconds: gap / 1000 });
      this.#totals.push(this.#skippedMilliseconds / 1000);
    }
    // Not `this.elapsed()`: a sum of floating-point numbers may fall short of the due time by a hair.
    this.#timers.fire(Math.max(next.due, elapsed));
  }
}
