import * as z from 'zod';
import { instant } from '../run';
import { connection } from './database';
import type { DocumentContract } from './document';

/** A position in PostgreSQL's log, `0/3000148`. */
const position = z.string().regex(/^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/);

/** How far a database is: a replica in what it has replayed, a primary in what it has written. */
export const replicationSchema = z.strictObject({
  /** Whether it is a replica. */
  recovering: z.boolean(),
  /** Of the log: replayed by a replica, written by a primary. */
  position,
  /** Commit time of the last transaction replayed; null of a primary, and where none was replayed. */
  replayedTo: instant.nullable(),
  /** Received and not replayed yet, bytes. */
  waitingBytes: z.number().int(),
  databaseTime: instant,
});
export type Replication = z.infer<typeof replicationSchema>;

/** Documents that ask how far replication is. */
export const regionDocuments = {
  /** Exit 7 where the database cannot be reached. Changes nothing. */
  'inspect-replication': {
    readOnly: true,
    parameters: z.strictObject(connection),
    result: replicationSchema,
  },
  /** Waits until a replica has replayed up to a position; exit 50 where it has not within `WaitSeconds`. Changes nothing. */
  'await-replay': {
    readOnly: true,
    parameters: z.strictObject({
      ...connection,
      Position: position,
      WaitSeconds: z.string().regex(/^[1-9][0-9]{0,3}$/),
    }),
    result: replicationSchema,
  },
} as const satisfies Record<string, DocumentContract>;
