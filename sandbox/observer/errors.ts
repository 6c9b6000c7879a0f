/** Errors of this room. Their `name` is stable; they never cross a task's boundary, so they live here. */

/** The application did not answer as it should when the observer began: nothing could be counted against it. */
export class NotServingError extends Error {
  override readonly name = 'NotServingError';
}

/** The observer ended before what was waited for. */
export class ObserverStoppedError extends Error {
  override readonly name = 'ObserverStoppedError';
}

/** A line of a ledger's file contradicts the lines before it. */
export class LedgerError extends Error {
  override readonly name = 'LedgerError';
}

/** Acknowledged writes that no server knows as committed between their sending and their answer: they cannot be judged. */
export class UnattributedWritesError extends Error {
  override readonly name = 'UnattributedWritesError';
}

/** A table without a primary key: its rows cannot be told apart. */
export class TableWithoutKeyError extends Error {
  override readonly name = 'TableWithoutKeyError';
}

/** The moment restored to is before the baseline was taken: what had to be there by then is not known. */
export class MomentBeforeBaselineError extends Error {
  override readonly name = 'MomentBeforeBaselineError';
}
