import { EvidenceMissingError, RolledBackAlreadyError } from '../../../contract/errors';
import { chooseRelease } from '../../../lambdas/application/release-choose';
import { batchesOf } from '../../../lambdas/run/batches';
import { judgeRelease } from '../../../lambdas/application/release-health';
import { proofs } from '../../../lambdas/application/proven';
import { compareVersions, worksWith } from '../../../lambdas/application/schema-gate';
import type { ReleaseSighting } from '../../../contract/tasks/releases';
import { requestSchema } from '../../../contract/run';

const at = (minute: number) => new Date(Date.UTC(2026, 10, 23, 2, minute)).toISOString();
const seen = (minute: number, ...releases: readonly (readonly [string, boolean])[]): ReleaseSighting => ({
  takenAt: at(minute),
  hosts: releases.map(([release, healthy], host) => ({
    host: `i-${host}`,
    release,
    commit: 'c',
    healthy,
    because: healthy ? 'well' : 'it fails',
    requests: 0,
    errors: 0,
  })),
});
/** Newest first, as the table is read. */
async function* newest(...sightings: readonly ReleaseSighting[]) {
  yield* sightings.toSorted((one, other) => other.takenAt.localeCompare(one.takenAt));
  await Promise.resolve();
}
const request = (more: object = {}) => requestSchema.parse({ plan: 'application-recovery', ...more });
const serving = (release: string, healthy: boolean) => ({ 'i-0': { release, folder: release, healthy } });

describe('what probes prove', () => {
  test('only probes on end count, on every host, of one release', async () => {
    const known = await proofs(
      newest(
        seen(1, ['v1', true], ['v1', true]),
        seen(2, ['v1', true], ['v1', true]),
        seen(3, ['v1', true], ['v1', false]),
        seen(4, ['v1', true], ['v1', true]),
        seen(5, ['v2', true], ['v1', true]),
        seen(6, ['v2', true], ['v2', true]),
      ),
      2,
    );
    expect(known).toEqual([
      { release: 'v2', probes: 1, until: at(6), lastTrouble: null },
      { release: 'v1', probes: 2, until: at(2), lastTrouble: `at ${at(3)} on i-1: it fails` },
    ]);
  });
});

test('the newest stretch that is long enough says when it was healthy, however long an older one was', async () => {
  const well = (minute: number) => seen(minute, ['v1', true]);
  const known = await proofs(newest(well(1), well(2), well(3), seen(4, ['v1', false]), well(5), well(6)), 2);
  expect(known).toMatchObject([{ probes: 3, until: at(6) }]);
});

describe('choosing', () => {
  const proof = (release: string, probes: number) => ({ release, probes, until: at(1), lastTrouble: null });
  const choose = (given: Partial<Parameters<typeof chooseRelease>[0]>) =>
    chooseRelease({
      request: request(),
      purpose: 'recover',
      needed: 3,
      serving: serving('v3', false),
      known: [proof('v3', 9), proof('v2', 1), proof('v1', 3)],
      earlier: [],
      ...given,
    });

  test('the newest that was healthy for long enough, and not the one that fails now', () => {
    const chosen = choose({});
    expect(chosen.release).toBe('v1');
    expect(chosen.alternatives).toEqual([
      { choice: 'v3', because: 'it runs now, and not every host serves it well' },
      { choice: 'v2', because: `1 of 3 probes on end found it healthy, the last at ${at(1)}` },
    ]);
  });
  test('what was healthy last, although another that was proven once was seen later', () => {
    const later = { ...proof('v1', 3), until: at(9) };
    expect(choose({ known: [proof('v3', 9), proof('v2', 4), later] }).release).toBe('v1');
  });
  test('a recovery may put the one that runs well on every host anew; a rollback goes before it', () => {
    expect(choose({ serving: serving('v3', true) }).release).toBe('v3');
    expect(choose({ serving: serving('v3', true), purpose: 'roll-back' }).release).toBe('v1');
  });
  const back = { run: 'earlier', at: at(5), from: ['v2'], to: 'v1' };
  test('nobody is led to what a rollback went away from, unless it was deployed again and lived', () => {
    const known = [proof('v1', 3), { ...proof('v2', 9), until: at(4) }, { ...proof('v0', 3), until: at(0) }];
    const given = { serving: serving('v1', false), known, earlier: [back] };
    const chosen = choose(given);
    expect(chosen.release).toBe('v0');
    expect(chosen.alternatives).toContainEqual({
      choice: 'v2',
      because: `earlier went back from it to v1 at ${at(5)}`,
    });
    const again = [proof('v1', 3), { ...proof('v2', 9), until: at(6) }];
    expect(choose({ ...given, known: again }).release).toBe('v2');
    expect(choose({ ...given, request: request({ release: 'v2' }) }).release).toBe('v2');
  });
  test('a rollback that runs twice does not go on from what the first went to, unless it is told how far', () => {
    const given = { purpose: 'roll-back' as const, serving: serving('v1', true), earlier: [back] };
    expect(() => choose(given)).toThrow(RolledBackAlreadyError);
    expect(() => choose(given)).toThrow('earlier went back to v1');
    expect(choose({ ...given, request: request({ release: 'v3' }) }).release).toBe('v3');
    // Another one has served since, and this one was deployed anew: it is gone back from like any other.
    const since = [proof('v1', 3), { ...proof('v4', 3), until: at(8) }];
    expect(choose({ ...given, known: since }).release).toBe('v4');
    // A release has been deployed since: that is what it goes back from.
    expect(choose({ ...given, serving: serving('v4', true) }).release).toBe('v3');
  });
  test('what was asked for, whatever is known of it', () => {
    expect(choose({ request: request({ release: 'v2' }) })).toMatchObject({ release: 'v2' });
    expect(choose({ request: request({ release: 'v9' }) }).reason).toContain('no probe ever saw it');
  });
  test.each([
    ['nothing is known', { known: [] }, 'No probe has seen any yet'],
    ['nothing was healthy for long', { known: [proof('v2', 2)] }, 'v2: 2 of 3 probes'],
    [
      'a rollback finds two releases',
      {
        purpose: 'roll-back' as const,
        serving: { ...serving('v3', true), 'i-1': { release: 'v1', folder: 'v1', healthy: true } },
      },
      'The hosts run different releases (v3, v1)',
    ],
  ])('where %s it asks for a release', (_what, given, words) => {
    expect(() => choose(given)).toThrow(EvidenceMissingError);
    expect(() => choose(given)).toThrow(words);
    expect(() => choose(given)).toThrow('{"release": "v1.2.0"}');
  });
});

