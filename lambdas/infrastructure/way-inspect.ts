import { infrastructureTasks } from '../../contract/tasks/infrastructure';
import { findMembers } from '../gateways/capacity';
import { handler as task } from '../runtime/handler';
import { way } from './way';

/** Auto Scaling DescribeAutoScalingGroups; ELBv2 DescribeTargetGroups, DescribeRules, DescribeTargetHealth. */
export const handler = task(infrastructureTasks['way-inspect'], async ({ loadBalancer, autoScalingGroup }) => {
  const found = await way(loadBalancer, await findMembers(autoScalingGroup));
  const { targetGroup, hosts, unregistered, attached, forwards } = found;
  return { targetGroup, hosts, unregistered, attached, forwards };
});
