import type { Objective } from '../../contract/description';
import { PredictedLossExceededError, RecoverySourceMissingError } from '../../contract/errors';
import type { FoundBackup } from '../../contract/documents';
import type { Decision, RecoveryRequest } from '../../contract/run';

/** What is looked for in the folder of backups; both empty for the newest of all. */
export interface Wanted {
  /** In UTC and whole seconds. */
  readonly notAfter: string;
  readonly only: string;
  readonly because: string;
}

const utc = (moment: string) => `${new Date(Math.floor(Date.parse(moment) / 1000) * 1000).toISOString().slice(0, 19)}Z`;

/**
 * Of which moment a backup is looked for: what was asked for, else the last moment that the probe calls good.
 * @param evidence asks for that moment, and throws where there is none.
 * @throws RecoverySourceMissingError where a snapshot was asked for, which a self-hosted database has none of
 */
export async function wantedMoment(request: RecoveryRequest, evidence: () => Promise<string>): Promise<Wanted> {
  const { source, restoreTime } = request;
  if (source?.backup !== undefined)
    return { notAfter: '', only: source.backup, because: `${source.backup} was asked for` };
  if (source !== undefined) {
    throw new RecoverySourceMissingError(
      `The database is self-hosted and has no snapshots: give source.backup, the name of a file in its folder of backups, or restoreTime.`,
    );
  }
  if (restoreTime === 'latest') return { notAfter: '', only: '', because: 'the newest backup was asked for' };
  if (restoreTime !== undefined) {
    const notAfter = utc(restoreTime);
    return { notAfter, only: '', because: `the newest sound backup at or before ${notAfter}, which was asked for` };
  }
  const good = utc(await evidence());
  return {
    notAfter: good,
    only: '',
    because: `the newest sound backup at or before ${good}, when the integrity probe passed`,
  };
}

export interface Judged {
  readonly predictedLossSeconds: number;
  readonly alternatives: Decision['alternatives'];
}

/**
 * What is lost by the backup that was found: everything since it was finished, and since when it was begun, which it does not say.
 * Whoever names a file has decided that; whoever names a time has decided what comes after it, not what is missing before it.
 * @throws PredictedLossExceededError where more is lost than the objective allows and nobody decided so
 */
export function judgeBackup(situation: {
  readonly request: RecoveryRequest;
  readonly objective: Objective;
  readonly found: FoundBackup;
  readonly now: string;
}): Judged {
  const { request, objective, found, now } = situation;
  const taken = Date.parse(found.backup.takenAt);
  const detected = request.incident.detected;
  const until = detected === undefined ? Date.parse(now) : Math.min(Date.parse(detected), Date.parse(now));
  const seconds = (end: number) => Math.max(0, (end - taken) / 1000);
  const predictedLossSeconds = seconds(until);
  const { restoreTime } = request;
  const undecided =
    restoreTime === undefined || restoreTime === 'latest' ? predictedLossSeconds : seconds(Date.parse(restoreTime));
  const decided = request.source !== undefined || request.acceptLoss;
  if (undecided > objective.rpoMinutes * 60 && !decided) {
    throw new PredictedLossExceededError(
      `The newest sound backup, ${found.backup.file}, was finished at ${found.backup.takenAt}: restoring it loses the writes of ${Math.ceil(undecided)} s more than was decided, and the objective is ${objective.rpoMinutes * 60} s. Decide: {"acceptLoss": true}, or name the backup as source.`,
    );
  }
  return {
    predictedLossSeconds,
    alternatives: found.skipped.map(({ file, because }) => ({ choice: file, because: `not sound: ${because}` })),
  };
}
