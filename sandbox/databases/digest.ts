/** A digest of a database's content, to prove that two databases, or one at two moments, are the same. */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { escapeIdentifier } from 'pg';
import type { Cluster } from './cluster';
import { ADMIN_SCHEMA } from './configuration';

export interface ContentDigest {
  /** Of everything below. */
  readonly digest: string;
  /** Of tables, columns, constraints, indexes, views, triggers and functions. */
  readonly schema: string;
  /** By `schema.table`. */
  readonly tables: Readonly<Record<string, { readonly rows: number; readonly digest: string }>>;
}

const OURS = `nspname NOT LIKE 'pg\\_%' AND nspname NOT IN ('information_schema', '${ADMIN_SCHEMA}')`;

/** One line of text for each thing that makes up the schema. Owners and privileges are not content. */
const SCHEMA = `
  SELECT concat_ws(' ', 'column', nspname, relname, relkind, attname, format_type(atttypid, atttypmod), attnotnull,
                   attidentity, attgenerated, pg_get_expr(adbin, adrelid)) AS line
    FROM pg_attribute JOIN pg_class c ON c.oid = attrelid JOIN pg_namespace n ON n.oid = relnamespace
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
   WHERE ${OURS} AND attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
  UNION ALL SELECT concat_ws(' ', 'constraint', nspname, conrelid::regclass, conname, pg_get_constraintdef(o.oid))
    FROM pg_constraint o JOIN pg_namespace n ON n.oid = connamespace WHERE ${OURS} AND contype <> 'n'
  UNION ALL SELECT concat_ws(' ', 'index', pg_get_indexdef(indexrelid))
    FROM pg_index JOIN pg_class c ON c.oid = indexrelid JOIN pg_namespace n ON n.oid = relnamespace WHERE ${OURS}
  UNION ALL SELECT concat_ws(' ', 'view', nspname, relname, pg_get_viewdef(c.oid))
    FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE ${OURS} AND relkind IN ('v', 'm')
  UNION ALL SELECT concat_ws(' ', 'trigger', pg_get_triggerdef(t.oid))
    FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid JOIN pg_namespace n ON n.oid = relnamespace
   WHERE ${OURS} AND NOT tgisinternal
  UNION ALL SELECT concat_ws(' ', 'function', pg_get_functiondef(p.oid))
    FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE ${OURS} AND prokind IN ('f', 'p')`;

/** Everything that decides how a value is written as text. */
const FORMAT = `SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL intervalstyle = 'postgres';
  SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'; SET LOCAL search_path = ''; SET LOCAL row_security = off`;

const sha = (lines: readonly string[]) => createHash('sha256').update(lines.join('\n')).digest('hex');

/**
 * Digest of all tables of a database: schema and rows, of one moment, whatever the order on disk. Sequences' positions
 * are left out, since recovery may skip some values, and so are large objects. It works while CONNECT is revoked.
 * @param except rows that do not count, by table (`public.users`) and a condition in SQL over its row
 * @throws ServerNotRunningError
 */
export async function contentDigest(
  cluster: Cluster,
  database: string,
  except: readonly { readonly table: string; readonly where: string }[] = [],
): Promise<ContentDigest> {
  return cluster.withAdmin(database, async (admin) => {
    await admin.execute('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await admin.execute(FORMAT);
    const lines = await admin.query(
      z.object({ line: z.string() }),
      `SELECT line FROM (${SCHEMA}) s ORDER BY line COLLATE "C"`,
    );
    const names = await admin.query(
      z.object({ nspname: z.string(), relname: z.string() }),
      `SELECT nspname, relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
        WHERE ${OURS} AND relkind = 'r' ORDER BY nspname COLLATE "C", relname COLLATE "C"`,
    );
    const tables: Record<string, { rows: number; digest: string }> = {};
    for (const { nspname, relname } of names) {
      const without = except
        .filter(({ table }) => table === `${nspname}.${relname}`)
        .map(({ where }) => ` AND (${where}) IS NOT TRUE`);
      tables[`${nspname}.${relname}`] = await admin.one(
        z.object({ rows: z.coerce.number(), digest: z.string() }),
        `SELECT count(*) AS rows, coalesce(md5(string_agg(row, '' ORDER BY row COLLATE "C")), '') AS digest
           FROM (SELECT md5(t::text) AS row FROM ONLY ${escapeIdentifier(nspname)}.${escapeIdentifier(relname)} t
                   WHERE true${without.join('')}) hashed`,
      );
    }
    await admin.execute('COMMIT');
    const schema = sha(lines.map(({ line }) => line));
    const perTable = Object.entries(tables).map(([name, { rows, digest }]) => `${name} ${rows} ${digest}`);
    return { digest: sha([schema, ...perTable]), schema, tables };
  });
}
