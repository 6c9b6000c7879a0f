import * as z from 'zod';
import { instant } from '../run';
import { folder, secretArnText, type DocumentContract } from './document';

/** Names that PostgreSQL quotes are allowed, too; inspect-database refuses a grantee that this could not give back. */
const roleList = z.string().regex(/^([A-Za-z0-9_][A-Za-z0-9_.@-]*( [A-Za-z0-9_][A-Za-z0-9_.@-]*){0,31})?$/);
/** How a host reaches a database. `Address` is what it connects to and what the certificate has to be for. */
export const connection = {
  Address: z.string().regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/),
  Port: z.string().regex(/^[0-9]{4,5}$/),
  Database: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/),
  SslMode: z.enum(['require', 'verify-ca', 'verify-full']),
  CaFile: folder,
  MasterSecretArn: secretArnText,
};
/** table.column */
const schemaVersionText = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*\.[A-Za-z_][A-Za-z0-9_]*$/);
/** role=secret-arn, separated by blanks. */
const loginList = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*=arn:[A-Za-z0-9:/_+=.@-]+( [A-Za-z_][A-Za-z0-9_]*=arn:[A-Za-z0-9:/_+=.@-]+){0,15}$/);

/**
 * One table as the probe measured it. Two looks are taken around `takenAt`, since commits go on meanwhile: a copy
 * restored to `takenAt` lies between them, and where both are equal it has to equal both.
 */
export const tableMeasureSchema = z.strictObject({
  table: z.string(),
  rows: z.strictObject({ before: z.number().int(), after: z.number().int() }),
  /** The highest key of the first look, as text; the checksums below are over the rows up to it. */
  through: z.string(),
  checksum: z.strictObject({ before: z.string(), after: z.string() }),
  /** Rows and checksum up to the key that the previous probe had reached, where it was given. */
  known: z.strictObject({ through: z.string(), rows: z.number().int(), checksum: z.string() }).nullable(),
  /** Rows that break the check's `references` or `range` rule. */
  violations: z.number().int(),
});
export type TableMeasure = z.infer<typeof tableMeasureSchema>;

export const integrityMeasureSchema = z.strictObject({
  /** Database time between the two looks, in whole seconds: a restore to exactly this moment lies between them. */
  takenAt: instant,
  schemaVersion: z.string(),
  /** PostgreSQL's own number of the database, which a database that is restored in its place does not have. */
  databaseOid: z.string().optional(),
  tables: z.array(tableMeasureSchema),
});
export type IntegrityMeasure = z.infer<typeof integrityMeasureSchema>;

/** Documents that reach a database from a host. */
export const databaseDocuments = {
  /** The versions of the schema that were applied, newest first. Changes nothing. */
  'inspect-schema': {
    readOnly: true,
    parameters: z.strictObject({ ...connection, SchemaVersion: schemaVersionText }),
    result: z.strictObject({ versions: z.array(z.string()).min(1) }),
  },
  /**
   * Rolls the schema back by the application's own `scripts/migrate.sh rollback-to`, out of a release that knows the way, with
   * the master's login since the database is fenced for every other; proves the version afterwards.
   */
  'rollback-schema': {
    readOnly: false,
    parameters: z.strictObject({
      ...connection,
      SchemaVersion: schemaVersionText,
      /** The folder with the releases, and the name of the one in it. */
      Releases: folder,
      Target: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/),
      Version: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/),
    }),
    result: z.strictObject({ was: z.string(), is: z.string(), undone: z.array(z.string()) }),
  },
  /**
   * Measures the tables. `StatementTimeoutSeconds` (10 to 99999; 600 where it is not given) ends each look in the database
   * itself, which a killed script does not: it has to be below the execution time-out. `Checks`: one item a table, separated by blanks:
   * table:key:columns(comma)[:known through] with rules appended as |references=column>table.key or |range=column>min..max
   */
  'probe-integrity': {
    readOnly: true,
    parameters: z.strictObject({
      ...connection,
      StatementTimeoutSeconds: z
        .string()
        .regex(/^[1-9][0-9]{1,4}$/)
        .optional(),
      SchemaVersion: schemaVersionText,
      Checks: z.string().regex(/^[A-Za-z_][A-Za-z0-9_:,.|=>@+-]*( [A-Za-z_][A-Za-z0-9_:,.|=>@+-]*){0,31}$/),
    }),
    result: integrityMeasureSchema,
  },
  /** Who may connect, who owns, how many sessions. Exit 7 where the database cannot be reached. Changes nothing. */
  'inspect-database': {
    readOnly: true,
    parameters: z.strictObject(connection),
    result: z.strictObject({
      grantees: z.array(z.string()),
      owner: z.string(),
      sessions: z.number().int(),
      databaseTime: instant,
    }),
  },
  /** Revokes CONNECT from everybody but the master, ends all other sessions, proves by a write of each login that must fail. */
  'fence-database': {
    readOnly: false,
    parameters: z.strictObject({ ...connection, Logins: loginList }),
    result: z.strictObject({
      fencedAt: instant,
      endedSessions: z.number().int(),
      revoked: z.array(z.string()),
      refusals: z.array(z.strictObject({ role: z.string(), message: z.string() })),
    }),
  },
  /** Grants CONNECT to the grantees again (PUBLIC or roles). */
  'open-database': {
    readOnly: false,
    parameters: z.strictObject({ ...connection, Grantees: roleList }),
    result: z.strictObject({ granted: z.array(z.string()) }),
  },
  /** Gives each login the password of its secret today. */
  'align-logins': {
    readOnly: false,
    parameters: z.strictObject({ ...connection, Logins: loginList }),
    result: z.strictObject({ roles: z.array(z.string()) }),
  },
  /** Connects over TLS as each login by the application's name for the database, at the given endpoint, and writes in a transaction that it rolls back. */
  'try-logins': {
    readOnly: false,
    parameters: z.strictObject({ ...connection, Logins: loginList, Endpoint: connection.Address }),
    result: z.strictObject({
      logins: z.array(z.strictObject({ role: z.string(), tls: z.string(), database: z.string() })),
    }),
  },
} as const satisfies Record<string, DocumentContract>;
