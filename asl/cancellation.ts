import { Cancelled, asError } from './errors';

/**
 * What can be given up, as a tree: an execution, its branches, a call of a task. Ends from the inside outwards (the
 * innermost call is told before the state around it records that it was aborted), synchronously, so that a nested
 * execution has ended before its parent says that it has.
 */
export class Cancellation {
  readonly #children = new Set<Cancellation>();
  readonly #callbacks = new Set<() => void>();
  #cancelled = false;

  constructor(private readonly parent?: Cancellation) {
    if (parent?.cancelled === true) this.#cancelled = true;
    else if (parent !== undefined) parent.#children.add(this);
  }

  get cancelled(): boolean {
    return this.#cancelled;
  }

  /** How much still listens: a test's proof that nothing leaks. */
  get listeners(): number {
    return this.#children.size + this.#callbacks.size;
  }

  child(): Cancellation {
    return new Cancellation(this);
  }

  /** Calls back once on cancelling, later registrations first. Returns what takes the callback back. */
  onCancel(callback: () => void): () => void {
    // An object of its own, so that the same function can be registered twice.
    const registered = (): void => {
      callback();
    };
    this.#callbacks.add(registered);
    return () => {
      this.#callbacks.delete(registered);
    };
  }

  cancel(): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    for (const child of [...this.#children]) child.cancel();
    for (const callback of [...this.#callbacks].reverse()) callback();
    this.close();
  }

  /** What this stood for is over: nothing of it is told of a later end, and the parent forgets it. */
  close(): void {
    this.#children.clear();
    this.#callbacks.clear();
    if (this.parent !== undefined) this.parent.#children.delete(this);
  }

  /** @throws Cancelled */
  check(): void {
    if (this.#cancelled) throw new Cancelled();
  }

  /** The promise's outcome, or Cancelled if that comes first. */
  async guard<T>(promise: Promise<T>): Promise<T> {
    this.check();
    return await new Promise<T>((resolve, reject) => {
      const dispose = this.onCancel(() => {
        reject(new Cancelled());
      });
      promise.then(
        (value) => {
          dispose();
          resolve(value);
        },
        (thrown: unknown) => {
          dispose();
          reject(asError(thrown));
        },
      );
    });
  }
}
