import { RecoverySourceMissingError, RolledBackAlreadyError, SnapshotUnsoundError } from '../../contract/errors';
import type { RecoveryRequest } from '../../contract/run';
import { volumeTasks } from '../../contract/tasks/volumes';
import { recordDecision } from '../run/journal';
import { rollbacks, type Rollback } from '../run/rollbacks';
import { handler as task } from '../runtime/handler';
import { mergeSeconds, mergingOn, names as namesOf, problem, rewrites, takenAt, type Inspected } from './snapshots';

/**
 * The newest snapshot of Lifeboat's that every host has and that is sound, at or before `restoreTime` or the fault; or the
 * one that is asked for by name, whoever took it.
 * @param last the last rollback of the files
 * @throws RecoverySourceMissingError where there is none; SnapshotUnsoundError where the one asked for cannot be used;
 * RolledBackAlreadyError where there is none since the last rollback, and neither a name nor a moment was given
 */
export function chooseSnapshot(request: RecoveryRequest, inspected: readonly Inspected[], last?: Rollback) {
  const { restoreTime, incident } = request;
  const names = namesOf(inspected);
  const asked = request.source?.snapshot;
  const wanted = {
    named: asked !== undefined,
    until: restoreTime === undefined || restoreTime === 'latest' ? incident.fault : restoreTime,
  };
  const why = asked === undefined ? null : problem(asked, wanted, inspected);
  if (asked !== undefined && why !== null)
    throw new SnapshotUnsoundError(`source.snapshot: ${asked} cannot be gone back to: ${why}`);
  const usable = names.filter((name) => problem(name, wanted, inspected) === null);
  const snapshot = asked ?? usable[0];
  if (snapshot === undefined) {
    const there = names.map((name) => `${name} (${problem(name, wanted, inspected) ?? ''})`);
    throw new RecoverySourceMissingError(
      `no snapshot that every host has can be gone back to; there ${names.length === 0 ? 'is none' : `are ${there.join(', ')}`}. take-snapshot takes one`,
    );
  }
  if (
    last !== undefined &&
    asked === undefined &&
    restoreTime === undefined &&
    Date.parse(takenAt(snapshot, inspected)) < Date.parse(last.settledAt)
  ) {
    throw new RolledBackAlreadyError(
      `${last.run} went back at ${last.settledAt}, and no snapshot was taken since: the newest is ${snapshot} of ${takenAt(snapshot, inspected)}. To go further back name it: {"source": {"snapshot": "${snapshot}"}}. Nothing was changed.`,
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
        because: problem(choice, wanted, inspected) ?? 'it is older, or was not asked for',
      })),
  };
}

/** Chooses the snapshot, and records the choice with what else there was. */
export const handler = task(volumeTasks['snapshot-choose'], async ({ run, request, inspected }) => {
  const merging = mergingOn(inspected);
  if (merging.length > 0)
    throw new SnapshotUnsoundError(`a snapshot is being merged already on ${merging.join(', ')}: wait for its end`);
  const [last] = await rollbacks(run.environment, ['file-system-rollback']);
  const { snapshot, takenAt: moment, reason, alternatives } = chooseSnapshot(request, inspected, last);
  const now = new Date();
  const lossSeconds = Math.max(0, (now.getTime() - Date.parse(moment)) / 1000);
  const rewritesMegabytes = rewrites(snapshot, inspected);
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
    mergeSeconds: mergeSeconds(rewritesMegabytes),
  };
});
