import { emptyTables, startTables, stopTables } from '../tables';
import { changes, description } from '../fixtures';
import { resetAws } from './aws';
import { begin } from './front-door';
import type { RunRef } from '../../../contract/run';
import { setRun } from '../../../lambdas/gateways/runs';
import { advanceChange, recordChange } from '../../../lambdas/run/journal';
import { handler } from '../../../lambdas/run/settle-plan';

const runId = 'night-1';
let run: RunRef;

beforeAll(startTables);
afterAll(stopTables);
beforeEach(async () => {
  resetAws();
  await emptyTables();
  run = await begin(runId);
  for (const change of [changes.processes, changes.page, changes.services, changes.fence])
    await recordChange(run, change);
});

const undo = async (status: 'succeeded' | 'failed' = 'failed') =>
  (await handler({ runId, outcome: { status } })).undo.map(({ key }) => key);

test('reads the journal backwards', async () => {
  await expect(handler({ runId, outcome: { status: 'failed' } })).resolves.toEqual({
    undo: [
      { key: 'fence', kind: 'network-fence' },
      { key: 'services', kind: 'services' },
      { key: 'page', kind: 'maintenance-page' },
      { key: 'processes', kind: 'auto-scaling-processes' },
    ],
    pointOfNoReturnPassed: false,
  });
});

test('leaves out what the plan itself has taken back', async () => {
  await advanceChange(runId, 'services', 'undone');
  await advanceChange(runId, 'page', 'undone');
  await expect(undo('succeeded')).resolves.toEqual(['processes']);
});

test('past the point of no return the services are started, then what protects is lifted', async () => {
  await recordChange(run, changes.record);
  await expect(handler({ runId, outcome: { status: 'failed' } })).resolves.toMatchObject({
    pointOfNoReturnPassed: true,
  });
  await expect(undo()).resolves.toEqual(['services', 'page', 'processes']);
});

test('keeps the database closed, and what stands in front of it, where its description says so', async () => {
  await setRun(runId, {
    description: { ...description, database: { ...description.database, afterFailedRecovery: 'keep-closed' } },
  });
  await expect(undo()).resolves.toEqual([]);
});

test('an undo closes what was in service: where it fails that is opened again, whatever the description says of recoveries', async () => {
  await setRun(runId, {
    plan: 'undo',
    description: { ...description, database: { ...description.database, afterFailedRecovery: 'keep-closed' } },
  });
  await expect(undo()).resolves.toEqual(['fence', 'services', 'page', 'processes']);
});

test('no change comes after it has read', async () => {
  await undo();
  await expect(recordChange(run, changes.record)).rejects.toMatchObject({ name: 'ChangeStateError' });
});
