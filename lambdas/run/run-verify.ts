import { LeaseLostError } from '../../contract/errors';
import { machinesOf } from '../../contract/plans';
import { runTasks } from '../../contract/tasks/run';
import { executionArn, planMachines } from '../gateways/machines';
import { requireRun, setRun } from '../gateways/runs';
import { environment } from '../runtime/environment';
import { handler as task } from '../runtime/handler';
import { verifyLease } from './lease';

/**
 * A plan's first task: the run is of this environment and holds its lease, is recorded with this plan, is not being settled,
 * and the execution is the one that the front door starts for it, `<run>` in a machine of the plan.
 */
export const handler = task(runTasks['run-verify'], async ({ run, executionArn: arn }) => {
  const name = environment('environment');
  if (run.environment !== name)
    throw new LeaseLostError(`${run.id} is of ${run.environment}, these functions are of ${name}`);
  await verifyLease(run);
  const record = await requireRun(run.id);
  if (record.plan !== run.plan || record.mode !== run.mode) {
    throw new LeaseLostError(
      `${run.id} is recorded as ${record.plan ?? 'no plan'} (${record.mode}), not ${run.plan} (${run.mode})`,
    );
  }
  if (record.settlement !== undefined) throw new LeaseLostError(`${run.id} is being settled`);
  const machines = planMachines();
  const own = machinesOf(run.plan).flatMap((name) => machines[name] ?? []);
  if (!own.some((machine) => arn === executionArn(machine, run.id))) {
    throw new LeaseLostError(`${arn} is not the execution of ${run.plan} that the front door starts for ${run.id}`);
  }
  if (!record.planExecutionArns.includes(arn)) {
    await setRun(run.id, { planExecutionArns: [...record.planExecutionArns, arn] });
  }
  return { verified: true as const };
});
