import * as z from 'zod';
import { changeKinds, type ChangeKind, type ChangeState, type JournalEntry } from '../../contract/changes';
import type { FinalStatus } from '../../contract/run';

/** States of a change of which nothing is left. */
const gone: readonly ChangeState[] = ['not-applied', 'undone'];
/** What keeps a corrupt database from being written to after a failed recovery. */
const closing: readonly ChangeKind[] = ['database-fence', 'network-fence', 'services'];

const isLeft = (entry: JournalEntry) => !gone.includes(entry.state);

/** A change that may have been made counts as made: going back would lose what the replacement has accepted. */
export function pointOfNoReturnPassed(journal: readonly JournalEntry[]): boolean {
  return journal.some((entry) => entry.pointOfNoReturn && isLeft(entry));
}

/** What stands in front of services that are stopped: without it users get errors, and Auto Scaling terminates the hosts. */
const protecting: readonly ChangeKind[] = ['maintenance-page', 'auto-scaling-processes'];

const nobodyAsks = z.object({ parameters: z.object({ HealthUrls: z.literal('') }) });
/** Placed while the application stood still: that it is in place is confirmed, and nobody has seen the application healthy with it. */
const isUnproved = ({ kind, target }: JournalEntry): boolean =>
  kind === 'configuration' && nobodyAsks.safeParse(target).success;

/**
 * The changes that settling takes back, last first: `always` in every case; `on-failure` where the run did not succeed and
 * has not passed its point of no return; `until-confirmed` likewise, unless it is confirmed and was seen healthy; `never` never.
 * Two things follow from what the services are for (docs/adr/0009):
 * - past the point of no return they are started too, on the replacement;
 * - where they stay stopped, the page stays up and Auto Scaling stays suspended.
 * @param keepClosed the database of a failed recovery stays fenced and its services stopped (`afterFailedRecovery`).
 */
export function changesToUndo(
  journal: readonly JournalEntry[],
  status: FinalStatus,
  keepClosed: boolean,
): JournalEntry[] {
  const goBack = status !== 'succeeded' && !pointOfNoReturnPassed(journal);
  const stayStopped = goBack && keepClosed && journal.some((entry) => entry.kind === 'services' && isLeft(entry));
  const passed = journal.filter((entry) => entry.pointOfNoReturn && isLeft(entry));
  const sameDatabase = passed.length > 0 && passed.every(({ kind }) => kind === 'schema');
  const isLifted = (entry: JournalEntry): boolean => {
    // What an undo had taken back of another run is made again, where that can still be.
    if (entry.undoes !== undefined) return goBack;
    if (entry.kind === 'services') return status !== 'succeeded' && !stayStopped;
    if (stayStopped && protecting.includes(entry.kind)) return false;
    const { lifted } = changeKinds[entry.kind];
    // Migrations that cannot be taken back leave the database the one that serves: it is opened again.
    if (status !== 'succeeded' && sameDatabase && closing.includes(entry.kind)) return true;
    switch (lifted) {
      case 'always':
        return true;
      case 'on-failure':
        return goBack && !(keepClosed && closing.includes(entry.kind));
      case 'until-confirmed':
        return goBack && (entry.state !== 'confirmed' || isUnproved(entry));
      case 'never':
        return false;
    }
  };
  return journal
    .filter((entry) => isLeft(entry) && isLifted(entry))
    .sort((one, other) => other.sequence - one.sequence);
}

/** Keys of the changes that could not be taken back. */
export const undoFailed = (journal: readonly JournalEntry[]): string[] =>
  journal.filter(({ state }) => state === 'undo-failed').map(({ key }) => key);
