import { infrastructureTasks } from '../../contract/tasks/infrastructure';
import { findMembers } from '../gateways/capacity';
import { handler as task } from '../runtime/handler';

/** Auto Scaling DescribeAutoScalingGroups. A group that is not there yet has no hosts. */
export const handler = task(infrastructureTasks['capacity-await'], async ({ autoScalingGroup, hosts }) => {
  const instances = [...((await findMembers(autoScalingGroup))?.inService ?? [])];
  return { done: instances.length >= hosts, instances };
});
