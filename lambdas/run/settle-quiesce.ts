import { changeTasks } from '../../contract/tasks/changes';
import { machinesOf, planNameSchema } from '../../contract/plans';
import { runTasks } from '../../contract/tasks/run';
import { executionArn, findExecution, goesOn, planMachines, stopExecution } from '../gateways/machines';
import { requireRun, setRun, type RunRecord } from '../gateways/runs';
import { handler as task } from '../runtime/handler';
import { quiesceCommands } from './commands';
import { closeJournal, mayBeUnderWay } from './journal';

/** A function that applied a change when its execution was stopped lives at most this long, milliseconds. */
const LONGEST_CHANGE = Math.max(...changeTasks.map(({ timeoutSeconds }) => timeoutSeconds)) * 1000;

/** Stops the executions of the run's plan, and of its validation, that go on. @returns the ARNs of those. */
async function stopPlan(run: RunRecord): Promise<string[]> {
  const machines = planMachines();
  const plan = planNameSchema.safeParse(run.plan);
  const own = [...(plan.success ? machinesOf(plan.data) : []), 'validation'].flatMap((name) => machines[name] ?? []);
  const arns = new Set([...run.planExecutionArns, ...own.map((machine) => executionArn(machine, run.id))]);
  const still: string[] = [];
  for (const arn of arns) {
    const execution = await findExecution(arn);
    if (!goesOn(execution)) continue;
    await stopExecution(arn, 'RunSettled', `${run.id} has ended and is being settled`);
    still.push(arn);
  }
  return still;
}

/**
 * Stops what the run left going: executions of its plan, commands on its hosts. Closes the journal, so that no function which
 * outlives its execution records a change behind our back; where one had recorded a change and was not heard of since, it
 * may still be making it, and is given the time after which it can no longer live. One that has ended with an error is not
 * waited for.
 */
export const handler = task(runTasks['settle-quiesce'], async ({ runId }, { log }) => {
  const run = await requireRun(runId);
  const stillRunning = await stopPlan(run);
  const entries = await closeJournal(runId);
  stillRunning.push(...(await quiesceCommands(runId)));
  if (stillRunning.length === 0) {
    const now = new Date().toISOString();
    const since = run.quietSince ?? now;
    if (run.quietSince === undefined) await setRun(runId, { quietSince: since });
    const waits = Date.parse(now) - Date.parse(since) < LONGEST_CHANGE;
    for (const { key, state } of waits ? entries : []) {
      if (state === 'recorded' && (await mayBeUnderWay(runId, key))) {
        stillRunning.push(`the change ${key} may be under way`);
      }
    }
  }
  if (stillRunning.length > 0) log.info('still goes on', { stillRunning });
  return { done: stillRunning.length === 0, stillRunning };
});
