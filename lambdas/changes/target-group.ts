import { TAGS } from '../../contract/environment';
import { ChangeConflictError } from '../../contract/errors';
import { accountQuota } from '../gateways/service-quotas';
import {
  countTargetGroups,
  createTargetGroup,
  deleteTargetGroup,
  networkOf,
  tagsOf,
  targetGroupNamed,
} from '../gateways/targets';
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

/** ELBv2 DescribeLoadBalancers, CreateTargetGroup. @throws ChangeConflictError where somebody else has made one meanwhile */
async function apply(change: Group) {
  const { name, loadBalancerArn, port, healthCheckPath } = change.target;
  const { arn, ours } = await own(change);
  if (ours) return {};
  if (arn !== null) throw conflict(name);
  const network = await networkOf(loadBalancerArn);
  const made = await createTargetGroup({ name, network, port, healthCheckPath, tags: tagsOfRun(change.run) });
  if (made === 'exists') throw conflict(name);
  return {};
}

/** ELBv2 DescribeTargetGroups, DescribeTags. */
async function confirm(change: Group) {
  const { arn, ours } = await own(change);
  return ours ? { done: true, detail: { arn } } : { done: false, progress: 'it is not listed yet' };
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
    { actions: ['elasticloadbalancing:CreateTargetGroup'], resource },
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
  oneCall: true,
  needs,
  preconditions: async () => [
    await accountQuota(
      'elasticloadbalancing',
      'Target Groups per Region',
      await countTargetGroups(),
      'one target group',
    ),
  ],
});
