import { type Clock, type Timer } from '../../../asl';

/** Something that a service did after its answer, and that went wrong. */
export interface Failure {
  readonly what: string;
  readonly error: Error;
}

/** Ends what still waits when the sandbox closes; nobody's failure. */
class ClosedError extends Error {
  override readonly name = 'ClosedError';
}

const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));

/** What a control plane does after it has answered: never an unhandled rejection, and nothing left when it is closed. */
export class Background {
  /** What went wrong, oldest first, for whoever runs the sandbox. */
  readonly failures: Failure[] = [];
  readonly #closing = new AbortController();
  readonly #waits = new Set<{ readonly timer: Timer; readonly end: () => void }>();
  readonly #working = new Set<Promise<void>>();
  readonly #repeating = new Set<Promise<void>>();

  constructor(private readonly clock: Clock) {}

  /** Aborted when the sandbox closes. */
  get signal(): AbortSignal {
    return this.#closing.signal;
  }

  /** Whether anything is still on its way. */
  get busy(): boolean {
    return this.#working.size > 0;
  }

  /** Begins `action`; what it throws becomes a failure of `what`, told to `failed` as well. */
  run(what: string, action: () => Promise<void>, failed: (error: Error) => void = () => undefined): void {
    const work = action().catch((thrown: unknown) => {
      if (this.note(what, thrown)) failed(asError(thrown));
    });
    this.#working.add(work);
    void work.then(() => this.#working.delete(work));
  }

  /** Runs `action` again and again, each time after a stretch of time, whatever becomes of one of them. */
  repeat(what: string, seconds: number, action: () => Promise<void>): void {
    const loop = async (): Promise<void> => {
      while (!this.signal.aborted) {
        await this.passes(seconds);
        await action().catch((thrown: unknown) => this.note(what, thrown));
      }
    };
    this.#repeating.add(loop().catch((thrown: unknown) => void this.note(what, thrown)));
  }

  /** Keeps a failure, unless it is only the end of the sandbox, which cuts off what is under way. */
  note(what: string, thrown: unknown): boolean {
    if (this.signal.aborted) return false;
    this.failures.push({ what, error: asError(thrown) });
    return true;
  }

  /** Waiting that the clock may skip, and that never makes it skip. */
  passes(seconds: number): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.signal.aborted) {
        reject(new ClosedError('the sandbox is closed'));
        return;
      }
      const done = (): void => {
        this.#waits.delete(wait);
        resolve();
      };
      const wait = {
        timer: this.clock.after(seconds * 1000, done, { background: true }),
        end: () => {
          reject(new ClosedError('the sandbox is closed'));
        },
      };
      this.#waits.add(wait);
    });
  }

  /** Cuts off what waits, and waits for the rest to end. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const { timer, end } of this.#waits) {
      timer.cancel();
      end();
    }
    this.#waits.clear();
    await Promise.all([...this.#working, ...this.#repeating]);
  }
}
