import type { JournalEntry } from '../../contract/changes';
import { ApplicationUnhealthyError, errorNames } from '../../contract/errors';
import { reportMachines } from '../../contract/phases';
import { requestSchema, type FinalStatus, type Outcome } from '../../contract/run';
import { runTasks } from '../../contract/tasks/run';
import { buildReport, renderHtml } from '../../report';
import { reportMaterialSchema } from '../../report/material';
import { executionArn, executionHistory, planMachines } from '../gateways/machines';
import { putMetrics } from '../gateways/metrics';
import { putReport } from '../gateways/reports';
import { requireRun, setRun, type RunRecord } from '../gateways/runs';
import { handler as task } from '../runtime/handler';
import { parse } from '../runtime/parse';
import { listApprovals } from './approvals';
import { listChanges, listChecks, listDecisions } from './journal';
import { causeInWords } from './messages';
import { findRehearsal } from './rehearsal';
import { pointOfNoReturnPassed, undoFailed } from './undo';

/**
 * How a run ended. A change that could not be taken back makes every run a failed one. A rejection is one only where
 * nothing had been changed: the same error after a change is a failure. A success whose application does not answer from
 * outside is none.
 */
export function finalStatus(outcome: Outcome, journal: readonly JournalEntry[], isUnhealthy: boolean): FinalStatus {
  if (undoFailed(journal).length > 0) return 'failed';
  if (outcome.status === 'succeeded' && isUnhealthy) return 'failed';
  const rejected = outcome.status === 'rejected' || errorNames('rejection').includes(outcome.error ?? '');
  switch (outcome.status) {
    case 'succeeded':
    case 'aborted':
    case 'denied':
      return outcome.status;
    case 'failed':
    case 'rejected':
      return rejected && journal.every(({ state }) => state === 'not-applied') ? 'rejected' : 'failed';
  }
}

/** The histories of every execution that belongs to the run, the front door's first. */
async function histories(run: RunRecord): Promise<{ machine: string; executionArn: string; events: unknown[] }[]> {
  const settlements = [...run.deadSettlements, ...(run.settlement === undefined ? [] : [run.settlement.executionArn])];
  // A plan's execution is in one of its machines: its own ARN says in which.
  const plans = run.planExecutionArns.flatMap((arn) =>
    reportMachines
      .filter((machine) => {
        const machineArn = planMachines()[machine];
        return machineArn !== undefined && arn === executionArn(machineArn, run.id);
      })
      .map((machine) => ({ machine, executionArn: arn })),
  );
  const validator = planMachines()['validation'];
  const wanted = [
    { machine: 'recovery', executionArn: run.executionArn },
    ...plans,
    ...(validator === undefined ? [] : [{ machine: 'validation', executionArn: executionArn(validator, run.id) }]),
    ...settlements.map((executionArn) => ({ machine: 'settlement', executionArn })),
  ];
  const read = await Promise.all(
    wanted.map(async (one) => ({ ...one, events: await executionHistory(one.executionArn) })),
  );
  // A run that ended before it was validated has no such execution.
  return read.filter(({ machine, events }) => machine !== 'validation' || events.length > 0);
}

/** Writes the report to the bucket, the metrics, and the final status to the run. Repeated calls write them again. */
export const handler = task(runTasks['settle-report'], async ({ runId, outcome, outside }, { log }) => {
  const run = await requireRun(runId);
  const [journal, decisions, checks, events, rehearsal, approvals] = await Promise.all([
    listChanges(runId),
    listDecisions(runId),
    listChecks(runId),
    histories(run),
    findRehearsal(runId),
    listApprovals(runId),
  ]);
  // Without a description nobody knew whom to ask (settle-claim).
  const isUnhealthy = run.mode === 'live' && run.description !== null && !outside.healthy;
  const status = finalStatus(outcome, journal, isUnhealthy);
  const unhealthy = outcome.status === 'succeeded' && isUnhealthy ? outside.detail : undefined;
  const failed = undoFailed(journal);
  const endedAt = new Date().toISOString();
  const request = run.request ?? {};
  const material = parse(
    reportMaterialSchema,
    {
      run: {
        id: run.id,
        plan: run.plan,
        mode: run.mode,
        environment: run.environment,
        trigger: run.request?.trigger ?? requestSchema.shape.trigger.parse(undefined),
        request,
        startedAt: run.startedAt,
        endedAt,
        status,
      },
      outcome: {
        ...outcome,
        status,
        ...(outcome.cause === undefined ? {} : { cause: causeInWords(outcome.cause) }),
        ...(unhealthy === undefined ? {} : { error: new ApplicationUnhealthyError().name, cause: unhealthy }),
      },
      journal,
      decisions,
      checks,
      histories: events,
      description: run.description,
      outside: run.mode === 'live' ? outside : null,
      ...(rehearsal === null ? {} : { rehearsal }),
      ...(approvals.length === 0 ? {} : { approvals }),
      undoFailed: failed,
      pointOfNoReturnPassed: pointOfNoReturnPassed(journal),
    },
    `the material of the report of ${runId}`,
  );
  const report = buildReport(material);
  const reportKey = await putReport(runId, { json: JSON.stringify(report, null, 2), html: renderHtml(report) });
  await putMetrics([
    { name: 'RunSucceeded', value: status === 'succeeded' ? 1 : 0, unit: 'Count' },
    { name: 'RunFailed', value: status === 'failed' ? 1 : 0, unit: 'Count' },
    { name: 'UndoFailed', value: failed.length, unit: 'Count' },
    { name: 'RunSeconds', value: (Date.parse(endedAt) - Date.parse(run.startedAt)) / 1000, unit: 'Seconds' },
  ]);
  await setRun(runId, { status, reportKey, undoFailed: failed, ...(unhealthy !== undefined && { unhealthy }) });
  log.info('reported', { status, reportKey });
  return { status, undoFailed: failed, reportKey };
});
