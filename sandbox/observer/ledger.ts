/**
 * What was written through the application, kept outside PostgreSQL: in memory, and line by line in a file that is only
 * ever appended to. The system under test never reads it.
 */
import { closeSync, fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import * as z from 'zod';
import { LedgerError } from './errors';

/** `original`: what the application used when the observer began. `recovered`: what a recovery put in its place. */
export const eraSchema = z.enum(['original', 'recovered']);
export type Era = z.infer<typeof eraSchema>;

const line = z.discriminatedUnion('kind', [
  /** Written before the request is: nothing can be in a database that is not in here. */
  z.strictObject({ kind: z.literal('sent'), sequence: z.int(), digest: z.string(), at: z.number() }),
  z.strictObject({
    kind: z.literal('acknowledged'),
    sequence: z.int(),
    id: z.int(),
    transaction: z.string(),
    at: z.number(),
  }),
  /** Refused (4xx): it must not be there. */
  z.strictObject({ kind: z.literal('refused'), sequence: z.int(), at: z.number(), because: z.string() }),
  /** No usable answer: it may be there or not. */
  z.strictObject({ kind: z.literal('unknown'), sequence: z.int(), at: z.number(), because: z.string() }),
  z.strictObject({ kind: z.literal('committed'), sequence: z.int(), era: eraSchema, microseconds: z.int() }),
]);
type Line = z.infer<typeof line>;

/** Times are milliseconds of the epoch, real. */
export interface Write {
  readonly sequence: number;
  readonly digest: string;
  readonly sentAt: number;
  readonly outcome: 'under way' | 'acknowledged' | 'refused' | 'unknown';
}

export interface Acknowledged extends Write {
  readonly outcome: 'acknowledged';
  readonly id: number;
  /** As PostgreSQL's `pg_current_xact_id()` gave it to the application. */
  readonly transaction: string;
  readonly acknowledgedAt: number;
  /** When it was committed, microseconds of the epoch by PostgreSQL's own record, and where; undefined until asked. */
  readonly commit?: { readonly era: Era; readonly microseconds: number };
}

export type Entry = (Write & { readonly outcome: 'under way' | 'refused' | 'unknown' }) | Acknowledged;

export class Ledger {
  readonly #entries = new Map<number, Entry>();
  readonly #file: number | undefined;

  private constructor(file: number | undefined) {
    this.#file = file;
  }

  /** An empty ledger; its file must not be there yet. */
  static create(file: string): Ledger {
    return new Ledger(openSync(file, 'ax', 0o600));
  }

  /**
   * A ledger as its file has it, to look at.
   * @throws LedgerError, ZodError
   */
  static read(file: string): Ledger {
    const ledger = new Ledger(undefined);
    const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
    for (const text of lines) ledger.#apply(line.parse(JSON.parse(text)));
    return ledger;
  }

  sent(digest: string, at: number): number {
    const sequence = this.#entries.size + 1;
    this.#append({ kind: 'sent', sequence, digest, at });
    return sequence;
  }

  acknowledged(sequence: number, answer: { readonly id: number; readonly transaction: string }, at: number): void {
    this.#append({ kind: 'acknowledged', sequence, id: answer.id, transaction: answer.transaction, at });
  }

  refused(sequence: number, because: string, at: number): void {
    this.#append({ kind: 'refused', sequence, at, because });
  }

  unknown(sequence: number, because: string, at: number): void {
    this.#append({ kind: 'unknown', sequence, at, because });
  }

  committed(sequence: number, commit: { readonly era: Era; readonly microseconds: number }): void {
    this.#append({ kind: 'committed', sequence, ...commit });
  }

  /** How many were ever sent. */
  get size(): number {
    return this.#entries.size;
  }

  /** All writes in the order of sending. */
  entries(): readonly Entry[] {
    return [...this.#entries.values()];
  }

  allAcknowledged(): readonly Acknowledged[] {
    return this.entries().filter((entry) => entry.outcome === 'acknowledged');
  }

  /** What was appended is on the disk afterwards. */
  flush(): void {
    if (this.#file !== undefined) fdatasyncSync(this.#file);
  }

  close(): void {
    this.flush();
    if (this.#file !== undefined) closeSync(this.#file);
  }

  #append(entry: Line): void {
    // First the file: what it does not have did not happen.
    if (this.#file !== undefined) writeSync(this.#file, `${JSON.stringify(entry)}\n`);
    this.#apply(entry);
  }

  #apply(entry: Line): void {
    const { sequence } = entry;
    const before = this.#entries.get(sequence);
    if (entry.kind === 'sent') {
      if (before !== undefined) throw new LedgerError(`write ${sequence} was sent already`);
      this.#entries.set(sequence, { sequence, digest: entry.digest, sentAt: entry.at, outcome: 'under way' });
      return;
    }
    if (before === undefined) throw new LedgerError(`write ${sequence} was never sent`);
    if (entry.kind === 'committed') {
      if (before.outcome !== 'acknowledged') throw new LedgerError(`write ${sequence} was not acknowledged`);
      const { era, microseconds } = entry;
      this.#entries.set(sequence, { ...before, commit: { era, microseconds } });
      return;
    }
    if (before.outcome !== 'under way') throw new LedgerError(`write ${sequence} was ${before.outcome} already`);
    const { digest, sentAt } = before;
    const common = { sequence, digest, sentAt };
    switch (entry.kind) {
      case 'acknowledged': {
        const { id, transaction, at } = entry;
        this.#entries.set(sequence, { ...common, outcome: 'acknowledged', id, transaction, acknowledgedAt: at });
        return;
      }
      case 'refused':
      case 'unknown':
        this.#entries.set(sequence, { ...common, outcome: entry.kind });
    }
  }
}
