import { infrastructureTasks } from '../../contract/tasks/infrastructure';
import { canBeUpdated, detectDrift, findStack } from '../gateways/stacks';
import { handler as task } from '../runtime/handler';
import { requireDescribed } from './described';

/** CloudFormation DescribeStacks, DetectStackDrift; Terraform compares by itself when it applies. @throws InfrastructureUnfitError */
export const handler = task(infrastructureTasks['drift-detect'], async ({ infrastructure }) => {
  const described = requireDescribed(infrastructure);
  if (described.by === 'terraform') return { detectionId: null };
  const stack = await findStack(described.stack);
  return { detectionId: stack !== null && canBeUpdated(stack) ? await detectDrift(described.stack) : null };
});
