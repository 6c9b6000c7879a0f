/** When, and in which database, acknowledged writes were committed, as PostgreSQL itself noted it. */
import * as z from 'zod';
import type { Cluster } from '../databases';
import { UnattributedWritesError } from './errors';
import type { Acknowledged, Era, Ledger } from './ledger';
import { contentDigest, writes } from './subject';

/** What is asked of a database. */
export type Admin = Pick<Parameters<Parameters<Cluster['withAdmin']>[1]>[0], 'query' | 'one' | 'execute'>;

/** A database that is asked over its server's socket, which works while its CONNECT is revoked. */
export interface Place {
  readonly cluster: { withAdmin<T>(database: string, work: (admin: Admin) => Promise<T>): Promise<T> };
  readonly database: string;
}

/**
 * A server commits a write between its sending and its answer. All stamps are of one machine's clock, which the
 * observer reads in whole milliseconds; it may be slewed meanwhile.
 */
const SLACK_MICROSECONDS = 20_000;

const commitTime = z.object({ transaction: z.string(), microseconds: z.coerce.number() });

/** Microseconds of the epoch by transaction id; an id that the server has no commit for is left out. */
async function commitTimes(place: Place, transactions: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const rows = await place.cluster.withAdmin(place.database, (admin) =>
    admin.query(
      commitTime,
      `SELECT transaction, (extract(epoch FROM at) * 1000000)::bigint AS microseconds
         FROM unnest($1::text[]) transaction, pg_xact_commit_timestamp(transaction::xid8::xid) at
        WHERE at IS NOT NULL`,
      [transactions],
    ),
  );
  return new Map(rows.map(({ transaction, microseconds }) => [transaction, microseconds]));
}

/**
 * A restored server counts its transactions on from the moment restored to, so the same id means another transaction
 * than on the original: only a commit within the write's own time is the write's.
 */
function own(write: Acknowledged, microseconds: number | undefined): number | undefined {
  if (microseconds === undefined) return undefined;
  const from = write.sentAt * 1000 - SLACK_MICROSECONDS;
  const to = write.acknowledgedAt * 1000 + SLACK_MICROSECONDS;
  return microseconds >= from && microseconds <= to ? microseconds : undefined;
}

/** Asks the original for the writes that have no commit time yet. What it does not know stays open. */
export async function attributeToOriginal(ledger: Ledger, original: Place): Promise<void> {
  const open = ledger.allAcknowledged().filter(({ commit }) => commit === undefined);
  if (open.length === 0) return;
  const times = await commitTimes(original, [...new Set(open.map(({ transaction }) => transaction))]);
  for (const write of open) {
    const microseconds = own(write, times.get(write.transaction));
    if (microseconds !== undefined) ledger.committed(write.sequence, { era: 'original', microseconds });
  }
}

/**
 * Decides for every acknowledged write which of the two databases acknowledged it. A commit that both know with the
 * same time is the original's, restored. Where each knows another one within the write's time, which takes two commits
 * with one id within milliseconds, the row itself decides.
 * @throws UnattributedWritesError
 */
export async function attributeToRecovered(ledger: Ledger, recovered: Place): Promise<void> {
  const all = ledger.allAcknowledged();
  const times = await commitTimes(recovered, [...new Set(all.map(({ transaction }) => transaction))]);
  const torn: { write: Acknowledged; microseconds: number }[] = [];
  for (const write of all) {
    const microseconds = own(write, times.get(write.transaction));
    if (microseconds === undefined || microseconds === write.commit?.microseconds) continue;
    if (write.commit === undefined) ledger.committed(write.sequence, { era: 'recovered', microseconds });
    else torn.push({ write, microseconds });
  }
  if (torn.length > 0) {
    const rows = await recovered.cluster.withAdmin(recovered.database, (admin) =>
      admin.query(writes.row, writes.select, [torn.map(({ write }) => write.id)]),
    );
    const contents = new Map(rows.map((row) => [row.key, contentDigest(row)]));
    for (const { write, microseconds } of torn) {
      if (contents.get(String(write.id)) === write.digest)
        ledger.committed(write.sequence, { era: 'recovered', microseconds });
    }
  }
  requireAttributed(ledger);
}

/**
 * Where a database was put in the place of another one on the same server, in one transaction: what was committed later, the
 * new one acknowledged. Nobody may connect to the old one then.
 * @throws UnattributedWritesError
 */
export function attributeBySwap(ledger: Ledger, swappedAt: Date): void {
  requireAttributed(ledger);
  for (const { sequence, commit } of ledger.allAcknowledged()) {
    if (commit !== undefined && commit.microseconds > swappedAt.getTime() * 1000)
      ledger.committed(sequence, { era: 'recovered', microseconds: commit.microseconds });
  }
}

/** @throws UnattributedWritesError */
export function requireAttributed(ledger: Ledger): void {
  const without = ledger.allAcknowledged().filter(({ commit }) => commit === undefined);
  const [first] = without;
  if (first === undefined) return;
  throw new UnattributedWritesError(
    `${without.length} acknowledged writes have no commit time on any server, the first is evaluation ${first.id}, transaction ${first.transaction}`,
  );
}

/** Whether a write was acknowledged by this database. */
export const isOf = (era: Era, write: Acknowledged): boolean => write.commit?.era === era;
