import {
  BatchGetBuildsCommand,
  CodeBuildClient,
  ListBuildsForProjectCommand,
  StartBuildCommand,
  StopBuildCommand,
  type Build,
} from '@aws-sdk/client-codebuild';
import * as z from 'zod';
import { InfrastructureUnfitError } from '../../contract/errors';
import { parse } from '../runtime/parse';
import { callAws } from './aws-errors';
import { client } from './clients';

/** CodeBuild: builds of a project. */

const codeBuild = () => client(CodeBuildClient);
const missing = {
  ResourceNotFoundException: (cause: Error) => new InfrastructureUnfitError(cause.message, { cause }),
};

/** The newest build of a project; null where there was none (CodeBuild ListBuildsForProject). @throws InfrastructureUnfitError */
export async function newestBuild(project: string): Promise<string | null> {
  const answer = await callAws(
    `codebuild:ListBuildsForProject ${project}`,
    () => codeBuild().send(new ListBuildsForProjectCommand({ projectName: project, sortOrder: 'DESCENDING' })),
    missing,
  );
  return answer.ids?.[0] ?? null;
}

/**
 * Starts a build with these variables in its environment; the same token finds the build that a call before this one started
 * (CodeBuild StartBuild). @returns its id
 */
export async function startBuild(
  project: string,
  variables: Readonly<Record<string, string>>,
  token: string,
): Promise<string> {
  const answer = await callAws(
    `codebuild:StartBuild ${project}`,
    () =>
      codeBuild().send(
        new StartBuildCommand({
          projectName: project,
          idempotencyToken: token,
          environmentVariablesOverride: Object.entries(variables).map(([name, value]) => ({
            name,
            value,
            type: 'PLAINTEXT',
          })),
        }),
      ),
    missing,
  );
  return parse(z.string().min(1), answer.build?.id, 'the id of a build');
}

/** Stops a build; one that has ended stays as it is (CodeBuild StopBuild). */
export async function stopBuild(id: string): Promise<void> {
  await callAws(`codebuild:StopBuild ${id}`, () => codeBuild().send(new StopBuildCommand({ id })), missing);
}

export interface BuildState {
  /** `IN_PROGRESS`, `SUCCEEDED`, `FAILED`, `FAULT`, `STOPPED`, `TIMED_OUT`. */
  readonly status: string;
  readonly phase: string;
  /** What its phases say of why they failed. */
  readonly problems: readonly string[];
  /** What was given to it in its environment. */
  readonly variables: Readonly<Record<string, string>>;
}

const buildSchema = z.object({ buildStatus: z.string(), currentPhase: z.string().default('') });

/** How a build stands; null where it is not listed yet (CodeBuild BatchGetBuilds). */
export async function findBuild(id: string): Promise<BuildState | null> {
  const answer = await callAws(`codebuild:BatchGetBuilds ${id}`, () =>
    codeBuild().send(new BatchGetBuildsCommand({ ids: [id] })),
  );
  const found: Build | undefined = answer.builds?.[0];
  if (found === undefined) return null;
  const { buildStatus, currentPhase } = parse(buildSchema, found, `the build ${id}`);
  const problems = (found.phases ?? []).flatMap(({ phaseType, phaseStatus, contexts }) =>
    phaseStatus === undefined || phaseStatus === 'SUCCEEDED'
      ? []
      : [`${phaseType ?? '?'} ${phaseStatus}: ${(contexts ?? []).map(({ message }) => message ?? '').join(', ')}`],
  );
  const variables = Object.fromEntries(
    (found.environment?.environmentVariables ?? []).map(({ name, value }) => [name ?? '', value ?? '']),
  );
  return { status: buildStatus, phase: currentPhase, problems, variables };
}
