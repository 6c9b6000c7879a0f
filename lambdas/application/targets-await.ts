import { applicationTasks } from '../../contract/tasks/application';
import { targetStates } from '../gateways/load-balancer';
import { handler as task } from '../runtime/handler';

/** Done once every registered target of the group is healthy; an empty group is not. */
export const handler = task(applicationTasks['targets-await'], async ({ targetGroupArn }) => {
  const states = await targetStates(targetGroupArn);
  const healthy = states.filter((state) => state === 'healthy').length;
  return { done: states.length > 0 && healthy === states.length, healthy, registered: states.length };
});
