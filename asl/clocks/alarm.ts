import { LONGEST_TIMEOUT, type Pending, TimerQueue, checkedDelay, inertTimer } from './timers';
import { type Timer } from '../clock';

/**
 * Timers that fire in real time. The next one is the only real timeout; it keeps the process alive while a
 * foreground timer waits, and not for background ones alone.
 */
export class RealTimers {
  readonly queue = new TimerQueue();
  #timeout: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(
    private readonly elapsed: () => number,
    private readonly changed: () => void = () => undefined,
  ) {}

  get closed(): boolean {
    return this.#closed;
  }

  after(milliseconds: number, action: () => void, background: boolean): Timer {
    const delay = checkedDelay(milliseconds);
    if (this.#closed) return inertTimer;
    const pending: Pending = { due: this.elapsed() + delay, background, action };
    this.queue.add(pending);
    this.#arm();
    return {
      cancel: () => {
        if (this.queue.remove(pending)) this.#arm();
      },
    };
  }

  /** Fires what is due by `limit`, in order. */
  fire(limit: number): void {
    try {
      for (let next = this.queue.next(); next !== undefined && next.due <= limit; next = this.queue.next()) {
        this.queue.remove(next);
        next.action();
      }
    } finally {
      this.#arm();
    }
  }

  close(): void {
    this.#closed = true;
    this.queue.clear();
    this.#arm();
  }

  #arm(): void {
    clearTimeout(this.#timeout);
    this.#timeout = undefined;
    const next = this.queue.next();
    if (next !== undefined) {
      // Node rounds a timeout down to whole milliseconds and may so wake early.
      const delay = Math.min(Math.max(0, Math.ceil(next.due - this.elapsed())), LONGEST_TIMEOUT);
      this.#timeout = setTimeout(() => {
        this.fire(this.elapsed());
      }, delay);
      if (this.queue.foreground === 0) this.#timeout.unref();
    }
    this.changed();
  }
}
