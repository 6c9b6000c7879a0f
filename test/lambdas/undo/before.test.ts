import { emptyTables, startTables, stopTables } from '../tables';
import { description, HOST, OTHER_HOST } from '../fixtures';
import { DescribeLaunchTemplateVersionsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { mockClient } from 'aws-sdk-client-mock';
import type { JournalEntry } from '../../../contract/changes';
import { recordSighting } from '../../../lambdas/gateways/release-evidence';
import { knownBefore } from '../../../lambdas/undo/before';
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

  test('on several hosts is one release, and those on which it was not healthy are named', async () => {
    const { provenProbes } = description.releases;
    for (let minute = 1; minute <= provenProbes; minute += 1) await seen('v1', true, minute);
    const walk = [release('release-2', { [OTHER_HOST]: false }), release('release-1', { [HOST]: true })];
    await expect(knownBefore(walk, description)).resolves.toMatchObject([
      { status: 'not-checkable', actual: matching(new RegExp(`not healthy on ${OTHER_HOST} when`)) },
    ]);
  });

  test('is not asked where no release changes', async () => {
    await expect(knownBefore([], description)).resolves.toEqual([]);
    expect(ec2.calls()).toEqual([]);
  });

  test('a version that is gone is refused by name', async () => {
    ec2.on(DescribeLaunchTemplateVersionsCommand).resolves({ LaunchTemplateVersions: [] });
    await expect(knownBefore([refresh], description)).rejects.toMatchObject({ name: 'LaunchTemplateUnfitError' });
  });
});
