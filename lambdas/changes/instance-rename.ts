import { ChangeConflictError, ChangeNotConfirmedError, UndoFailedError } from '../../contract/errors';
import { describeInstance, renameInstance, requireInstance, unlessBusy } from '../gateways/rds';
import { defineChange, type Change, type Outcome } from './define';
import { ownArn } from './rehearse';

type Rename = Change<'instance-rename'>;

/** RDS DescribeDBInstances: whatever it is called, the instance keeps its resource id. */
async function read(target: Rename['target']) {
  return { resourceId: (await requireInstance(target.from)).resourceId };
}

/**
 * RDS DescribeDBInstances, ModifyDBInstance NewDBInstanceIdentifier. Where the instance is busy, `begun` is false and
 * confirming asks again.
 * @throws ChangeConflictError where another instance has the name
 */
async function apply({ target, before }: Rename) {
  const there = await describeInstance(target.to);
  if (there?.resourceId === before.resourceId) return { begun: true, found: 'renamed' };
  if (there !== null)
    throw new ChangeConflictError(`${target.to} is the name of another instance (${there.resourceId}).`);
  return { begun: await unlessBusy(() => renameInstance(target.from, target.to)) };
}

/** Whether the instance has come up by its new name and nothing answers to the old one. */
async function renamed(from: string, to: string, resourceId: string): Promise<Outcome> {
  const [there, left] = [await describeInstance(to), await describeInstance(from)];
  if (left?.resourceId === resourceId) return { done: false, progress: `${from}: ${left.status}` };
  if (there === null) return { done: false, progress: `${to} is not listed yet` };
  if (there.resourceId !== resourceId) {
    throw new ChangeNotConfirmedError(`${to} is ${there.resourceId}, not ${resourceId}.`);
  }
  // Asked to be renamed, an instance is `available` for a moment longer; what is pending shows from the first.
  if (there.pending.length > 0) return { done: false, progress: `${to}: pending ${there.pending.join(', ')}` };
  if (there.status !== 'available') return { done: false, progress: `${to}: ${there.status}` };
  return { done: true, detail: { endpoint: there.endpoint } };
}

/** RDS DescribeDBInstances. */
async function confirm(change: Rename): Promise<Outcome> {
  const { target, before, detail } = change;
  if (detail['begun'] === false) {
    const again = await apply(change);
    return { done: false, progress: `${target.from}: ${again.begun ? 'is being renamed' : 'is busy'}`, detail: again };
  }
  return await renamed(target.from, target.to, before.resourceId);
}

/**
 * RDS DescribeDBInstances, ModifyDBInstance NewDBInstanceIdentifier, back; where it is busy, confirming asks again.
 * @throws UndoFailedError where the instance is under neither name, or the old one is taken
 */
async function undo({ target, before }: Rename) {
  const [old, now] = [await describeInstance(target.from), await describeInstance(target.to)];
  // A rename that is still going on shows the old name: going back waits for its end.
  if (old?.resourceId === before.resourceId) return { found: 'as before' };
  if (now?.resourceId !== before.resourceId) {
    throw new UndoFailedError(`${before.resourceId} is neither ${target.from} nor ${target.to}.`);
  }
  if (old !== null) throw new UndoFailedError(`${target.from} is the name of another instance (${old.resourceId}).`);
  await unlessBusy(() => renameInstance(target.to, target.from));
  return {};
}

/** RDS DescribeDBInstances; where the first rename came into force only now, it is taken back now. */
async function confirmUndo(change: Rename) {
  const { target, before } = change;
  const late = await describeInstance(target.to);
  if (late?.resourceId === before.resourceId && late.status === 'available' && late.pending.length === 0) {
    await undo(change);
    return { done: false, progress: `renaming ${target.to} to ${target.from}` };
  }
  return await renamed(target.to, target.from, before.resourceId);
}

/** A new identifier is a write on both names. */
const needs = ({ from, to }: Rename['target']) =>
  [from, to].map((name) => ({ actions: ['rds:ModifyDBInstance'], resource: ownArn('rds', `db:${name}`) }));

export const handler = defineChange('instance-rename', {
  read,
  apply,
  confirm,
  undo,
  confirmUndo,
  oneCall: true,
  needs,
});
