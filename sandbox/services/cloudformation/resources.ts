import { randomBytes } from 'node:crypto';

/** How resources of one type are made, read and changed; what a template says of them are their properties. */
export interface ResourceKind {
  /** Properties with which it is made, and which it then has for good: another one would be another resource. */
  readonly createOnly: readonly string[];
  /** @returns its physical id; throws AwsError as the service that it belongs to */
  create(properties: Readonly<Record<string, unknown>>): string;
  /** As it is now; undefined where it is there no more. */
  read(physicalId: string): Readonly<Record<string, unknown>> | undefined;
  update(physicalId: string, properties: Readonly<Record<string, unknown>>): void;
  remove(physicalId: string): void;
}

/** Resources that nobody simulates: their properties in memory, for a stack that has such beside what matters. */
export class RememberedKind implements ResourceKind {
  readonly #resources = new Map<string, Readonly<Record<string, unknown>>>();

  constructor(
    readonly createOnly: readonly string[],
    /** Of which property its physical id is; a random one otherwise. */
    private readonly nameProperty?: string,
  ) {}

  create(properties: Readonly<Record<string, unknown>>): string {
    const name = this.nameProperty === undefined ? undefined : properties[this.nameProperty];
    const id = typeof name === 'string' ? name : randomBytes(6).toString('hex');
    this.#resources.set(id, properties);
    return id;
  }

  read(physicalId: string): Readonly<Record<string, unknown>> | undefined {
    return this.#resources.get(physicalId);
  }

  update(physicalId: string, properties: Readonly<Record<string, unknown>>): void {
    this.#resources.set(physicalId, { ...this.#resources.get(physicalId), ...properties });
  }

  remove(physicalId: string): void {
    this.#resources.delete(physicalId);
  }
}
