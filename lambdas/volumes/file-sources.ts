import type { FileSource } from '../../contract/changes';
import type { FoundFiles } from '../../contract/documents';
import type { FilesDescription } from '../../contract/description';
import type { RecoveryRequest } from '../../contract/run';
import type { StoredFiles } from '../../contract/tasks/files';
import { until } from './moment';
import { mergeSeconds, names, problem, rewrites, takenAt, type Inspected } from './snapshots';

/** What there is and what is asked for. */
export interface Situation {
  readonly request: RecoveryRequest;
  readonly files: FilesDescription;
  readonly region: string;
  readonly inspected: readonly Inspected[];
  readonly found: readonly { readonly host: string; readonly result: FoundFiles }[];
  readonly stored: StoredFiles;
}

/** One thing that the files could come from. */
export interface Candidate {
  readonly name: string;
  readonly source: FileSource;
  /** Why it cannot be used, in words; null where it can. */
  readonly problem: string | null;
  /** With the services of a host stopped. */
  readonly restoreSeconds: number;
  /** Before anything is stopped. */
  readonly prepareSeconds: number;
}

/** Two hosts' jobs of one night are not made in the same second, seconds. */
const TOGETHER = 600;
/** Unpacked, written and read again at 20 MiB a second each. */
const UNPACKED_A_SECOND = (20 * 1024 * 1024) / 2;
/** Services stopped, entries renamed, services started, and asked for their health. */
const EXCHANGE_SECONDS = 30;
const MEBIBYTE = 1024 * 1024;

type Archive = FoundFiles['archives'][number];

function snapshots({ request, inspected }: Situation): Candidate[] {
  const asked = request.fileSource?.name;
  return names(inspected).map((name) => ({
    name,
    source: { kind: 'lvm-snapshot', snapshot: name, takenAt: takenAt(name, inspected) },
    problem: problem(name, { named: asked === name, until: until(request) }, inspected),
    restoreSeconds: EXCHANGE_SECONDS + mergeSeconds(rewrites(name, inspected)),
    prepareSeconds: 0,
  }));
}

/** Of the disk under the volume group: of whichever host, since all have the same files. */
function disks({ found, stored }: Situation): Candidate[] {
  const other = found.find(({ result }) => result.disk === null);
  const of = Object.fromEntries(found.map(({ host, result }) => [host, result.disk ?? '']));
  return stored.snapshots.map(({ snapshotId, takenAt: at, megabytes }) => ({
    name: snapshotId,
    source: { kind: 'ebs-snapshot', snapshotId, takenAt: at, disks: of },
    problem: other === undefined ? null : `the volume group of ${other.host} is on no disk of EBS that can be told`,
    restoreSeconds: EXCHANGE_SECONDS,
    // What is read of it is loaded from S3: the tables of the file system, about a hundredth.
    prepareSeconds: 60 + Math.ceil(megabytes / 100 / 20),
  }));
}

/** Why an archive cannot be unpacked beside the files in use; as `stage-files` reckons it. */
function room({ inspected, found }: Situation, unpackedBytes: number): string | null {
  const needed = (unpackedBytes * 1.1) / MEBIBYTE + 16;
  for (const { host, result } of inspected)
    if (!result.mounted) return `nothing is mounted on ${host} to put its files into`;
  const short = found.find(({ result }) => result.freeMegabytes < needed);
  if (short === undefined) return null;
  return `it needs ${Math.ceil(needed)} MiB beside the files in use, and ${short.host} has ${short.result.freeMegabytes}`;
}

const prepare = (unpackedBytes: number) => Math.ceil(unpackedBytes / UNPACKED_A_SECOND);

/** The archives of the hosts that were made together, by the first host's; each host has its own. */
function backups(situation: Situation): Candidate[] {
  const { found, region } = situation;
  const [first, ...others] = found;
  if (first === undefined) return [];
  return first.result.archives.map((archive) => {
    const set: [string, Archive][] = [[first.host, archive]];
    let missing = archive.problem === null ? null : `on ${first.host}: ${archive.problem}`;
    for (const { host, result } of others) {
      const near = nearest(archive, result.archives);
      if (near === undefined) missing ??= `${host} has none of that night`;
      else {
        set.push([host, near]);
        if (near.problem !== null) missing ??= `on ${host}: ${near.problem}`;
      }
    }
    const bytes = Math.max(...set.map(([, one]) => one.unpackedBytes));
    const moments = set.map(([, one]) => one.takenAt ?? '').sort();
    return {
      name: archive.name,
      source: {
        kind: 'file-backup',
        takenAt: moments.at(-1) ?? '',
        bucket: '',
        region,
        archives: Object.fromEntries(set.map(([host, { name }]) => [host, { name, versionId: '' }])),
      },
      problem: missing ?? room(situation, bytes),
      restoreSeconds: EXCHANGE_SECONDS,
      prepareSeconds: prepare(bytes),
    };
  });
}

function nearest({ takenAt: at }: Archive, archives: readonly Archive[]): Archive | undefined {
  const apart = (one: Archive) => Math.abs(Date.parse(one.takenAt ?? '') - Date.parse(at ?? '')) / 1000;
  return archives.filter((one) => apart(one) <= TOGETHER).sort((one, other) => apart(one) - apart(other))[0];
}

/** Objects in the order in which each host has read them; one behind the first that is sound was not read. */
function objects(situation: Situation): Candidate[] {
  const { files, region, stored, found } = situation;
  return stored.archives.map(({ key, versionId, takenAt: at }, index) => {
    const read = found.map(({ host, result }) => ({ host, object: result.objects[index] }));
    const of = (what: 'bytes' | 'unpackedBytes') => Math.max(0, ...read.map(({ object }) => object?.[what] ?? 0));
    const broken = read.find(({ object }) => typeof object?.problem === 'string');
    const unread = read.find(({ object }) => object === undefined);
    return {
      name: key,
      source: {
        kind: 'bucket',
        takenAt: at,
        bucket: files.bucket ?? '',
        region,
        archives: Object.fromEntries(found.map(({ host }) => [host, { name: key, versionId }])),
      },
      problem:
        broken !== undefined
          ? `on ${broken.host}: ${broken.object?.problem ?? ''}`
          : unread !== undefined
            ? `a newer one is sound on ${unread.host}`
            : room(situation, of('unpackedBytes')),
      restoreSeconds: EXCHANGE_SECONDS,
      prepareSeconds: prepare(of('unpackedBytes')) + Math.ceil(of('bytes') / (20 * MEBIBYTE)),
    };
  });
}

/** Everything that there is, newest first; of those of one minute the one that takes least. */
export function candidates(situation: Situation): Candidate[] {
  const minute = ({ source }: Candidate) => Math.floor(Date.parse(source.takenAt) / 60_000);
  // The order in which they are listed is that of what they take.
  return [...snapshots(situation), ...disks(situation), ...backups(situation), ...objects(situation)].sort(
    (one, other) => minute(other) - minute(one),
  );
}
