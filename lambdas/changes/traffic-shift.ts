import { TargetGroupUnfitError, UndoFailedError } from '../../contract/errors';
import type { Check } from '../../contract/run';
import { targetStates } from '../gateways/load-balancer';
import { forwardings, forwardTo, type Forwarding, type Weight } from '../gateways/target-groups';
import { defineChange, type Change } from './define';

type Shift = Change<'traffic-shift'>;

const goesTo = (groups: readonly Weight[], arn: string) => groups.some(({ targetGroupArn }) => targetGroupArn === arn);
const weightOf = (groups: readonly Weight[], arn: string) =>
  groups.find(({ targetGroupArn }) => targetGroupArn === arn)?.weight ?? 0;

/** ELBv2 DescribeRules. @throws TargetGroupUnfitError where no rule forwards to the group that is to be left */
async function read({ listenerArn, from }: Shift['target']) {
  const rules = (await forwardings(listenerArn)).filter(({ groups }) => goesTo(groups, from));
  if (rules.length === 0) throw new TargetGroupUnfitError(`No rule of ${listenerArn} forwards to ${from}.`);
  return { rules: rules.map(({ arn, isDefault, groups }) => ({ arn, isDefault, groups: [...groups] })) };
}

/** The rules of this change as they are now; one that is gone is left out. */
async function present(change: Shift): Promise<Forwarding[]> {
  const rules = await forwardings(change.target.listenerArn);
  return rules.filter(({ arn }) => change.before.rules.some((rule) => rule.arn === arn));
}

const put = async ({ target }: Shift, rules: readonly Forwarding[], percent: number) => {
  for (const rule of rules)
    await forwardTo(target.listenerArn, rule, [
      { targetGroupArn: target.from, weight: 100 - percent },
      { targetGroupArn: target.to, weight: percent },
    ]);
};

/**
 * ELBv2 DescribeRules, ModifyRule, ModifyListener: the other group is in the rules, and gets nothing yet. Nobody checks the
 * targets of a group that no rule names, so only from here on is its health known.
 */
async function apply(change: Shift) {
  const rules = await present(change);
  const begun = rules.every(({ groups }) => goesTo(groups, change.target.to) && goesTo(groups, change.target.from));
  if (!begun) await put(change, rules, 0);
  return {};
}

/**
 * ELBv2 DescribeTargetHealth, DescribeRules; one step more (ModifyRule, ModifyListener) while every target of the new group is
 * healthy. Done when it has had all requests for one question.
 */
async function confirm(change: Shift) {
  const { to, percents } = change.target;
  const states = await targetStates(to);
  const sick = states.filter((state) => state !== 'healthy');
  if (states.length === 0 || sick.length > 0)
    return {
      done: false,
      progress:
        states.length === 0 ? 'it has no targets' : `${sick.length} of ${states.length} targets are not healthy`,
    };
  const rules = await present(change);
  const shifted = Math.min(...rules.map(({ groups }) => weightOf(groups, to)));
  const next = percents.find((percent) => percent > shifted);
  if (next === undefined) return { done: true };
  await put(change, rules, next);
  return { done: false, progress: `${next} % go to it` };
}

/** A group without anybody who could answer. Of one that no rule names (`unused`), or that is new, nothing is known. */
const isDead = (states: readonly string[]) =>
  states.every((state) => !['healthy', 'initial', 'unused'].includes(state));

/**
 * ELBv2 ModifyRule, ModifyListener: what each rule forwarded to. A run that fails gives back what it took; a person who undoes
 * one (DescribeTargetHealth) does not lead users to nobody.
 * @throws UndoFailedError where a rule forwards elsewhere now, or nobody behind the former group is healthy
 */
async function undo(change: Shift) {
  const { from, to, listenerArn } = change.target;
  if (change.run.by !== undefined) {
    const states = await targetStates(from);
    if (isDead(states))
      throw new UndoFailedError(`Of ${states.length} targets of ${from} none is healthy: users stay where they are.`);
  }
  for (const rule of await present(change)) {
    const before = change.before.rules.find(({ arn }) => arn === rule.arn);
    const known = [from, to, ...(before?.groups ?? []).map(({ targetGroupArn }) => targetGroupArn)];
    if (!rule.groups.every(({ targetGroupArn }) => known.includes(targetGroupArn)))
      throw new UndoFailedError(`${rule.arn} forwards to a group that this run did not set.`);
    if (before !== undefined) await forwardTo(listenerArn, rule, before.groups);
  }
  return {};
}

async function confirmUndo(change: Shift) {
  const other = (await present(change)).filter(({ arn, groups }) => {
    const before = change.before.rules.find((rule) => rule.arn === arn)?.groups ?? [];
    return before.some(({ targetGroupArn, weight }) => weightOf(groups, targetGroupArn) !== weight);
  });
  return other.length === 0 ? { done: true } : { done: false, progress: `${other.length} rules are not as before` };
}

const needs = ({ listenerArn }: Shift['target']) => [
  { actions: ['elasticloadbalancing:ModifyListener'], resource: listenerArn },
  {
    // A rule's id is AWS's; policies name the listener's rules (lib/tasks/changes/shift.ts).
    actions: ['elasticloadbalancing:ModifyRule'],
    resource: `${listenerArn.replace(':listener/', ':listener-rule/')}/0000000000000000`,
  },
  { actions: ['elasticloadbalancing:DescribeRules', 'elasticloadbalancing:DescribeTargetHealth'], resource: '*' },
];

/** ELBv2 DescribeTargetHealth: there is somebody to shift to. Whether they are healthy shows only once a rule names the group. */
async function preconditions({ to }: Shift['target']): Promise<Check[]> {
  const states = await targetStates(to);
  const unused = states.every((state) => state === 'unused');
  const sick = states.filter((state) => state !== 'healthy').length;
  const common = {
    name: `targets of ${to}`,
    expected: 'all healthy',
    evidence: 'elasticloadbalancing:DescribeTargetHealth',
  };
  if (states.length === 0) return [{ ...common, status: 'failed', actual: 'it has none' }];
  if (unused)
    return [
      { ...common, status: 'not-checkable', actual: `${states.length} that nobody asks while no rule names the group` },
    ];
  // The shift itself waits for those that are not: they get nothing before.
  return [
    { ...common, status: sick === 0 ? 'passed' : 'not-checkable', actual: `${sick} of ${states.length} are not` },
  ];
}

export const handler = defineChange('traffic-shift', {
  read,
  apply,
  confirm,
  undo,
  confirmUndo,
  oneCall: false,
  needs,
  preconditions,
});
