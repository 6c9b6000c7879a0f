import { StateError, enforcePayloadLimit } from './errors';
import { type Json, type JsonObject, jsonBytes } from './json';

/** All variables of an execution together: https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html */
const ALL_VARIABLES_LIMIT_BYTES = 10 * 1024 * 1024;

/** The variables of one body: it reads those around it and sets only its own. */
export class Scope {
  readonly #values = new Map<string, { value: Json; bytes: number }>();

  constructor(private readonly outer?: Scope) {}

  get(name: string): Json | undefined {
    const own = this.#values.get(name);
    // A variable can be null, and then is.
    return own === undefined ? this.outer?.get(name) : own.value;
  }

  /**
   * Sets what a state assigned; visible from the next state on.
   * @throws StateError States.DataLimitExceeded over 256 KiB at once or 10 MiB in all.
   */
  commit(assigned: JsonObject): void {
    enforcePayloadLimit(jsonBytes(assigned), 'What is assigned at once');
    for (const [name, value] of Object.entries(assigned)) {
      this.#values.set(name, { value, bytes: jsonBytes(value) });
    }
    const bytes = this.#bytes();
    if (bytes > ALL_VARIABLES_LIMIT_BYTES) {
      throw new StateError(
        'States.DataLimitExceeded',
        `The variables are ${bytes} bytes together, over the limit of ${ALL_VARIABLES_LIMIT_BYTES}.`,
      );
    }
  }

  #bytes(): number {
    let total = this.outer === undefined ? 0 : this.outer.#bytes();
    for (const { bytes } of this.#values.values()) total += bytes;
    return total;
  }
}
