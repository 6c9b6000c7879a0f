import { applicationTasks } from '../../contract/tasks/application';
import { targetsInGroup } from '../gateways/load-balancer';
import { handler as task } from '../runtime/handler';

/** Done once every registered target of the group is healthy, or those that are named, or all but some; no target is not. */
export const handler = task(applicationTasks['targets-await'], async ({ targetGroupArn, only, except = [] }) => {
  const targets = (await targetsInGroup(targetGroupArn)).filter(
    ({ id }) => (only?.includes(id) ?? true) && !except.includes(id),
  );
  const healthy = targets.filter(({ state }) => state === 'healthy').length;
  const wanted = only?.length ?? Math.max(targets.length, 1);
  return { done: targets.length >= wanted && healthy === targets.length, healthy, registered: targets.length };
});
