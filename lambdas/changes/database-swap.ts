import * as z from 'zod';
import { ChangeConflictError, SessionsRemainError } from '../../contract/errors';
import { awaitDocument, sendDocument } from '../run/commands';
import { parse } from '../runtime/parse';
import { byDocument, parametersOf } from './by-document';
import { defineChange, expiry, givenByCaller, type Change } from './define';

type Swap = Change<'database-swap'>;

/** Sessions that have to end first are waited for 15 s, and a rename waits 5 s for those in the way. */
const SECONDS = 120;

const undoSchema = z.object({ undoCommandId: z.string() });
const attemptSchema = z.number().int().default(0);

const parameters = ({ run, target }: Swap, side: string, old: string) => ({
  ...parametersOf(target.connection),
  SideDatabase: side,
  OldDatabase: old,
  RunId: run.id,
  Expires: expiry(target.expiresInDays),
});

/** Document swap-databases: both names in one transaction. */
const document = byDocument<'database-swap', 'swap-databases'>('swap-databases', SECONDS, (change) =>
  parameters(change, change.target.side, change.target.kept),
);

/** The same with the names the other way round: the replaced one comes back, the copy is kept by its first name. */
async function undo(change: Swap) {
  const { run, key, target, detail } = change;
  const undoAttempt = parse(attemptSchema, detail['undoAttempt'], `the attempts at taking back ${key}`) + 1;
  const undoCommandId = await sendDocument({
    run,
    key: `${key}-undo-${undoAttempt}`,
    document: 'swap-databases',
    hosts: [target.host],
    parameters: parameters(change, target.kept, target.side),
    executionTimeoutSeconds: SECONDS,
  });
  return { undoAttempt, undoCommandId };
}

/** The end of swap-databases. */
async function confirmUndo({ key, target, detail }: Swap) {
  const { undoCommandId } = parse(undoSchema, detail, `the command that takes back ${key}`);
  const { done } = await awaitDocument('swap-databases', undoCommandId, [target.host]);
  return done ? { done } : { done, progress: 'giving the name back' };
}

export const handler = defineChange('database-swap', {
  ...document,
  read: () => givenByCaller('database-swap'),
  // Exit codes of swap-databases which it gives once its transaction was rolled back. Any other end leaves it open.
  leftUnchanged: (error) => error instanceof SessionsRemainError || error instanceof ChangeConflictError,
  undo,
  confirmUndo,
});
