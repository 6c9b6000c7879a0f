import { ChangeConflictError, UndoFailedError } from '../../contract/errors';
import type { Check, RunRef } from '../../contract/run';
import { groupTemplate, setGroupTemplate, type TemplateChoice } from '../gateways/instance-refreshes';
import { defineChange, type Change } from './define';
import { launching, onGroup, versionCheck } from './launching';

type Choice = Change<'group-launch-template'>;

const same = (one: TemplateChoice, other: TemplateChoice) =>
  one.templateId === other.templateId && one.version === other.version;
const words = ({ templateId, version }: TemplateChoice) => `version ${version} of ${templateId}`;

/** Auto Scaling DescribeAutoScalingGroups. @throws FloatingVersionError */
async function read({ group }: Choice['target']) {
  return await groupTemplate(group);
}

/** Auto Scaling UpdateAutoScalingGroup. @throws ChangeConflictError where somebody has set it since it was read */
async function apply({ target, before }: Choice) {
  const now = await groupTemplate(target.group);
  if (!same(now, before) && !same(now, target))
    throw new ChangeConflictError(`${target.group} launched from ${words(before)} and does now from ${words(now)}.`);
  await setGroupTemplate(target.group, target);
  return {};
}

async function confirm({ target }: Choice) {
  const now = await groupTemplate(target.group);
  return same(now, target) ? { done: true } : { done: false, progress: `it launches from ${words(now)}` };
}

/** Auto Scaling UpdateAutoScalingGroup. @throws UndoFailedError where it is neither this run's choice nor the one before */
async function undo({ target, before }: Choice) {
  const now = await groupTemplate(target.group);
  if (same(now, before)) return { restored: false };
  if (!same(now, target))
    throw new UndoFailedError(`${target.group} launches from ${words(now)}, which this run did not set.`);
  await setGroupTemplate(target.group, before);
  return { restored: true };
}

async function confirmUndo({ target, before }: Choice) {
  const now = await groupTemplate(target.group);
  return same(now, before) ? { done: true } : { done: false, progress: `it launches from ${words(now)}` };
}

const needs = async ({ group, templateId }: Choice['target'], run: RunRef) => [
  onGroup(group, 'UpdateAutoScalingGroup'),
  ...(await launching(templateId, run)),
];

/** EC2 DescribeLaunchTemplateVersions: the version is there, and names one release. */
const preconditions = async ({ templateId, version }: Choice['target']): Promise<Check[]> => [
  await versionCheck(templateId, version),
];

export const handler = defineChange('group-launch-template', {
  read,
  apply,
  confirm,
  undo,
  confirmUndo,
  oneCall: true,
  needs,
  preconditions,
});
