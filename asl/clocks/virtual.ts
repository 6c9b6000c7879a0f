import { type Pending, QUIET_TURNS, TimerQueue, checkedDelay, inertTimer } from './timers';
import { type Clock, type Instant, type Timer } from '../clock';

/** 2030-01-01T00:00:00Z: a round time that nobody mistakes for today. */
const NEW_YEAR_2030 = 1_893_456_000_000;

/**
 * Time that passes only by jumps, for tests: the same every run, `now().at` included. Work does not hold it up, so a
 * handler that never settles freezes nothing; a handler that does real input or output does not belong on it.
 */
export class VirtualClock implements Clock {
  readonly #startAt: number;
  readonly #byHand: boolean;
  readonly #queue = new TimerQueue();
  #elapsed = 0;
  #quietTurns = 0;
  #turn: NodeJS.Immediate | undefined;
  #closed = false;

  /**
   * @param options.startAt the first `now().at`, in milliseconds since the epoch
   * @param options.byHand time passes by `advance` alone; otherwise it jumps to the next foreground timer when quiet
   */
  constructor(options: { startAt?: number; byHand?: boolean } = {}) {
    this.#startAt = options.startAt ?? NEW_YEAR_2030;
    this.#byHand = options.byHand ?? false;
  }

  now(): Instant {
    return { at: this.#startAt + this.#elapsed, skipped: 0 };
  }

  elapsed(): number {
    return this.#elapsed;
  }

  after(milliseconds: number, action: () => void, options: { background?: boolean } = {}): Timer {
    const due = this.#elapsed + checkedDelay(milliseconds);
    if (this.#closed) return inertTimer;
    const pending: Pending = { due, background: options.background ?? false, action };
    this.#queue.add(pending);
    this.#watch();
    return {
      cancel: () => {
        if (this.#queue.remove(pending)) this.#watch();
      },
    };
  }

  async work<T>(task: () => Promise<T>): Promise<T> {
    try {
      return await task();
    } finally {
      this.#watch();
    }
  }

  /** Lets a stretch of time pass, firing on the way what is due, each timer followed by quiet. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#elapsed + checkedDelay(milliseconds);
    await this.settle();
    for (let next = this.#queue.next(); next !== undefined && next.due <= end; next = this.#queue.next()) {
      this.#fire(next);
      await this.settle();
    }
    this.#elapsed = Math.max(this.#elapsed, end);
  }

  /** Waits until what is under way without a timer has come to rest. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < QUIET_TURNS; turn += 1) {
      await new Promise<void>((resolve) => {
        setImmediate(resolve);
      });
    }
  }

  /** Forgets every timer; nothing fires afterwards. */
  close(): void {
    this.#closed = true;
    this.#queue.clear();
    this.#watch();
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
    return !this.#byHand && this.#queue.foreground > 0;
  }

  #passTurn(): void {
    this.#turn = undefined;
    if (!this.#maySkip()) return;
    this.#quietTurns += 1;
    const next = this.#queue.next();
    if (this.#quietTurns >= QUIET_TURNS && next !== undefined) {
      this.#fire(next);
      return;
    }
    this.#turn = setImmediate(() => {
      this.#passTurn();
    });
  }

  #fire(pending: Pending): void {
    this.#queue.remove(pending);
    this.#elapsed = Math.max(this.#elapsed, pending.due);
    try {
      pending.action();
    } finally {
      this.#watch();
    }
  }
}
