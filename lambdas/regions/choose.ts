import type { Replication } from '../../contract/documents';
import type { Objective } from '../../contract/description';
import {
  PredictedLossExceededError,
  RecoverySourceMissingError,
  RegionUnfitError,
  RestoreTimeOutOfRangeError,
} from '../../contract/errors';
import type { Decision, RecoveryRequest } from '../../contract/run';
import type { InstanceHere, PrimaryThere, RegionalSources, RegionSource } from '../../contract/tasks/regions';

export interface Situation {
  readonly back: boolean;
  readonly request: RecoveryRequest;
  readonly objective: Objective;
  readonly here: InstanceHere;
  readonly there: PrimaryThere;
  readonly sources: RegionalSources;
  /** Of the database here; null where it does not answer. */
  readonly replication: Replication | null;
  readonly now: string;
}

export interface Choice {
  readonly source: RegionSource;
  readonly reason: string;
  /** Null where nobody knows. */
  readonly lossSeconds: number | null;
  readonly alternatives: Decision['alternatives'];
}

const at = (instant: string): number => Date.parse(instant);
const wholeSecond = (moment: string) => `${new Date(Math.floor(at(moment) / 1000) * 1000).toISOString().slice(0, 19)}Z`;

/** Seconds from what there is to the detection, where that is known, else to now: writes of that time are lost. */
export function secondsLost(request: RecoveryRequest, moment: string, now: string): number {
  const { detected } = request.incident;
  const until = detected === undefined ? at(now) : Math.min(at(detected), at(now));
  return Math.max(0, (until - at(moment)) / 1000);
}

const ofBackup = ({ backupArn, resourceId }: RegionalSources['backups'][number], moment: string): RegionSource => ({
  kind: 'replicated-backup',
  backupArn,
  resourceId,
  moment,
});

function byTime({ request, sources, now }: Situation, asked: string): Choice {
  const moment = asked === 'latest' ? asked : wholeSecond(asked);
  const [newest] = sources.backups;
  const ranges = sources.backups.map(({ earliest, latest }) => `${earliest} to ${latest}`).join(', ');
  const holds = sources.backups.find(
    ({ earliest, latest }) => moment === 'latest' || (at(earliest) <= at(moment) && at(moment) <= at(latest)),
  );
  if (newest === undefined || holds === undefined) {
    throw new RestoreTimeOutOfRangeError(
      `No backups that are replicated to this region hold ${moment}; there is: ${ranges === '' ? 'nothing' : ranges}.`,
    );
  }
  const lost = secondsLost(request, moment === 'latest' ? holds.latest : moment, now);
  return { source: ofBackup(holds, moment), reason: `${asked} was asked for`, lossSeconds: lost, alternatives: [] };
}

/** The replica, as far as it can be asked. One that was promoted before follows nothing, and nobody knows since when. */
function byReplica({ request, here, there, replication, now }: Situation): Choice | null {
  if (replication === null || here.endpoint === null) return null;
  const source = { kind: 'replica', instance: here.instanceIdentifier, moment: replication.replayedTo } as const;
  if (!replication.recovering || here.follows === null) {
    const reason = `${here.instanceIdentifier} was promoted before this run`;
    return { source: { ...source, moment: null }, reason, lossSeconds: null, alternatives: [] };
  }
  const lossSeconds = replication.replayedTo === null ? null : secondsLost(request, replication.replayedTo, now);
  const reason = `${here.instanceIdentifier} follows ${here.follows}, has replayed commits up to ${replication.replayedTo ?? 'an unknown moment'} and has ${replication.waitingBytes} bytes to replay; ${there.words}`;
  return { source, reason, lossSeconds, alternatives: [] };
}

function bySources({ request, here, sources, now }: Situation): Choice {
  const why = `the replica ${here.instanceIdentifier} cannot be used (${here.status})`;
  const [backup] = sources.backups;
  const [snapshot] = sources.snapshots;
  if (backup !== undefined) {
    const alternatives =
      snapshot === undefined
        ? []
        : [{ choice: `snapshot ${snapshot.snapshot}`, because: `of ${snapshot.takenAt}: older` }];
    const lossSeconds = secondsLost(request, backup.latest, now);
    return {
      source: ofBackup(backup, 'latest'),
      reason: `${why}; backups reach ${backup.latest}`,
      lossSeconds,
      alternatives,
    };
  }
  if (snapshot !== undefined) {
    const { takenAt: moment } = snapshot;
    const source = { kind: 'snapshot', snapshot: snapshot.snapshot, moment } as const;
    return {
      source,
      reason: `${why}, and no backups are replicated`,
      lossSeconds: secondsLost(request, moment, now),
      alternatives: [],
    };
  }
  throw new RecoverySourceMissingError(
    `${why}, and this region has neither replicated backups nor a snapshot of the database: there is nothing to serve from.`,
  );
}

/**
 * What this region takes over with: the replica, else replicated automated backups, else a snapshot that was copied here.
 * Going back always takes a new replica of the present primary, never data that lay here.
 * @throws PredictedLossExceededError where nobody accepted to lose more than the objective, or what nobody can count
 */
export function choose(situation: Situation): Choice {
  const { back, request, objective, here, there, sources } = situation;
  if (back) {
    if (there.status !== 'available' && there.status !== 'backing-up') {
      throw new RegionUnfitError(`${there.words}: it has to be available to be followed. Nothing was changed.`);
    }
    const because = `it is what ${there.region} took over from: it has none of what was accepted since, and is kept`;
    return {
      source: { kind: 'replica', instance: there.instanceIdentifier, moment: null },
      reason: `a new replica of ${there.words}: it is fenced, and caught up with, before anything is promoted`,
      lossSeconds: 0,
      alternatives: [{ choice: `the old primary ${here.instanceIdentifier}`, because }],
    };
  }
  const chosen =
    request.restoreTime === undefined
      ? (byReplica(situation) ?? bySources(situation))
      : byTime(situation, request.restoreTime);
  const { lossSeconds } = chosen;
  const tooMuch = lossSeconds === null || lossSeconds > objective.rpoMinutes * 60;
  if (tooMuch && !request.acceptLoss && request.restoreTime === undefined) {
    const lost =
      lossSeconds === null ? 'an unknown time, whose writes are lost' : `the writes of ${Math.ceil(lossSeconds)} s`;
    throw new PredictedLossExceededError(
      `Serving from ${here.instanceIdentifier} loses ${lost}: ${chosen.reason}. The objective is ${objective.rpoMinutes * 60} s. Decide: {"acceptLoss": true}. There are ${sources.backups.length} replicated backups and ${sources.snapshots.length} snapshots.`,
    );
  }
  const others: Decision['alternatives'] = [
    ...(chosen.source.kind === 'replica' ? sources.backups : []).map(({ latest }) => ({
      choice: `replicated backups up to ${latest}`,
      because: 'a restore takes longer than a promotion, and they reach less far',
    })),
    ...(chosen.source.kind === 'snapshot' ? [] : sources.snapshots.slice(0, 3)).map(({ snapshot, takenAt }) => ({
      choice: `snapshot ${snapshot}`,
      because: `of ${takenAt}: more would be lost`,
    })),
  ];
  return { ...chosen, alternatives: [...chosen.alternatives, ...others] };
}
