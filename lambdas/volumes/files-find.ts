import type { FilesDescription } from '../../contract/description';
import type { RecoveryRequest } from '../../contract/run';
import { fileTasks, type StoredFiles } from '../../contract/tasks/files';
import { snapshotsWithTag } from '../gateways/ebs';
import { objectVersions, type ObjectVersion } from '../gateways/configuration-store';
import { handler as task } from '../runtime/handler';
import { until } from './moment';

/** A host reads so many at most; an older one is named by fileSource. */
const MOST = 8;
const archive = /(^|\/)files_[A-Za-z0-9._-]{1,113}\.tar\.gz$/;

/** By its key, or by the last part of it. */
const isNamed = (key: string, name: string) => key === name || key.endsWith(`/${name}`);

type Found = Pick<StoredFiles, 'archives' | 'passedOver'>;

/** Every version of every archive, newest first: an object that somebody has overwritten since has its earlier ones. */
function archives(versions: readonly ObjectVersion[], request: RecoveryRequest): Found {
  const last = until(request);
  const name = request.fileSource?.name;
  const all = versions
    .filter(({ key, deleted }) => !deleted && archive.test(key) && (name === undefined || isNamed(key, name)))
    .sort((one, other) => Date.parse(other.at) - Date.parse(one.at));
  const inTime = all.filter(({ at }) => last === undefined || Date.parse(at) <= Date.parse(last));
  return {
    archives: inTime.slice(0, MOST).map(({ key, versionId, at }) => ({ key, versionId, takenAt: at })),
    passedOver: all
      .filter((one) => !inTime.includes(one))
      .slice(0, MOST)
      .map(({ key, at }) => ({ choice: `${key} of ${at}`, because: `it was stored after ${last ?? ''}` })),
  };
}

async function inBucket({ bucket, prefix }: FilesDescription, request: RecoveryRequest): Promise<Found> {
  const kind = request.fileSource?.kind;
  if (bucket === undefined || (kind !== undefined && kind !== 'bucket')) return { archives: [], passedOver: [] };
  const versions = await objectVersions(bucket, prefix);
  if (versions !== null) return archives(versions, request);
  return { archives: [], passedOver: [{ choice: `s3://${bucket}`, because: 'there is no such bucket' }] };
}

/** Snapshots of EBS with the tag of the description, newest first; one that is not complete is told of and not taken. */
async function ofDisks({ snapshotTag }: FilesDescription, request: RecoveryRequest) {
  const { kind, name } = request.fileSource ?? {};
  const passedOver: StoredFiles['passedOver'] = [];
  if (snapshotTag === undefined || (kind !== undefined && kind !== 'ebs-snapshot'))
    return { snapshots: [], passedOver };
  const last = until(request);
  const snapshots = (await snapshotsWithTag(snapshotTag))
    .filter(({ SnapshotId }) => name === undefined || SnapshotId === name)
    .sort((one, other) => other.StartTime.getTime() - one.StartTime.getTime())
    .flatMap(({ SnapshotId: snapshotId, State, StartTime, VolumeSize }) => {
      const because =
        State !== 'completed'
          ? `it is ${State}`
          : last !== undefined && StartTime.getTime() > Date.parse(last)
            ? `it was taken after ${last}`
            : null;
      if (because === null) return [{ snapshotId, takenAt: StartTime.toISOString(), megabytes: VolumeSize * 1024 }];
      passedOver.push({ choice: `${snapshotId} of ${StartTime.toISOString()}`, because });
      return [];
    });
  return { snapshots: snapshots.slice(0, MOST), passedOver: passedOver.slice(0, MOST) };
}

/** Lists what the moment allows and no other kind of source was asked for instead. */
export const handler = task(fileTasks['files-find'], async ({ request, files }, { log }) => {
  const { archives: stored, passedOver } = await inBucket(files, request);
  const disks = await ofDisks(files, request);
  log.info('found', { archives: stored.length, snapshots: disks.snapshots.length });
  return { archives: stored, snapshots: disks.snapshots, passedOver: [...passedOver, ...disks.passedOver] };
});
