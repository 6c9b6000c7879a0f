import { createHash } from 'node:crypto';
import {
  changeKinds,
  journalEntrySchema,
  type ChangeKind,
  type ChangeState,
  type JournalEntry,
} from '../../contract/changes';
import { ChangeStateError } from '../../contract/errors';
import { checkSchema, decisionSchema, type Check, type Decision, type RunRef } from '../../contract/run';
import { environment } from '../runtime/environment';
import { parse } from '../runtime/parse';
import { ABSENT, putItem, queryAll, type Item } from '../gateways/table';

/**
 * The journal of a run: what it changes, decides and checks. DynamoDB table `runs`, partition `RUN#<run>`. Changes are
 * numbered without a gap and each number is put by a condition that nothing is there, so that one order exists in which
 * everybody sees them; closing the journal takes a number as well, hence no change can slip in behind it.
 */
const partition = (runId: string) => `RUN#${runId}`;
const CHANGE = 'CHANGE#';
const DECISION = 'DECISION#';
const CHECK = 'CHECK#';
const numbered = (sequence: number) => `${CHANGE}${String(sequence).padStart(6, '0')}`;
/** Rounds of a lost race for a number; a run makes about a dozen changes. */
const ROUNDS = 16;

interface Page {
  readonly entries: JournalEntry[];
  /** By key: grows with every write of an entry, so that no writer overwrites what it has not seen. */
  readonly revisions: ReadonlyMap<unknown, number>;
  readonly closed: boolean;
}

async function read(runId: string): Promise<Page> {
  const items = await queryAll(environment('runsTable'), partition(runId), { prefix: CHANGE });
  const open = items.filter((item) => item['closed'] !== true);
  const entries = open.map((item) => parse(journalEntrySchema, item['entry'], `the journal of ${runId}`));
  return {
    entries,
    revisions: new Map(entries.map(({ key }, index) => [key, Number(open[index]?.['revision'] ?? 0)])),
    closed: open.length < items.length,
  };
}

function itemOf(entry: JournalEntry, revision: number): Item & { pk: string; sk: string } {
  return { pk: partition(entry.runId), sk: numbered(entry.sequence), state: entry.state, revision, entry };
}

/** What is to be recorded of a change, before it is made; target and before have the shapes of `changeKinds[kind]`. */
export interface NewChange {
  readonly key: string;
  readonly kind: ChangeKind;
  readonly target: unknown;
  readonly before: unknown;
  readonly pointOfNoReturn: boolean;
  readonly undoes?: JournalEntry['undoes'];
}

/**
 * Registers a change before it is made, in state `recorded`.
 * @returns the entry, and whether a call before this one had recorded it (`found`: then `before` is what that one read).
 * @throws ChangeStateError where the run is being settled, or the key is of a change of another kind;
 *   ContractViolationError where target or before have not their kind's shape.
 */
export async function recordChange(run: RunRef, change: NewChange): Promise<{ entry: JournalEntry; found: boolean }> {
  const { target, before } = changeKinds[change.kind];
  parse(target, change.target, `the target of ${change.key}`);
  parse(before, change.before, `the state before ${change.key}`);
  for (let round = 0; round < ROUNDS; round += 1) {
    const { entries, closed } = await read(run.id);
    const known = entries.find((entry) => entry.key === change.key);
    if (known !== undefined) {
      if (known.kind === change.kind) return { entry: known, found: true };
      throw new ChangeStateError(`${run.id}: the change ${change.key} is of kind ${known.kind}, not ${change.kind}`);
    }
    if (closed) throw new ChangeStateError(`${run.id} is being settled: ${change.key} may not be changed any more`);
    const entry: JournalEntry = {
      runId: run.id,
      sequence: entries.length + 1,
      key: change.key,
      kind: change.kind,
      state: 'recorded',
      pointOfNoReturn: change.pointOfNoReturn,
      target: change.target,
      before: change.before,
      detail: {},
      ...(change.undoes !== undefined && { undoes: change.undoes }),
      recordedAt: new Date().toISOString(),
    };
    if (await putItem(environment('runsTable'), itemOf(entry, 0), ABSENT)) return { entry, found: false };
  }
  throw new ChangeStateError(`${run.id}: no number was free for ${change.key} in ${ROUNDS} rounds`);
}

