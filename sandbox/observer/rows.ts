/**
 * The recovered database against what has to be in it, row by row. Neither counts nor checksums of tables are trusted:
 * every row is looked at, so one that is missing, changed or planted is found and named.
 */
import * as z from 'zod';
import type { Observation } from '../../contract/report';
import { atOneMoment, type Baseline, eachRow, type Table, tablesOf } from './baseline';
import { type Admin, isOf, type Place } from './commits';
import { MomentBeforeBaselineError } from './errors';
import type { Acknowledged, Entry } from './ledger';
import { contentDigest, writes } from './subject';

/** What was restored to: a commit at that very moment is in. `latest`: everything that the original acknowledged. */
export type Moment = Date | 'latest';

/** Rows that others leave in the recovered database by right, such as the application's own tests. */
export interface Tolerated {
  /** `public.users` */
  readonly table: string;
  /** A condition in SQL over the table's row. */
  readonly where: string;
}

export interface Comparison {
  readonly rows: Observation['rows'];
  /** Up to ten of each, `public.evaluations 17: changed`. */
  readonly examples: Readonly<Record<'lost' | 'missing' | 'extra', readonly string[]>>;
  /** The writes that the recovered database acknowledged itself. Those absent count as `missing`. */
  readonly accepted: { readonly acknowledged: number; readonly present: number };
  /** Present, sent before, and never answered: neither expected nor extra. */
  readonly unacknowledged: number;
  /** Present because `tolerated` says so. */
  readonly tolerated: number;
  /** Commit of the last write that was lost, microseconds of the epoch. */
  readonly lastLost: number | undefined;
}

const EXAMPLES = 10;

class Tally {
  count = 0;
  readonly examples: string[] = [];

  add(example: string): void {
    this.count += 1;
    if (this.examples.length < EXAMPLES) this.examples.push(example);
  }
}

interface Finding {
  readonly missing: Tally;
  readonly extra: Tally;
  tolerated: number;
}

/**
 * Compares. Nobody may write meanwhile, and every acknowledged write has its commit time (`Observer.attribute`).
 *
 * - expected: the baseline's rows, and writes that the original acknowledged with a commit at or before the moment;
 * - missing: expected and absent or with another content, and writes absent that the recovered database acknowledged;
 * - lost: writes that the original acknowledged with a commit after the moment, and absent;
 * - extra: every other row, so also one that should have been lost, a second row with the content of a write, or a write
 *   that was refused. A write that was sent and never answered may be there, once.
 *
 * A write's row is the same if user, question, score and feedback are; a baseline's if every column is that it had then.
 * PostgreSQL cuts at the first commit record after the moment, and two sessions that commit within microseconds may
 * write their records in the other order than their stamps: a moment so close to a commit would show as `missing`.
 * @throws MomentBeforeBaselineError, TableWithoutKeyError, ServerNotRunningError
 */
export async function compareRows(input: {
  readonly entries: readonly Entry[];
  readonly baseline: Baseline;
  readonly recovered: Place;
  readonly moment: Moment;
  readonly tolerated?: readonly Tolerated[];
}): Promise<Comparison> {
  const { baseline, moment } = input;
  if (moment !== 'latest' && moment < baseline.takenAt) {
    throw new MomentBeforeBaselineError(
      `${moment.toISOString()} is before the baseline of ${baseline.takenAt.toISOString()}`,
    );
  }
  return atOneMoment(input.recovered, async (admin) => {
    const finding: Finding = { missing: new Tally(), extra: new Tally(), tolerated: 0 };
    const ledger = new WriteRows(input.entries, moment);
    const there = new Map((await tablesOf(admin)).map((table) => [table.name, table]));
    for (const { table, rows } of baseline.tables.values()) {
      if (there.has(table.name)) continue;
      for (const key of rows.keys()) finding.missing.add(`${table.name} ${key}: the table is gone`);
    }
    for (const table of there.values()) {
      const known = baseline.tables.get(table.name);
      const others = await baselineRows(admin, known?.table ?? table, known?.rows ?? new Map(), finding.missing);
      const unexplained = table.name === writes.table ? await ledger.explain(admin, others) : others;
      const where = (input.tolerated ?? []).filter((one) => one.table === table.name).map((one) => one.where);
      const allowed = await toleratedKeys(admin, table, unexplained, where);
      finding.tolerated += allowed.size;
      for (const key of unexplained) if (!allowed.has(key)) finding.extra.add(`${table.name} ${key}`);
    }
    return ledger.result(baseline.rows, finding);
  });
}

/** Looks at every row of a table. @returns the keys that the baseline does not have */
async function baselineRows(
  admin: Admin,
  table: Table,
  baseline: ReadonlyMap<string, string>,
  missing: Tally,
): Promise<readonly string[]> {
  const others: string[] = [];
  const seen = new Set<string>();
  await eachRow(admin, table, (key, digest) => {
    const before = baseline.get(key);
    if (before === undefined) {
      others.push(key);
      return;
    }
    seen.add(key);
    if (before !== digest) missing.add(`${table.name} ${key}: changed`);
  });
  for (const key of baseline.keys()) if (!seen.has(key)) missing.add(`${table.name} ${key}: absent`);
  return others;
}

