import { RecoverySourceMissingError, RolledBackAlreadyError, SnapshotUnsoundError } from '../../../contract/errors';
import { requestSchema } from '../../../contract/run';
import type { InspectedVolume } from '../../../contract/documents';
import { chooseSnapshot } from '../../../lambdas/volumes/snapshot-choose';

type Snapshot = InspectedVolume['snapshots'][number];
const snapshot = (name: string, hour: number, more: Partial<Snapshot> = {}): Snapshot => ({
  name,
  kind: 'snapshot',
  takenAt: `2026-11-23T${String(hour).padStart(2, '0')}:00:00Z`,
  expires: '2026-12-07',
  megabytes: 1024,
  usedMegabytes: 10,
  sound: true,
  ...more,
});
const host = (name: string, ...snapshots: Snapshot[]) => ({
  host: name,
  result: {
    fileSystem: 'ext4',
    megabytes: 4096,
    freeMegabytes: 2048,
    mounted: true,
    merging: false,
    snapshots,
    checked: null,
  },
});
const request = (more: object = {}) => requestSchema.parse({ plan: 'file-system-rollback', ...more });
const choose = (more: object, ...hosts: ReturnType<typeof host>[]) => chooseSnapshot(request(more), hosts);

test('a rollback that runs twice does not go further back, unless it is told how far', () => {
  const last = { run: 'earlier', settledAt: '2026-11-23T02:30:00Z', changes: [] };
  const there = [host('a', snapshot('older', 1), snapshot('old', 2))];
  expect(() => chooseSnapshot(request(), there, last)).toThrow(RolledBackAlreadyError);
  expect(() => chooseSnapshot(request(), there, last)).toThrow('the newest is old of 2026-11-23T02:00:00Z');
  expect(chooseSnapshot(request({ source: { snapshot: 'old' } }), there, last)).toMatchObject({ snapshot: 'old' });
  expect(chooseSnapshot(request({ restoreTime: '2026-11-23T01:30:00Z' }), there, last)).toMatchObject({
    snapshot: 'older',
  });
  const since = [host('a', snapshot('old', 2), snapshot('since', 3))];
  expect(chooseSnapshot(request(), since, last)).toMatchObject({ snapshot: 'since' });
});

test('the newest that every host has', () => {
  const [old, young, alone] = [snapshot('old', 1), snapshot('young', 2), snapshot('alone', 3)];
  expect(choose({}, host('a', old, young, alone), host('b', old, young))).toMatchObject({
    snapshot: 'young',
    alternatives: [
      { choice: 'alone', because: 'b has none of that name' },
      { choice: 'old', because: 'it is older, or was not asked for' },
    ],
  });
});

test('its moment is that of the host where it was taken last', () => {
  expect(choose({}, host('a', snapshot('one', 1)), host('b', snapshot('one', 2)))).toMatchObject({
    takenAt: '2026-11-23T02:00:00Z',
  });
});

test('neither one that overflowed on any host, nor what a rollback kept, nor what somebody else took', () => {
  const bad = [
    snapshot('overflowed', 5, { sound: false }),
    snapshot('safety', 4, { kind: 'safety' }),
    snapshot('foreign', 3, { kind: '' }),
  ];
  const one = snapshot('one', 1);
  expect(choose({}, host('a', one, snapshot('overflowed', 5), ...bad.slice(1)), host('b', one, ...bad))).toMatchObject({
    snapshot: 'one',
  });
  expect(() => choose({}, host('b', ...bad))).toThrow(
    /overflowed \(it has overflowed on b\), safety \(it keeps .*\), foreign \(Lifeboat did not take it\)/,
  );
});

test.each([
  ['restoreTime', { restoreTime: '2026-11-23T01:30:00Z' }],
  ['the fault', { incident: { fault: '2026-11-23T01:30:00Z' } }],
])('none that was taken after %s', (_what, more) => {
  expect(choose(more, host('a', snapshot('before', 1), snapshot('after', 2)))).toMatchObject({ snapshot: 'before' });
  expect(() => choose(more, host('a', snapshot('after', 2)))).toThrow(/taken after 2026-11-23T01:30:00Z/);
});

test('latest is the newest, whatever is known of the fault', () => {
  expect(choose({ restoreTime: 'latest' }, host('a', snapshot('one', 1), snapshot('two', 2)))).toMatchObject({
    snapshot: 'two',
  });
});

test('one that is asked for is taken, whoever took it, unless it cannot be used', () => {
  const foreign = snapshot('mine', 3, { kind: '' });
  const asked = { source: { snapshot: 'mine' } };
  expect(choose(asked, host('a', snapshot('one', 5), foreign))).toMatchObject({ snapshot: 'mine' });
  expect(() => choose(asked, host('a', { ...foreign, sound: false }))).toThrow(SnapshotUnsoundError);
  expect(() => choose(asked, host('a', foreign), host('b'))).toThrow(/b has none of that name/);
});

test('no snapshot at all says what takes one', () => {
  expect(() => choose({}, host('a'))).toThrow(RecoverySourceMissingError);
  expect(() => choose({}, host('a'))).toThrow(/take-snapshot takes one/);
});
