import { type Clock, type Timer } from '../../../asl';
import { type NextDue } from './schedule';

/**
 * Calls back at each time that a schedule is due, by the clock's real and skipped time together. Its timers are
 * background ones: a schedule happens on the way and makes nobody wait.
 */
export class Repeating {
  readonly #origin: number;
  #timer: Timer | undefined;
  #closed = false;

  constructor(
    private readonly clock: Clock,
    private readonly next: NextDue,
    private readonly action: () => void,
  ) {
    this.#origin = clock.now().at - clock.elapsed();
    this.#arm(this.#now());
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #now(): number {
    return this.#origin + this.clock.elapsed();
  }

  #arm(after: number): void {
    const due = this.next(after);
    if (due === undefined || this.#closed) return;
    this.#timer = this.clock.after(
      Math.max(0, due - this.#now()),
      () => {
        this.#arm(due);
        this.action();
      },
      { background: true },
    );
  }
}
