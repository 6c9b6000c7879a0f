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
  type TemplateChoice,
} from '../gateways/instance-refreshes';
import type { Check, RunRef } from '../../contract/run';
import { parse } from '../runtime/parse';
import { defineChange, type Change } from './define';
import { launching, onGroup, versionCheck } from './launching';

type Replacing = Change<'instance-refresh'>;

const detailSchema = z.object({ refreshId: z.string() });
const undoSchema = z.object({ undoRefreshId: z.string().nullable() });

const goesTo = ({ templateId, version }: TemplateChoice, { desired }: Refresh) =>
  desired?.templateId === templateId && desired.version === version;
const ours = ({ target }: Replacing, refresh: Refresh) => goesTo(target, refresh);
const words = ({ status, percent, reason }: Refresh) => `${status}, ${percent} %${reason === '' ? '' : `: ${reason}`}`;

/** Auto Scaling DescribeAutoScalingGroups. @throws FloatingVersionError: a refresh could not go back to it */
async function read({ group }: Replacing['target']) {
  return await groupTemplate(group);
}

/** Whether the group launches from that version, and no instance of another is left. Words for what is missing. */
async function missing(group: string, { version }: TemplateChoice): Promise<string | null> {
  const now = await groupTemplate(group);
  if (now.version !== version) return `it launches from ${now.version}`;
  // A host that drains still takes commands: whoever looks at the hosts next would find both.
  const others = (await launchedFrom(group)).filter((each) => each !== version);
  return others.length === 0 ? null : `${others.length} of before drain`;
}

/**
 * Where an undo that failed had begun to go back: what it began is turned round while it runs; where AWS has turned it round
 * already, all is as this change had left it. Null where there is nothing of the kind.
 */
async function turnedRound({ target, before }: Replacing, known: readonly Refresh[]): Promise<string | null> {
  const [newest] = known;
  if (newest === undefined || !goesTo(before, newest)) return null;
  // Once it is through, the group launches from where it went to: then there is nothing left to turn round.
  if ((await groupTemplate(target.group)).version !== target.version) return null;
  if (!isGoing(newest)) return (await missing(target.group, target)) === null ? newest.id : null;
  const runs = newest.status === 'RollbackInProgress' || (await rollBackRefresh(target.group));
  if (!runs) throw new ServiceUnavailableError(`The refresh ${newest.id} of ${target.group} has just ended.`);
  return newest.id;
}

/**
 * Auto Scaling StartInstanceRefresh, with automatic rollback. The newest one, where it goes to the same version, is this
 * run's, made by a call whose answer was lost: the version is this run's own. Made again after an undo that failed it is
 * another refresh, or RollbackInstanceRefresh of the undo's.
 * @throws ChangeConflictError where another refresh runs
 */
async function apply(change: Replacing) {
  const { target } = change;
  const known = await refreshes(target.group);
  const [newest] = known;
  if (newest !== undefined && ours(change, newest)) return { refreshId: newest.id };
  const turned = await turnedRound(change, known);
  if (turned !== null) return { refreshId: turned };
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
  const { group } = change.target;
  const refresh = (await refreshes(group)).find(({ id }) => id === refreshId);
  if (refresh === undefined) return { done: false, progress: 'it is not listed yet' };
  const [ended, ...on]: string[] = ours(change, refresh)
    ? ['Successful', 'Pending', 'InProgress', 'Baking']
    : ['RollbackSuccessful', 'RollbackInProgress'];
  if (on.includes(refresh.status)) return { done: false, progress: words(refresh) };
  if (refresh.status !== ended) throw new RefreshFailedError(`The instance refresh of ${group} is ${words(refresh)}.`);
  const progress = await missing(group, change.target);
  return progress === null ? { done: true } : { done: false, progress };
}

/**
 * Auto Scaling RollbackInstanceRefresh while it runs; where it has ended well, StartInstanceRefresh back to the version before.
 * One that goes back by itself is let go on, and so is one that a call before this one began, whose answer was lost.
 */
async function undo(change: Replacing) {
  const { target, before } = change;
  const [newest, ...older] = await refreshes(target.group);
  const mine = [newest, ...older].find((refresh) => refresh !== undefined && ours(change, refresh));
  if (newest === undefined || mine === undefined) return { undoRefreshId: null };
  if (isGoing(mine)) {
    if (mine.status !== 'RollbackInProgress') await rollBackRefresh(target.group);
    return { undoRefreshId: mine.id };
  }
  if (isGoing(newest) && goesTo(before, newest)) return { undoRefreshId: newest.id };
  if ((await missing(target.group, before)) === null) return { undoRefreshId: null };
  const started = await startRefresh(target.group, before, target);
  if (started === 'in-progress') throw new ServiceUnavailableError(`Another refresh of ${target.group} runs.`);
  return { undoRefreshId: started.id };
}

/**
 * Auto Scaling DescribeInstanceRefreshes, DescribeAutoScalingGroups.
 * @throws UndoFailedError where going back failed, also where AWS has given it up: what was before does not become healthy
 */
async function confirmUndo(change: Replacing) {
  const { undoRefreshId } = parse(undoSchema, change.detail, `the refresh back of ${change.key}`);
  const { target, before } = change;
  const refresh = (await refreshes(target.group)).find(({ id }) => id === undoRefreshId);
  if (undoRefreshId !== null && refresh !== undefined) {
    const givenUp = !ours(change, refresh) && refresh.status.startsWith('Rollback');
    if (isGoing(refresh) && !givenUp) return { done: false, progress: words(refresh) };
    if (givenUp || !['Successful', 'RollbackSuccessful'].includes(refresh.status))
      throw new UndoFailedError(`Going back with the instances of ${target.group} is ${words(refresh)}.`);
  }
  const progress = await missing(target.group, before);
  return progress === null ? { done: true } : { done: false, progress };
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
