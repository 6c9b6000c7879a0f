import type { Description } from '../../contract/description';
import type { Members } from '../gateways/capacity';
import { targetsInGroup } from '../gateways/load-balancer';
import { pathRules, targetGroupNamed, type PathRule } from '../gateways/targets';

/** Whether a rule, or the default, forwards every one of these paths to the group. */
export function forwardsAll(rules: readonly PathRule[], paths: readonly string[], targetGroupArn: string): boolean {
  const ours = rules.filter(({ forwardsTo }) => forwardsTo.includes(targetGroupArn));
  if (ours.some(({ priority }) => priority === 'default')) return true;
  return paths.every((path) =>
    ours.some((rule) => rule.paths?.some((has) => has === path || has === '/*' || has === '*')),
  );
}

/** A group that was made again has the same name and another ARN. */
export const nameOfGroup = ({ targetGroupArn }: Description['loadBalancer']): string =>
  targetGroupArn.split('/').at(-2) ?? '';

/** What of the way to the hosts is there. */
export async function way(loadBalancer: Description['loadBalancer'], members: Members | null) {
  const name = nameOfGroup(loadBalancer);
  const arn = await targetGroupNamed(name);
  const rules = await pathRules(loadBalancer.listenerArn);
  const there = arn === null ? [] : (await targetsInGroup(arn)).map(({ id }) => id);
  const hosts = [...(members?.inService ?? [])];
  return {
    targetGroup: { name, exists: arn !== null },
    hosts,
    unregistered: hosts.filter((id) => !there.includes(id)),
    attached: arn !== null && (members?.targetGroups.includes(arn) ?? false),
    forwards: arn !== null && forwardsAll(rules, loadBalancer.paths, arn),
    rules,
  };
}
