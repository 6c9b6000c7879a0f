import { chosenFiles, description, HOSTS, request, run } from '../answers';
import type { Variant } from './variant';

const plan = 'file-system-recovery';
const given = (more: object, asked: object = {}) => ({
  input: { run: { ...run, plan }, request: { ...request, plan, ...asked }, description: { ...description, ...more } },
});
const lacking = { services: { nginx: 'active' }, release: 'v1', freeMegabytes: 1, missingTools: ['psql'] };
const [host = ''] = HOSTS;
const archives = { [host]: { name: 'files_1.tar.gz', versionId: 'v1' } };
const bucket = { kind: 'bucket', takenAt: '2026-11-22T02:13:40Z', bucket: 'files', region: 'us-east-1', archives };
const alone = { functions: { 'hosts-find': { hosts: [host] } } };

export const fileSystemRecovery: readonly Variant[] = [
  { name: 'an archive on each of two hosts', script: {} },
  {
    name: 'an archive in the bucket, up to a moment',
    script: {
      ...given(
        {},
        { restoreTime: '2026-11-22T03:13:40+01:00', fileSource: { kind: 'bucket', name: 'a/files_1.tar.gz' } },
      ),
      functions: {
        'files-find': {
          archives: [{ key: 'a/files_1.tar.gz', versionId: 'v1', takenAt: '2026-11-22T02:13:40.000Z' }],
          snapshots: [],
          passedOver: [],
        },
        'files-choose': { ...chosenFiles, source: bucket },
      },
    },
  },
  {
    name: 'a snapshot of the volume, of the fault',
    script: {
      ...given({ files: { ...description.files, bucket: undefined } }, { incident: { fault: '2026-11-22T02:13:40Z' } }),
      functions: {
        'files-choose': {
          ...chosenFiles,
          source: { kind: 'lvm-snapshot', takenAt: '2026-11-22T02:13:40Z', snapshot: 'lifeboat-20261122T021340' },
        },
      },
    },
  },
  {
    name: 'a snapshot of the disk',
    script: {
      functions: {
        'files-choose': {
          ...chosenFiles,
          source: {
            kind: 'ebs-snapshot',
            takenAt: '2026-11-22T02:13:40Z',
            snapshotId: 'snap-0123456789abcdef0',
            disks: Object.fromEntries(HOSTS.map((each) => [each, 'vol-0123456789abcdef0'])),
          },
        },
      },
    },
  },
  {
    name: 'a host that is alone stays in service, and the latest is asked for',
    script: {
      ...given({}, { restoreTime: 'latest', fileSource: { kind: 'file-backup', name: 'files_1.tar.gz' } }),
      functions: {
        ...alone.functions,
        'files-choose': { ...chosenFiles, batches: [{ number: 1, hosts: [host], standby: false }] },
      },
    },
  },
  { name: 'no volume is described', script: given({ volume: undefined }), ends: 'HostUnfitError' },
  {
    name: 'a host lacks a tool',
    script: {
      states: { 'Look at the hosts: ended?': [{ answers: { done: true, results: [{ host, result: lacking }] } }] },
    },
    ends: 'HostUnfitError',
  },
];
