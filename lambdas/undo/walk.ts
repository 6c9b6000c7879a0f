import { changeKinds, type JournalEntry } from '../../contract/changes';
import { AlreadyUndoneError, NothingToUndoError } from '../../contract/errors';
import { layerOf, whyItStays } from '../../contract/undo';

const isGone = ({ state }: JournalEntry) => state === 'not-applied' || state === 'undone';

/** What a run that took another one back noted of that is no change of its own. */
const own = (journal: readonly JournalEntry[]) => journal.filter(({ undoes }) => undoes === undefined);

/** What is left of a run in force, and is neither a protection nor kept: what another run can supersede, or undo take back. */
export const leftOf = (journal: readonly JournalEntry[]): JournalEntry[] =>
  own(journal).filter((entry) => !isGone(entry) && whyItStays(entry.kind) === undefined);

/**
 * The changes to take back, in order: layer by layer, and in each the last change first.
 * @throws AlreadyUndoneError, NothingToUndoError
 */
export function walkOf(runId: string, journal: readonly JournalEntry[]): JournalEntry[] {
  const left = leftOf(journal);
  if (left.length > 0) {
    return left.toSorted((one, other) => layerOf(one.kind) - layerOf(other.kind) || other.sequence - one.sequence);
  }
  const wasUndone = own(journal).some(
    ({ kind, state }) => state === 'undone' && changeKinds[kind].lifted !== 'always' && kind !== 'services',
  );
  if (wasUndone) throw new AlreadyUndoneError(`${runId} is undone: nothing of it is left in force.`);
  throw new NothingToUndoError(`${runId} changed nothing, or took everything back itself: there is nothing to undo.`);
}
