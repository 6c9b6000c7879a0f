import { emptyTables, startTables, stopTables } from '../tables';
import { containing, some } from '../matchers';
import { changes, openedRun, startedAt } from '../fixtures';
import { changeStateSchema, type ChangeState } from '../../../contract/changes';
import { putItem } from '../../../lambdas/gateways/table';
import {
  advanceChange,
  closeJournal,
  findChange,
  listChanges,
  listChecks,
  listDecisions,
  recordChange,
  recordChecks,
  recordDecision,
} from '../../../lambdas/run/journal';

const run = { ...openedRun('night-1'), fencingToken: 1 };

beforeAll(startTables);
afterAll(stopTables);
beforeEach(emptyTables);

test('records changes in order, before they are made', async () => {
  await recordChange(run, changes.page);
  const { entry, found } = await recordChange(run, changes.record);
  expect(found).toBe(false);
  expect(entry).toMatchObject({ sequence: 2, state: 'recorded', pointOfNoReturn: true, before: { value: 'old' } });
  expect((await listChanges(run.id)).map(({ key, sequence }) => [key, sequence])).toEqual([
    ['page', 1],
    ['record', 2],
  ]);
});

test('a repeated call finds the first entry, with the state before as that one read it', async () => {
  await recordChange(run, changes.record);
  const again = await recordChange(run, { ...changes.record, before: { value: 'new', ttlSeconds: 1 } });
  expect(again).toMatchObject({ found: true, entry: { before: { value: 'old', ttlSeconds: 60 } } });
  await expect(listChanges(run.id)).resolves.toHaveLength(1);
});

test('many at a time get one number each, and one key one entry', async () => {
  const keys = ['a', 'b', 'c', 'a', 'b', 'c', 'a'];
  await Promise.all(keys.map((key) => recordChange(run, { ...changes.page, key })));
  const entries = await listChanges(run.id);
  expect(entries.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
  expect(entries.map(({ key }) => key).sort()).toEqual(['a', 'b', 'c']);
});

test('refuses another kind under the same key, and what is not of its kind', async () => {
  await recordChange(run, changes.page);
  await expect(recordChange(run, { ...changes.record, key: 'page' })).rejects.toMatchObject({
    name: 'ChangeStateError',
    message: containing('is of kind maintenance-page'),
  });
  await expect(recordChange(run, { ...changes.record, before: {} })).rejects.toMatchObject({
    name: 'ContractViolationError',
    message: containing('the state before record'),
  });
});

test('a closed journal takes no change any more, and gives those it has', async () => {
  await recordChange(run, changes.page);
  expect((await closeJournal(run.id)).map(({ key }) => key)).toEqual(['page']);
  expect((await closeJournal(run.id)).map(({ key }) => key)).toEqual(['page']);
  await expect(recordChange(run, changes.record)).rejects.toMatchObject({
    name: 'ChangeStateError',
    message: 'night-1 is being settled: record may not be changed any more',
  });
  await expect(recordChange(run, changes.page)).resolves.toMatchObject({ found: true });
  await expect(advanceChange(run.id, 'page', 'undone')).resolves.toMatchObject({ state: 'undone' });
  await expect(listChanges(run.id)).resolves.toHaveLength(1);
});

test('closing races with recording: what was recorded is in what closing gives', async () => {
  const recording = Promise.allSettled(['a', 'b', 'c', 'd'].map((key) => recordChange(run, { ...changes.page, key })));
  const closed = (await closeJournal(run.id)).map(({ key }) => key).sort();
  const kept = (await recording).flatMap((one) => (one.status === 'fulfilled' ? [one.value.entry.key] : [])).sort();
  expect(closed).toEqual(kept);
});

test('says which change is not there', async () => {
  await expect(findChange(run.id, 'page')).rejects.toMatchObject({
    name: 'ChangeStateError',
    message: 'the journal of night-1 has no change page',
  });
});

test('advances with time stamps, detail that adds up, and the error', async () => {
  await recordChange(run, changes.page);
  await advanceChange(run.id, 'page', 'applied', { detail: { rule: 'r-1' } });
  await advanceChange(run.id, 'page', 'confirmed', { detail: { seen: 503 } });
  const failed = await advanceChange(run.id, 'page', 'undo-failed', { error: 'AwsRefusedError: no' });
  expect(failed).toMatchObject({
    state: 'undo-failed',
    detail: { rule: 'r-1', seen: 503 },
    error: 'AwsRefusedError: no',
    appliedAt: some(String),
    confirmedAt: some(String),
  });
  await expect(findChange(run.id, 'page')).resolves.toEqual(failed);
});

const ways: Record<ChangeState, ChangeState[]> = {
  recorded: ['applied', 'confirmed', 'not-applied', 'undoing', 'undone', 'undo-failed'],
  applied: ['confirmed', 'not-applied', 'undoing', 'undone', 'undo-failed'],
  confirmed: ['undoing', 'undone', 'undo-failed'],
  'not-applied': [],
  undoing: ['undone', 'undo-failed'],
  'undo-failed': ['undoing', 'undone'],
  undone: [],
};
const every = changeStateSchema.options;

test.each(every.flatMap((from) => every.map((to) => [from, to] as const)))('from %s to %s', async (from, to) => {
  await recordChange(run, changes.page);
  if (from !== 'recorded') await advanceChange(run.id, 'page', from);
  const moved = advanceChange(run.id, 'page', to);
  if (from === to || ways[from].includes(to)) await expect(moved).resolves.toMatchObject({ state: to });
  else await expect(moved).rejects.toMatchObject({ name: 'ChangeStateError' });
});

test('of two that undo and fail at a time one order stands', async () => {
  await recordChange(run, changes.page);
  const both = await Promise.allSettled([
    advanceChange(run.id, 'page', 'undone'),
    advanceChange(run.id, 'page', 'not-applied'),
  ]);
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
});

test('keeps the first of the same decision, in the order of time', async () => {
  const decision = { at: startedAt, subject: 'moment', choice: '02:13:40Z', reason: 'last pass', alternatives: [] };
  await recordDecision(run.id, decision);
  await recordDecision(run.id, { ...decision, at: '2026-11-23T02:21:00.000Z' });
  await recordDecision(run.id, { ...decision, at: '2026-11-23T02:19:00.000Z', choice: 'latest' });
  expect((await listDecisions(run.id)).map(({ choice, at }) => [choice, at])).toEqual([
    ['latest', '2026-11-23T02:19:00.000Z'],
    ['02:13:40Z', startedAt],
  ]);
});

test('keeps the last finding of a check', async () => {
  const check = { name: 'rows of users', status: 'failed', expected: '7', actual: '6', evidence: 'probe' } as const;
  await recordChecks(run.id, [check, { ...check, name: 'rows of evaluations' }]);
  await recordChecks(run.id, [{ ...check, status: 'passed', actual: '7' }]);
  expect((await listChecks(run.id)).map(({ name, status }) => [name, status])).toEqual([
    ['rows of evaluations', 'failed'],
    ['rows of users', 'passed'],
  ]);
});

test('a stored entry that is not of the contract is named', async () => {
  await putItem('runs', { pk: 'RUN#night-1', sk: 'CHANGE#000001', entry: { key: 7 } });
  await expect(listChanges(run.id)).rejects.toMatchObject({
    name: 'ContractViolationError',
    message: containing('the journal of night-1'),
  });
});
