import { TargetGroupUnfitError } from '../../contract/errors';
import { applicationTasks } from '../../contract/tasks/application';
import { targetsInGroup, type TargetState } from '../gateways/load-balancer';
import { findTargetGroup } from '../gateways/target-groups';
import { handler as task } from '../runtime/handler';

/** @throws TargetGroupUnfitError */
async function targetsOf(described: string): Promise<TargetState[]> {
  try {
    return await targetsInGroup(described);
  } catch (error) {
    if (!(error instanceof TargetGroupUnfitError)) throw error;
    // One that was made again has another ARN than the description.
    return await targetsInGroup((await findTargetGroup(described)).arn);
  }
}

/** Done once every registered target of the group is healthy, or those that are named, or all but some; no target is not. */
export const handler = task(applicationTasks['targets-await'], async ({ targetGroupArn, only, except = [] }) => {
  const targets = (await targetsOf(targetGroupArn)).filter(
    ({ id }) => (only?.includes(id) ?? true) && !except.includes(id),
  );
  const healthy = targets.filter(({ state }) => state === 'healthy').length;
  const wanted = only?.length ?? Math.max(targets.length, 1);
  return { done: targets.length >= wanted && healthy === targets.length, healthy, registered: targets.length };
});
