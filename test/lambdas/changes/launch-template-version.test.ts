import { CreateLaunchTemplateVersionCommand, DeleteLaunchTemplateVersionsCommand } from '@aws-sdk/client-ec2';
import type { RunRef } from '../../../contract/run';
import { handler } from '../../../lambdas/changes/launch-template-version';
import { findChange } from '../../../lambdas/run/journal';
import { releaseLease } from '../../../lambdas/run/lease';
import { FakeInstances, TEMPLATE } from './fake-instances';
import { newRun, withTables, unavailable, verbs } from './world';

const fake = new FakeInstances();
const target = { templateId: TEMPLATE, sourceVersion: '2', release: 'v9', releaseVariable: 'RELEASE' };
let run: RunRef;
withTables();
beforeEach(async () => {
  run = await newRun(releaseLease);
  fake.reset();
});
const change = () => verbs<'launch-template-version'>(handler, run, 'version');

test('makes a version with the release in its user data and nothing else changed; undo deletes that one alone', async () => {
  await change().apply(target);
  expect(fake.userData(3)).toBe('#!/bin/bash\nRELEASE=v9\nrun "$RELEASE"\n');
  expect(await change().confirm()).toMatchObject({ done: true, detail: { version: '3' } });
  await change().undo();
  expect(await change().confirmUndo()).toEqual({ done: true });
  expect(fake.versions.map(({ VersionNumber }) => VersionNumber)).toEqual([1, 2]);
});

test('copies the source as it is where no release is said', async () => {
  await change().apply({ ...target, sourceVersion: '1', release: null });
  expect(fake.userData(3)).toBe(fake.userData(1));
});

test('a call whose answer was lost made it already: a repeated one makes no second', async () => {
  await change().apply(target);
  fake.ec2.on(CreateLaunchTemplateVersionCommand).rejects(unavailable());
  const again = verbs<'launch-template-version'>(handler, run, 'again');
  await expect(again.apply(target)).rejects.toThrow('try again');
  fake.versions.push({
    VersionNumber: 4,
    VersionDescription: `lifeboat ${run.id} again`,
    LaunchTemplateData: { UserData: '' },
  });
  expect(await again.apply(target)).toMatchObject({ detail: { version: '4' } });
});

test.each(['no variable here', 'RELEASE=v1\nRELEASE=v2'])(
  'refuses user data that does not name one release: %j',
  async (text) => {
    const [, second] = fake.versions;
    if (second !== undefined) second.LaunchTemplateData.UserData = Buffer.from(text).toString('base64');
    await expect(change().apply(target)).rejects.toMatchObject({ name: 'LaunchTemplateUnfitError' });
    expect(fake.versions).toHaveLength(2);
    expect((await findChange(run.id, 'version')).state).toBe('not-applied');
  },
);

test('a version that AWS will not delete is told', async () => {
  await change().apply(target);
  fake.ec2.on(DeleteLaunchTemplateVersionsCommand).resolves({
    UnsuccessfullyDeletedLaunchTemplateVersions: [
      { VersionNumber: 3, ResponseError: { Code: 'unexpectedError', Message: 'in use' } },
    ],
  });
  await expect(change().undo()).rejects.toThrow('version 3: in use');
});
