/**
 * The time of a simulation. Two rules: waiting can be skipped, work is never faked. So `now()` is always the real
 * time of day (PostgreSQL and host processes have no other), while waiting moves `skipped` forward at once whenever no
 * work is under way; a duration is therefore always the pair of measured and skipped seconds between two instants.
 */
export interface Instant {
  /** Real time of day, milliseconds since the epoch. */
  readonly at: number;
  /** Seconds of waiting skipped since the clock was made. */
  readonly skipped: number;
}

/** Seconds between two instants: what really passed and what was skipped. */
export interface Span {
  readonly measuredSeconds: number;
  readonly skippedSeconds: number;
}

export interface Timer {
  cancel(): void;
}

export interface Clock {
  now(): Instant;
  /** Milliseconds of real and skipped time together since the clock was made; timers are due by this. */
  elapsed(): number;
  /**
   * Calls `action` once when `milliseconds` of real and skipped time have passed. A background timer (a health check,
   * a schedule) fires on its way but never makes the clock skip by itself.
   */
  after(milliseconds: number, action: () => void, options?: { background?: boolean }): Timer;
  /** Marks real work: while any is under way nothing is skipped and time runs as it does on the wall. */
  work<T>(task: () => Promise<T>): Promise<T>;
}
