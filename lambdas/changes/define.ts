import { isDeepStrictEqual } from 'node:util';
import type * as z from 'zod';
import {
  changeKinds,
  type ChangeBefore,
  type ChangeKind,
  type ChangeResult,
  type ChangeTarget,
  type JournalEntry,
} from '../../contract/changes';
import { TAGS } from '../../contract/environment';
import { ChangeStateError, ContractViolationError, LifeboatError, UndoFailedError } from '../../contract/errors';
import type { Check, RunRef } from '../../contract/run';
import { changeTask } from '../../contract/tasks';
import { advanceChange, beginAgain, endAttempt, findChange, listChanges, recordChange } from '../run/journal';
import { verifyLease, type ActingRun } from '../run/lease';
import { handler } from '../runtime/handler';
import { confirmUndoOf, remade, remake, undoOf, type Again } from './of-another-run';
import { parse } from '../runtime/parse';
import { rehearseChange, type Need } from './rehearse';
import { message, type Detail, type Outcome } from './outcome';

export type { Detail, Outcome } from './outcome';

/** `changeKinds` as the compiler can follow it for a kind that is a type parameter. */
type Schemas = {
  readonly [K in ChangeKind]: {
    readonly target: z.ZodType<ChangeTarget<K>>;
    readonly before: z.ZodType<ChangeBefore<K>>;
  };
};
const schemas: Schemas = changeKinds;

/** A change as its journal has it. */
export interface Change<K extends ChangeKind> {
  /** Whose change it is: what it made is tagged with this run. Documents are sent under it, too. */
  readonly run: ActingRun;
  readonly key: string;
  readonly target: ChangeTarget<K>;
  readonly before: ChangeBefore<K>;
  readonly detail: Detail;
}

/**
 * The functions of a kind of change. Each is short (a call or two; waiting is the state machine's), and may be called
 * again after it has worked or failed half-way.
 */
export interface ChangeFunctions<K extends ChangeKind> {
  /** The state before. Not called where the caller gave it, or a call before this one had recorded it. */
  read(target: ChangeTarget<K>, run: RunRef): Promise<ChangeBefore<K>>;
  /** Does it. */
  apply(change: Change<K>): Promise<Detail>;
  /** Says whether it is in force. */
  confirm(change: Change<K>): Promise<Outcome>;
  /** Takes it back. May find that it was never made. */
  undo(change: Change<K>): Promise<Detail>;
  /** Says whether it is gone. */
  confirmUndo(change: Change<K>): Promise<Outcome>;
  /**
   * Whether `apply` makes one changing call at most: then its refusal proves that nothing was changed, where no call went
   * before this one. A function says so of single errors. Otherwise a refused change stays `recorded`, and settling takes
   * back what was made of it.
   */
  readonly oneCall: boolean | ((refusal: LifeboatError) => boolean);
  /** Whether `undo` makes one changing call at most: then its refusal proves that nothing was taken back. */
  readonly undoIsOneCall?: true;
  /**
   * Whether an error of `confirm` proves that nothing was changed after all: what a script refused before its one transaction
   * ended. Without it a point of no return would count as passed.
   */
  readonly leftUnchanged?: (error: LifeboatError) => boolean;
  /** The rights that making and undoing it will need, for a rehearsal to ask IAM about. */
  readonly needs?: (target: ChangeTarget<K>, run: RunRef) => Promise<readonly Need[]> | readonly Need[];
  /** What else has to be so before it can be made: quotas, what AWS can be asked. Only reads. */
  readonly preconditions?: (target: ChangeTarget<K>, run: RunRef) => Promise<readonly Check[]>;
}

/** Tags of everything that a run makes. */
export const tagsOfRun = (run: RunRef): Record<string, string> => ({
  [TAGS.run]: run.id,
  [TAGS.environment]: run.environment,
});

/** The date, in UTC and without the time, from which something may be removed. */
export const expiry = (days: number, now = Date.now()): string =>
  new Date(now + days * 86_400_000).toISOString().slice(0, 10);

/** For kinds whose state before only a host can read. @throws ContractViolationError always */
export function givenByCaller(kind: ChangeKind): Promise<never> {
  return Promise.reject(
    new ContractViolationError(`The state before a change of kind ${kind} has to be given as \`before\`.`),
  );
}

