import type { RunRef } from '../../contract/run';
import { cancelRefresh, refreshes, isGoing, runningRefresh, startRefresh } from '../gateways/instance-refreshes';
import { defineChange, type Change } from './define';
import { launching, onGroup } from './launching';

type Cancellation = Change<'refresh-cancellation'>;

/** Auto Scaling DescribeInstanceRefreshes. */
async function read({ group }: Cancellation['target']) {
  const running = await runningRefresh(group);
  return { refreshId: running?.id ?? null, desired: running?.desired ?? null };
}

/** Auto Scaling CancelInstanceRefresh, of the refresh that was running. It stops where it is and replaces nothing back. */
async function apply({ target, before }: Cancellation) {
  if (before.refreshId !== null) await cancelRefresh(target.group);
  return {};
}

/** Auto Scaling DescribeInstanceRefreshes: no refresh goes on. */
async function confirm({ target }: Cancellation) {
  const running = await runningRefresh(target.group);
  return running === null ? { done: true } : { done: false, progress: `${running.id} is ${running.status}` };
}

/** Auto Scaling StartInstanceRefresh towards the same version, where the one that was cancelled had one to go to. */
async function undo({ target, before }: Cancellation) {
  if (before.desired === null || (await runningRefresh(target.group)) !== null) return {};
  const how = { minimumHealthyPercent: 90, maximumHealthyPercent: 100, warmupSeconds: 300 };
  const started = await startRefresh(target.group, before.desired, how);
  return { restarted: started === 'in-progress' ? null : started.id };
}

/** Auto Scaling DescribeInstanceRefreshes: it goes on again; how it ends is not this run's. */
async function confirmUndo({ target, before }: Cancellation) {
  if (before.desired === null) return { done: true };
  const [newest] = await refreshes(target.group);
  const again = newest !== undefined && (isGoing(newest) || newest.status === 'Successful');
  return again ? { done: true } : { done: false, progress: 'no refresh runs yet' };
}

/** Whoever cancels one may have to begin it again, towards what it went to. */
async function needs({ group }: Cancellation['target'], run: RunRef) {
  const { desired } = await read({ group });
  return [
    onGroup(group, 'CancelInstanceRefresh', 'StartInstanceRefresh'),
    ...(desired === null ? [] : await launching(desired.templateId, run)),
  ];
}

export const handler = defineChange('refresh-cancellation', {
  read,
  apply,
  confirm,
  undo,
  confirmUndo,
  oneCall: true,
  needs,
});
