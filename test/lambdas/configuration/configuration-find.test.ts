import { emptyTables, startTables, stopTables } from '../tables';
import { description } from '../fixtures';
import { matching } from '../matchers';
import { ListObjectVersionsCommand, NoSuchBucket, S3Client } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { configurationSchema } from '../../../config/schema';
import { requestSchema, type RunRef } from '../../../contract/run';
import { recordHealth } from '../../../lambdas/gateways/evidence';
import { handler as find } from '../../../lambdas/configuration/configuration-find';
import { objectsOf } from '../../../lambdas/configuration/versions';

const s3 = mockClient(S3Client);
const { configuration } = description;
const run: RunRef = {
  id: 'r-1',
  plan: 'configuration-recovery',
  environment: 'production',
  mode: 'live',
  fencingToken: 1,
};
const at = (hour: number) => `2026-11-2${hour}T02:00:00.000Z`;

beforeAll(startTables);
afterAll(stopTables);
beforeEach(async () => {
  s3.reset();
  await emptyTables();
  s3.on(ListObjectVersionsCommand).resolves({
    Versions: [1, 2, 3].flatMap((day) =>
      objectsOf(configuration).map(({ name, key }) => ({
        Key: key,
        VersionId: `${name}-${day}`,
        LastModified: new Date(at(day)),
      })),
    ),
  });
});

const host = (writtenAt: string | null, missing: string[] = []) => ({
  files: {},
  backup: { writtenAt, missing },
  secretsCurrent: {},
});
const found = (request: object, hosts = [host(null, ['application'])], config = configuration) =>
  find({
    run,
    request: requestSchema.parse({ plan: 'configuration-recovery', ...request }),
    configuration: config,
    hosts: hosts.map((result, index) => ({ host: `i-${index}`, result })),
  });
const names = ({ candidates }: { candidates: { version: string }[] }) => candidates.map(({ version }) => version);

test('a recovery goes by the last moment at which the application was seen healthy, and tells what came after', async () => {
  await recordHealth({ at: at(1), healthy: true, detail: 'well' });
  await recordHealth({ at: at(2), healthy: true, detail: 'well' });
  await recordHealth({ at: at(3), healthy: false, detail: 'it fails' });
  const stored = await found({});
  expect(stored.bucket).toBe(configuration.bucket);
  expect(names(stored)).toEqual(['2026-11-22T02:00:00Z', '2026-11-21T02:00:00Z']);
  expect(stored.because).toBe(`the application was last seen healthy at ${at(2)}`);
  expect(stored.passedOver).toEqual([{ choice: '2026-11-23T02:00:00Z', because: `written after ${at(2)}` }]);
});

test('what a probe saw while the fault was at work is no evidence', async () => {
  await recordHealth({ at: at(1), healthy: true, detail: 'well' });
  await recordHealth({ at: at(3), healthy: true, detail: 'well' });
  expect(names(await found({ incident: { fault: at(2) } }))).toEqual(['2026-11-21T02:00:00Z']);
});

test('an application that was never seen healthy has no good moment', async () => {
  await expect(found({})).rejects.toMatchObject({ name: 'EvidenceMissingError' });
});

test('a rollback needs no evidence', async () => {
  expect(names(await found({ plan: 'configuration-rollback' }))).toHaveLength(3);
});

test('a moment, a version, an object of one, and the latest can be asked for', async () => {
  expect(names(await found({ restoreTime: '2026-11-22T12:00:00Z' }))).toEqual([
    '2026-11-22T02:00:00Z',
    '2026-11-21T02:00:00Z',
  ]);
  expect(names(await found({ restoreTime: 'latest' }))).toHaveLength(3);
  expect(names(await found({ configurationVersion: '2026-11-21T02:00:00Z' }))).toEqual(['2026-11-21T02:00:00Z']);
  expect(names(await found({ configurationVersion: 'application-3' }))).toEqual(['2026-11-23T02:00:00Z']);
});

test('a version that is not there is refused, with those that are', async () => {
  await expect(found({ configurationVersion: 'v77' })).rejects.toMatchObject({
    name: 'ConfigurationMissingError',
    message: matching(/version v77 was asked for.*3 versions.*There is: 2026-11-23T02:00:00Z, /),
  });
});

test('without anything in the bucket the folder of backups is taken, where every host has it whole', async () => {
  s3.on(ListObjectVersionsCommand).rejects(new NoSuchBucket({ message: 'no', $metadata: {} }));
  const stored = await found({ restoreTime: 'latest' }, [host(at(1)), host(at(2))]);
  expect(stored).toMatchObject({ bucket: '', candidates: [{ version: 'backup', at: at(2) }] });
  expect(stored.candidates[0]?.objects).toMatch(/^backup=application:backup,/);
  await expect(found({ restoreTime: 'latest' }, [host(at(1)), host(at(2), ['tls'])])).rejects.toMatchObject({
    name: 'ConfigurationMissingError',
    message: matching(/no such bucket.*There is: nothing/),
  });
});

test('without a bucket in the description AWS is not asked', async () => {
  const folderOnly = configurationSchema.parse({ ...configuration, bucket: undefined });
  await expect(found({ restoreTime: 'latest' }, [host(at(1))], folderOnly)).resolves.toMatchObject({ bucket: '' });
  expect(s3.commandCalls(ListObjectVersionsCommand)).toHaveLength(0);
});

test('a host examines eight at most', async () => {
  const [object] = objectsOf(configuration);
  s3.on(ListObjectVersionsCommand).resolves({
    Versions: Array.from({ length: 12 }, (_, day) => ({
      Key: object?.key ?? '',
      VersionId: `v${day}`,
      LastModified: new Date(Date.UTC(2026, 9, day + 1)),
    })),
  });
  expect(names(await found({ restoreTime: 'latest' }))).toHaveLength(8);
});
