import { createHash } from 'node:crypto';
import type { Outcome } from '../../contract/run';
import { environmentNameSchema, type Description } from '../../contract/description';
import { runTasks } from '../../contract/tasks/run';
import { isInAlarm } from '../gateways/alarms';
import { readDescription } from '../gateways/parameters';
import { executionArn, findExecution, goesOn, startExecution, type Execution } from '../gateways/machines';
import { closeRun, countSweep, findRun, listOpenRuns, openRun, requireRun } from '../gateways/runs';
import { environment } from '../runtime/environment';
import { handler as task } from '../runtime/handler';
import { parse } from '../runtime/parse';
import { runForAlarm } from './alarm-runs';
import { waitingAlarms, waitNoMore } from './incidents';
import { readLease, releaseLease } from './lease';

/** Step Functions takes names of executions of up to 80 characters (API reference, StartExecution). */
const NAME_LIMIT = 80;

/** `<run>-sweep-<number>`; a run's name that is too long for it ends in a digest instead. */
export function sweepName(runId: string, sweep: number): string {
  const end = `-sweep-${sweep}`;
  if (runId.length + end.length <= NAME_LIMIT) return `${runId}${end}`;
  const digest = createHash('sha256').update(runId).digest('hex').slice(0, 16);
  return `${runId.slice(0, NAME_LIMIT - end.length - digest.length - 1)}-${digest}${end}`;
}

function outcomeOf(execution: Execution | null): Outcome {
  switch (execution?.status) {
    case 'SUCCEEDED':
      return { status: 'succeeded' };
    case 'ABORTED':
      // As the rule on the front door's end says it; and who stopped it may have said why.
      return {
        status: 'aborted',
        error: execution.error ?? 'ABORTED',
        cause: execution.cause ?? 'the execution of the front door ended before it settled the run; found by the sweep',
      };
    default: {
      const error = execution?.error ?? (execution?.status === 'TIMED_OUT' ? 'States.Timeout' : undefined);
      return {
        status: 'failed',
        error: error ?? 'ExecutionMissing',
        cause: execution?.cause ?? `found by the sweep; the execution is ${execution?.status ?? 'not there'}`,
      };
    }
  }
}

/** Starts settling for one run on the open list, where it has ended and nobody settles it. @returns the ARN, or null. */
async function sweep(runId: string, arn: string): Promise<string | null> {
  const machine = environment('settlementMachineArn');
  const run = await findRun(runId);
  if (run?.settledAt !== undefined) {
    await closeRun(runId);
    return null;
  }
  const execution = await findExecution(arn);
  if (goesOn(execution)) return null;
  if (run === null) {
    // The caller died between the open list and the record, and so did its execution.
    const name = parse(environmentNameSchema, environment('environment'), 'the name of the environment');
    const startedAt = execution?.startedAt ?? new Date().toISOString();
    await openRun({ id: runId, environment: name, executionArn: arn, startedAt, input: execution?.input ?? null });
  }
  const record = run ?? (await requireRun(runId));
  if (record.settlement !== undefined && goesOn(await findExecution(record.settlement.executionArn))) return null;
  // One that the sweep before this one started may not have claimed yet.
  const last = executionArn(machine, sweepName(runId, record.sweeps));
  if (record.sweeps > 0 && goesOn(await findExecution(last))) return null;
  if (!(await countSweep(record))) return null;
  return startExecution(machine, sweepName(runId, record.sweeps + 1), { runId, outcome: outcomeOf(execution) });
}

/** A lease whose holder is settled was taken by a function that outlived its run: it goes back. */
async function freeLease(): Promise<void> {
  const name = parse(environmentNameSchema, environment('environment'), 'the name of the environment');
  const lease = await readLease(name);
  if (lease === null || lease.holder === '') return;
  const holder = await findRun(lease.holder);
  if (holder?.settledAt !== undefined) await releaseLease(lease.holder);
}

/**
 * Whether what watches the application has had time to see it as it is after a run: no probe is made while one holds the
 * lease, so that the probe's alarm rings by the end of every long one. The next probe begins within one turn, its figure ends
 * with another, and CloudWatch looks at it some minutes later.
 */
const hasBeenSeen = (settledAt: string, { probeEveryMinutes }: Description): boolean =>
  Date.now() - Date.parse(settledAt) > (2 * probeEveryMinutes + 3) * 60_000;

/** Alarms that rose while another run was on: the plan of each that still rings is started, now that that run has ended. */
async function startWaiting(): Promise<string[]> {
  const started: string[] = [];
  const waiting = await waitingAlarms();
  if (waiting.length === 0) return started;
  const description = await readDescription();
  for (const { behind, ...rang } of waiting) {
    const run = await findRun(behind);
    if (run !== null && (run.settledAt === undefined || !hasBeenSeen(run.settledAt, description))) continue;
    if (await isInAlarm(rang.alarm)) {
      // It rings on after that run: whatever it was that run did not mend, or was no matter of it.
      const at = run?.settledAt === undefined ? rang.at : later(rang.at, run.settledAt);
      const answer = await runForAlarm(description, { ...rang, at });
      if (answer.started && answer.run !== null) started.push(answer.run);
      if (answer.waits === true) continue;
    }
    await waitNoMore(rang.alarm);
  }
  return started;
}

/** A moment after both. */
const later = (one: string, other: string): string =>
  new Date(Math.max(Date.parse(one), Date.parse(other) + 1)).toISOString();

/**
 * On a schedule: starts settling for every run that has ended, or never began, and that nobody settled, settlements that died
 * included, and what waits for the end of another run. One run that cannot be swept does not keep the others from it.
 */
export const handler = task(runTasks['run-sweep'], async (_none, { log }) => {
  const open = await listOpenRuns();
  const started: string[] = [];
  const failures: unknown[] = [];
  for (const { id, executionArn: arn } of open) {
    try {
      const begun = await sweep(id, arn);
      if (begun !== null) started.push(begun);
    } catch (error) {
      log.error('cannot be swept', { sweptRun: id, error: String(error) });
      failures.push(error);
    }
  }
  await freeLease();
  started.push(...(await startWaiting()));
  if (failures.length > 0) throw failures[0];
  log.info('swept', { examined: open.length, started });
  return { examined: open.length, started };
});
