import { TAGS } from '../../contract/environment';
import { ChangeConflictError, ServiceUnavailableError } from '../../contract/errors';
import type { Check } from '../../contract/run';
import { settingsInWords, type TargetGroupSettings } from '../../contract/target-group';
import { accountQuota } from '../gateways/service-quotas';
import { readSettings, setAttributes } from '../gateways/target-group-settings';
import {
  countTargetGroups,
  createTargetGroup,
  deleteTargetGroup,
  networkOf,
  tagsOf,
  targetGroupNamed,
} from '../gateways/targets';
import { recordChecks } from '../run/journal';
import { defineChange, tagsOfRun, type Change } from './define';
import { ownArn, type Need } from './rehearse';

type Group = Change<'target-group'>;

const conflict = (name: string) =>
  new ChangeConflictError(`The target group ${name} exists already and is not tagged as this run's.`);

/** The group, where this run has made it. */
async function own(change: Group): Promise<{ arn: string | null; ours: boolean }> {
  const arn = await targetGroupNamed(change.target.name);
  return { arn, ours: arn !== null && (await tagsOf(arn))[TAGS.run] === change.run.id };
}

/** ELBv2 DescribeLoadBalancers, DescribeTargetGroups. @throws ChangeConflictError where there is one of that name */
async function read({ name, loadBalancerArn }: Group['target']) {
  await networkOf(loadBalancerArn);
  if ((await targetGroupNamed(name)) !== null) throw conflict(name);
  return { exists: false } as const;
}

/** What was seen of it, with what the description says of it. Null where nobody has seen it. */
const wanted = ({ seen, port, healthCheckPath: path }: Group['target']): TargetGroupSettings | null =>
  seen === null ? null : { ...seen.settings, port, healthCheck: { ...seen.settings.healthCheck, path } };

/**
 * ELBv2 DescribeLoadBalancers, CreateTargetGroup, ModifyTargetGroupAttributes: with the settings that it had when it was last
 * seen, or AWS's defaults. @throws ChangeConflictError where somebody else has made one meanwhile
 */
async function apply(change: Group) {
  const { name, loadBalancerArn, port, healthCheckPath } = change.target;
  const settings = wanted(change.target);
  const found = await own(change);
  if (found.arn !== null && !found.ours) throw conflict(name);
  if (found.arn === null) {
    const network = await networkOf(loadBalancerArn);
    const tags = tagsOfRun(change.run);
    const made = await createTargetGroup({ name, network, port, healthCheckPath, settings, tags });
    if (made === 'exists') throw conflict(name);
  }
  const arn = found.arn ?? (await targetGroupNamed(name));
  // Not listed yet: the attributes are set by the next call, since until then this one has not ended well.
  if (settings !== null && arn === null)
    throw new ServiceUnavailableError(`The target group ${name} is not listed yet.`);
  if (settings !== null && arn !== null) await setAttributes(arn, settings.attributes);
  return {};
}

/** What the report says of it: by what it was before, or that this is not known. */
const checked = (target: Group['target'], found: TargetGroupSettings): Check => {
  const before = wanted(target);
  // An attribute that ELBv2 did not have yet when the group was seen is no difference.
  const known = Object.entries(found.attributes).filter(([key]) => before === null || key in before.attributes);
  const actual = settingsInWords({ ...found, attributes: Object.fromEntries(known) });
  return {
    name: `settings of the target group ${target.name}, which was made again`,
    status: before === null ? 'not-checkable' : settingsInWords(before) === actual ? 'passed' : 'failed',
    expected:
      target.seen === null || before === null
        ? 'what they were, which nobody has ever seen'
        : `as seen at ${target.seen.seenAt}: ${settingsInWords(before)}`,
    actual: before === null ? `AWS's defaults, which may not be what the application needs: ${actual}` : actual,
    evidence: 'elasticloadbalancing:DescribeTargetGroups, DescribeTargetGroupAttributes',
  };
};

/** ELBv2 DescribeTargetGroups, DescribeTargetGroupAttributes, DescribeTags: it is there, with what is wanted of it. */
async function confirm(change: Group) {
  const { arn, ours } = await own(change);
  if (arn === null || !ours) return { done: false, progress: 'it is not listed yet' };
  const check = checked(change.target, await readSettings(arn));
  await recordChecks(change.run.id, [check]);
  if (check.status === 'failed') return { done: false, progress: `it is ${check.actual}` };
  return { done: true, detail: { arn, settings: change.target.seen?.seenAt ?? "AWS's defaults" } };
}

/** ELBv2 DeleteTargetGroup, of the one that this run made; it has no data, only targets, which go on. */
async function undo(change: Group) {
  const { arn, ours } = await own(change);
  if (arn === null || !ours) return { deleted: null };
  await deleteTargetGroup(arn);
  return { deleted: arn };
}

async function confirmUndo(change: Group) {
  return (await own(change)).ours ? { done: false, progress: 'it is still listed' } : { done: true };
}

const needs = ({ name }: Group['target'], run: Group['run']): Need[] => {
  // The id in its ARN is AWS's.
  const resource = ownArn('elasticloadbalancing', `targetgroup/${name}/0000000000000000`);
  return [
    {
      actions: ['elasticloadbalancing:CreateTargetGroup', 'elasticloadbalancing:ModifyTargetGroupAttributes'],
      resource,
    },
    {
      actions: ['elasticloadbalancing:AddTags'],
      resource,
      context: { 'elasticloadbalancing:CreateAction': 'CreateTargetGroup' },
    },
    {
      actions: ['elasticloadbalancing:DeleteTargetGroup'],
      resource,
      context: { [`aws:ResourceTag/${TAGS.environment}`]: run.environment },
    },
  ];
};

export const handler = defineChange('target-group', {
  read,
  apply,
  confirm,
  undo,
  confirmUndo,
  oneCall: false,
  needs,
  preconditions: async ({ name, seen }) => [
    {
      name: `what was set of the target group ${name} is known`,
      status: seen === null ? 'not-checkable' : 'passed',
      expected: 'it was seen with a healthy target',
      actual: seen === null ? "never: it gets AWS's defaults" : `at ${seen.seenAt}: ${settingsInWords(seen.settings)}`,
      evidence: 'the table of evidence',
    },
    await accountQuota(
      'elasticloadbalancing',
      'Target Groups per Region',
      await countTargetGroups(),
      'one target group',
    ),
  ],
});
