import type { RunRef } from '../../../contract/run';
import { handler } from '../../../lambdas/changes/group-launch-template';
import { findChange } from '../../../lambdas/run/journal';
import { releaseLease } from '../../../lambdas/run/lease';
import { FakeInstances, TEMPLATE } from './fake-instances';
import { newRun, withTables, verbs } from './world';

const fake = new FakeInstances();
const target = { group: 'web', templateId: TEMPLATE, version: '3' };
let run: RunRef;
withTables();
beforeEach(async () => {
  run = await newRun(releaseLease);
  fake.reset();
});
const change = () => verbs<'group-launch-template'>(handler, run, 'group');

test('the group launches from the version, and from the one before when it is taken back', async () => {
  await change().apply(target);
  expect(fake.group).toBe('3');
  expect(await change().confirm()).toMatchObject({ done: true });
  expect(await findChange(run.id, 'group')).toMatchObject({ before: { templateId: TEMPLATE, version: '2' } });
  await change().undo();
  expect(fake.group).toBe('2');
  expect(await change().confirmUndo()).toEqual({ done: true });
});

test("somebody else's choice stands", async () => {
  await change().apply(target);
  fake.group = '9';
  expect(await change().confirm()).toMatchObject({ done: false });
  await expect(change().undo()).rejects.toThrow('which this run did not set');
  expect(fake.group).toBe('9');
});

test.each(['$Latest', '$Default'])('a group that names %s is refused by name', async (floating) => {
  fake.group = floating;
  await expect(change().apply(target)).rejects.toThrow(`names ${floating}`);
  expect(fake.group).toBe(floating);
});
