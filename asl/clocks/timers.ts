import { type Timer } from '../clock';

/** A timer waiting for its time. */
export interface Pending {
  readonly due: number;
  readonly background: boolean;
  readonly action: () => void;
}

/** Timers in the order in which they fire: by due time, and in order of creation where that is the same. */
export class TimerQueue {
  readonly #pending: Pending[] = [];
  #foreground = 0;

  /** How many timers make a clock skip. */
  get foreground(): number {
    return this.#foreground;
  }

  next(): Pending | undefined {
    return this.#pending[0];
  }

  add(pending: Pending): void {
    let low = 0;
    let high = this.#pending.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#pending[middle];
      if (other !== undefined && other.due <= pending.due) low = middle + 1;
      else high = middle;
    }
    this.#pending.splice(low, 0, pending);
    if (!pending.background) this.#foreground += 1;
  }

  /** Whether the timer was still waiting. */
  remove(pending: Pending): boolean {
    const index = this.#pending.indexOf(pending);
    if (index < 0) return false;
    this.#pending.splice(index, 1);
    if (!pending.background) this.#foreground -= 1;
    return true;
  }

  clear(): void {
    this.#pending.length = 0;
    this.#foreground = 0;
  }
}

/** A timer that never fires: what a closed clock gives. */
export const inertTimer: Timer = { cancel: () => undefined };

/** Milliseconds that a timer can take. @throws RangeError for a negative or non-finite number. */
export function checkedDelay(milliseconds: number): number {
  if (!Number.isFinite(milliseconds) || milliseconds < 0) {
    throw new RangeError(`A timer needs a finite, non-negative number of milliseconds, not ${milliseconds}.`);
  }
  return milliseconds;
}

/** The longest delay that `setTimeout` takes; a longer one fires at once. */
export const LONGEST_TIMEOUT = 2 ** 31 - 1;

/**
 * Event-loop turns without any activity before a clock jumps: what follows the end of work (a chain of promises, a
 * socket's last callback) has then begun its own work or set its own timer.
 */
export const QUIET_TURNS = 8;
