import * as z from 'zod';
import { instant } from '../run';
import { connection } from './database';
import { folder, type DocumentContract } from './document';

/** A file or, of pg_dump's directory format, a folder in the folder of backups. */
const backupName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/);
const database = connection.Database;
const runId = z.string().regex(/^[A-Za-z0-9_-]{1,80}$/);
/** From which something may be removed: a date in UTC. */
const expires = z.string().regex(/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/);

/** What a host has to restore a self-hosted database from, and whether it has room for it. */
export const foundBackupSchema = z.strictObject({
  /** The major version of the server. */
  serverMajor: z.number().int(),
  /** Whether the database that is to be replaced is there at all. */
  present: z.boolean(),
  databaseMegabytes: z.number().int(),
  backup: z.strictObject({
    file: z.string(),
    format: z.enum(['plain', 'custom', 'directory']),
    /** When it was finished: what is in it is not younger. */
    takenAt: instant,
    bytes: z.number().int(),
    /** As SQL. */
    plainBytes: z.number().int(),
  }),
  /** Newer ones, or those asked for, that are not sound, each with the reason. */
  skipped: z.array(z.strictObject({ file: z.string(), because: z.string() })),
  neededMegabytes: z.number().int(),
  freeMegabytes: z.number().int(),
});
export type FoundBackup = z.infer<typeof foundBackupSchema>;

/** Documents that run on the host of a self-hosted database, with psql, pg_dump and pg_restore of the server's major version. */
export const selfHostedDocuments = {
  /**
   * The newest sound backup at or before a moment, read to its end: `db_*.sql.gz` (pg_dump's plain format), `db_*.dump` (custom)
   * or `db_*` folders (directory) in `BackupFolder`. `NotAfter` is empty for the newest of all; `OnlyBackup` names one, whatever
   * its age. Exit 40 where none is sound, 41 for another major version, 42 without room for a second copy. Changes nothing.
   */
  'find-backup': {
    readOnly: true,
    parameters: z.strictObject({
      ...connection,
      BackupFolder: folder,
      NotAfter: z.string().regex(/^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z)?$/),
      OnlyBackup: z.string().regex(/^([A-Za-z0-9][A-Za-z0-9._-]{0,127})?$/),
      /** Whether room is wanted for a backup of the present state as well. */
      SafetyBackup: z.enum(['yes', 'no']),
    }),
    result: foundBackupSchema,
  },
  /**
   * Restores a backup into a side database in one transaction, and analyzes it. Nobody but the master may connect to it. One that
   * this run began is gone on with; one that is not this run's is refused (exit 43).
   */
  'restore-backup': {
    readOnly: false,
    parameters: z.strictObject({
      ...connection,
      BackupFolder: folder,
      BackupName: backupName,
      SideDatabase: database,
      RunId: runId,
      Expires: expires,
    }),
    result: z.strictObject({
      database: z.string(),
      backup: z.string(),
      /** Whether an attempt before this one had restored it. */
      continued: z.boolean(),
      megabytes: z.number().int(),
    }),
  },
  /**
   * Gives the database's name to the side database, and `OldDatabase` to what had it, in one transaction. Sessions in both are
   * ended; where one does not end, exit 44 and nothing is changed. Asked again it says what it did.
   */
  'swap-databases': {
    readOnly: false,
    parameters: z.strictObject({
      ...connection,
      SideDatabase: database,
      OldDatabase: database,
      RunId: runId,
      Expires: expires,
    }),
    result: z.strictObject({
      swappedAt: instant,
      /** What the replaced one is called now; null where there was none. */
      kept: z.string().nullable(),
      endedSessions: z.number().int(),
      /** Whether an attempt before this one had swapped them. */
      continued: z.boolean(),
    }),
  },
  /** A dump of the present state in pg_dump's custom format, read to its end; it has its name only once it is sound. */
  'backup-database': {
    readOnly: false,
    parameters: z.strictObject({ ...connection, BackupFolder: folder, BackupName: backupName }),
    result: z.strictObject({ file: z.string(), bytes: z.number().int(), takenAt: instant, continued: z.boolean() }),
  },
} as const satisfies Record<string, DocumentContract>;
