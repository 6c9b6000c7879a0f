import type { Description } from '../../contract/description';
import { changeKinds } from '../../contract/changes';
import { TargetGroupUnfitError } from '../../contract/errors';
import type { RecoveryRequest } from '../../contract/run';
import { trafficTasks } from '../../contract/tasks/traffic';
import { deregistrationDelay, findTargetGroup, forwardings, type Forwarding } from '../gateways/target-groups';
import { listChanges, recordDecision } from '../run/journal';
import { handler as task } from '../runtime/handler';
import { parse } from '../runtime/parse';

/** Where traffic goes back to, and why. */
async function destination(request: RecoveryRequest, described: string): Promise<{ given: string; reason: string }> {
  if (request.targetGroup !== undefined) return { given: request.targetGroup, reason: 'asked for' };
  if (request.run === undefined) return { given: described, reason: 'the group that the description names' };
  const shift = (await listChanges(request.run)).find(({ kind }) => kind === 'traffic-shift');
  if (shift === undefined)
    throw new TargetGroupUnfitError(`The journal of ${request.run} has no shift of traffic. Nothing was changed.`);
  const { from } = parse(changeKinds['traffic-shift'].target, shift.target, 'the shift of the earlier run');
  return { given: from, reason: `the group that ${request.run} took the traffic from` };
}

/** The group other than this one that gets most of what the listener forwards. */
function served(rules: readonly Forwarding[], to: string): string | undefined {
  const weights = new Map<string, number>();
  for (const { targetGroupArn, weight } of rules.flatMap(({ groups }) => groups))
    if (targetGroupArn !== to && weight > 0) weights.set(targetGroupArn, (weights.get(targetGroupArn) ?? 0) + weight);
  return [...weights].sort(([, one], [, other]) => other - one)[0]?.[0];
}

/** Chooses both groups and records the choice. @throws TargetGroupUnfitError where there is nothing to shift, or no such group */
export const handler = task(trafficTasks['target-group-choose'], async ({ run, request, loadBalancer }) => {
  const { listenerArn, targetGroupArn }: Description['loadBalancer'] = loadBalancer;
  const { given, reason } = await destination(request, targetGroupArn);
  const { arn: to, healthCheckPath } = await findTargetGroup(given);
  const from = served(await forwardings(listenerArn), to);
  if (from === undefined)
    throw new TargetGroupUnfitError(
      `The listener forwards to ${to} alone already: there is nothing to take back. Say {"targetGroup": "…"} for another one. Nothing was changed.`,
    );
  await recordDecision(run.id, {
    at: new Date().toISOString(),
    subject: 'the target group that traffic goes back to',
    choice: to,
    reason,
    alternatives: [{ choice: from, because: 'it has the traffic now' }],
  });
  return { from, to, healthCheckPath, drainSeconds: await deregistrationDelay(from), reason };
});
