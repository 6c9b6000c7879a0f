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
  readonly closed: boolean;
}

async function read(runId: string): Promise<Page> {
  const items = await queryAll(environment('runsTable'), partition(runId), { prefix: CHANGE });
  const open = items.filter((item) => item['closed'] !== true);
  return {
    entries: open.map((item) => parse(journalEntrySchema, item['entry'], `the journal of ${runId}`)),
    closed: open.length < items.length,
  };
}

function itemOf(entry: JournalEntry): Item & { pk: string; sk: string } {
  return { pk: partition(entry.runId), sk: numbered(entry.sequence), state: entry.state, entry };
}

/** What is to be recorded of a change, before it is made; target and before have the shapes of `changeKinds[kind]`. */
export interface NewChange {
  readonly key: string;
  readonly kind: ChangeKind;
  readonly target: unknown;
  readonly before: unknown;
  readonly pointOfNoReturn: boolean;
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
      recordedAt: new Date().toISOString(),
    };
    if (await putItem(environment('runsTable'), itemOf(entry), ABSENT)) return { entry, found: false };
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

/**
 * Brings a change into its next state, by a condition on the one it was read in.
 * @param more.detail is added to the entry's detail; @param more.error replaces its error.
 * @throws ChangeStateError where the journal has no such change, or no way leads from its state to this one.
 */
export async function advanceChange(
  runId: string,
  key: string,
  state: ChangeState,
  more: { detail?: Record<string, unknown>; error?: string } = {},
): Promise<JournalEntry> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const was = await findChange(runId, key);
    if (was.state !== state && !legal[was.state].includes(state)) {
      throw new ChangeStateError(`${runId}: the change ${key} is ${was.state} and cannot become ${state}`);
    }
    const stamp = was.state === state ? undefined : stamps[state];
    const next: JournalEntry = {
      ...was,
      state,
      detail: { ...was.detail, ...more.detail },
      ...(stamp === undefined ? {} : { [stamp]: new Date().toISOString() }),
      ...(more.error === undefined ? {} : { error: more.error }),
    };
    const unchanged = { expression: '#state = :was', names: { '#state': 'state' }, values: { ':was': was.state } };
    if (await putItem(environment('runsTable'), itemOf(next), unchanged)) return next;
  }
  throw new ChangeStateError(`${runId}: the change ${key} kept changing under ${ROUNDS} attempts`);
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
