import * as z from 'zod';
import { instant } from '../run';
import { databaseConnectionSchema } from './database';
import type { ChangeKindContract } from './kind';

/** A backup file on the host of a self-hosted database. */
export const backupSourceSchema = z.strictObject({
  kind: z.literal('backup-file'),
  folder: z.string(),
  file: z.string(),
  /** When it was finished: what is in it is not younger. */
  moment: instant,
});
export type BackupSource = z.infer<typeof backupSourceSchema>;

const databaseName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/);
const onItsHost = { host: z.string(), connection: databaseConnectionSchema, expiresInDays: z.number().int() };
/** What documents do on the host of the database may end so. */
const throws = [
  'DocumentFailedError',
  'DocumentTimedOutError',
  'HostSilentError',
  'HostOfflineError',
  'DatabaseUnreachableError',
  'MajorVersionError',
] as const;

/** Changes of a self-hosted database, made by documents on its own host. */
export const selfHostedChanges = {
  'side-database': {
    // Data that was restored stays, with its expiry, until somebody who knows removes it.
    lifted: 'never',
    throws: [...throws, 'RecoverySourceMissingError'],
    target: z.strictObject({ ...onItsHost, source: backupSourceSchema, database: databaseName }),
    before: z.strictObject({ exists: z.literal(false) }),
  },
  'database-swap': {
    lifted: 'on-failure',
    throws: [...throws, 'SessionsRemainError'],
    /** `connection.name` goes to `side`, and `kept` to what has it now. */
    target: z.strictObject({ ...onItsHost, side: databaseName, kept: databaseName }),
    before: z.strictObject({ present: z.boolean() }),
  },
  'safety-dump': {
    lifted: 'never',
    throws: [...throws, 'DiskTooSmallError'],
    /** The file's name is `name`, and when it may be removed. */
    target: z.strictObject({
      ...onItsHost,
      folder: z.string(),
      name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$/),
    }),
    before: z.strictObject({ exists: z.literal(false) }),
  },
} as const satisfies Record<string, ChangeKindContract>;
