import { emptyTables, startTables, stopTables } from '../tables';
import { description, HOST, OTHER_HOST } from '../fixtures';
import { DescribeLaunchTemplateVersionsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { mockClient } from 'aws-sdk-client-mock';
import type { JournalEntry } from '../../../contract/changes';
import { recordSighting } from '../../../lambdas/gateways/release-evidence';
import { knownBefore, withoutTheDead } from '../../../lambdas/undo/before';
import { matching } from '../matchers';

beforeAll(startTables);
afterAll(stopTables);
beforeEach(emptyTables);

const { id: templateId, releaseVariable } = description.launchTemplate;
const entry = (key: string, kind: JournalEntry['kind'], what: Pick<JournalEntry, 'target' | 'before'>) =>
  ({
    runId: 'first',
    sequence: 1,
    key,
    kind,
    state: 'confirmed',
    pointOfNoReturn: false,
    detail: {},
    recordedAt: '2026-11-23T02:20:00.000Z',
    ...what,
  }) satisfies JournalEntry;
const release = (key: string, hosts: Readonly<Record<string, boolean>>) =>
  entry(key, 'release', {
    target: {
      hosts: Object.keys(hosts),
      release: 'v2',
      folders: {},
      folder: '/var/www/app',
      releasesFolder: '/var/www/releases',
      services: ['app'],
      healthUrl: 'http://127.0.0.1/health',
    },
    before: {
      serving: Object.fromEntries(
        Object.entries(hosts).map(([host, healthy]) => [host, { release: 'v1', folder: 'v1', healthy }]),
      ),
    },
  });
const template = entry('template', 'group-launch-template', {
  target: { group: 'web', templateId, version: '3' },
  before: { templateId, version: '2' },
});
const refresh = entry('refresh', 'instance-refresh', {
  target: {
    group: 'web',
    templateId,
    version: '3',
    minimumHealthyPercent: 90,
    maximumHealthyPercent: 110,
    warmupSeconds: 60,
  },
  before: { templateId, version: '2' },
});
const keys = (entries: readonly JournalEntry[]) => entries.map(({ key }) => key);

test('what was healthy goes back, all of it', () => {
  const walk = [template, release('release-2', { [OTHER_HOST]: true }), release('release-1', { [HOST]: true })];
  const { going, alternatives } = withoutTheDead('first', walk);
  expect(going).toEqual(walk);
  expect(alternatives).toEqual([]);
});

test('a batch whose release was dead stays, and is said; new instances boot what the others go back to', () => {
  const walk = [template, release('release-2', { [OTHER_HOST]: false }), release('release-1', { [HOST]: true })];
  const { going, alternatives } = withoutTheDead('first', walk);
  expect(keys(going)).toEqual(['template', 'release-1']);
  expect(alternatives).toMatchObject([
    { choice: 'release-2', because: matching(new RegExp(`${OTHER_HOST} \\(v1\\)`)) },
  ]);
});

test('one host of a batch is said, the batch goes back', () => {
  const { going, alternatives } = withoutTheDead('first', [
    release('release-1', { [HOST]: true, [OTHER_HOST]: false }),
  ]);
  expect(keys(going)).toEqual(['release-1']);
  expect(alternatives).toMatchObject([{ choice: 'release-1', because: matching(new RegExp(OTHER_HOST)) }]);
});

test('where no release goes back new instances boot the new one still, and what else there is goes back', () => {
  const walk = [{ ...refresh, key: 'another' }, template, release('release-1', { [HOST]: false })];
  const { going, alternatives } = withoutTheDead('first', walk);
  expect(keys(going)).toEqual(['another']);
  expect(alternatives.map(({ choice }) => choice)).toEqual(['template', 'release-1']);
});

test('where nothing is left it is refused, with what leads there all the same', () => {
  expect(() => withoutTheDead('first', [template, release('release-1', { [HOST]: false })])).toThrow(
    expect.objectContaining({
      name: 'NoWayBackError',
      message: matching(/i-0123456789abcdef0 \(v1\).*"application-rollback", "release"/),
    }),
  );
});

describe('what will run again', () => {
  const ec2 = mockClient(EC2Client);
  const seen = async (tag: string, healthy: boolean, minute: number) => {
    await recordSighting({
      takenAt: `2026-11-23T02:${String(minute).padStart(2, '0')}:00.000Z`,
      hosts: [
        { host: HOST, release: tag, commit: 'c', healthy, because: '9 of 10 requests failed', requests: 10, errors: 9 },
      ],
    });
  };
  beforeEach(() => {
    ec2.reset();
    const text = `#!/bin/bash\n${releaseVariable}=v1\n`;
    ec2.on(DescribeLaunchTemplateVersionsCommand).resolves({
      LaunchTemplateVersions: [
        { VersionNumber: 2, LaunchTemplateData: { UserData: Buffer.from(text).toString('base64') } },
      ],
    });
  });

  test.each([
    { what: 'the release of hosts', walk: [release('release-1', { [HOST]: true })] },
    { what: 'the release that instances boot', walk: [refresh] },
  ])('is known healthy, or said not to be: $what', async ({ walk }) => {
    await seen('v1', false, 1);
    await expect(knownBefore(walk, description)).resolves.toMatchObject([
      { name: matching(/v1/), status: 'not-checkable', actual: matching(/^0; at .* 9 of 10 requests failed/) },
    ]);
    const { provenProbes } = description.releases;
    for (let minute = 2; minute < 2 + provenProbes; minute += 1) await seen('v1', true, minute);
    await expect(knownBefore(walk, description)).resolves.toMatchObject([
      { status: 'passed', actual: matching(new RegExp(`^${provenProbes}`)) },
    ]);
  });

  test('is not asked where no release changes', async () => {
    await expect(knownBefore([template], description)).resolves.toEqual([]);
    expect(ec2.calls()).toEqual([]);
  });

  test('a version that is gone is refused by name', async () => {
    ec2.on(DescribeLaunchTemplateVersionsCommand).resolves({ LaunchTemplateVersions: [] });
    await expect(knownBefore([refresh], description)).rejects.toMatchObject({ name: 'LaunchTemplateUnfitError' });
  });
});
