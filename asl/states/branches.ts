import { Cancelled, asStateError } from '../errors';
import { type Json } from '../json';
import { type Frame } from '../run';
import { type Visit } from './visit';

/** A body to run beside others. */
export interface Branch {
  readonly frame: Frame;
  readonly run: () => Promise<Json>;
}

/**
 * Runs branches, at most `concurrency` of them at once, and returns their results in order. The first failure ends
 * the others (which record that they were aborted), then is recorded as `failed` and thrown.
 */
export async function settleAll(
  visit: Visit,
  branches: readonly Branch[],
  concurrency: number,
  failed: 'ParallelStateFailed' | 'MapStateFailed',
): Promise<Json[]> {
  const results: Json[] = [];
  const failures: unknown[] = [];
  const waiting = [...branches.entries()];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, branch] = next;
      try {
        branch.frame.lastEventId = visit.frame.lastEventId;
        results[index] = await branch.run();
        visit.frame.cancellation.check();
      } catch (thrown) {
        failures.push(thrown);
        for (const other of branches) if (other !== branch) other.frame.cancellation.cancel();
      } finally {
        branch.frame.cancellation.close();
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, branches.length) }, worker));
  visit.frame.cancellation.check();
  visit.frame.lastEventId = Math.max(visit.frame.lastEventId, ...branches.map((branch) => branch.frame.lastEventId));
  const failure = failures.find((thrown) => !(thrown instanceof Cancelled));
  if (failure !== undefined) {
    visit.frame.record(failed, {}, visit.state.name);
    throw asStateError(failure);
  }
  return results;
}
