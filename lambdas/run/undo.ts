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

/**
 * The changes that settling takes back, last first: `always` in every case; `on-failure` where the run did not succeed and
 * has not passed its point of no return; `never` never.
 * @param keepClosed the database of a failed recovery stays fenced and its services stopped (`afterFailedRecovery`).
 */
export function changesToUndo(
  journal: readonly JournalEntry[],
  status: FinalStatus,
  keepClosed: boolean,
): JournalEntry[] {
  const goBack = status !== 'succeeded' && !pointOfNoReturnPassed(journal);
  const isLifted = (entry: JournalEntry): boolean => {
    const { lifted } = changeKinds[entry.kind];
    switch (lifted) {
      case 'always':
        return true;
      case 'on-failure':
        return goBack && !(keepClosed && closing.includes(entry.kind));
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
