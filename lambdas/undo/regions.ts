import { changeKinds, type ChangeTarget, type JournalEntry } from '../../contract/changes';
import type { Description } from '../../contract/description';
import { NoWayBackError } from '../../contract/errors';

/** A finished move between regions, by its journal. */
export interface Move {
  /** Of the database over there, inside: what is lifted before anybody is led back. */
  readonly fence: JournalEntry;
  readonly traffic: JournalEntry;
  readonly target: ChangeTarget<'region-traffic'>;
  /** ARN of what the promoted instance had followed: the database over there. */
  readonly source: string;
  /** Of the promoted replica, before; undefined in journals from before it was noted. */
  readonly backupRetentionDays: number | undefined;
}

/** The plan that leads users back and loses nothing, and where it is started. */
export function lossless({ site, counterpart }: Pick<Description, 'site' | 'counterpart'>): string {
  const plan = site === 'standby' ? 'fail-back' : 'cross-region-recovery';
  return `Going back without losing any of it is ${plan}, started in ${counterpart?.region ?? 'the other region'}`;
}

const promotionIn = (journal: readonly JournalEntry[]): JournalEntry | undefined =>
  journal.find(({ kind, state }) => kind === 'replica-promotion' && state === 'confirmed');

/** Whether the replica that a run promoted had everything that the fenced database had written. */
export function hadCaughtUp(journal: readonly JournalEntry[]): boolean {
  const promotion = promotionIn(journal);
  return promotion !== undefined && changeKinds['replica-promotion'].target.parse(promotion.target).moment === 'latest';
}

/**
 * What a run changed to lead users to another region; null where it led nobody. A database that was only fenced around its
 * network, or not at all, may have accepted what nobody has counted, and one that was restored here has no replica to go
 * back to: then `fail-back` is the way.
 * @param walk what is left of the run in force; @param journal all of it
 * @throws NoWayBackError
 */
export function moveOf(
  runId: string,
  walk: readonly JournalEntry[],
  journal: readonly JournalEntry[],
  description: Pick<Description, 'site' | 'counterpart'>,
): Move | null {
  const traffic = walk.find(({ kind }) => kind === 'region-traffic');
  if (traffic === undefined) return null;
  const fence = walk.find(({ kind }) => kind === 'database-fence');
  const promotion = promotionIn(journal);
  const refused = (why: string) =>
    new NoWayBackError(`${runId} led users to another region, and ${why}. ${lossless(description)}.`);
  if (fence === undefined) {
    throw refused(
      'the database that served before could not be fenced from inside: it may have accepted what nobody has counted',
    );
  }
  if (promotion === undefined) {
    throw refused('promoted no replica for that: there is none that could follow again');
  }
  const { source, backupRetentionDays } = changeKinds['replica-promotion'].before.parse(promotion.before);
  const target = changeKinds['region-traffic'].target.parse(traffic.target);
  return { fence, traffic, target, source, backupRetentionDays };
}

/** The rest of the walk: the database over there is opened, and users are led to it, before anything here is taken back. */
export const restOf = (walk: readonly JournalEntry[], { fence, traffic }: Move): JournalEntry[] =>
  walk.filter((entry) => entry !== fence && entry !== traffic);
