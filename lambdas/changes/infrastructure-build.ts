import * as z from 'zod';
import { ChangeConflictError, ProvisioningFailedError } from '../../contract/errors';
import { findBuild, newestBuild, startBuild, stopBuild } from '../gateways/builds';
import { parse } from '../runtime/parse';
import { defineChange, type Change } from './define';
import { ownArn } from './rehearse';

type Building = Change<'infrastructure-build'>;

const detailSchema = z.object({ buildId: z.string() });

/** By which a build says whose it is. */
const MARK = 'LIFEBOAT_CHANGE';

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
  const mark = `${run.id}-${key}`;
  return { buildId: await startBuild(project, { ...given, [MARK]: mark }, mark) };
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

/** The build of this change, also where the journal has not come to know it; null where none was started. */
async function own(change: Building): Promise<string | null> {
  const known = detailSchema.safeParse(change.detail);
  if (known.success) return known.data.buildId;
  const newest = await newestBuild(change.target.project);
  if (newest === null || newest === change.before.newest) return null;
  return (await findBuild(newest))?.variables[MARK] === `${change.run.id}-${change.key}` ? newest : null;
}

/** Phases before that in which Terraform works, with one between them (CodeBuild guide, Build phase transitions). */
const early = ['SUBMITTED', 'QUEUED', 'PROVISIONING', 'DOWNLOAD_SOURCE', 'INSTALL'];

/**
 * CodeBuild ListBuildsForProject, BatchGetBuilds, StopBuild: one that has not come to Terraform is stopped; from then on its end is
 * awaited. What Terraform applied stays (contract/undo.ts).
 */
async function undo(change: Building) {
  const buildId = await own(change);
  const found = buildId === null ? null : await findBuild(buildId);
  if (buildId === null || found === null) return { kept: change.target.project };
  const stopped = found.status === 'IN_PROGRESS' && early.includes(found.phase);
  if (stopped) await stopBuild(buildId);
  return { buildId, stopped, kept: change.target.project };
}

/** CodeBuild BatchGetBuilds: while it runs nobody else may change anything. */
async function confirmUndo(change: Building) {
  const known = detailSchema.safeParse(change.detail);
  const found = known.success ? await findBuild(known.data.buildId) : null;
  return found?.status === 'IN_PROGRESS' ? { done: false, progress: `the build is in ${found.phase}` } : { done: true };
}

const needs = ({ project }: Building['target']) => [
  {
    actions: ['StartBuild', 'StopBuild', 'ListBuildsForProject', 'BatchGetBuilds'].map((each) => `codebuild:${each}`),
    resource: ownArn('codebuild', `project/${project}`),
  },
];

export const handler = defineChange('infrastructure-build', {
  read,
  apply,
  confirm,
  undo,
  confirmUndo,
  oneCall: true,
  needs,
});
