import * as z from 'zod';
import { TAGS } from '../../contract/environment';
import { ChangeConflictError, ServiceUnavailableError } from '../../contract/errors';
import type { RunRef } from '../../contract/run';
import {
  createPageRule,
  deleteRule,
  listenerRules,
  rulesTagged,
  setPriorities,
  type ListenerRule,
} from '../gateways/load-balancer';
import { parse } from '../runtime/parse';
import { defineChange, tagsOfRun, type Change } from './define';
import type { Need } from './rehearse';

type Page = Change<'maintenance-page'>;

/** The first to be looked at: nothing may come before it. */
const FIRST = 1;
/** ELBv2's limits of a rule's priority and of a fixed response's body. */
const LAST = 50_000;
export const MAXIMUM_BODY = 1024;

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** What users see meanwhile. @param title of the application, up to 80 characters */
export function html(title: string): string {
  const name = title.replace(/[&<>"]/g, (character) => escapes[character] ?? character);
  return [
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="30">',
    '<meta name="viewport" content="width=device-width"><title>Back soon</title>',
    '<body style="font:16px/1.5 sans-serif;max-width:32em;margin:20vh auto;padding:0 1em">',
    `<h1>Back soon</h1><p>${name} is being repaired. This page tries again by itself.</p>`,
  ].join('');
}

const ruleSchema = z.object({ arn: z.string(), priority: z.string() });
type Shift = { readonly arn: string; readonly from: number; readonly to: number }[];

/**
 * How the rules have to move up so that the first priority is free: those that follow on each other from it, by one.
 * Empty where it is free already.
 * @throws ChangeConflictError where every priority is taken
 */
export function makeRoom(rules: readonly ListenerRule[]): Shift {
  const byPriority = new Map(rules.map(({ arn, priority }) => [Number(priority), arn]));
  const shift: Shift = [];
  for (let priority = FIRST; ; priority += 1) {
    const arn = byPriority.get(priority);
    if (arn === undefined) return shift;
    if (priority === LAST) throw new ChangeConflictError('The listener has no free priority for a maintenance page.');
    shift.push({ arn, from: priority, to: priority + 1 });
  }
}

/** Of a run that makes another rule as well, only this change's. */
async function own(change: Page, rules: readonly ListenerRule[]): Promise<ListenerRule[]> {
  const numbered = rules.filter(({ priority }) => priority !== 'default');
  return await rulesTagged(await rulesTagged(numbered, TAGS.run, change.run.id), TAGS.change, change.key);
}

/** ELBv2 DescribeRules. */
async function read(target: Page['target']) {
  return { rules: await listenerRules(target.listenerArn) };
}

/**
 * ELBv2 DescribeRules, DescribeTags, SetRulePriorities where the first priority is taken, CreateRule. A rule that this
 * run made before is found by its tag.
 * @throws ServiceUnavailableError where somebody else takes the priority meanwhile
 */
async function apply(change: Page) {
  const rules = await listenerRules(change.target.listenerArn);
  const [existing] = await own(change, rules);
  if (existing !== undefined) return { rule: existing };
  await setPriorities(makeRoom(rules).map(({ arn, to }) => ({ arn, priority: to })));
  const made = await createPageRule(change.target.listenerArn, FIRST, {
    html: html(change.target.title),
    tags: { ...tagsOfRun(change.run), [TAGS.change]: change.key },
  });
  if (made === 'priority-in-use') {
    throw new ServiceUnavailableError(`Priority ${FIRST} of ${change.target.listenerArn} was taken meanwhile.`);
  }
  return { rule: { arn: made.arn, priority: String(FIRST) } };
}

/** ELBv2 DescribeRules: the rule is there and none comes before it. */
async function confirm(change: Page) {
  const { arn } = parse(ruleSchema, change.detail['rule'], `the rule of ${change.key}`);
  const rules = await listenerRules(change.target.listenerArn);
  const rule = rules.find((each) => each.arn === arn);
  if (rule === undefined) return { done: false, progress: 'the rule is not listed yet' };
  const earlier = rules.filter((each) => Number(each.priority) < Number(rule.priority));
  if (earlier.length > 0) return { done: false, progress: `${earlier.length} rule(s) come before the page` };
  return { done: true };
}

/**
 * ELBv2 DescribeRules, DescribeTags, DeleteRule of the rules tagged with this run only, SetRulePriorities of the rules that
 * were moved for it and are still where it put them.
 */
async function undo(change: Page) {
  const rules = await listenerRules(change.target.listenerArn);
  const ours = await own(change, rules);
  for (const { arn } of ours) await deleteRule(arn);
  const left = rules.filter(({ arn }) => !ours.some((rule) => rule.arn === arn));
  const taken = new Set(left.map(({ priority }) => Number(priority)));
  const moved = makeRoom(change.before.rules).filter(({ arn, to }) =>
    left.some((rule) => rule.arn === arn && Number(rule.priority) === to),
  );
  for (const { to } of moved) taken.delete(to);
  const back = moved.filter(({ from }) => !taken.has(from));
  await setPriorities(back.map(({ arn, from }) => ({ arn, priority: from })));
  return { deleted: ours.map(({ arn }) => arn), movedBack: back.length };
}

/** ELBv2 DescribeRules, DescribeTags: no rule is tagged with this run. */
async function confirmUndo(change: Page) {
  const left = await own(change, await listenerRules(change.target.listenerArn));
  if (left.length > 0) return { done: false, progress: 'the rule is still listed' };
  return { done: true };
}

const needs = ({ listenerArn }: Page['target'], run: RunRef): Need[] => {
  // The rule's id is AWS's; policies name the listener's rules (lib/tasks/changes/traffic.ts).
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
    { actions: ['elasticloadbalancing:SetRulePriorities'], resource: rule },
  ];
};

export const handler = defineChange('maintenance-page', {
  read,
  apply,
  confirm,
  undo,
  confirmUndo,
  oneCall: false,
  needs,
});
