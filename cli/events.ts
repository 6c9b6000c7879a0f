import type { RunEvent } from '../contract/run-events';

export * from '../contract/run-events';

/** Where events go: the live view, plain lines. */
export interface Sink {
  event(event: RunEvent): void;
  /** Leaves the screen in order; nothing is written afterwards. */
  close(): void;
}

/** A stream that takes text: a terminal, a pipe, a test's buffer. */
export interface Out {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}
