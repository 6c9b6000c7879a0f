/** No loopback address could be claimed: every one tried is claimed by another sandbox. */
export class NoFreeAddress extends Error {
  override readonly name = 'NoFreeAddress';
}

/** No port in the range was free on the address. */
export class NoFreePort extends Error {
  override readonly name = 'NoFreePort';
}

/** The name is in no private zone of this sandbox. */
export class NameNotFound extends Error {
  override readonly name = 'NameNotFound';
  constructor(readonly host: string) {
    super(`No such name in the sandbox: ${host}`);
  }
}

/** A chain of aliases returns to itself or is longer than a resolver follows. */
export class AliasLoop extends Error {
  override readonly name = 'AliasLoop';
}

/** Two rules of one listener have the same priority. */
export class PriorityTaken extends Error {
  override readonly name = 'PriorityTaken';
}
