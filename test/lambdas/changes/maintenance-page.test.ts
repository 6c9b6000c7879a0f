import {
  CreateRuleCommand,
  DeleteRuleCommand,
  DescribeRulesCommand,
  DescribeTagsCommand,
  ElasticLoadBalancingV2Client,
  SetRulePrioritiesCommand,
  type Tag,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { mockClient } from 'aws-sdk-client-mock';
import * as fc from 'fast-check';
import { TAGS } from '../../../contract/environment';
import { ChangeConflictError } from '../../../contract/errors';
import type { RunRef } from '../../../contract/run';
import { MAXIMUM_BODY, handler, html, makeRoom } from '../../../lambdas/changes/maintenance-page';
import { releaseLease } from '../../../lambdas/run/lease';
import { awsError, denied, newRun, ownTag, withTables, unavailable, verbs } from './world';

const elb = mockClient(ElasticLoadBalancingV2Client);
const target = { listenerArn: 'arn:listener', title: 'Orders & more' };
interface Rule {
  priority: string;
  tags: Tag[];
}
const rules = new Map<string, Rule>();
let run: RunRef;
withTables();
beforeEach(async () => {
  run = await newRun(releaseLease);
  rules.clear();
  rules.set('r-default', { priority: 'default', tags: [] });
  rules.set('r-api', { priority: '5', tags: [] });
  elb.reset();
  // Two pages, so that nobody looks at the first one alone.
  elb.on(DescribeRulesCommand).callsFake((input: { Marker?: string }) => {
    const all = [...rules].map(([RuleArn, { priority }]) => ({ RuleArn, Priority: priority }));
    return input.Marker === undefined ? { Rules: all.slice(0, 1), NextMarker: 'more' } : { Rules: all.slice(1) };
  });
  elb.on(DescribeTagsCommand).callsFake((input: { ResourceArns: string[] }) => {
    if (input.ResourceArns.length > 20) throw awsError('ValidationError');
    return {
      TagDescriptions: input.ResourceArns.map((ResourceArn) => ({ ResourceArn, Tags: rules.get(ResourceArn)!.tags })),
    };
  });
  elb.on(CreateRuleCommand).callsFake((input: { Priority: number; Tags: Tag[] }) => {
    if ([...rules.values()].some(({ priority }) => priority === String(input.Priority)))
      throw awsError('PriorityInUseException');
    rules.set('r-page', { priority: String(input.Priority), tags: input.Tags });
    return { Rules: [{ RuleArn: 'r-page' }] };
  });
  elb.on(SetRulePrioritiesCommand).callsFake((input: { RulePriorities: { RuleArn: string; Priority: number }[] }) => {
    for (const { RuleArn, Priority } of input.RulePriorities) rules.get(RuleArn)!.priority = String(Priority);
    return {};
  });
  elb.on(DeleteRuleCommand).callsFake((input: { RuleArn: string }) => {
    if (!rules.delete(input.RuleArn)) throw awsError('RuleNotFoundException');
    return {};
  });
});
const change = () => verbs<'maintenance-page'>(handler, run, 'page');
const priorities = () => Object.fromEntries([...rules].map(([arn, { priority }]) => [arn, priority]));

test('answers everything with 503 before every other rule, tagged, and goes again', async () => {
  const before = priorities();
  await change().apply(target);
  expect(elb.commandCalls(CreateRuleCommand)[0]!.args[0].input).toMatchObject({
    ListenerArn: 'arn:listener',
    Priority: 1,
    Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/*'] } }],
    Actions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '503', ContentType: 'text/html' } }],
    Tags: [ownTag(run), { Key: TAGS.environment, Value: 'drill' }, { Key: TAGS.change, Value: 'page' }],
  });
  expect(elb.commandCalls(SetRulePrioritiesCommand)).toHaveLength(0);
  expect(await change().confirm()).toMatchObject({ done: true });
  await change().undo();
  expect(await change().confirmUndo()).toMatchObject({ done: true });
  expect(priorities()).toEqual(before);
});

test('moves the rules that are in the way, and back', async () => {
  rules.set('r-1', { priority: '1', tags: [] });
  rules.set('r-2', { priority: '2', tags: [] });
  const before = priorities();
  await change().apply(target);
  expect(priorities()).toMatchObject({ 'r-page': '1', 'r-1': '2', 'r-2': '3', 'r-api': '5' });
  await change().undo();
  expect(priorities()).toEqual(before);
});

test('does not move back what somebody else has moved or taken', async () => {
  rules.set('r-1', { priority: '1', tags: [] });
  await change().apply(target);
  rules.get('r-1')!.priority = '77';
  await change().undo();
  expect(priorities()).toMatchObject({ 'r-1': '77' });
});

test('a repeated call finds its own rule', async () => {
  elb.on(CreateRuleCommand).callsFakeOnce((input: { Tags: Tag[] }) => {
    rules.set('r-page', { priority: '1', tags: input.Tags });
    throw unavailable();
  });
  await expect(change().apply(target)).rejects.toMatchObject({ name: 'ServiceUnavailableError' });
  await change().apply(target);
  expect(elb.commandCalls(CreateRuleCommand)).toHaveLength(1);
  expect(await change().confirm()).toMatchObject({ done: true });
});

test('a priority that is taken meanwhile is tried again', async () => {
  elb.on(CreateRuleCommand).rejectsOnce(awsError('PriorityInUseException'));
  await expect(change().apply(target)).rejects.toMatchObject({ name: 'ServiceUnavailableError' });
});

test('a refusal after rules were moved leaves the change recorded, and undo moves them back', async () => {
  rules.set('r-1', { priority: '1', tags: [] });
  const before = priorities();
  elb.on(CreateRuleCommand).rejects(denied());
  await expect(change().apply(target)).rejects.toMatchObject({ name: 'AccessDeniedError' });
  expect(priorities()).toMatchObject({ 'r-1': '2' });
  await change().undo();
  expect(priorities()).toEqual(before);
});

test('deletes only its own rule, however many there are', async () => {
  for (let n = 10; n < 60; n += 1)
    rules.set(`r-${n}`, { priority: String(n), tags: [{ Key: TAGS.run, Value: 'another' }] });
  await change().apply(target);
  await change().undo();
  expect(elb.commandCalls(DeleteRuleCommand).map((call) => call.args[0].input.RuleArn)).toEqual(['r-page']);
  expect(elb.commandCalls(DeleteRuleCommand)).toHaveLength(1);
});

test('is not in force while a rule comes before it, or it is not listed', async () => {
  await change().apply(target);
  rules.get('r-page')!.priority = '9';
  expect(await change().confirm()).toEqual({ done: false, progress: '1 rule(s) come before the page' });
  rules.delete('r-page');
  expect(await change().confirm()).toMatchObject({ done: false });
});

test('a listener without a free priority is a conflict', () => {
  const full = Array.from({ length: 50_000 }, (_, index) => ({ arn: `r-${index}`, priority: String(index + 1) }));
  expect(() => makeRoom(full)).toThrow(ChangeConflictError);
});

test('the page stays within the limit and shows the title as text', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 80, unit: fc.constantFrom('<', '&', '"', 'ä', 'x') }), (title) => {
      expect(html(title).length).toBeLessThanOrEqual(MAXIMUM_BODY);
    }),
  );
  expect(html('<script>')).not.toContain('<script>');
  expect(html('Orders & more')).toContain('Orders &amp; more');
});
