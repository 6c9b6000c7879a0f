import type { RecoverySource } from '../../contract/changes';
import type { Objective } from '../../contract/description';
import {
  EvidenceMissingError,
  PredictedLossExceededError,
  RecoverySourceMissingError,
  RestoreTimeOutOfRangeError,
} from '../../contract/errors';
import type { Decision, RecoveryRequest } from '../../contract/run';
import type { AvailableSources, CurrentInstance } from '../../contract/tasks/database';

/** A probe that passed: which moment was good, and whose automated backups hold it. */
export interface Pass {
  readonly takenAt: string;
  readonly resourceId: string;
}

/** All that the choice is made from. */
export interface Situation {
  readonly request: RecoveryRequest;
  readonly objective: Objective;
  readonly current: Pick<CurrentInstance, 'instanceIdentifier' | 'resourceId' | 'status'>;
  readonly sources: AvailableSources;
  /** Passes that come into question, newest first. */
  readonly passes: readonly Pass[];
  readonly now: string;
}

type Alternative = Decision['alternatives'][number];

export interface Choice {
  readonly source: RecoverySource;
  readonly reason: string;
  readonly predictedLossSeconds: number;
  readonly alternatives: Alternative[];
}

type Backup = AvailableSources['pointInTime'][number];

const at = (instant: string) => Date.parse(instant);
/** Statuses in which an instance writes no more log, so that its restorable time stands still (RDS User Guide, instance status). */
const ended =
  /^(deleted|deleting|failed|stopped|stopping|storage-full|restore-error|incompatible-.*|inaccessible-encryption-.*)$/;
const lives = ({ current }: Situation) => !ended.test(current.status);

/**
 * Whether backups hold a moment, or will: the restorable time of an instance that lives trails by about five minutes and
 * is waited for (restorable-await), since an older moment would lose more.
 */
const holds = (situation: Situation, { earliest, latest, resourceId }: Backup, moment: string) => {
  const grows = resourceId === situation.current.resourceId && lives(situation);
  return at(earliest) <= at(moment) && at(moment) <= (grows ? at(situation.now) : at(latest));
};
/** RDS restores to whole seconds: what is asked for is what will be done, not almost. */
const wholeSecond = (moment: string) => `${new Date(Math.floor(at(moment) / 1000) * 1000).toISOString().slice(0, 19)}Z`;
const range = ({ resourceId, earliest, latest }: Backup) => `${earliest} to ${latest} (${resourceId})`;
/** `arn:aws:rds:<region>:<account>:snapshot:<identifier>`, where the identifier may begin with `rds:`. */
const identifierOf = (arn: string) => arn.split(':').slice(6).join(':');

interface Candidate {
  readonly source: RecoverySource;
  /** When what it restores was current. */
  readonly moment: string;
  readonly words: string;
}

const fromBackup = (backup: Backup, moment: string): Candidate => ({
  source: {
    kind: 'point-in-time',
    resourceId: backup.resourceId,
    instanceIdentifier: backup.instanceIdentifier,
    moment,
  },
  moment,
  words: `point in time ${moment} of ${backup.resourceId}`,
});
const snapshotsOf = (sources: AvailableSources): Candidate[] =>
  sources.snapshots.map(({ snapshot, takenAt }) => ({
    source: { kind: 'snapshot', snapshot, moment: takenAt },
    moment: takenAt,
    words: `snapshot ${snapshot} of ${takenAt}`,
  }));
const copiesOf = (sources: AvailableSources): Candidate[] =>
  sources.copiedSnapshots.map(({ snapshotArn, region, takenAt }) => ({
    source: { kind: 'copied-snapshot', snapshotArn, region, moment: takenAt },
    moment: takenAt,
    words: `copied snapshot ${snapshotArn} of ${takenAt}`,
  }));

/** The newest one of at or before a moment. */
function newest(candidates: readonly Candidate[], notAfter: string): Candidate | undefined {
  return candidates
    .filter(({ moment }) => at(moment) <= at(notAfter))
    .reduce<Candidate | undefined>(
      (best, each) => (best && at(best.moment) >= at(each.moment) ? best : each),
      undefined,
    );
}

/** What a person may ask for instead. */
function onOffer(sources: AvailableSources): string {
  const parts = [
    ...sources.pointInTime.map((backup) => `any moment from ${range(backup)}`),
    ...[...snapshotsOf(sources), ...copiesOf(sources)].slice(0, 10).map(({ words }) => words),
  ];
  return parts.length === 0 ? 'There is nothing to restore from.' : `There is: ${parts.join('; ')}.`;
}

