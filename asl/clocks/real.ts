import { RealTimers } from './alarm';
import { type Clock, type Instant, type Timer } from '../clock';

/** The clock on the wall: nothing is ever skipped. */
export class RealClock implements Clock {
  readonly #origin = performance.now();
  readonly #timers = new RealTimers(() => this.elapsed());

  now(): Instant {
    return { at: Date.now(), skipped: 0 };
  }

  elapsed(): number {
    return performance.now() - this.#origin;
  }

  after(milliseconds: number, action: () => void, options: { background?: boolean } = {}): Timer {
    return this.#timers.after(milliseconds, action, options.background ?? false);
  }

  async work<T>(task: () => Promise<T>): Promise<T> {
    return await task();
  }

  /** Forgets every timer; nothing fires afterwards. */
  close(): void {
    this.#timers.close();
  }
}
