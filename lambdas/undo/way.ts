import { changeKinds, type ChangeKind, type JournalEntry } from '../../contract/changes';
import type { Description } from '../../contract/description';
import { NoWayBackError } from '../../contract/errors';
import type { Check } from '../../contract/run';
import { answering } from '../application/led-to';
import { findMembers } from '../gateways/capacity';
import { targetsInGroup } from '../gateways/load-balancer';
import { targetGroupNamed, type PathRule } from '../gateways/targets';

/** What a run makes of the way to the hosts. What CloudFormation or Terraform has provisioned is none: it stays. */
const ofTheWay: readonly ChangeKind[] = ['target-group', 'listener-rule', 'target-registration'];

/** By target group: the instances that are none of its targets once all is taken back. */
type Leaving = ReadonlyMap<string, (id: string) => boolean>;

const everybody = () => true;

async function leaving(walk: readonly JournalEntry[], group: string): Promise<Leaving> {
  const gone = new Map<string, (id: string) => boolean>();
  for (const { kind, target, before } of walk) {
    if (kind === 'target-group') {
      const arn = await targetGroupNamed(changeKinds[kind].target.parse(target).name);
      if (arn !== null) gone.set(arn, everybody);
    } else if (kind === 'target-registration') {
      const { targetGroup, instances } = changeKinds[kind].target.parse(target);
      const was = changeKinds[kind].before.parse(before);
      const arn = await targetGroupNamed(targetGroup);
      if (arn === null || gone.has(arn)) continue;
      // Auto Scaling takes every instance of its own out of a group that is detached; they are put back one by one.
      const members = was.attached ? [] : ((await findMembers(group))?.inService ?? []);
      gone.set(arn, (id) => members.includes(id) || (instances.includes(id) && !was.registered.includes(id)));
    }
  }
  return gone;
}

const isOwn = (walk: readonly JournalEntry[], { arn }: PathRule): boolean =>
  walk.some(({ kind, detail }) => kind === 'listener-rule' && detail['rule'] === arn);

/** Who answers by this rule once all is taken back, and is healthy now. */
async function healthyBehind(rule: PathRule | undefined, gone: Leaving): Promise<string[]> {
  const healthy: string[] = [];
  for (const arn of rule?.forwardsTo ?? []) {
    const isLeaving = gone.get(arn) ?? (() => false);
    const targets = await targetsInGroup(arn);
    healthy.push(...targets.filter(({ id, state }) => state === 'healthy' && !isLeaving(id)).map(({ id }) => id));
  }
  return healthy;
}

/**
 * Whether users are led to somebody once the target group, the rule and the registrations are taken back that a run has made:
 * by which rule, and how many there are healthy. Asked beforehand, since without them nobody could be served while the undo finds that out.
 * @returns a check for each path; nothing where the run made nothing of the way
 * @throws NoWayBackError where a path of the application would lead to nobody
 */
export async function requireTheWayToTheHosts(
  of: string,
  walk: readonly JournalEntry[],
  { loadBalancer, autoScalingGroup }: Pick<Description, 'loadBalancer' | 'autoScalingGroup'>,
): Promise<Check[]> {
  const made = walk.filter(({ kind }) => ofTheWay.includes(kind)).map(({ kind }) => kind);
  if (made.length === 0) return [];
  const gone = await leaving(walk, autoScalingGroup);
  const { listenerArn, paths } = loadBalancer;
  const checks: Check[] = [];
  for (const { path, rule } of await answering(listenerArn, paths, (each) => isOwn(walk, each))) {
    const healthy = await healthyBehind(rule, gone);
    if (healthy.length === 0)
      throw new NoWayBackError(
        `${of} made what was missing and leads users to the hosts (${made.join(', ')}), and without it ${path} leads to nobody who is healthy: to take it away would be the disaster once more. Nothing was changed.`,
      );
    checks.push({
      name: `${path} leads to healthy hosts without what ${of} made`,
      status: 'passed',
      expected: 'at least one',
      actual: `${healthy.length} by the rule at ${rule?.priority ?? 'none'}`,
      evidence: 'elasticloadbalancing:DescribeRules, DescribeTargetHealth',
    });
  }
  return checks;
}
