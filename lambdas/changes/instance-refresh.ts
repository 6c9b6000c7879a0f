import * as z from 'zod';
import {
  ChangeConflictError,
  RefreshFailedError,
  ServiceUnavailableError,
  UndoFailedError,
} from '../../contract/errors';
import {
  groupTemplate,
  isGoing,
  launchedFrom,
  refreshes,
  rollBackRefresh,
  startRefresh,
  type Refresh,
} from '../gateways/instance-refreshes';
import type { Check, RunRef } from '../../contract/run';
import { parse } from '../runtime/parse';
import { defineChange, type Change } from './define';
import { launching, onGroup, versionCheck } from './launching';

type Replacing = Change<'instance-refresh'>;

const detailSchema = z.object({ refreshId: z.string() });
const undoSchema = z.object({ undoRefreshId: z.string().nullable() });

const ours = ({ target }: Replacing, { desired }: Refresh) =>
  desired?.templateId === target.templateId && desired.version === target.version;
const words = ({ status, percent, reason }: Refresh) => `${status}, ${percent} %${reason === '' ? '' : `: ${reason}`}`;

/** Auto Scaling DescribeAutoScalingGroups. @throws FloatingVersionError: a refresh could not go back to it */
async function read({ group }: Replacing['target']) {
  return await groupTemplate(group);
}

/**
 * Auto Scaling StartInstanceRefresh, with automatic rollback. One that goes to the same version is this run's, made by a call
 * whose answer was lost: the version is this run's own.
 * @throws ChangeConflictError where another refresh runs
 */
async function apply(change: Replacing) {
  const { target } = change;
  const known = (await refreshes(target.group)).find((refresh) => ours(change, refresh));
  if (known !== undefined) return { refreshId: known.id };
  const started = await startRefresh(target.group, target, target);
  if (started === 'in-progress') throw new ChangeConflictError(`Another instance refresh of ${target.group} runs.`);
  return { refreshId: started.id };
}

/**
 * Auto Scaling DescribeInstanceRefreshes, DescribeAutoScalingGroups: it succeeded and the group launches from that version.
 * @throws RefreshFailedError where it failed, was cancelled, or goes back or has gone back by itself
 */
async function confirm(change: Replacing) {
  const { refreshId } = parse(detailSchema, change.detail, `the refresh of ${change.key}`);
  const { group, version } = change.target;
  const refresh = (await refreshes(group)).find(({ id }) => id === refreshId);
  if (refresh === undefined) return { done: false, progress: 'it is not listed yet' };
  switch (refresh.status) {
    case 'Successful': {
      const now = await groupTemplate(group);
      if (now.version !== version) return { done: false, progress: `it launches from ${now.version}` };
      // A host that drains still takes commands: whoever looks at the hosts next would find both.
      const others = (await launchedFrom(group)).filter((each) => each !== version);
      return others.length === 0 ? { done: true } : { done: false, progress: `${others.length} of before drain` };
    }
    case 'Pending':
    case 'InProgress':
    case 'Baking':
      return { done: false, progress: words(refresh) };
    default:
      throw new RefreshFailedError(`The instance refresh of ${group} is ${words(refresh)}.`);
  }
}

/**
 * Auto Scaling RollbackInstanceRefresh while it runs; where it has ended well, StartInstanceRefresh back to the version before.
 * One that goes back by itself is let go on.
 */
async function undo(change: Replacing) {
  const { target, before } = change;
  const mine = (await refreshes(target.group)).find((refresh) => ours(change, refresh));
  if (mine === undefined) return { undoRefreshId: null };
  if (isGoing(mine)) {
    if (mine.status !== 'RollbackInProgress') await rollBackRefresh(target.group);
    return { undoRefreshId: mine.id };
  }
  const now = await launchedFrom(target.group);
  if (now.every((version) => version === before.version)) return { undoRefreshId: null };
  const started = await startRefresh(target.group, before, target);
  if (started === 'in-progress') throw new ServiceUnavailableError(`Another refresh of ${target.group} runs.`);
  return { undoRefreshId: started.id };
}

/** Auto Scaling DescribeInstanceRefreshes, DescribeAutoScalingGroups. @throws UndoFailedError where going back failed */
async function confirmUndo(change: Replacing) {
  const { undoRefreshId } = parse(undoSchema, change.detail, `the refresh back of ${change.key}`);
  const { target, before } = change;
  const refresh = (await refreshes(target.group)).find(({ id }) => id === undoRefreshId);
  if (undoRefreshId !== null && refresh !== undefined) {
    if (isGoing(refresh)) return { done: false, progress: words(refresh) };
    if (!['Successful', 'RollbackSuccessful'].includes(refresh.status))
      throw new UndoFailedError(`Going back with the instances of ${target.group} is ${words(refresh)}.`);
  }
  const now = await groupTemplate(target.group);
  return now.version === before.version ? { done: true } : { done: false, progress: `it launches from ${now.version}` };
}

const needs = async ({ group, templateId }: Replacing['target'], run: RunRef) => [
  onGroup(group, 'StartInstanceRefresh', 'RollbackInstanceRefresh'),
  ...(await launching(templateId, run)),
];

/** Auto Scaling DescribeInstanceRefreshes, EC2 DescribeLaunchTemplateVersions. A refresh that runs is the plan's to cancel first. */
async function preconditions({ group, templateId, version }: Replacing['target']): Promise<Check[]> {
  const running = (await refreshes(group)).find(isGoing);
  return [
    await versionCheck(templateId, version),
    {
      name: `no other refresh of ${group} runs`,
      status: 'passed',
      expected: 'none, or one that the run cancels first',
      actual: running === undefined ? 'none' : `${running.id} is ${running.status}`,
      evidence: 'autoscaling:DescribeInstanceRefreshes',
    },
  ];
}

export const handler = defineChange('instance-refresh', {
  read,
  apply,
  confirm,
  undo,
  confirmUndo,
  oneCall: true,
  needs,
  preconditions,
});
