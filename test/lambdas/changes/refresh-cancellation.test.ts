import type { RunRef } from '../../../contract/run';
import { handler } from '../../../lambdas/changes/refresh-cancellation';
import { releaseLease } from '../../../lambdas/run/lease';
import { FakeInstances } from './fake-instances';
import { newRun, withTables, verbs } from './world';

const fake = new FakeInstances();
let run: RunRef;
withTables();
beforeEach(async () => {
  run = await newRun(releaseLease);
  fake.reset();
});
const change = () => verbs<'refresh-cancellation'>(handler, run, 'cancel');

test('a refresh that runs is cancelled, and started again when that is taken back', async () => {
  const running = fake.start('7');
  await change().apply({ group: 'web' });
  expect(running.Status).toBe('Cancelling');
  expect(await change().confirm()).toMatchObject({ done: false });
  running.Status = 'Cancelled';
  expect(await change().confirm()).toMatchObject({ done: true });
  await change().undo();
  expect(fake.running?.DesiredConfiguration.LaunchTemplate.Version).toBe('7');
  expect(await change().confirmUndo()).toEqual({ done: true });
});

test('where none runs nothing is cancelled and nothing started', async () => {
  await change().apply({ group: 'web' });
  expect(await change().confirm()).toMatchObject({ done: true });
  await change().undo();
  expect(await change().confirmUndo()).toEqual({ done: true });
  expect(fake.refreshes).toEqual([]);
});

test('one that ended by itself meanwhile is no error', async () => {
  const running = fake.start('7');
  await change().apply({ group: 'web' });
  running.Status = 'Successful';
  expect(await change().confirm()).toMatchObject({ done: true });
});
