import { applicationTasks } from '../../contract/tasks/application';
import { targetsInGroup } from '../gateways/load-balancer';
import { handler as task } from '../runtime/handler';

/** Done once every registered target of the group is healthy, or those that are named; an empty group is not. */
export const handler = task(applicationTasks['targets-await'], async ({ targetGroupArn, only }) => {
  const targets = (await targetsInGroup(targetGroupArn)).filter(({ id }) => only?.includes(id) ?? true);
  const healthy = targets.filter(({ state }) => state === 'healthy').length;
  const wanted = only?.length ?? Math.max(targets.length, 1);
  return { done: targets.length >= wanted && healthy === targets.length, healthy, registered: targets.length };
});
