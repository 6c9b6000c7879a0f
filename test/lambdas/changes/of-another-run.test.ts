import { emptyTables, startTables, stopTables } from '../tables';
import { openedRun, startedAt } from '../fixtures';
import { execution } from '../quiet';
import type { RunRef } from '../../../contract/run';
import { ServiceUnavailableError } from '../../../contract/errors';
import { openRun, setRun } from '../../../lambdas/gateways/runs';
import { findChange, listChanges } from '../../../lambdas/run/journal';
import { releaseLease, takeLease } from '../../../lambdas/run/lease';
import { defineChange, type Change } from '../../../lambdas/changes/define';

beforeAll(startTables);
afterAll(stopTables);

const target = { group: 'the-group', suspend: ['Launch'] };
const calls: string[] = [];
let fails: Error | undefined;
let slow = false;
const called = (what: string, { run }: Change<'auto-scaling-processes'>) => {
  calls.push(`${what} as ${run.id} by ${run.by ?? 'itself'}`);
  if (fails !== undefined) throw fails;
};
const handler = defineChange('auto-scaling-processes', {
  read: () => Promise.resolve({ suspended: [] }),
  apply: (change) => {
    called('apply', change);
    return Promise.resolve({ made: calls.length });
  },
  confirm: (change) => {
    called('confirm', change);
    return Promise.resolve({ done: !slow });
  },
  undo: (change) => {
    called('undo', change);
    return Promise.resolve({ took: 'back' });
  },
  confirmUndo: (change) => {
    called('confirm-undo', change);
    return Promise.resolve({ done: !slow });
  },
  oneCall: true,
});

const begin = async (id: string): Promise<RunRef> => {
  await openRun({
    id,
    environment: 'production',
    executionArn: execution('recovery', id),
    startedAt,
    input: {},
  });
  await setRun(id, { plan: 'database-recovery' });
  return takeLease(openedRun(id));
};

let later: RunRef;
const key = 'processes';
beforeEach(async () => {
  await emptyTables();
  fails = undefined;
  slow = false;
  const first = await begin('first');
  await handler({ verb: 'apply', run: first, key, target });
  await handler({ verb: 'confirm', run: first, key });
  await releaseLease('first');
  later = await begin('later');
  calls.length = 0;
});
const undoFirst = async () => {
  await handler({ verb: 'undo', run: later, key, of: 'first' });
  return handler({ verb: 'confirm-undo', run: later, key, of: 'first' });
};

test('it is taken back as the run that made it, by the one that has the lease; both journals know', async () => {
  slow = true;
  await expect(undoFirst()).resolves.toMatchObject({ done: false });
  slow = false;
  await expect(undoFirst()).resolves.toMatchObject({ done: true });
  expect(calls).toContain('undo as first by later');
  await expect(findChange('first', key)).resolves.toMatchObject({ state: 'undone', detail: { took: 'back' } });
  expect(await listChanges('later')).toMatchObject([
    { key: 'undo-processes', state: 'confirmed', target, undoes: { runId: 'first', key } },
  ]);
  // Once more finds it done.
  calls.length = 0;
  await expect(undoFirst()).resolves.toMatchObject({ done: true });
  expect(calls).toEqual([]);
});

test('only under a lease', async () => {
  await releaseLease('later');
  await expect(undoFirst()).rejects.toMatchObject({ name: 'LeaseLostError' });
  await expect(findChange('first', key)).resolves.toMatchObject({ state: 'confirmed' });
  expect(await listChanges('later')).toEqual([]);
});

test('where the run fails, what it had taken back is made again', async () => {
  await undoFirst();
  calls.length = 0;
  await handler({ verb: 'undo', run: later, key: 'undo-processes' });
  await expect(handler({ verb: 'confirm-undo', run: later, key: 'undo-processes' })).resolves.toMatchObject({
    done: true,
  });
  expect(calls).toEqual(['apply as first by later', 'confirm as first by later']);
  const again = await findChange('first', key);
  expect(again.state).toBe('confirmed');
  expect(again.undoneAt).toBeUndefined();
  await expect(findChange('later', 'undo-processes')).resolves.toMatchObject({ state: 'undone' });
});

test('what cannot be taken back is said in both journals, and what was only recorded is left alone', async () => {
  fails = new TypeError('somebody else has it');
  await expect(undoFirst()).rejects.toMatchObject({ name: 'UndoFailedError' });
  await expect(findChange('first', key)).resolves.toMatchObject({ state: 'undo-failed' });
  await expect(findChange('later', 'undo-processes')).resolves.toMatchObject({ state: 'recorded', underWay: 0 });
  // Nor could it be made again.
  await expect(handler({ verb: 'undo', run: later, key: 'undo-processes' })).rejects.toMatchObject({
    name: 'UndoFailedError',
  });
  await expect(findChange('later', 'undo-processes')).resolves.toMatchObject({ state: 'undo-failed' });
  fails = undefined;
  await handler({ verb: 'undo', run: later, key: 'undo-processes' });
  await handler({ verb: 'confirm-undo', run: later, key: 'undo-processes' });
  await expect(findChange('first', key)).resolves.toMatchObject({ state: 'confirmed' });
});

test('a moment of trouble leaves it to the next attempt', async () => {
  fails = new ServiceUnavailableError('a moment');
  await expect(undoFirst()).rejects.toMatchObject({ name: 'ServiceUnavailableError' });
  fails = undefined;
  await expect(undoFirst()).resolves.toMatchObject({ done: true });
});
