import { emptyTables, startTables, stopTables } from '../tables';
import { changes } from '../fixtures';
import { resetAws } from './aws';
import { begin } from './front-door';
import { advanceChange, findChange, recordChange } from '../../../lambdas/run/journal';
import { handler as plan } from '../../../lambdas/run/settle-plan';
import { handler as undoFailed } from '../../../lambdas/run/settle-undo-failed';

const runId = 'night-1';

beforeAll(startTables);
afterAll(stopTables);
beforeEach(async () => {
  resetAws();
  await emptyTables();
  await recordChange(await begin(runId), changes.page);
});

const undo = async () => (await plan({ runId, outcome: { status: 'failed' } })).undo.map(({ key }) => key);

test('a failed undo is recorded, and tried again by whoever takes over', async () => {
  await undoFailed({ runId, key: 'page', error: 'AwsRefusedError', cause: 'no such listener' });
  await expect(findChange(runId, 'page')).resolves.toMatchObject({
    state: 'undo-failed',
    error: 'AwsRefusedError: no such listener',
  });
  await expect(undo()).resolves.toContain('page');
});

test('what the journal knows to be undone is not recorded as failed', async () => {
  await advanceChange(runId, 'page', 'undone');
  await expect(undoFailed({ runId, key: 'page', error: 'States.Timeout', cause: '' })).resolves.toEqual({
    recorded: true,
  });
  await expect(undo()).resolves.not.toContain('page');
});

test('a failed undo of a change that is not there is refused', async () => {
  await expect(undoFailed({ runId, key: 'none', error: 'x', cause: 'y' })).rejects.toMatchObject({
    name: 'ChangeStateError',
  });
});
