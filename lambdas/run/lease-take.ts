import { LeaseLostError } from '../../contract/errors';
import { runTasks } from '../../contract/tasks/run';
import { setFencingToken } from '../gateways/runs';
import { handler as task } from '../runtime/handler';
import { releaseLease, takeLease } from './lease';

/**
 * Takes the exclusive right to change the environment. A run that is being settled already (it was aborted a moment ago)
 * gives it back at once: nobody else would.
 */
export const handler = task(runTasks['lease-take'], async ({ run }, { log }) => {
  const leased = await takeLease(run);
  if (!(await setFencingToken(run.id, leased.fencingToken))) {
    await releaseLease(run.id);
    throw new LeaseLostError(`${run.id} is not recorded, or is being settled already, and may not begin`);
  }
  log.info('has the lease', { fencingToken: leased.fencingToken });
  return leased;
});