/**
 * Closes the journal: from here on no change can be recorded, only taken back. Repeated calls do nothing.
 * @returns the entries, complete.
 */
export async function closeJournal(runId: string): Promise<JournalEntry[]> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const { entries, closed } = await read(runId);
    if (closed) return entries;
    const end = { pk: partition(runId), sk: numbered(entries.length + 1), closed: true };
    if (await putItem(environment('runsTable'), end, ABSENT)) return entries;
  }
  throw new ChangeStateError(`${runId}: the journal could not be closed in ${ROUNDS} rounds`);
}

/** All changes of a run in the order of recording. */
export async function listChanges(runId: string): Promise<JournalEntry[]> {
  return (await read(runId)).entries;
}

/** One change by its key. @throws ChangeStateError where the journal has none. */
export async function findChange(runId: string, key: string): Promise<JournalEntry> {
  const entry = (await listChanges(runId)).find((candidate) => candidate.key === key);
  if (entry === undefined) throw new ChangeStateError(`the journal of ${runId} has no change ${key}`);
  return entry;
}

/** From which state to which others; a state to itself adds detail. `undone` and `not-applied` are ends. */
const legal: Record<ChangeState, readonly ChangeState[]> = {
  recorded: ['applied', 'confirmed', 'not-applied', 'undoing', 'undone', 'undo-failed'],
  applied: ['confirmed', 'not-applied', 'undoing', 'undone', 'undo-failed'],
  confirmed: ['undoing', 'undone', 'undo-failed'],
  'not-applied': [],
  undoing: ['undone', 'undo-failed'],
  // A settlement that takes over tries again.
  'undo-failed': ['undoing', 'undone'],
  undone: [],
};

const stamps: Partial<Record<ChangeState, 'appliedAt' | 'confirmedAt' | 'undoneAt'>> = {
  applied: 'appliedAt',
  confirmed: 'confirmedAt',
  undone: 'undoneAt',
};

/** Replaces an entry by what `next` makes of it, by a condition that nobody has written it since it was read. */
async function replace(runId: string, key: string, next: (was: JournalEntry) => JournalEntry): Promise<JournalEntry> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const { entries, revisions } = await read(runId);
    const was = entries.find((candidate) => candidate.key === key);
    if (was === undefined) throw new ChangeStateError(`the journal of ${runId} has no change ${key}`);
    const entry = next(was);
    if (entry === was) return was;
    const revision = revisions.get(key) ?? 0;
    const unchanged = {
      expression: '#revision = :was',
      names: { '#revision': 'revision' },
      values: { ':was': revision },
    };
    if (await putItem(environment('runsTable'), itemOf(entry, revision + 1), unchanged)) return entry;
  }
  throw new ChangeStateError(`${runId}: the change ${key} kept changing under ${ROUNDS} attempts`);
}

const applying = (entry: JournalEntry): number => entry.underWay ?? 1;

/**
 * Counts one more call that applies a change which another one recorded.
 * @throws ChangeStateError where it is not `recorded` any more, or settling goes by its not being under way.
 */
export async function beginAgain(runId: string, key: string): Promise<void> {
  await replace(runId, key, (was) => {
    if (was.state !== 'recorded') throw new ChangeStateError(`${runId}: ${key} is ${was.state} and cannot be applied.`);
    if (was.underWay === null)
      throw new ChangeStateError(`${runId} is being settled: ${key} may not be applied any more.`);
    return { ...was, underWay: applying(was) + 1 };
  });
}