/** Order of preference where backups do not hold a moment: a snapshot of here, then one that has to be copied. */
function fallBack(sources: AvailableSources, moment: string): Candidate | undefined {
  return newest(snapshotsOf(sources), moment) ?? newest(copiesOf(sources), moment);
}

function bySnapshot({ request, sources }: Situation, wanted: string | undefined): [Candidate, string] {
  if (wanted === undefined) {
    throw new RecoverySourceMissingError(
      `A backup file is restored into a self-hosted database only; this one is of RDS. ${onOffer(sources)}`,
    );
  }
  const here = sources.snapshots.find(({ snapshot }) => snapshot === wanted);
  const there = sources.copiedSnapshots.find(({ snapshotArn }) => identifierOf(snapshotArn) === wanted);
  const [found] =
    here !== undefined
      ? snapshotsOf({ ...sources, snapshots: [here] })
      : copiesOf({ ...sources, copiedSnapshots: there === undefined ? [] : [there] });
  if (found === undefined) {
    throw new RecoverySourceMissingError(`There is no snapshot ${wanted} to restore. ${onOffer(sources)}`);
  }
  if (
    request.restoreTime !== undefined &&
    (request.restoreTime === 'latest' || at(request.restoreTime) !== at(found.moment))
  ) {
    throw new RestoreTimeOutOfRangeError(
      `The snapshot ${wanted} is of ${found.moment} and cannot be restored to ${request.restoreTime}: give source or restoreTime.`,
    );
  }
  return [found, `${wanted} was asked for`];
}

function byLatest({ current, sources }: Situation): [Candidate, string] {
  const backup = sources.pointInTime.find(({ resourceId }) => resourceId === current.resourceId);
  if (backup !== undefined) {
    const { source, words } = fromBackup(backup, 'latest');
    return [{ source, words, moment: backup.latest }, 'the latest moment was asked for'];
  }
  const found = fallBack(sources, new Date(8.64e15).toISOString());
  if (found === undefined) {
    throw new RecoverySourceMissingError(`Nothing of ${current.instanceIdentifier} is left to restore from.`);
  }
  return [found, `the latest moment was asked for, and ${current.resourceId} has no automated backups`];
}

function byTime(situation: Situation, asked: string): [Candidate, string] {
  const { sources, current, now } = situation;
  const moment = wholeSecond(asked);
  const outOfRange = (why: string) =>
    new RestoreTimeOutOfRangeError(`Cannot restore to ${moment}: ${why}. ${onOffer(sources)}`);
  if (at(moment) > at(now)) throw outOfRange(`it is in the future (now is ${now})`);
  const holding = sources.pointInTime.filter((backup) => holds(situation, backup, moment));
  const backup = holding.find(({ resourceId }) => resourceId === current.resourceId) ?? holding[0];
  if (backup !== undefined) return [fromBackup(backup, moment), `${moment} was asked for`];
  // Where there are automated backups, whoever named a moment meant that moment: a snapshot has to be asked for.
  if (sources.pointInTime.length > 0) {
    const before = sources.pointInTime.every(({ earliest }) => at(moment) < at(earliest));
    const after = sources.pointInTime.every(({ latest }) => at(moment) > at(latest));
    const which = before ? 'before the earliest' : after ? 'after the latest' : 'in no';
    throw outOfRange(`it is ${which} restorable time`);
  }
  const found = fallBack(sources, moment);
  if (found !== undefined) return [found, `${moment} was asked for, and there are no automated backups`];
  if (sources.snapshots.length + sources.copiedSnapshots.length > 0) throw outOfRange('it is before every snapshot');
  throw new RecoverySourceMissingError(`Cannot restore to ${moment}. ${onOffer(sources)}`);
}

/** Passes of before the fault, where it is known when it began: later ones missed it. */
const goodPasses = ({ request, passes }: Situation): readonly Pass[] => {
  const { fault } = request.incident;
  return fault === undefined ? passes : passes.filter(({ takenAt }) => at(takenAt) < at(fault));
};

