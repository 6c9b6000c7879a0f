import { handler } from '../../../lambdas/application/schema-choose';
import { listDecisions } from '../../../lambdas/run/journal';
import { eachInItsRun } from '../database/situation';

const run = eachInItsRun();
const range = (minimum: string, maximum: string | null = null) => ({ minimum, maximum });
const host = (release: string, name = 'i-0') => ({
  host: name,
  result: { release, folder: release, commit: 'c', status: 200, metrics: null, kept: [], missingTools: [] },
});
const releases = [
  { release: 'v3', schema: range('3'), undoes: true },
  { release: 'v2', schema: range('2'), undoes: false },
];
const choose = (more: object = {}) =>
  handler({
    run: run(),
    version: '2',
    versions: ['3', '2', '1'],
    inspected: [host('v2')],
    serving: { release: 'v2', schema: range('2') },
    releases,
    ...more,
  });

test('goes back out of a release that knows how to undo, which need not be the one that runs', async () => {
  expect(await choose()).toEqual({ release: 'v3', from: '3', undone: ['3'] });
  expect(await listDecisions(run().id)).toMatchObject([
    { subject: 'schema', choice: '3 to 2, by the migrations of v3' },
  ]);
});

test.each([
  ['never applied', { version: '9' }, 'InvalidInputError', 'was never applied'],
  ['the present one', { version: '3' }, 'InvalidInputError', 'has 3 already'],
  ['mixed releases', { inspected: [host('v2'), host('v3', 'i-1')] }, 'HostUnfitError', 'different releases (v2, v3)'],
  [
    'a release that needs the newer one',
    { serving: { release: 'v3', schema: range('3') } },
    'SchemaIncompatibleError',
    '"release": "v2"',
  ],
  [
    'a release that says nothing',
    { serving: { release: 'v2', schema: null } },
    'SchemaIncompatibleError',
    'release.json',
  ],
  ['nobody who knows the way', { releases: releases.slice(1) }, 'ReleaseMissingError', 'knows how to undo 3'],
])('%s is refused by name', async (_what, more, name, words) => {
  const refusal: unknown = await choose(more).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ name });
  expect(String(refusal)).toContain(words);
});
