import { isDeepStrictEqual } from 'node:util';
import { UndoFailedError } from '../../contract/errors';
import { requireInstance, setSecurityGroups, type Instance } from '../gateways/rds';
import { defineChange, type Change } from './define';
import { ownArn } from './rehearse';

type Fence = Change<'network-fence'>;

/** Without those on their way out, which RDS lists beside the new ones. */
const groupsOf = ({ securityGroups }: Instance) =>
  securityGroups
    .filter(({ status }) => status !== 'removing')
    .map(({ id }) => id)
    .toSorted();

/** Whether exactly these groups are in force. */
function inForce(instance: Instance, groups: readonly string[]) {
  const active = instance.securityGroups.every(({ status }) => status === 'active');
  if (isDeepStrictEqual(groupsOf(instance), groups.toSorted()) && active) return { done: true };
  const now = instance.securityGroups.map(({ id, status }) => `${id} (${status})`).join(', ');
  return { done: false, progress: `security groups: ${now}` };
}

/** RDS DescribeDBInstances. */
async function read(target: Fence['target']) {
  return { securityGroupIds: groupsOf(await requireInstance(target.instance, target.region)) };
}

/** RDS ModifyDBInstance VpcSecurityGroupIds: the group that lets nobody in, alone. */
async function apply({ target }: Fence) {
  await setSecurityGroups(target.instance, [target.securityGroupId], target.region);
  return {};
}

/** RDS DescribeDBInstances: the group is active. Open connections outlive it, so restorable-await takes it for no proof. */
async function confirm({ target }: Fence) {
  const outcome = inForce(await requireInstance(target.instance, target.region), [target.securityGroupId]);
  return outcome.done ? { done: true, detail: { fencedAt: new Date().toISOString() } } : outcome;
}

/**
 * RDS DescribeDBInstances, ModifyDBInstance VpcSecurityGroupIds to those before.
 * @throws UndoFailedError where the groups are neither ours nor those before
 */
async function undo({ target, before }: Fence) {
  const now = groupsOf(await requireInstance(target.instance, target.region));
  if (isDeepStrictEqual(now, before.securityGroupIds.toSorted())) return { found: 'as before' };
  if (!isDeepStrictEqual(now, [target.securityGroupId])) {
    throw new UndoFailedError(
      `${target.instance} has the security groups ${now.join(', ')}, which this run did not set.`,
    );
  }
  await setSecurityGroups(target.instance, before.securityGroupIds, target.region);
  return {};
}

/** RDS DescribeDBInstances. */
async function confirmUndo({ target, before }: Fence) {
  return inForce(await requireInstance(target.instance, target.region), before.securityGroupIds);
}

const needs = ({ instance, region }: Fence['target']) => [
  { actions: ['rds:ModifyDBInstance'], resource: ownArn('rds', `db:${instance}`, region) },
];

export const handler = defineChange('network-fence', { read, apply, confirm, undo, confirmUndo, oneCall: true, needs });
