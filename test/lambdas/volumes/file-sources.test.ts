import type { FoundFiles, InspectedVolume } from '../../../contract/documents';
import type { RecoveryRequest } from '../../../contract/run';
import { chooseFiles } from '../../../lambdas/volumes/files-choose';
import type { Situation } from '../../../lambdas/volumes/file-sources';

const [one, two] = ['i-0000000000000001', 'i-0000000000000002'];
const at = (hour: number, second = 0) => `2026-11-23T0${hour}:00:0${second}Z`;
const MEBIBYTE = 1024 * 1024;

type Archive = FoundFiles['archives'][number];
const archive = (name: string, takenAt: string | null, more: Partial<Archive> = {}): Archive => ({
  name,
  takenAt,
  bytes: MEBIBYTE,
  files: 3,
  unpackedBytes: 10 * MEBIBYTE,
  problem: null,
  ...more,
});
const found = (host: string, archives: Archive[], more: Partial<FoundFiles> = {}) => ({
  host,
  result: { disk: null, freeMegabytes: 100, usedMegabytes: 10, archives, objects: [], ...more },
});
const inspected = (host: string, snapshots: InspectedVolume['snapshots'] = [], mounted = true) => ({
  host,
  result: { fileSystem: 'ext4', megabytes: 100, freeMegabytes: 50, mounted, merging: false, snapshots, checked: null },
});
const snapshot = (name: string, takenAt: string, sound = true) => ({
  name,
  kind: 'snapshot',
  takenAt,
  expires: '',
  megabytes: 10,
  usedMegabytes: 20,
  sound,
});
const request = (more: Partial<RecoveryRequest> = {}): RecoveryRequest => ({
  plan: 'file-system-recovery',
  trigger: 'operator',
  mode: 'live',
  incident: {},
  acceptLoss: false,
  ...more,
});
const situation = (more: Partial<Situation> = {}): Situation => ({
  request: request(),
  files: {
    backupFolder: '/backup',
    bucket: 'files',
    prefix: '',
    deviceName: '/dev/sdp',
    keepReplacedDays: 14,
    batchSize: 1,
  },
  region: 'us-east-1',
  inspected: [inspected(one), inspected(two)],
  found: [found(one, []), found(two, [])],
  stored: { archives: [], snapshots: [], passedOver: [] },
  ...more,
});
const NIGHTS = {
  found: [
    found(one, [archive('files_3.tar.gz', at(3)), archive('files_2.tar.gz', at(2))]),
    found(two, [archive('files_3b.tar.gz', at(3, 7)), archive('files_2b.tar.gz', at(2, 1))]),
  ],
};

test('each host has its own archive of the newest night that all have sound', () => {
  expect(chooseFiles(situation(NIGHTS)).chosen.source).toEqual({
    kind: 'file-backup',
    takenAt: at(3, 7),
    bucket: '',
    region: 'us-east-1',
    archives: { [one]: { name: 'files_3.tar.gz', versionId: '' }, [two]: { name: 'files_3b.tar.gz', versionId: '' } },
  });
});

test.each([
  ['is cut off on one host', archive('files_3b.tar.gz', at(3, 7), { problem: 'cut off' }), `on ${two}: cut off`],
  ['has no room there', archive('files_3b.tar.gz', at(3, 7), { unpackedBytes: 90 * MEBIBYTE }), 'it needs 116 MiB'],
  ['is of another night there', archive('files_3b.tar.gz', at(4)), `${two} has none of that night`],
])('the night before is taken where the newest %s', (_what, broken, because) => {
  const { chosen, reason, alternatives } = chooseFiles(
    situation({ found: [NIGHTS.found[0]!, found(two, [broken, archive('files_2b.tar.gz', at(2, 1))])] }),
  );
  expect(chosen.name).toBe('files_2.tar.gz');
  expect(reason).toContain('1 newer passed over');
  expect(alternatives[0]?.because).toContain(because);
});

test('a newer snapshot of the volume comes first, and one that has overflowed does not', () => {
  const with_ = (sound: boolean) =>
    situation({
      ...NIGHTS,
      inspected: [one, two].map((host) => inspected(host, [snapshot('lifeboat-4', at(4), sound)])),
    });
  expect(chooseFiles(with_(true)).chosen).toMatchObject({
    source: { kind: 'lvm-snapshot', snapshot: 'lifeboat-4' },
    restoreSeconds: 33,
  });
  expect(chooseFiles(with_(false)).chosen.name).toBe('files_3.tar.gz');
});

