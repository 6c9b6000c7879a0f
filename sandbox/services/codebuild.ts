import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { type Clock } from '../../asl';
import { operation } from './operation';
import { type Place, regionalArn } from './place';
import { AwsError, type Permission, type SimulatedService } from './service';

/** What the build of a project does with its variables; what it throws is what the build's command fails with. */
export type BuildCommand = (variables: Readonly<Record<string, string>>) => void;

/** A build's phases in order, with the seconds that each takes here (CodeBuild guide, Build phase transitions). */
const phases = [
  ['SUBMITTED', 0],
  ['QUEUED', 2],
  ['PROVISIONING', 20],
  ['DOWNLOAD_SOURCE', 5],
  ['INSTALL', 5],
  ['PRE_BUILD', 2],
  ['BUILD', 60],
  ['POST_BUILD', 2],
  ['UPLOAD_ARTIFACTS', 1],
  ['FINALIZING', 1],
] as const;
type Phase = (typeof phases)[number][0] | 'COMPLETED';

interface DonePhase {
  readonly phaseType: Phase;
  readonly phaseStatus?: 'SUCCEEDED' | 'FAILED' | 'STOPPED';
  readonly startTime: Date;
  readonly contexts?: readonly { readonly statusCode: string; readonly message: string }[];
}

interface Build {
  readonly id: string;
  readonly arn: string;
  readonly project: string;
  readonly number: number;
  readonly startedAt: Date;
  readonly variables: Readonly<Record<string, string>>;
  status: 'IN_PROGRESS' | 'SUCCEEDED' | 'FAILED' | 'STOPPED';
  phase: Phase;
  readonly phases: DonePhase[];
}

const invalid = 'InvalidInputException';

/** CodeBuild: builds that go through their phases in the clock's time; what their command does is a stand-in. */
export class CodeBuild implements SimulatedService {
  readonly name = 'CodeBuild';
  readonly standIn = {
    name: 'AWS CodeBuild',
    instead:
      'builds in memory that go through their phases; in place of Terraform a function that does what it would do here',
    differs: 'no source, no container and no Terraform are there; what a build applies is not proved by it',
  };
  readonly #projects = new Map<string, BuildCommand>();
  readonly #builds: Build[] = [];
  readonly #tokens = new Map<string, Build>();
  /** Builds that were stopped while their commands ran. */
  readonly interrupted: string[] = [];

  constructor(
    private readonly place: Place,
    private readonly clock: Clock,
  ) {}

  addProject(name: string, command: BuildCommand): void {
    this.#projects.set(name, command);
  }