/** Notes that a call which applied a change has ended with an error, whatever came of it. */
export async function endAttempt(runId: string, key: string, error: string): Promise<void> {
  await replace(runId, key, (was) => ({ ...was, error, underWay: Math.max(0, applying(was) - 1) }));
}

/**
 * Whether a call may still be applying a recorded change. Where none is, none begins from here on.
 * Only settling asks, once the journal is closed.
 */
export async function mayBeUnderWay(runId: string, key: string): Promise<boolean> {
  const entry = await replace(runId, key, (was) =>
    was.state === 'recorded' && was.underWay === 0 ? { ...was, underWay: null } : was,
  );
  return entry.state === 'recorded' && entry.underWay !== null;
}

/**
 * Brings a change into its next state, by a condition that nobody has written it meanwhile.
 * @param more.detail is added to the entry's detail; @param more.error replaces its error.
 * @throws ChangeStateError where the journal has no such change, or no way leads from its state to this one.
 */
export async function advanceChange(
  runId: string,
  key: string,
  state: ChangeState,
  more: { detail?: Record<string, unknown>; error?: string } = {},
): Promise<JournalEntry> {
  return replace(runId, key, (was) => {
    if (was.state !== state && !legal[was.state].includes(state)) {
      throw new ChangeStateError(`${runId}: the change ${key} is ${was.state} and cannot become ${state}`);
    }
    const stamp = was.state === state ? undefined : stamps[state];
    return {
      ...was,
      state,
      detail: { ...was.detail, ...more.detail },
      ...(stamp === undefined ? {} : { [stamp]: new Date().toISOString() }),
      ...(more.error === undefined ? {} : { error: more.error }),
    };
  });
}

/**
 * Notes that a change which was taken back, or was about to be, is made again: the run that took it back has failed.
 * @throws ChangeStateError where it was not taken back
 */
export async function makeAgain(runId: string, key: string, detail: Record<string, unknown>): Promise<void> {
  await replace(runId, key, ({ undoneAt: _undone, ...was }) => {
    if (!['undoing', 'undone', 'undo-failed', 'applied'].includes(was.state)) {
      throw new ChangeStateError(`${runId}: the change ${key} is ${was.state} and cannot be made again`);
    }
    return { ...was, state: 'applied', detail: { ...was.detail, ...detail } };
  });
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 24);

/** Records a decision; the same choice on the same subject, decided again by a repeated call, stays the first one. */
export async function recordDecision(runId: string, decision: Decision): Promise<void> {
  const sk = `${DECISION}${digest(`${decision.subject}\n${decision.choice}`)}`;
  await putItem(environment('runsTable'), { pk: partition(runId), sk, decision }, ABSENT);
}

/** Records checks; one of the same name replaces what was found before. */
export async function recordChecks(runId: string, checks: readonly Check[]): Promise<void> {
  const at = new Date().toISOString();
  await Promise.all(
    checks.map((check, index) =>
      putItem(environment('runsTable'), {
        pk: partition(runId),
        sk: `${CHECK}${digest(check.name)}`,
        order: `${at}#${String(index).padStart(4, '0')}`,
        check,
      }),
    ),
  );
}

/** The decisions of a run in the order of time. */
export async function listDecisions(runId: string): Promise<Decision[]> {
  const items = await queryAll(environment('runsTable'), partition(runId), { prefix: DECISION });
  return items
    .map((item) => parse(decisionSchema, item['decision'], `a decision of ${runId}`))
    .sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
}

/** The checks of a run in the order in which they were recorded. */
export async function listChecks(runId: string): Promise<Check[]> {
  const items = await queryAll(environment('runsTable'), partition(runId), { prefix: CHECK });
  return items
    .sort((one, other) => String(one['order']).localeCompare(String(other['order'])))
    .map((item) => parse(checkSchema, item['check'], `a check of ${runId}`));
}
