import { keyOfUndoing, type JournalEntry } from '../../contract/changes';
import { ChangeStateError, LifeboatError, UndoFailedError } from '../../contract/errors';
import type { RunRef } from '../../contract/run';
import { requireRun } from '../gateways/runs';
import { advanceChange, endAttempt, findChange, makeAgain, recordChange } from '../run/journal';
import type { ActingRun } from '../run/lease';
import { message, type Detail, type Outcome } from './outcome';

/**
 * Taking back the changes of a finished run under another run's lease (the plan `undo`). Both journals know: the finished
 * run's entry goes on to `undone`, and the run that has the lease records an entry of its own with `undoes`, so that it is
 * evidence and so that settling, where that run fails, makes again what it had taken back.
 */

/** The finished run as it acts now: what it made is found by its id, and the lease is the other's. */
async function acting(run: RunRef, of: string): Promise<ActingRun> {
  const { id, plan, environment, mode } = await requireRun(of);
  if (environment !== run.environment)
    throw new ChangeStateError(`${of} is of ${environment}, not ${run.environment}.`);
  return { id, plan: plan ?? run.plan, environment, mode, fencingToken: run.fencingToken, by: run.id };
}

type Verb = (of: ActingRun, entry: JournalEntry) => Promise<Outcome>;

/** The only call was refused: the entry is as it was, and nothing of this run's is in force. */
async function refused(own: JournalEntry, entry: JournalEntry, words: string): Promise<void> {
  await makeAgain(entry.runId, entry.key, {});
  await advanceChange(entry.runId, entry.key, 'confirmed');
  await advanceChange(own.runId, own.key, 'not-applied', { error: words });
}

/**
 * Records that this run takes the entry back, and begins to. Where it is gone already, that is confirmed.
 * @param byOneCall whether taking it back is one changing call: where that is refused for good it was not begun, and a point of
 *   no return was not passed
 */
export async function undoOf(run: RunRef, entry: JournalEntry, takeBack: Verb, byOneCall: boolean): Promise<Outcome> {
  if (run.mode !== 'live') throw new ChangeStateError(`${run.id} is a rehearsal: it changes nothing.`);
  const { runId, kind, target, before, pointOfNoReturn } = entry;
  const key = keyOfUndoing(entry.key);
  const of = await acting(run, runId);
  const undoes = { runId, key: entry.key };
  const { entry: own, found } = await recordChange(run, { key, kind, target, before, pointOfNoReturn, undoes });
  if (own.state === 'confirmed') return { done: true };
  if (own.state !== 'recorded' && own.state !== 'applied') {
    throw new ChangeStateError(`${run.id}: ${key} is ${own.state} and cannot go on.`);
  }
  let outcome: Outcome;
  try {
    outcome = await takeBack(of, entry);
  } catch (error) {
    // What a call before this one did is not known: its answer may have been lost.
    if (byOneCall && !found && entry.state === 'confirmed' && error instanceof UndoFailedError)
      await refused(own, entry, message(error));
    else await endAttempt(run.id, key, message(error));
    throw error;
  }
  await advanceChange(run.id, key, 'applied', { ...(outcome.detail !== undefined && { detail: outcome.detail }) });
  return { ...outcome, done: false };
}

/** Says whether the entry is gone, and confirms the own one then. */
export async function confirmUndoOf(run: RunRef, entry: JournalEntry, takenBack: Verb): Promise<Outcome> {
  const key = keyOfUndoing(entry.key);
  const own = await findChange(run.id, key);
  if (own.state === 'confirmed') return { done: true };
  if (own.state !== 'applied') {
    throw new ChangeStateError(`${run.id}: ${key} is ${own.state}: nothing is being taken back.`);
  }
  const outcome = await takenBack(await acting(run, entry.runId), entry);
  if (outcome.done) await advanceChange(run.id, key, 'confirmed');
  return outcome;
}

/** How a kind of change makes one again. */
export interface Again {
  readonly apply: (of: ActingRun, entry: JournalEntry) => Promise<Detail>;
  readonly confirm: (of: ActingRun, entry: JournalEntry) => Promise<Outcome>;
}

async function taken({ key, runId, undoes }: JournalEntry): Promise<JournalEntry> {
  if (undoes === undefined) throw new ChangeStateError(`${runId}: ${key} takes back no change of another run.`);
  return findChange(undoes.runId, undoes.key);
}

/** A step of making it again; one that fails for good is journalled as what could not be taken back. */
async function remaking<T>(own: JournalEntry, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof LifeboatError && error.kind === 'transient') throw error;
    const words = `${own.kind} ${own.key}: what it had taken back could not be made again: ${message(error)}`;
    const failed = new UndoFailedError(words, { cause: error });
    await advanceChange(own.runId, own.key, 'undo-failed', { error: failed.message });
    throw failed;
  }
}

/** Settling a run that had taken back, or had begun to take back, another run's change: it is made again. */
export async function remake(run: RunRef, own: JournalEntry, again: Again): Promise<Outcome> {
  if (own.state === 'undone' || own.state === 'not-applied') return { done: true };
  const entry = await taken(own);
  if (own.state !== 'undoing') await advanceChange(run.id, own.key, 'undoing');
  // It was recorded, and never begun.
  if (entry.state === 'confirmed') return { done: false };
  const detail = await remaking(own, async () => again.apply(await acting(run, entry.runId), entry));
  await makeAgain(entry.runId, entry.key, detail);
  return { done: false, detail };
}

/** Says whether it is in force again. */
export async function remade(run: RunRef, own: JournalEntry, again: Again): Promise<Outcome> {
  if (own.state === 'undone' || own.state === 'not-applied') return { done: true };
  if (own.state !== 'undoing') throw new ChangeStateError(`${run.id}: ${own.key} is ${own.state}.`);
  const entry = await taken(own);
  if (entry.state !== 'confirmed') {
    const outcome = await remaking(own, async () => again.confirm(await acting(run, entry.runId), entry));
    if (!outcome.done) return outcome;
    await advanceChange(entry.runId, entry.key, 'confirmed', {
      ...(outcome.detail !== undefined && { detail: outcome.detail }),
    });
  }
  await advanceChange(run.id, own.key, 'undone');
  return { done: true };
}
