import type { InspectedVolume } from '../../contract/documents';
import { RecoverySourceMissingError, SnapshotUnsoundError } from '../../contract/errors';
import type { RecoveryRequest } from '../../contract/run';
import { volumeTasks } from '../../contract/tasks/volumes';
import { recordDecision } from '../run/journal';
import { handler as task } from '../runtime/handler';

interface Inspected {
  readonly host: string;
  readonly result: InspectedVolume;
}
type Snapshot = InspectedVolume['snapshots'][number];

/** What a merge rewrites is read and written once, and what was there before is kept first: three times at 20 MiB a second. */
const MEBIBYTES_A_SECOND = 20 / 3;

const found = (name: string, inspected: readonly Inspected[]) =>
  inspected.map(({ host, result }) => ({ host, snapshot: result.snapshots.find((one) => one.name === name) }));

/** Why a snapshot cannot be gone back to, in words; null where it can. Hosts of one application have to have the same files. */
function problem(name: string, request: RecoveryRequest, inspected: readonly Inspected[]): string | null {
  for (const { host, snapshot } of found(name, inspected)) {
    if (snapshot === undefined) return `${host} has none of that name`;
    if (!snapshot.sound) return `it has overflowed on ${host}`;
    if (request.source !== undefined) continue;
    if (snapshot.kind !== 'snapshot')
      return snapshot.kind === 'safety' ? 'it keeps what a rollback overwrote' : 'Lifeboat did not take it';
    const { restoreTime, incident } = request;
    const until = restoreTime === undefined || restoreTime === 'latest' ? incident.fault : restoreTime;
    if (until !== undefined && Date.parse(snapshot.takenAt) > Date.parse(until)) return `it was taken after ${until}`;
  }
  return null;
}

/** The moment of a snapshot: the last of its hosts'. */
function takenAt(name: string, inspected: readonly Inspected[]): string {
  const moments = found(name, inspected).flatMap(({ snapshot }) => snapshot?.takenAt ?? []);
  return moments.sort((one, other) => Date.parse(other) - Date.parse(one))[0] ?? '';
}

/**
 * The newest snapshot of Lifeboat's that every host has and that is sound, at or before `restoreTime` or the fault; or the
 * one that is asked for by name, whoever took it.
 * @throws RecoverySourceMissingError where there is none; SnapshotUnsoundError where the one asked for cannot be used
 */
export function chooseSnapshot(request: RecoveryRequest, inspected: readonly Inspected[]) {
  const names = [...new Set(inspected.flatMap(({ result }) => result.snapshots.map((one: Snapshot) => one.name)))].sort(
    (one, other) => Date.parse(takenAt(other, inspected)) - Date.parse(takenAt(one, inspected)),
  );
  const asked = request.source?.snapshot;
  if (asked !== undefined) {
    const why = problem(asked, request, inspected);
    if (why !== null) throw new SnapshotUnsoundError(`source.snapshot: ${asked} cannot be gone back to: ${why}`);
  }
  const usable = names.filter((name) => problem(name, request, inspected) === null);
  const snapshot = asked ?? usable[0];
  if (snapshot === undefined) {
    const there = names.map((name) => `${name} (${problem(name, request, inspected) ?? ''})`);
    throw new RecoverySourceMissingError(
      `no snapshot that every host has can be gone back to; there ${names.length === 0 ? 'is none' : `are ${there.join(', ')}`}. take-snapshot takes one`,
    );
  }
  return {
    snapshot,
    takenAt: takenAt(snapshot, inspected),
    reason: asked === undefined ? 'the newest that is sound on every host' : 'asked for by name',
    alternatives: names
      .filter((name) => name !== snapshot)
      .map((choice) => ({
        choice,
        because: problem(choice, request, inspected) ?? 'it is older, or was not asked for',
      })),
  };
}

/** Chooses the snapshot, and records the choice with what else there was. */
export const handler = task(volumeTasks['snapshot-choose'], async ({ run, request, inspected }) => {
  const merging = inspected.filter(({ result }) => result.merging).map(({ host }) => host);
  if (merging.length > 0)
    throw new SnapshotUnsoundError(`a snapshot is being merged already on ${merging.join(', ')}: wait for its end`);
  const { snapshot, takenAt: moment, reason, alternatives } = chooseSnapshot(request, inspected);
  const now = new Date();
  const lossSeconds = Math.max(0, (now.getTime() - Date.parse(moment)) / 1000);
  const rewritesMegabytes = Object.fromEntries(
    found(snapshot, inspected).map(({ host, snapshot: of }) => [host, of?.usedMegabytes ?? 0]),
  );
  await recordDecision(run.id, {
    at: now.toISOString(),
    subject: 'snapshot of the files',
    choice: snapshot,
    reason: `${reason}; taken at ${moment}, ${Math.round(lossSeconds)} s ago. What was written to the volume since is kept in the safety snapshot`,
    alternatives,
  });
  return {
    snapshot,
    takenAt: moment,
    rewritesMegabytes,
    mounted: inspected.filter(({ result }) => result.mounted).map(({ host }) => host),
    lossSeconds,
    mergeSeconds: Math.ceil(Math.max(...Object.values(rewritesMegabytes)) / MEBIBYTES_A_SECOND),
  };
});
