import { runTasks } from '../../contract/tasks/run';
import { handler as task } from '../runtime/handler';
import { advanceChange, findChange } from './journal';
import { causeInWords } from './messages';

/**
 * Records that a change could not be taken back. Where the journal says that it was (the answer of its undo was lost), or
 * that it was never made, that stands.
 */
export const handler = task(runTasks['settle-undo-failed'], async ({ runId, key, error, cause }, { log }) => {
  const { state } = await findChange(runId, key);
  const words = `${error}: ${causeInWords(cause)}`;
  if (state === 'undone' || state === 'not-applied') {
    log.warn('the undo was said to have failed, but the journal knows better', { key, state, error: words });
  } else {
    await advanceChange(runId, key, 'undo-failed', { error: words });
  }
  return { recorded: true as const };
});