async function toleratedKeys(
  admin: Admin,
  table: Table,
  keys: readonly string[],
  conditions: readonly string[],
): Promise<ReadonlySet<string>> {
  const [column] = table.key;
  if (conditions.length === 0 || keys.length === 0 || column === undefined || table.key.length > 1) return new Set();
  const rows = await admin.query(
    z.object({ key: z.string() }),
    `SELECT ${column}::text AS key FROM ${table.name} WHERE ${column}::text = ANY($1) AND (${conditions.join(' OR ')})`,
    [keys],
  );
  return new Set(rows.map(({ key }) => key));
}

/** The observer's writes, each of which explains at most one row. */
class WriteRows {
  readonly #byContent: ReadonlyMap<string, Entry>;
  readonly #expected: readonly Acknowledged[];
  readonly #accepted: readonly Acknowledged[];
  readonly #later: readonly Acknowledged[];
  readonly #present = new Set<number>();
  /** What is there under a write's id with another content. */
  readonly #changed = new Set<string>();
  /** Writes there that should have been lost; found as `extra`. */
  readonly #kept = new Set<number>();
  #unacknowledged = 0;

  constructor(entries: readonly Entry[], moment: Moment) {
    this.#byContent = new Map(entries.map((entry) => [entry.digest, entry]));
    const acknowledged = entries.filter((entry) => entry.outcome === 'acknowledged');
    const original = acknowledged.filter((write) => isOf('original', write));
    const cut = moment === 'latest' ? Infinity : moment.getTime() * 1000;
    this.#expected = original.filter(({ commit }) => commit !== undefined && commit.microseconds <= cut);
    this.#later = original.filter(({ commit }) => commit !== undefined && commit.microseconds > cut);
    this.#accepted = acknowledged.filter((write) => isOf('recovered', write));
  }

  /** @returns the keys of rows that are nobody's */
  async explain(admin: Admin, keys: readonly string[]): Promise<readonly string[]> {
    const rows = keys.length === 0 ? [] : await admin.query(writes.row, writes.select, [keys]);
    const due = new Map([...this.#expected, ...this.#accepted].map((write) => [String(write.id), write]));
    return rows.flatMap((row) => {
      const entry = this.#byContent.get(contentDigest(row));
      if (entry !== undefined && this.#explains(entry, row.key, due)) return [];
      // A row that should be another: told as missing, not as extra as well.
      if (entry === undefined && due.has(row.key)) {
        this.#changed.add(row.key);
        return [];
      }
      return [row.key];
    });
  }

  result(baselineRows: number, { missing, extra, tolerated }: Finding): Comparison {
    const absent = (write: Acknowledged) => !this.#present.has(write.sequence);
    const expectedBefore = missing.count;
    for (const write of this.#expected.filter(absent)) missing.add(this.#named(write));
    const expected = baselineRows + this.#expected.length;
    const present = expected - expectedBefore - this.#expected.filter(absent).length;
    for (const write of this.#accepted.filter(absent)) missing.add(`${this.#named(write)} after the recovery`);
    const lost = new Tally();
    const gone = this.#later.filter(({ sequence }) => !this.#kept.has(sequence));
    for (const { id } of gone) lost.add(`${writes.table} ${id}`);
    const commits = gone.map(({ commit }) => commit?.microseconds ?? 0);
    return {
      rows: { expected, present, lost: lost.count, missing: missing.count, extra: extra.count },
      examples: { lost: lost.examples, missing: missing.examples, extra: extra.examples },
      accepted: {
        acknowledged: this.#accepted.length,
        present: this.#accepted.length - this.#accepted.filter(absent).length,
      },
      unacknowledged: this.#unacknowledged,
      tolerated,
      lastLost: commits.length === 0 ? undefined : commits.reduce((a, b) => Math.max(a, b)),
    };
  }

  #explains(entry: Entry, key: string, due: ReadonlyMap<string, Acknowledged>): boolean {
    if (this.#present.has(entry.sequence)) return false;
    switch (entry.outcome) {
      case 'acknowledged': {
        if (String(entry.id) !== key) return false;
        const write = due.get(key);
        if (write?.sequence !== entry.sequence) {
          this.#kept.add(entry.sequence);
          return false;
        }
        break;
      }
      case 'under way':
      case 'unknown':
        this.#unacknowledged += 1;
        break;
      case 'refused':
        return false;
    }
    this.#present.add(entry.sequence);
    return true;
  }

  #named({ id }: Acknowledged): string {
    return `${writes.table} ${id}: ${this.#changed.has(String(id)) ? 'changed' : 'absent'}`;
  }
}
