import { ContractViolationError, LifeboatError } from '../../contract/errors';
import { environmentNameSchema, type Description } from '../../contract/description';
import type { RunRef } from '../../contract/run';
import { runTasks } from '../../contract/tasks/run';
import { executionArn, findExecution, goesOn } from '../gateways/machines';
import { readDescription } from '../gateways/parameters';
import { claimSettling, findRun, openRun, requireRun, setRun, type RunRecord } from '../gateways/runs';
import { environment } from '../runtime/environment';
import { handler as task, type TaskContext } from '../runtime/handler';
import { parse } from '../runtime/parse';
import { readLease } from './lease';

/** The record of a run; one that never opened (its execution ended before) is recorded from its execution. */
async function recorded(runId: string): Promise<RunRecord> {
  const found = await findRun(runId);
  if (found !== null) return found;
  const arn = executionArn(environment('recoveryMachineArn'), runId);
  const execution = await findExecution(arn);
  if (execution === null) throw new ContractViolationError(`${runId} is no run: neither recorded nor an execution`);
  const name = parse(environmentNameSchema, environment('environment'), 'the name of the environment');
  return openRun({
    id: runId,
    environment: name,
    executionArn: arn,
    startedAt: execution.startedAt,
    input: execution.input,
  });
}

/** DescribeExecution is eventually consistent: one that has just begun may not be there yet. A claim this old's is, milliseconds. */
const LISTED_AFTER = 600_000;

/** Whether the settlement that has the claim has ended without settling, as far as can be told. */
async function isDead({ executionArn: arn, claimedAt }: NonNullable<RunRecord['settlement']>): Promise<boolean> {
  const execution = await findExecution(arn);
  return execution === null ? Date.now() - Date.parse(claimedAt) > LISTED_AFTER : !goesOn(execution);
}

/**
 * Whether this settlement may settle: it claims first, has claimed before (a repeated call), or takes over from one whose
 * execution has ended without settling.
 */
async function claim(
  run: RunRecord,
  settlementArn: string,
  outcome: Parameters<typeof claimSettling>[2],
): Promise<boolean> {
  if (run.settledAt !== undefined) return false;
  if (await claimSettling(run, settlementArn, outcome)) return true;
  const { settlement, settledAt } = await requireRun(run.id);
  if (settledAt !== undefined || settlement === undefined) return false;
  if (settlement.executionArn === settlementArn) return true;
  if (!(await isDead(settlement))) return false;
  return claimSettling(await requireRun(run.id), settlementArn, outcome, settlement.executionArn);
}

/** The run with its token, where it ever had the lease; the lease is asked too, since its token may not have been noted. */
async function runRefOf(run: RunRecord): Promise<RunRef | null> {
  const lease = await readLease(run.environment);
  const fencingToken = run.fencingToken ?? (lease?.holder === run.id ? lease.token : undefined);
  if (run.plan === null || fencingToken === undefined) return null;
  return { id: run.id, plan: run.plan, environment: run.environment, mode: run.mode, fencingToken };
}

/** What may be missing is no reason not to settle: a run may have failed for just that. */
async function descriptionOf(run: RunRecord, log: TaskContext['log']): Promise<Description | null> {
  if (run.description !== null) return run.description;
  try {
    const description = await readDescription();
    await setRun(run.id, { description });
    return description;
  } catch (error) {
    if (!(error instanceof LifeboatError) || error.kind === 'transient') throw error;
    log.warn('settles without a description', { error: error.message });
    return null;
  }
}

/** Decides by one conditional write who settles the run; everybody else is told that it is settled elsewhere. */
export const handler = task(runTasks['settle-claim'], async ({ runId, settlementArn, outcome }, { log }) => {
  const claimed = await claim(await recorded(runId), settlementArn, outcome);
  const run = await requireRun(runId);
  log.info(claimed ? 'settles' : 'is settled by another', { settlementArn, by: run.settlement?.executionArn });
  const description = claimed ? await descriptionOf(run, log) : run.description;
  // What changed nothing leaves nothing to be looked at from outside.
  const looks = run.mode === 'live' ? description : null;
  return {
    claimed,
    outcome: run.outcome ?? outcome,
    run: await runRefOf(run),
    publicUrl: looks?.publicUrl ?? null,
    targetGroupArn: looks?.loadBalancer.targetGroupArn ?? null,
  };
});