/** Whether it was refused for good, and by that proves that nothing was changed. */
function provesNothingDone(error: unknown, oneCall: ChangeFunctions<ChangeKind>['oneCall']): boolean {
  if (!(error instanceof LifeboatError) || error.kind === 'transient') return false;
  if (error instanceof ContractViolationError) return false;
  return typeof oneCall === 'function' ? oneCall(error) : oneCall;
}

function changeOf<K extends ChangeKind>(kind: K, run: ActingRun, entry: JournalEntry): Change<K> {
  const what = `the change ${entry.key} of ${run.id}`;
  return {
    run,
    key: entry.key,
    target: parse(schemas[kind].target, entry.target, `the target of ${what}`),
    before: parse(schemas[kind].before, entry.before, `the state before ${what}`),
    detail: entry.detail,
  };
}

async function find(kind: ChangeKind, runId: string, key: string): Promise<JournalEntry> {
  const entry = await findChange(runId, key);
  if (entry.kind === kind) return entry;
  throw new ChangeStateError(`${runId}: the change ${key} is of kind ${entry.kind}, not ${kind}.`);
}

const answer = ({ done, progress, detail }: Outcome): ChangeResult => ({
  done,
  ...(progress !== undefined && { progress }),
  ...(detail !== undefined && { detail }),
});

/**
 * The handler of one kind of change, for the four verbs of its task. Every verb proves the lease first. `apply` records
 * before it changes; a repeated `apply` finds what the first one recorded. A verb that has been done answers so again.
 * @throws LeaseLostError, ChangeStateError, UndoFailedError, and what the kind's functions throw
 */