  #command(project: string): BuildCommand {
    const command = this.#projects.get(project);
    if (command === undefined)
      throw new AwsError('ResourceNotFoundException', `Project cannot be found: ${this.#arn(project)}`);
    return command;
  }

  #arn(project: string): string {
    return regionalArn(this.place, 'codebuild', `project/${project}`);
  }

  #allows(operationName: string, project: string): Permission[] {
    return [{ action: `codebuild:${operationName}`, resource: this.#arn(project) }];
  }

  readonly operations = {
    ListBuildsForProject: operation(
      z.strictObject({ projectName: z.string(), sortOrder: z.enum(['ASCENDING', 'DESCENDING']).default('DESCENDING') }),
      {
        invalid,
        authorize: ({ projectName }) => this.#allows('ListBuildsForProject', projectName),
        perform: ({ projectName, sortOrder }) => {
          this.#command(projectName);
          const ids = this.#builds.filter(({ project }) => project === projectName).map(({ id }) => id);
          return { ids: sortOrder === 'ASCENDING' ? ids : ids.toReversed() };
        },
      },
    ),
    StartBuild: operation(
      z.strictObject({
        projectName: z.string(),
        idempotencyToken: z.string().max(128).optional(),
        environmentVariablesOverride: z
          .array(z.strictObject({ name: z.string().min(1), value: z.string(), type: z.literal('PLAINTEXT') }))
          .default([]),
      }),
      {
        invalid,
        authorize: ({ projectName }) => this.#allows('StartBuild', projectName),
        perform: ({ projectName, idempotencyToken, environmentVariablesOverride }) => {
          this.#command(projectName);
          // For five minutes the same token starts no other build (CodeBuild API); here for good.
          const token = idempotencyToken === undefined ? undefined : `${projectName} ${idempotencyToken}`;
          const known = token === undefined ? undefined : this.#tokens.get(token);
          if (known !== undefined) return { build: described(known) };
          const variables = Object.fromEntries(environmentVariablesOverride.map(({ name, value }) => [name, value]));
          const build = this.#start(projectName, variables);
          if (token !== undefined) this.#tokens.set(token, build);
          return { build: described(build) };
        },
      },
    ),
    StopBuild: operation(z.strictObject({ id: z.string().regex(/^[^:]+:.+$/) }), {
      invalid,
      authorize: ({ id }) => this.#allows('StopBuild', id.split(':')[0] ?? ''),
      perform: ({ id }) => {
        const build = this.#builds.find((each) => each.id === id);
        if (build === undefined) throw new AwsError('ResourceNotFoundException', `Build cannot be found: ${id}`);
        this.#stop(build);
        return { build: described(build) };
      },
    }),
    BatchGetBuilds: operation(z.strictObject({ ids: z.array(z.string()).min(1).max(100) }), {
      invalid,
      authorize: ({ ids }) =>
        [...new Set(ids.map((id) => id.split(':')[0] ?? ''))].flatMap((project) =>
          this.#allows('BatchGetBuilds', project),
        ),
      perform: ({ ids }) => ({
        builds: this.#builds.filter(({ id }) => ids.includes(id)).map(described),
        buildsNotFound: ids.filter((id) => !this.#builds.some((build) => build.id === id)),
      }),
    }),
  };

  /** The container is ended, whatever is going on in it. One that has ended stays as it is. */
  #stop(build: Build): void {
    if (build.status !== 'IN_PROGRESS') return;
    // While the commands run: a lock that they hold is held by nobody from now on.
    if (build.phase === 'BUILD') this.interrupted.push(build.id);
    build.status = 'STOPPED';
    build.phases.push({
      phaseType: build.phase,
      phaseStatus: 'STOPPED',
      startTime: new Date(this.clock.now().at),
      contexts: [{ statusCode: 'STOPPED', message: 'Build has been stopped' }],
    });
    this.#enter(build, phases.length);
  }

  #start(project: string, variables: Readonly<Record<string, string>>): Build {
    const id = `${project}:${randomUUID()}`;
    const build: Build = {
      id,
      arn: regionalArn(this.place, 'codebuild', `build/${id}`),
      project,
      number: this.#builds.filter((each) => each.project === project).length + 1,
      startedAt: new Date(this.clock.now().at),
      variables,
      status: 'IN_PROGRESS',
      phase: 'SUBMITTED',
      phases: [],
    };
    this.#builds.push(build);
    this.#enter(build, 0);
    return build;
  }

  #enter(build: Build, at: number): void {
    const [phase, seconds] = phases[at] ?? ['COMPLETED', 0];
    const startTime = new Date(this.clock.now().at);
    build.phase = phase;
    if (phase === 'COMPLETED') {
      build.phases.push({ phaseType: 'COMPLETED', startTime });
      if (build.status === 'IN_PROGRESS') build.status = 'SUCCEEDED';
      return;
    }
    this.clock.after(
      seconds * 1000,
      () => {
        if (build.status !== 'IN_PROGRESS') return;
        const problem = phase === 'BUILD' ? this.#run(build) : undefined;
        build.phases.push(
          problem === undefined
            ? { phaseType: phase, phaseStatus: 'SUCCEEDED', startTime }
            : {
                phaseType: phase,
                phaseStatus: 'FAILED',
                startTime,
                contexts: [{ statusCode: 'COMMAND_EXECUTION_ERROR', message: problem }],
              },
        );
        if (problem !== undefined) build.status = 'FAILED';
        this.#enter(build, problem === undefined ? at + 1 : phases.length);
      },
      { background: true },
    );
  }

  #run({ project, variables }: Build): string | undefined {
    try {
      this.#command(project)(variables);
      return undefined;
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      return `Error while executing command: terraform apply. Reason: ${words}`;
    }
  }
}

const described = (build: Build): object => ({
  id: build.id,
  arn: build.arn,
  buildNumber: build.number,
  projectName: build.project,
  startTime: build.startedAt,
  currentPhase: build.phase,
  buildStatus: build.status,
  buildComplete: build.status !== 'IN_PROGRESS',
  phases: build.phases,
  environment: {
    environmentVariables: Object.entries(build.variables).map(([name, value]) => ({ name, value, type: 'PLAINTEXT' })),
  },
});
