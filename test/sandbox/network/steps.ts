import type { Clock, Instant, Timer } from '../../../asl/clock';

/** A clock that is moved by hand, and waits for the work that its timers begin. */
export class StepClock implements Clock {
  #elapsed = 0;
  #timers: { at: number; action: () => void }[] = [];
  readonly #work = new Set<Promise<unknown>>();

  now(): Instant {
    return { at: Date.now(), skipped: this.#elapsed / 1000 };
  }

  elapsed(): number {
    return this.#elapsed;
  }

  after(milliseconds: number, action: () => void): Timer {
    const timer = { at: this.#elapsed + milliseconds, action };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((one) => one !== timer);
      },
    };
  }

  async work<T>(task: () => Promise<T>): Promise<T> {
    const running = task();
    this.#work.add(running);
    return running.finally(() => this.#work.delete(running));
  }

  async advance(seconds: number): Promise<void> {
    const end = this.#elapsed + seconds * 1000;
    for (;;) {
      while (this.#work.size > 0) await Promise.allSettled([...this.#work]);
      const [next] = this.#timers.sort((a, b) => a.at - b.at);
      if (next === undefined || next.at > end) break;
      this.#timers.shift();
      this.#elapsed = next.at;
      next.action();
    }
    this.#elapsed = end;
  }
}
