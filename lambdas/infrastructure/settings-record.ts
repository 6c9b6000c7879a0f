import type { Description } from '../../contract/description';
import { infrastructureTasks } from '../../contract/tasks/infrastructure';
import { targetStates } from '../gateways/load-balancer';
import { readDescription } from '../gateways/parameters';
import { keepSettings, readSettings } from '../gateways/target-group-settings';
import { targetGroupNamed } from '../gateways/targets';
import { handler as task } from '../runtime/handler';
import { nameOfGroup } from './way';

/**
 * ELBv2 DescribeTargetGroups, DescribeTargetHealth, DescribeTargetGroupAttributes. Only of a group with a healthy target:
 * a health check that somebody has broken is not what anybody wants back.
 */
export async function recordSettings(loadBalancer: Description['loadBalancer']): Promise<string | null> {
  const name = nameOfGroup(loadBalancer);
  const arn = await targetGroupNamed(name);
  if (arn === null || !(await targetStates(arn)).includes('healthy')) return null;
  const seenAt = new Date().toISOString();
  await keepSettings(name, { seenAt, settings: await readSettings(arn) });
  return seenAt;
}

export const handler = task(infrastructureTasks['settings-record'], async (_none, { log }) => {
  const seenAt = await recordSettings((await readDescription()).loadBalancer);
  if (seenAt === null) log.warn('the target group is gone, or has no healthy target: its settings are not kept');
  return { seenAt };
});