export function defineChange<K extends ChangeKind>(kind: K, functions: ChangeFunctions<K>) {
  /** Another attempt's entry, or a new one with the state before (`found` is false). */
  async function record(run: RunRef, key: string, target: ChangeTarget<K>, given: unknown, noReturn: boolean) {
    const known = (await listChanges(run.id)).find((entry) => entry.key === key);
    if (known !== undefined) return { entry: await find(kind, run.id, key), found: true };
    const before =
      given === undefined
        ? await functions.read(target, run)
        : parse(schemas[kind].before, given, `the state before ${key}`);
    return await recordChange(run, { key, kind, target, before, pointOfNoReturn: noReturn });
  }

  async function apply(run: RunRef, key: string, given: { target: unknown; before: unknown; noReturn: boolean }) {
    const target = parse(schemas[kind].target, given.target, `the target of ${key}`);
    const { entry, found } = await record(run, key, target, given.before, given.noReturn);
    const change = changeOf(kind, run, entry);
    if (!isDeepStrictEqual(change.target, target)) {
      throw new ChangeStateError(
        `${run.id}: ${key} was recorded with another target: ${JSON.stringify(change.target)}.`,
      );
    }
    if (entry.state === 'applied' || entry.state === 'confirmed') return { done: false, detail: entry.detail };
    if (entry.state !== 'recorded') {
      throw new ChangeStateError(
        `${run.id}: ${key} is ${entry.state} and cannot be applied. ${entry.error ?? ''}`.trim(),
      );
    }
    // What a call before this one did is not known: its answer may have been lost.
    if (found) await beginAgain(run.id, key);
    let detail: Detail;
    try {
      detail = await functions.apply(change);
    } catch (error) {
      if (!found && provesNothingDone(error, functions.oneCall)) {
        await advanceChange(run.id, key, 'not-applied', { error: message(error) });
      } else {
        await endAttempt(run.id, key, message(error));
      }
      throw error;
    }
    await advanceChange(run.id, key, 'applied', { detail });
    return { done: false, detail };
  }

  async function confirm(run: RunRef, key: string): Promise<Outcome> {
    const entry = await find(kind, run.id, key);
    if (entry.state === 'confirmed') return { done: true, detail: entry.detail };
    if (entry.state !== 'applied') {
      throw new ChangeStateError(`${run.id}: ${key} is ${entry.state}: there is nothing to confirm.`);
    }
    let outcome: Outcome;
    try {
      outcome = await functions.confirm(changeOf(kind, run, entry));
    } catch (error) {
      if (error instanceof LifeboatError && functions.leftUnchanged?.(error) === true)
        await advanceChange(run.id, key, 'not-applied', { error: message(error) });
      throw error;
    }
    if (!outcome.done && outcome.detail === undefined) return outcome;
    const { detail } = await advanceChange(run.id, key, outcome.done ? 'confirmed' : 'applied', {
      ...(outcome.detail !== undefined && { detail: outcome.detail }),
    });
    return { ...outcome, detail };
  }

  /** What is there now, for the person who is called. */
  async function now(change: Change<K>): Promise<string> {
    try {
      return JSON.stringify(await functions.read(change.target, change.run));
    } catch (error) {
      if (error instanceof ContractViolationError) return 'only a host could say';
      return `could not be read (${message(error)})`;
    }
  }

  /** Does a step of taking back; one that fails for good is journalled, with the state before and now in its error. */
  async function takingBack<T>(change: Change<K>, step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      if (error instanceof LifeboatError && error.kind === 'transient') throw error;
      const failed = new UndoFailedError(
        `${kind} ${change.key} could not be taken back: ${message(error)}. Before: ${JSON.stringify(change.before)}. Now: ${await now(change)}.`,
        { cause: error },
      );
      await advanceChange(change.run.id, change.key, 'undo-failed', { error: failed.message });
      throw failed;
    }
  }

  /** Begins to take an entry back, as the run that `acting` is; settled ends stay. */
  async function takeBack(acting: ActingRun, entry: JournalEntry): Promise<Outcome> {
    if (entry.state === 'undone' || entry.state === 'not-applied') return { done: true };
    if (entry.state !== 'undoing') await advanceChange(entry.runId, entry.key, 'undoing');
    const change = changeOf(kind, acting, entry);
    const detail = await takingBack(change, () => functions.undo(change));
    await advanceChange(entry.runId, entry.key, 'undoing', { detail });
    return { done: false, detail };
  }

  async function takenBack(acting: ActingRun, entry: JournalEntry): Promise<Outcome> {
    if (entry.state === 'undone' || entry.state === 'not-applied') return { done: true };
    if (entry.state !== 'undoing') {
      throw new ChangeStateError(`${entry.runId}: ${entry.key} is ${entry.state}: nothing is being taken back.`);
    }
    const change = changeOf(kind, acting, entry);
    const outcome = await takingBack(change, () => functions.confirmUndo(change));
    if (outcome.done || outcome.detail !== undefined) {
      await advanceChange(entry.runId, entry.key, outcome.done ? 'undone' : 'undoing', {
        ...(outcome.detail !== undefined && { detail: outcome.detail }),
      });
    }
    return outcome;
  }

  /** Makes again what a run that is being settled had taken back of another one. */
  const again: Again = {
    apply: (acting, entry) => functions.apply(changeOf(kind, acting, entry)),
    confirm: (acting, entry) => functions.confirm(changeOf(kind, acting, entry)),
  };

  async function undo(run: RunRef, key: string): Promise<Outcome> {
    const entry = await find(kind, run.id, key);
    return entry.undoes === undefined ? await takeBack(run, entry) : await remake(run, entry, again);
  }

  async function confirmUndo(run: RunRef, key: string): Promise<Outcome> {
    const entry = await find(kind, run.id, key);
    return entry.undoes === undefined ? await takenBack(run, entry) : await remade(run, entry, again);
  }

  return handler(changeTask(kind), async (args) => {
    if (args.verb === 'rehearse') return { done: true, rehearsal: await rehearseChange(kind, functions, args) };
    if (args.run.mode !== 'live') throw new ChangeStateError(`${args.run.id} is a rehearsal: it changes nothing.`);
    await verifyLease(args.run);
    switch (args.verb) {
      case 'apply': {
        const { target, before, pointOfNoReturn: noReturn = false } = args;
        return answer(await apply(args.run, args.key, { target, before, noReturn }));
      }
      case 'confirm':
        return answer(await confirm(args.run, args.key));
      case 'undo':
        if (args.of === undefined) return answer(await undo(args.run, args.key));
        return answer(
          await undoOf(args.run, await find(kind, args.of, args.key), takeBack, functions.undoIsOneCall === true),
        );
      case 'confirm-undo':
        if (args.of === undefined) return answer(await confirmUndo(args.run, args.key));
        return answer(await confirmUndoOf(args.run, await find(kind, args.of, args.key), takenBack));
    }
  });
}
