import * as z from 'zod';
import { ChangeConflictError, ProvisioningFailedError } from '../../contract/errors';
import { findBuild, newestBuild, startBuild } from '../gateways/builds';
import { parse } from '../runtime/parse';
import { defineChange, type Change } from './define';
import { ownArn } from './rehearse';

type Building = Change<'infrastructure-build'>;

const detailSchema = z.object({ buildId: z.string() });

/** CodeBuild ListBuildsForProject, BatchGetBuilds. @throws ChangeConflictError where one runs: Terraform locks its state */
async function read({ project }: Building['target']) {
  const newest = await newestBuild(project);
  if (newest !== null && (await findBuild(newest))?.status === 'IN_PROGRESS')
    throw new ChangeConflictError(`The build ${newest} of ${project} runs: two of them would lock each other out.`);
  return { newest };
}

/** CodeBuild StartBuild, with a token of the run. Each of Terraform's variables is in its environment as `TF_VAR_<name>`. */
async function apply({ run, key, target: { project, variables } }: Building) {
  const given = Object.fromEntries(Object.entries(variables).map(([name, value]) => [`TF_VAR_${name}`, value]));
  return { buildId: await startBuild(project, given, `${run.id}-${key}`) };
}

/** CodeBuild BatchGetBuilds. @throws ProvisioningFailedError with what its phases say */
async function confirm(change: Building) {
  const { buildId } = parse(detailSchema, change.detail, `the build of ${change.key}`);
  const found = await findBuild(buildId);
  if (found === null) return { done: false, progress: `${buildId} is not listed yet` };
  if (found.status === 'IN_PROGRESS') return { done: false, progress: found.phase };
  if (found.status === 'SUCCEEDED') return { done: true };
  throw new ProvisioningFailedError(
    `The build ${buildId} is ${found.status}: ${found.problems.join('; ') || 'no phase says why'}`,
  );
}

/** What Terraform applied stays (contract/undo.ts). */
function undo({ target: { project } }: Building) {
  return Promise.resolve({ kept: project });
}

const needs = ({ project }: Building['target']) => [
  {
    actions: ['codebuild:StartBuild', 'codebuild:ListBuildsForProject', 'codebuild:BatchGetBuilds'],
    resource: ownArn('codebuild', `project/${project}`),
  },
];

export const handler = defineChange('infrastructure-build', {
  read,
  apply,
  confirm,
  undo,
  confirmUndo: () => Promise.resolve({ done: true }),
  oneCall: true,
  needs,
});
