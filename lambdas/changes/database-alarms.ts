import { ChangeConflictError, UndoFailedError } from '../../contract/errors';
import { watchedInstances, watchInstance } from '../gateways/alarms';
import { defineChange, type Change } from './define';
import { ownArn } from './rehearse';

type Alarms = Change<'database-alarms'>;

/**
 * CloudWatch DescribeAlarms.
 * @throws ChangeConflictError where an alarm watches neither the old instance nor the new one
 */
async function read(target: Alarms['target']) {
  const dimensions = await watchedInstances(target.alarms);
  const foreign = Object.entries(dimensions).filter(([, watched]) => watched !== target.from && watched !== target.to);
  if (foreign.length > 0) {
    const named = foreign.map(([alarm, watched]) => `${alarm} watches ${watched}`).join(', ');
    throw new ChangeConflictError(`Expected ${target.from} behind every alarm, but ${named}.`);
  }
  return { dimensions };
}

/** CloudWatch DescribeAlarms, PutMetricAlarm of each that watches the old instance. */
async function apply({ target }: Alarms) {
  const watched = await watchedInstances(target.alarms);
  const moved = target.alarms.filter((alarm) => watched[alarm] === target.from && target.from !== target.to);
  for (const alarm of moved) await watchInstance(alarm, target.to);
  return { moved };
}

/** CloudWatch DescribeAlarms. */
async function confirm({ target }: Alarms) {
  const watched = await watchedInstances(target.alarms);
  const waiting = target.alarms.filter((alarm) => watched[alarm] !== target.to);
  if (waiting.length > 0) return { done: false, progress: `not moved yet: ${waiting.join(', ')}` };
  return { done: true };
}

/**
 * CloudWatch DescribeAlarms, PutMetricAlarm: each alarm watches again what it watched before.
 * @throws UndoFailedError where somebody else has let one watch a third instance
 */
async function undo({ target, before }: Alarms) {
  const watched = await watchedInstances(Object.keys(before.dimensions));
  const moved = Object.entries(before.dimensions).filter(([alarm, was]) => watched[alarm] !== was);
  const foreign = moved.filter(([alarm]) => watched[alarm] !== target.to);
  for (const [alarm, was] of moved) if (watched[alarm] === target.to) await watchInstance(alarm, was);
  if (foreign.length > 0) {
    const named = foreign.map(([alarm]) => `${alarm} (${watched[alarm] ?? 'nothing'})`).join(', ');
    throw new UndoFailedError(`This run did not set what these alarms watch: ${named}.`);
  }
  return { movedBack: moved.map(([alarm]) => alarm) };
}

/** CloudWatch DescribeAlarms. */
async function confirmUndo({ before }: Alarms) {
  const watched = await watchedInstances(Object.keys(before.dimensions));
  const waiting = Object.entries(before.dimensions).filter(([alarm, was]) => watched[alarm] !== was);
  if (waiting.length > 0)
    return { done: false, progress: `not moved yet: ${waiting.map(([alarm]) => alarm).join(', ')}` };
  return { done: true };
}

const needs = ({ alarms }: Alarms['target']) =>
  alarms.map((name) => ({ actions: ['cloudwatch:PutMetricAlarm'], resource: ownArn('cloudwatch', `alarm:${name}`) }));

export const handler = defineChange('database-alarms', {
  read,
  apply,
  confirm,
  undo,
  confirmUndo,
  oneCall: false,
  needs,
});
