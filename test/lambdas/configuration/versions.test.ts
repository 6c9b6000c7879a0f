import type { ObjectVersion } from '../../../lambdas/gateways/configuration-store';
import { objectsOf, versionsOf } from '../../../lambdas/configuration/versions';
import { description } from '../fixtures';

const { configuration } = description;
const key = (name: string) => objectsOf(configuration).find((each) => each.name === name)?.key ?? 'nothing';
const at = (time: string) => `2026-11-23T${time}.000Z`;
const put = (name: string, versionId: string, time: string, deleted = false): ObjectVersion => ({
  key: key(name),
  versionId,
  at: at(time),
  deleted,
});
const all = (id: string, time: string) => objectsOf(configuration).map(({ name }) => put(name, `${id}-${name}`, time));
const told = (stored: readonly ObjectVersion[]) => versionsOf(configuration, stored);

test('a certificate has a key of its own, below the prefix', () => {
  expect(objectsOf(configuration)).toEqual(
    expect.arrayContaining([
      { name: 'tls', key: `${configuration.prefix}tls/tls.crt` },
      { name: 'tls-key', key: `${configuration.prefix}tls/tls.key` },
    ]),
  );
});

test('what was written within a minute is one version, named by its last object', () => {
  const [first, ...others] = told([
    ...all('spring', '02:00:00'),
    put('application', 'summer', '03:00:00'),
    put('environment', 'summer', '03:00:59'),
    put('web-server', 'summer', '03:01:58'),
  ]);
  expect(others.map(({ version }) => version)).toEqual(['2026-11-23T02:00:00Z']);
  expect(first).toMatchObject({ version: '2026-11-23T03:01:58Z', wrote: ['summer', 'summer', 'summer'] });
  // What was not written then is as it was.
  expect(first?.objects).toContain('=application:summer,environment:summer,tls:spring-tls,');
});

test('more than a minute between two objects makes two versions, in whatever order they are listed', () => {
  const stored = [put('application', 'two', '03:01:01'), put('application', 'one', '03:00:00')];
  expect(told(stored).map(({ version, wrote }) => [version, wrote])).toEqual([
    ['2026-11-23T03:01:01Z', ['two']],
    ['2026-11-23T03:00:00Z', ['one']],
  ]);
});

test('an object that was deleted, or was never there, is none of the version', () => {
  const [last, before] = told([...all('a', '02:00:00'), put('tls-key', 'mark', '04:00:00', true)]);
  expect(last?.objects).toContain('tls:a-tls,tls-key:-,');
  expect(before?.objects).toContain('tls:a-tls,tls-key:a-tls-key,');
  expect(told([put('application', 'only', '02:00:00')])[0]?.objects).toContain('application:only,environment:-,');
});

test('what is no file of the configuration makes no version', () => {
  expect(
    told([{ key: `${configuration.prefix}notes.txt`, versionId: 'n', at: at('02:00:00'), deleted: false }]),
  ).toEqual([]);
});
