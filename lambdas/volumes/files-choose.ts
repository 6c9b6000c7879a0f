import { RecoverySourceMissingError, SnapshotUnsoundError } from '../../contract/errors';
import type { Decision } from '../../contract/run';
import { fileTasks } from '../../contract/tasks/files';
import { batchesOf } from '../run/batches';
import { recordDecision } from '../run/journal';
import { handler as task } from '../runtime/handler';
import { candidates, type Candidate, type Situation } from './file-sources';
import { mergingOn } from './snapshots';

const called = ({ name, source }: Candidate) => `${source.kind} ${name} of ${source.takenAt}`;

export interface Choice {
  readonly chosen: Candidate;
  readonly reason: string;
  readonly alternatives: Decision['alternatives'];
}

/**
 * The newest of everything that is sound on every host; of the kind, and of the name, that was asked for.
 * @throws RecoverySourceMissingError where there is none; SnapshotUnsoundError where the one that was named cannot be used
 */
export function chooseFiles(situation: Situation): Choice {
  const { kind, name } = situation.request.fileSource ?? {};
  const all = candidates(situation);
  const asked = all.filter(
    (one) =>
      (kind === undefined || one.source.kind === kind) &&
      (name === undefined || one.name === name || one.name.endsWith(`/${name}`)),
  );
  const [named] = asked;
  if (name !== undefined && named?.problem !== undefined && named.problem !== null)
    throw new SnapshotUnsoundError(`fileSource.name: ${called(named)} cannot be used: ${named.problem}`);
  const chosen = asked.find((one) => one.problem === null);
  const { passedOver } = situation.stored;
  if (chosen === undefined) {
    const there = [
      ...all.map((one) => `${called(one)}: ${one.problem ?? 'it was not asked for'}`),
      ...passedOver.map(({ choice, because }) => `${choice}: ${because}`),
    ];
    throw new RecoverySourceMissingError(
      `there is nothing${kind === undefined ? '' : ` of kind ${kind}`}${name === undefined ? '' : ` of the name ${name}`} from which the files could be had back on every host. There is: ${there.join('; ') || 'nothing at all'}`,
    );
  }
  const skipped = asked.slice(0, asked.indexOf(chosen)).length;
  const passed = skipped === 0 ? '' : `; ${skipped} newer passed over`;
  return {
    chosen,
    reason:
      (name !== undefined
        ? 'asked for by name'
        : kind !== undefined
          ? `the newest of kind ${kind}, which was asked for, that is sound on every host`
          : 'the newest of all that is sound on every host') + passed,
    alternatives: [
      ...all
        .filter((one) => one !== chosen)
        .map((one) => ({
          choice: called(one),
          because: one.problem ?? (asked.includes(one) ? 'it is older' : 'it was not asked for'),
        })),
      ...passedOver,
    ],
  };
}

/** Chooses, says in which batches, and records the choice with what else there was. */
export const handler = task(fileTasks['files-choose'], async (given) => {
  const { run, inspected, files } = given;
  const merging = mergingOn(inspected);
  if (merging.length > 0)
    throw new SnapshotUnsoundError(`a snapshot is being merged already on ${merging.join(', ')}: wait for its end`);
  const { chosen, reason, alternatives } = chooseFiles(given);
  const { source, restoreSeconds, prepareSeconds } = chosen;
  const now = new Date();
  const lossSeconds = Math.max(0, (now.getTime() - Date.parse(source.takenAt)) / 1000);
  await recordDecision(run.id, {
    at: now.toISOString(),
    subject: 'source of the files',
    choice: called(chosen),
    reason: `${reason}; ${Math.round(lossSeconds)} s old. What was written since is kept on each host. The configuration among the files is of then: configuration-recovery puts today's back`,
    alternatives,
  });
  return {
    source,
    reason,
    mounted: inspected.filter(({ result }) => result.mounted).map(({ host }) => host),
    lossSeconds,
    restoreSeconds,
    prepareSeconds,
    batches: batchesOf(
      inspected.map(({ host }) => host),
      files.batchSize,
    ),
  };
});
