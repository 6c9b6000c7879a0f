/** Somebody recovers a database that was whole: what was written since the last good moment is gone from the application. */
import { errors } from '../../contract/errors';
import type { Check } from '../../contract/run';
import { differences } from '../drill/differences';
import type { Footprint } from '../drill/footprint';
import { NothingToDamageError, sandboxOf, type Injected, type Scenario, type World } from './scenario';

export const mistakenRecovery: Scenario = {
  name: 'mistaken-recovery',
  title: 'A database that was whole is recovered by mistake, and rows are gone',
  plan: 'undo',
  inject: recoverByMistake,
  look: lookAtEverything,
};

/** What was there before the mistake, of each sandbox. */
const whole = new WeakMap<object, Footprint>();

async function footprintOf({ footprint }: World): Promise<Footprint> {
  if (footprint === undefined) throw new NothingToDamageError('nobody sees everything here');
  return await footprint();
}

/** Users have gone on writing: rows are the ledger's to count. Everything else is as it was, but for what runs keep. */
async function lookAtEverything(world: World): Promise<Check[]> {
  const before = whole.get(sandboxOf(world)) ?? {};
  const left = differences(before, await footprintOf(world)).filter((line) => !/^database [^:]+: content: /.test(line));
  return [
    {
      name: 'everything is as before the mistake',
      status: left.length === 0 ? 'passed' : 'failed',
      expected: `${Object.keys(before).length} resources, files and grants as they were, and beside them what runs keep until it expires`,
      actual: left.length === 0 ? 'as they were' : left.slice(0, 5).join('; '),
      evidence: "the sandbox's own comparison",
    },
  ];
}

/**
 * A database recovery, begun for nothing; users have been writing to the copy since. Then an undo that says how many rows
 * going back would lose, and is refused: now the operator knows what to accept.
 * @throws NothingToDamageError
 */
async function recoverByMistake(world: World): Promise<Injected> {
  const { start } = world;
  if (start === undefined) throw new NothingToDamageError('nobody can start a run here');
  whole.set(sandboxOf(world), await footprintOf(world));
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
