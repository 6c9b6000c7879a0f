import { runTasks } from '../../contract/tasks/run';
import { requireRun } from '../gateways/runs';
import { handler as task } from '../runtime/handler';
import { closeJournal } from './journal';
import { changesToUndo, pointOfNoReturnPassed } from './undo';

/** Reads the journal and says which changes are taken back, last first, by outcome and point of no return. */
export const handler = task(runTasks['settle-plan'], async ({ runId, outcome }) => {
  const run = await requireRun(runId);
  const journal = await closeJournal(runId);
  // What an undo has closed was in service when it began.
  const keepClosed = run.plan !== 'undo' && run.description?.database.afterFailedRecovery === 'keep-closed';
  return {
    undo: changesToUndo(journal, outcome.status, keepClosed).map(({ key, kind }) => ({ key, kind })),
    pointOfNoReturnPassed: pointOfNoReturnPassed(journal),
  };
});