test('a snapshot after the fault is passed over', () => {
  const chosen = chooseFiles(
    situation({
      ...NIGHTS,
      request: request({ incident: { fault: at(3, 9) } }),
      inspected: [one, two].map((host) => inspected(host, [snapshot('lifeboat-4', at(4))])),
    }),
  );
  expect(chosen.chosen.name).toBe('files_3.tar.gz');
});

describe('the bucket', () => {
  const stored = {
    archives: [
      { key: 'a/files_5.tar.gz', versionId: 'v2', takenAt: at(5) },
      { key: 'a/files_5.tar.gz', versionId: 'v1', takenAt: at(4) },
      { key: 'a/files_1.tar.gz', versionId: 'v0', takenAt: at(1) },
    ],
    snapshots: [],
    passedOver: [{ choice: 'a/files_6.tar.gz', because: 'it was stored after 05:30' }],
  };
  const objects = [archive('a/files_5.tar.gz', null, { problem: 'no gzip' }), archive('a/files_5.tar.gz', null)];
  const both = (hosts: FoundFiles['objects'][]) =>
    situation({ stored, found: [found(one, [], { objects: hosts[0]! }), found(two, [], { objects: hosts[1]! })] });

  test('the newest version that every host has read to its end, the same on each', () => {
    const { chosen, alternatives } = chooseFiles(both([objects, objects]));
    const object = { name: 'a/files_5.tar.gz', versionId: 'v1' };
    expect(chosen.source).toMatchObject({
      kind: 'bucket',
      bucket: 'files',
      archives: { [one]: object, [two]: object },
    });
    expect(alternatives.map(({ because }) => because)).toEqual([
      `on ${one}: no gzip`,
      `a newer one is sound on ${one}`,
      'it was stored after 05:30',
    ]);
  });

  test('one that a host may not read comes not into question', () => {
    const denied = [objects[0]!, archive('a/files_5.tar.gz', null, { problem: 'cannot be read' })];
    expect(() => chooseFiles(both([objects, denied]))).toThrow(`on ${two}: cannot be read`);
  });
});

test('what was asked for is taken, older as it may be', () => {
  const asked = (fileSource: RecoveryRequest['fileSource']) =>
    chooseFiles(
      situation({
        ...NIGHTS,
        request: request({ fileSource, incident: { fault: at(1) } }),
        inspected: [one, two].map((host) => inspected(host, [snapshot('by-hand', at(4))])),
      }),
    );
  expect(asked({ kind: 'file-backup', name: 'files_2.tar.gz' }).chosen.name).toBe('files_2.tar.gz');
  expect(asked({ kind: 'lvm-snapshot', name: 'by-hand' }).chosen.name).toBe('by-hand');
  expect(() => asked({ kind: 'bucket' })).toThrow(/nothing of kind bucket .*it was not asked for/);
});

test('what was named and cannot be used is refused by that, and never replaced by another', () => {
  const broken = found(one, [
    archive('files_3.tar.gz', at(3), { problem: 'cut off' }),
    archive('files_2.tar.gz', at(2)),
  ]);
  const named = { kind: 'file-backup' as const, name: 'files_3.tar.gz' };
  expect(() =>
    chooseFiles(situation({ found: [broken, NIGHTS.found[1]!], request: request({ fileSource: named }) })),
  ).toThrow(/files_3\.tar\.gz of .* cannot be used: on i-0000000000000001: cut off/);
});

test('files go only where something is mounted', () => {
  expect(() => chooseFiles(situation({ ...NIGHTS, inspected: [inspected(one), inspected(two, [], false)] }))).toThrow(
    `nothing is mounted on ${two}`,
  );
});

describe('a snapshot of the disk', () => {
  const stored = {
    archives: [],
    snapshots: [{ snapshotId: 'snap-1', takenAt: at(4), megabytes: 8192 }],
    passedOver: [],
  };
  const on = (disk: string | null) =>
    situation({
      ...NIGHTS,
      stored,
      found: NIGHTS.found.map(({ host, result }) => ({ host, result: { ...result, disk } })),
    });

  test('of any host, for the disk of each', () => {
    expect(chooseFiles(on('vol-1')).chosen.source).toEqual({
      kind: 'ebs-snapshot',
      takenAt: at(4),
      snapshotId: 'snap-1',
      disks: { [one]: 'vol-1', [two]: 'vol-1' },
    });
  });

  test('comes not into question where the files are on no disk of EBS', () => {
    const { chosen, alternatives } = chooseFiles(on(null));
    expect(chosen.name).toBe('files_3.tar.gz');
    expect(alternatives[0]).toMatchObject({
      because: `the volume group of ${one} is on no disk of EBS that can be told`,
    });
  });
});
