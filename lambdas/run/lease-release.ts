import { runTasks } from '../../contract/tasks/run';
import { closeRun, requireRun, setRun } from '../gateways/runs';
import { handler as task } from '../runtime/handler';
import { releaseLease } from './lease';

/**
 * Gives the lease back, where this run holds it, marks the run settled and takes it off the open list, in this order: whoever
 * dies in between leaves a run that is still swept, never a lease that nobody gives back.
 */
export const handler = task(runTasks['lease-release'], async ({ runId }, { log }) => {
  const run = await requireRun(runId);
  const released = await releaseLease(runId);
  if (run.settledAt === undefined) {
    await setRun(runId, {
      settledAt: new Date().toISOString(),
      // The report sets it; a run that is settled without one does not go on for ever.
      ...(run.status === 'running' ? { status: run.outcome?.status ?? 'failed' } : {}),
    });
  }
  await closeRun(runId);
  log.info('settled', { released });
  return { released };
});
