import { changeKinds } from '../../contract/changes';
import { ChangeStateError } from '../../contract/errors';
import type { PlannedChange, Prediction } from '../../contract/planned';
import type { RehearsedPlan } from '../../contract/rehearsal';
import type { Check } from '../../contract/run';
import { runTasks } from '../../contract/tasks/run';
import { whyItStays } from '../../contract/undo';
import { requireRun } from '../gateways/runs';
import { handler as task } from '../runtime/handler';
import { recordChecks } from './journal';
import { readLease } from './lease';
import { digestOf, putRehearsal, rightChecks } from './rehearsal';

/** What a live run would be refused for before it began: somebody else's lease. */
async function leaseCheck(environment: Parameters<typeof readLease>[0]): Promise<Check> {
  const lease = await readLease(environment);
  const free = lease === null || lease.holder === '';
  return {
    name: 'the lease is free',
    status: free ? 'passed' : 'failed',
    expected: 'no run is on',
    actual: free ? 'nobody holds it' : `${lease.holder} (${lease.plan}) holds it since ${lease.takenAt}`,
    evidence: 'the table of runs',
  };
}

/** What the plan predicts, held against the objectives of the application. */
function objectiveChecks(prediction: Prediction, objective: { rtoMinutes: number; rpoMinutes: number }): Check[] {
  const { durationSeconds, lossSeconds, because } = prediction;
  const check = (name: string, seconds: number | null, target: number): Check => ({
    name,
    status: seconds === null ? 'not-checkable' : seconds <= target ? 'passed' : 'failed',
    expected: `at most ${target} s`,
    actual: seconds === null ? because : `${Math.ceil(seconds)} s predicted`,
    evidence: because,
  });
  return [
    check('predicted duration inside the recovery time objective', durationSeconds, objective.rtoMinutes * 60),
    check('predicted loss inside the recovery point objective', lossSeconds, objective.rpoMinutes * 60),
  ];
}

function undoOf({ kind, pointOfNoReturn }: PlannedChange): RehearsedPlan['undo'] {
  if (pointOfNoReturn) return 'no';
  const { lifted } = changeKinds[kind];
  // What is complete stays; only what still goes on where the run fails is taken back.
  const stays = lifted === 'until-confirmed' && whyItStays(kind) !== undefined;
  return lifted === 'never' || stays ? 'kept' : 'yes';
}

/**
 * Judges what a rehearsal found and records it for the report: checks of the state before each change, of the rights, of the
 * lease and of the objectives; the changes with the state before and after; what it would cost.
 * @throws ChangeStateError where the run is no rehearsal
 */
export const handler = task(
  runTasks['run-rehearse'],
  async ({ run, planned, prediction, rehearsed, rights }, { log }) => {
    if (run.mode !== 'rehearse') throw new ChangeStateError(`${run.id} is no rehearsal`);
    const { description } = await requireRun(run.id);
    const checks = [
      await leaseCheck(run.environment),
      ...rehearsed.flatMap((each) => each.checks),
      ...distinct(rightChecks(rights)),
      ...(description === null ? [] : objectiveChecks(prediction, description.objective)),
    ];
    const changes = planned.map((change) => ({
      key: change.key,
      kind: change.kind,
      step: change.step,
      before: rehearsed.find(({ key }) => key === change.key)?.before ?? null,
      after: change.target,
      undo: undoOf(change),
      upon: change.upon ?? null,
      insteadOf: change.insteadOf ?? null,
    }));
    const digest = digestOf(planned);
    await putRehearsal(run.id, { at: new Date().toISOString(), digest, prediction, changes, checks });
    await recordChecks(run.id, checks);
    const count = (status: Check['status']) => checks.filter((check) => check.status === status).length;
    log.info('rehearsed', { changes: changes.length, failed: count('failed'), digest });
    return { failed: count('failed'), unknown: count('not-checkable') };
  },
);

/** Several changes may need the same right of roles of their own: a check is told by name and whose it is. */
function distinct(checks: readonly Check[]): Check[] {
  const seen = new Map<string, Check>();
  for (const check of checks) {
    const known = seen.get(check.name);
    // The worst of those with one name is shown.
    if (known === undefined || (known.status === 'passed' && check.status !== 'passed')) seen.set(check.name, check);
  }
  return [...seen.values()];
}
