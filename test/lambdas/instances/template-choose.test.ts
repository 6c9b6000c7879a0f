import type { RunRef } from '../../../contract/run';
import { requestSchema } from '../../../contract/run';
import { handler } from '../../../lambdas/instances/template-choose';
import { handler as inspect } from '../../../lambdas/instances/template-inspect';
import { listDecisions } from '../../../lambdas/run/journal';
import { releaseLease } from '../../../lambdas/run/lease';
import { containing } from '../matchers';
import { FakeInstances, TEMPLATE } from '../changes/fake-instances';
import { newRun, withTables } from '../changes/world';

const fake = new FakeInstances();
const launchTemplate = {
  id: TEMPLATE,
  releaseVariable: 'RELEASE',
  hostRoleArn: 'arn:aws:iam::123456789012:role/host',
};
let run: RunRef;
withTables();
beforeEach(async () => {
  run = await newRun(releaseLease);
  fake.reset();
});
const choose = (launchTemplateVersion?: string) =>
  handler({
    run,
    group: 'web',
    launchTemplate,
    request: requestSchema.parse({
      plan: 'auto-scaling-rollback',
      ...(launchTemplateVersion !== undefined && { launchTemplateVersion }),
    }),
  });
const add = (VersionNumber: number, text: string) =>
  fake.versions.push({
    VersionNumber,
    VersionDescription: '',
    LaunchTemplateData: { UserData: Buffer.from(text).toString('base64') },
  });

test('goes back to the newest version before the present one that boots another release', async () => {
  add(3, 'RELEASE=v2');
  add(4, 'RELEASE=v5');
  fake.group = '3';
  expect(await choose()).toEqual({
    present: { version: '3', release: 'v2' },
    refreshing: false,
    source: { version: '1', release: 'v1' },
    reason: 'the newest version before 3 that boots another release than v2',
  });
  expect(await listDecisions(run.id)).toMatchObject([{ choice: '1 (v1)' }]);
});

test('takes what was asked for, newer ones too', async () => {
  add(3, 'RELEASE=v3');
  fake.start('3');
  expect(await choose('3')).toMatchObject({ source: { version: '3', release: 'v3' }, refreshing: true });
});

test.each([
  { what: 'there is no such version', version: '9', says: 'no version 9' },
  { what: 'it names no release', version: '3', says: 'exactly one line RELEASE' },
])('refuses where $what', async ({ version, says }) => {
  add(3, 'echo nothing');
  await expect(choose(version)).rejects.toThrow(says);
});

test('refuses where nothing else was ever booted, where the version floats, and where the template is another', async () => {
  fake.group = '1';
  await expect(choose()).rejects.toMatchObject({ name: 'LaunchTemplateUnfitError' });
  fake.group = '$Default';
  await expect(choose('1')).rejects.toMatchObject({ name: 'FloatingVersionError' });
  fake.group = '2';
  const other = { ...launchTemplate, id: 'lt-0fedcba9876543210' };
  await expect(inspect({ run, group: 'web', launchTemplate: other })).rejects.toThrow('the description says');
});

test.each([
  { LifecycleState: 'Standby', ProtectedFromScaleIn: false, says: 'i-9 is Standby: a refresh of web would not' },
  { LifecycleState: 'EnteringStandby', ProtectedFromScaleIn: false, says: 'i-9 is EnteringStandby' },
  { LifecycleState: 'InService', ProtectedFromScaleIn: true, says: 'i-9 is protected from scale-in: a refresh' },
])('refuses by name where a refresh would leave an instance as it is: $says', async ({ says, ...instance }) => {
  fake.aside = [{ InstanceId: 'i-9', ...instance }];
  await expect(choose()).rejects.toMatchObject({ name: 'HostUnfitError', message: containing(says) });
  expect(await listDecisions(run.id)).toEqual([]);
});

test.each([
  { number: 1, which: 'to go back to' },
  { number: 2, which: 'in force' },
])('refuses where the version $which takes its image from a parameter: AWS could not go back', async ({ number }) => {
  const version = fake.versions.find(({ VersionNumber }) => VersionNumber === number);
  Object.assign(version?.LaunchTemplateData ?? {}, { ImageId: 'resolve:ssm:/images/web' });
  await expect(choose()).rejects.toMatchObject({
    name: 'LaunchTemplateUnfitError',
    message: containing(`Version ${number} of ${TEMPLATE} takes its image from a parameter (resolve:ssm:/images/web)`),
  });
  expect(await listDecisions(run.id)).toEqual([]);
});

test('refuses by name where somebody has suspended what a refresh needs, and nothing else', async () => {
  fake.suspended = ['AZRebalance', 'Terminate'];
  await expect(choose()).rejects.toMatchObject({
    name: 'HostUnfitError',
    message: 'web has Terminate suspended: a refresh would replace nothing. Resume it first. Nothing was changed.',
  });
  fake.suspended = ['AZRebalance', 'ReplaceUnhealthy'];
  await expect(choose()).resolves.toMatchObject({ source: { version: '1' } });
});

test('inspecting says what new instances boot with', async () => {
  expect(await inspect({ run, group: 'web', launchTemplate })).toEqual({
    present: { version: '2', release: 'v2' },
    refreshing: false,
  });
});
