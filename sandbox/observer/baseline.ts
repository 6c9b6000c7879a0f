/** Every row that was there before the observer began, by a digest of its own, so that one row that differs is named. */
import { escapeIdentifier } from 'pg';
import * as z from 'zod';
import type { Admin, Place } from './commits';
import { TableWithoutKeyError } from './errors';

export interface Table {
  /** `public.evaluations` */
  readonly name: string;
  readonly key: readonly string[];
  readonly columns: readonly string[];
}

export interface Baseline {
  readonly takenAt: Date;
  readonly tables: ReadonlyMap<string, { readonly table: Table; readonly rows: ReadonlyMap<string, string> }>;
  /** In all tables. */
  readonly rows: number;
}

/** A row that a recovery is meant to take away: it has to be gone, and is told as `extra` where it is not. */
export interface Removed {
  /** `public.schema_migrations` */
  readonly table: string;
  readonly key: string;
}

/** Rows that are fetched at a time. */
const CHUNK = 10_000;

const found = z.object({ name: z.string(), key: z.array(z.string()).nullable(), columns: z.array(z.string()) });
const row = z.object({ key: z.string(), digest: z.string() });

/** Ordinary tables of the schema `public`, with the columns of their primary keys in the order of the table. */
const TABLES = `
  SELECT nspname || '.' || relname AS name,
         array_agg(attname::text ORDER BY attnum) AS columns,
         array_agg(attname::text ORDER BY attnum) FILTER (WHERE attnum = ANY(indkey)) AS key
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = relnamespace
    JOIN pg_attribute ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped
    LEFT JOIN pg_index i ON indrelid = c.oid AND indisprimary
   WHERE nspname = 'public' AND relkind = 'r'
   GROUP BY nspname, relname
   ORDER BY nspname, relname`;

/** @throws TableWithoutKeyError */
export async function tablesOf(admin: Admin): Promise<readonly Table[]> {
  return (await admin.query(found, TABLES)).map(({ name, key, columns }) => {
    if (key === null) throw new TableWithoutKeyError(`${name} has no primary key`);
    return { name, key, columns };
  });
}

/** All work on one state of the database. */
export async function atOneMoment<T>(place: Place, work: (admin: Admin) => Promise<T>): Promise<T> {
  return place.cluster.withAdmin(place.database, async (admin) => {
    await admin.execute('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    // What decides how a value is written as text, beside what the connection sets.
    await admin.execute(
      `SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'; SET LOCAL row_security = off`,
    );
    const result = await work(admin);
    await admin.execute('COMMIT');
    return result;
  });
}

/** Calls `visit` with key and digest of every row in the order of the key, some thousand rows at a time in memory. */
export async function eachRow(admin: Admin, table: Table, visit: (key: string, digest: string) => void): Promise<void> {
  const list = (columns: readonly string[]) => columns.map(escapeIdentifier).join(', ');
  const name = table.name.split('.').map(escapeIdentifier).join('.');
  const key = table.key.length === 1 ? `${list(table.key)}::text` : `ROW(${list(table.key)})::text`;
  await admin.execute(
    `DECLARE rows NO SCROLL CURSOR FOR
       SELECT ${key} AS key, md5(ROW(${list(table.columns)})::text) AS digest FROM ONLY ${name} ORDER BY ${list(table.key)}`,
  );
  for (;;) {
    const chunk = await admin.query(row, `FETCH ${CHUNK} FROM rows`);
    for (const { key, digest } of chunk) visit(key, digest);
    if (chunk.length < CHUNK) break;
  }
  await admin.execute('CLOSE rows');
}

/**
 * Digests every row of every table. Taken by the drill when the database is filled and nobody writes yet.
 * @throws TableWithoutKeyError, ServerNotRunningError
 */
export async function takeBaseline(place: Place): Promise<Baseline> {
  return atOneMoment(place, async (admin) => {
    const { at } = await admin.one(z.object({ at: z.date() }), 'SELECT clock_timestamp() AS at');
    const tables = new Map<string, { table: Table; rows: Map<string, string> }>();
    let count = 0;
    for (const table of await tablesOf(admin)) {
      const rows = new Map<string, string>();
      await eachRow(admin, table, (key, digest) => rows.set(key, digest));
      tables.set(table.name, { table, rows });
      count += rows.size;
    }
    return { takenAt: at, tables, rows: count };
  });
}

/**
 * The baseline without rows that a recovery is meant to take away.
 * @throws TypeError where one was never there: what is meant to go has to have been
 */
export function without(baseline: Baseline, removed: readonly Removed[]): Baseline {
  const tables = new Map(baseline.tables);
  for (const { table, key } of removed) {
    const found = tables.get(table);
    if (found?.rows.has(key) !== true) throw new TypeError(`${table} never had a row ${key}`);
    tables.set(table, { ...found, rows: new Map([...found.rows].filter(([each]) => each !== key)) });
  }
  return { ...baseline, tables, rows: baseline.rows - removed.length };
}
