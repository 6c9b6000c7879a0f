/** Somebody recovers a database that was whole: what was written since the last good moment is gone from the application. */
import { errors } from '../../contract/errors';
import { NothingToDamageError, type Injected, type Scenario, type World } from './scenario';

export const mistakenRecovery: Scenario = {
  name: 'mistaken-recovery',
  title: 'A database that was whole is recovered by mistake, and rows are gone',
  plan: 'undo',
  inject: recoverByMistake,
};

/**
 * A database recovery, begun for nothing; users have been writing to the copy since. Then an undo that says how many rows
 * going back would lose, and is refused: now the operator knows what to accept.
 * @throws NothingToDamageError
 */
async function recoverByMistake({ start }: World): Promise<Injected> {
  if (start === undefined) throw new NothingToDamageError('nobody can start a run here');
  const at = new Date();
  const mistake = await start({ plan: 'database-recovery', reason: 'a mistake' });
  if (mistake.error !== undefined) throw new NothingToDamageError(`the recovery itself failed by ${mistake.error}`);
  const { error } = await start({ plan: 'undo', run: mistake.id });
  if (error !== new errors.LossNotAcceptedError('').name) {
    throw new NothingToDamageError(`the first undo was to count and be refused, and ended with ${error ?? 'success'}`);
  }
  const what = `${mistake.id} recovered a database that was whole, and the application lost what was written since the last good moment`;
  return { at, what, request: { run: mistake.id, acceptLoss: true } };
}