describe('a host serves its release well', () => {
  const levels = {
    availabilityPercent: 99,
    requestsWithinPercent: 95,
    requestsWithinMilliseconds: 500,
    consistencyPercent: 99,
  };
  const found = (requests: number, errors: number, p95Milliseconds = 20, status = 200) => ({
    release: 'v1',
    folder: 'v1',
    commit: 'c',
    status,
    metrics: { requests, errors, p95Milliseconds },
    kept: [],
    missingTools: [],
  });
  const before = (requests: number, errors: number) => ({
    host: 'i-0',
    release: 'v1',
    commit: 'c',
    healthy: true,
    because: '',
    requests,
    errors,
  });
  test.each([
    ['no answer', found(0, 0, 0, 0), undefined, false],
    ['few errors', found(1000, 10), undefined, true],
    ['too many errors', found(1000, 11), undefined, false],
    ['too many before, none since', found(2000, 500), before(1000, 500), true],
    ['few in all, too many since', found(2000, 12), before(1950, 0), false],
    ['counters of another process', found(100, 5), before(1000, 0), false],
    ['too slow', found(1000, 0, 501), undefined, false],
    ['no request yet', found(0, 0, 900), undefined, true],
  ])('%s', (_what, now, last, healthy) => {
    expect(judgeRelease(now, levels, last).healthy).toBe(healthy);
  });
});

test('batches: one first, then so many, never more than ten, and a lonely host stays in service', () => {
  const hosts = (count: number) => Array.from({ length: count }, (_, number) => `i-${number}`);
  expect(batchesOf(hosts(1), 5)).toEqual([{ number: 1, hosts: ['i-0'], standby: false }]);
  expect(batchesOf(hosts(6), 2).map((batch) => batch.hosts.length)).toEqual([1, 2, 2, 1]);
  const many = batchesOf(hosts(50), 1);
  expect(many).toHaveLength(10);
  expect(many.flatMap((batch) => batch.hosts)).toEqual(hosts(50));
  expect(many.every(({ standby, hosts: some }) => standby && some.length <= 20)).toBe(true);
});

test('versions are numbers', () => {
  expect(['1.10.0', '1.9.0', '1.2', '1.2.0'].sort(compareVersions)).toEqual(['1.2', '1.2.0', '1.9.0', '1.10.0']);
  const range = { minimum: '1.2.0', maximum: '1.9.0' };
  expect(['1.1.9', '1.2.0', '1.9.0', '1.10.0'].map((version) => worksWith(range, version))).toEqual([
    false,
    true,
    true,
    false,
  ]);
  expect(worksWith({ minimum: '1.2.0', maximum: null }, '2.0.0')).toBe(true);
});
