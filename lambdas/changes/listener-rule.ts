import * as z from 'zod';
import { TAGS } from '../../contract/environment';
import { ChangeConflictError, ServiceUnavailableError, TargetGroupUnfitError } from '../../contract/errors';
import { deleteRule, listenerRules, rulesTagged, type ListenerRule } from '../gateways/load-balancer';
import { accountQuota } from '../gateways/service-quotas';
import { createForwardRule, targetGroupNamed } from '../gateways/targets';
import { parse } from '../runtime/parse';
import { defineChange, tagsOfRun, type Change } from './define';
import type { Need } from './rehearse';

type Forward = Change<'listener-rule'>;

/** The highest priority that a rule can have (ELBv2 API). */
const LAST = 50_000;

/** The first priority that nobody has. @throws ChangeConflictError where every one is taken */
export function freePriority(rules: readonly ListenerRule[]): number {
  const taken = new Set(rules.map(({ priority }) => Number(priority)));
  for (let priority = 1; priority <= LAST; priority += 1) if (!taken.has(priority)) return priority;
  throw new ChangeConflictError('The listener has no free priority for another rule.');
}

/** Of a run that puts up a maintenance page as well, only this change's. */
async function own(change: Forward, rules: readonly ListenerRule[]): Promise<ListenerRule[]> {
  const numbered = rules.filter(({ priority }) => priority !== 'default');
  return await rulesTagged(await rulesTagged(numbered, TAGS.run, change.run.id), TAGS.change, change.key);
}

/** ELBv2 DescribeRules. */
async function read({ listenerArn }: Forward['target']) {
  return { rules: await listenerRules(listenerArn) };
}

/**
 * ELBv2 DescribeRules, DescribeTags, CreateRule. A rule that this run made before is found by its tags.
 * @throws ServiceUnavailableError where somebody else takes the priority meanwhile: the next one will be free
 */
async function apply(change: Forward) {
  const { listenerArn, targetGroup, paths } = change.target;
  const rules = await listenerRules(listenerArn);
  const [existing] = await own(change, rules);
  if (existing !== undefined) return { rule: existing.arn };
  const targetGroupArn = await targetGroupNamed(targetGroup);
  if (targetGroupArn === null) throw new TargetGroupUnfitError(`There is no target group ${targetGroup}.`);
  const priority = freePriority(rules);
  const tags = { ...tagsOfRun(change.run), [TAGS.change]: change.key };
  const made = await createForwardRule(listenerArn, { priority, paths, targetGroupArn, tags });
  if (made === 'priority-in-use')
    throw new ServiceUnavailableError(`Priority ${priority} of ${listenerArn} was taken meanwhile.`);
  return { rule: made.arn };
}

const detailSchema = z.object({ rule: z.string() });

/** ELBv2 DescribeRules. */
async function confirm(change: Forward) {
  const { rule } = parse(detailSchema, change.detail, `the rule of ${change.key}`);
  const found = (await listenerRules(change.target.listenerArn)).find(({ arn }) => arn === rule);
  return found === undefined
    ? { done: false, progress: 'the rule is not listed yet' }
    : { done: true, detail: { priority: found.priority } };
}

/** ELBv2 DescribeRules, DescribeTags, DeleteRule of what this change made. */
async function undo(change: Forward) {
  const ours = await own(change, await listenerRules(change.target.listenerArn));
  for (const { arn } of ours) await deleteRule(arn);
  return { deleted: ours.map(({ arn }) => arn) };
}

async function confirmUndo(change: Forward) {
  const ours = await own(change, await listenerRules(change.target.listenerArn));
  return ours.length === 0 ? { done: true } : { done: false, progress: 'the rule is still listed' };
}

const needs = ({ listenerArn }: Forward['target'], run: Forward['run']): Need[] => {
  // The rule's id is AWS's.
  const rule = `${listenerArn.replace(':listener/', ':listener-rule/')}/0000000000000000`;
  return [
    { actions: ['elasticloadbalancing:CreateRule'], resource: listenerArn },
    {
      actions: ['elasticloadbalancing:AddTags'],
      resource: rule,
      context: { 'elasticloadbalancing:CreateAction': 'CreateRule' },
    },
    {
      actions: ['elasticloadbalancing:DeleteRule'],
      resource: rule,
      context: { [`aws:ResourceTag/${TAGS.environment}`]: run.environment },
    },
  ];
};

export const handler = defineChange('listener-rule', {
  read,
  apply,
  confirm,
  undo,
  confirmUndo,
  oneCall: true,
  needs,
  preconditions: async ({ listenerArn }) => [
    await accountQuota(
      'elasticloadbalancing',
      'Rules per Application Load Balancer',
      (await listenerRules(listenerArn)).length - 1,
      'one rule',
    ),
  ],
});