function byEvidence(situation: Situation): [Candidate, string] {
  const { sources } = situation;
  const passes = goodPasses(situation);
  const [last] = passes;
  if (last === undefined) {
    const { fault } = situation.request.incident;
    throw new EvidenceMissingError(
      `No integrity probe has passed${fault === undefined ? '' : ` before the fault at ${fault}`}, so nothing says which moment was good. Give one yourself: {"restoreTime": "2026-11-23T02:13:40Z"}, or "latest". ${onOffer(sources)}`,
    );
  }
  for (const pass of passes) {
    // Only the instance that was measured: another one's backups may hold the moment with other data.
    const backup = sources.pointInTime.find(
      (each) => each.resourceId === pass.resourceId && holds(situation, each, pass.takenAt),
    );
    if (backup === undefined) continue;
    const candidate = fromBackup(backup, pass.takenAt);
    return [candidate, `${pass.takenAt} is the last restorable moment at which the integrity probe passed`];
  }
  const found = fallBack(sources, last.takenAt);
  if (found === undefined) {
    throw new RecoverySourceMissingError(
      `The integrity probe passed at ${last.takenAt}, and nothing of that moment or before is left. ${onOffer(sources)}`,
    );
  }
  return [
    found,
    `no automated backups hold ${last.takenAt}, when the integrity probe passed; this is the newest before it`,
  ];
}

/** Seconds of writes that are lost, counted from the detection where that is known, else from now. */
function loss(situation: Situation, { source, moment }: Candidate): number {
  const { request, now } = situation;
  // Everything written before the fence is waited for: while the instance lives, nothing is lost.
  if (source.moment === 'latest' && lives(situation)) return 0;
  const detected = request.incident.detected;
  const until = detected === undefined ? at(now) : Math.min(at(detected), at(now));
  return Math.max(0, (until - at(moment)) / 1000);
}

/** What else there was, and why it was not taken. */
function alternatives(situation: Situation, chosen: Candidate): Alternative[] {
  const { sources } = situation;
  const passes = goodPasses(situation);
  const of = (choice: string, because: string): Alternative => ({ choice, because });
  const asked = situation.request.source !== undefined || situation.request.restoreTime !== undefined;
  const why = (candidate: Candidate) =>
    at(candidate.moment) > at(chosen.moment)
      ? asked
        ? 'later than what was asked for'
        : 'nothing says that this moment was good'
      : chosen.source.kind === 'point-in-time'
        ? 'older: more would be lost'
        : asked
          ? 'not what was asked for'
          : 'older, or has to be copied first';
  const laterPasses = passes.filter((pass) => !asked && at(pass.takenAt) > at(chosen.moment));
  return [
    ...laterPasses.map(({ takenAt, resourceId }) =>
      of(
        `point in time ${takenAt} of ${resourceId}`,
        'the probe passed then, but its automated backups do not hold it',
      ),
    ),
    ...sources.pointInTime
      .filter((backup) => !('resourceId' in chosen.source) || chosen.source.resourceId !== backup.resourceId)
      .map((backup) => of(`point in time, ${range(backup)}`, 'not the backups of the instance that held this moment')),
    ...[...snapshotsOf(sources), ...copiesOf(sources)]
      .filter(({ words }) => words !== chosen.words)
      .slice(0, 10)
      .map((candidate) => of(candidate.words, why(candidate))),
  ];
}

/**
 * Chooses what to restore and to which moment: what was asked for, else the last moment at which the integrity probe
 * passed; from automated backups, else a snapshot, else a copied one.
 * @returns the source, why, the predicted loss in seconds, and what else there was
 * @throws EvidenceMissingError where nothing was asked for and no probe ever passed; RestoreTimeOutOfRangeError with the
 *   ranges; RecoverySourceMissingError; PredictedLossExceededError where nobody decided to lose more than the objective
 */
export function choose(situation: Situation): Choice {
  const { request, objective } = situation;
  const [chosen, reason] =
    request.source !== undefined
      ? bySnapshot(situation, request.source.snapshot)
      : request.restoreTime === 'latest'
        ? byLatest(situation)
        : request.restoreTime !== undefined
          ? byTime(situation, request.restoreTime)
          : byEvidence(situation);
  const predictedLossSeconds = loss(situation, chosen);
  const decided = request.source !== undefined || request.restoreTime !== undefined || request.acceptLoss;
  if (predictedLossSeconds > objective.rpoMinutes * 60 && !decided) {
    throw new PredictedLossExceededError(
      `Restoring ${chosen.words} loses the writes of ${Math.ceil(predictedLossSeconds)} s, more than the objective of ${objective.rpoMinutes * 60} s. Decide: {"acceptLoss": true}, or give restoreTime or source. ${onOffer(situation.sources)}`,
    );
  }
  return { source: chosen.source, reason, predictedLossSeconds, alternatives: alternatives(situation, chosen) };
}
