import { UndoFailedError } from '../../contract/errors';
import { findTargetGroup, setHealthCheckPath } from '../gateways/target-groups';
import { defineChange, type Change } from './define';

type Path = Change<'health-check-path'>;

const now = async ({ targetGroupArn }: Path['target']) => (await findTargetGroup(targetGroupArn)).healthCheckPath;

/** ELBv2 DescribeTargetGroups. @throws TargetGroupUnfitError */
async function read(target: Path['target']) {
  return { path: await now(target) };
}

/** ELBv2 ModifyTargetGroup. Targets keep their state until the new path says otherwise. */
async function apply({ target }: Path) {
  await setHealthCheckPath(target.targetGroupArn, target.path);
  return {};
}

async function confirm({ target }: Path) {
  const path = await now(target);
  return path === target.path ? { done: true } : { done: false, progress: `it is ${path}` };
}

/** ELBv2 ModifyTargetGroup. @throws UndoFailedError where somebody else has set another path */
async function undo({ target, before }: Path) {
  const path = await now(target);
  if (path !== target.path && path !== before.path)
    throw new UndoFailedError(`${target.targetGroupArn} is asked at ${path}, which this run did not set.`);
  if (path !== before.path) await setHealthCheckPath(target.targetGroupArn, before.path);
  return {};
}

async function confirmUndo({ target, before }: Path) {
  const path = await now(target);
  return path === before.path ? { done: true } : { done: false, progress: `it is ${path}` };
}

const needs = ({ targetGroupArn }: Path['target']) => [
  { actions: ['elasticloadbalancing:ModifyTargetGroup'], resource: targetGroupArn },
  { actions: ['elasticloadbalancing:DescribeTargetGroups'], resource: '*' },
];

export const handler = defineChange('health-check-path', {
  read,
  apply,
  confirm,
  undo,
  confirmUndo,
  oneCall: true,
  needs,
});
