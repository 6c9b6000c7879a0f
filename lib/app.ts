import { App, type AppProps } from 'aws-cdk-lib';
import { describe } from '../config/describe';
import { interviewDrills } from '../config/interview-drills';
import { interviewDrillsSelfHosted } from '../config/interview-drills-self-hosted';
import { environmentNames, type Application, type EnvironmentName } from '../config/schema';
import type { Site } from '../config/standby';
import { LifeboatStack } from './lifeboat-stack';

/** The context that chooses where the database lies: `rds`, as it is unless said, or `self-hosted`. */
export const DATABASE_CONTEXT = 'lifeboat:database';
/** The context that names the stacks that are wanted, separated by commas: synthesizing one takes seconds. All, unless said. */
export const STACKS_CONTEXT = 'lifeboat:stacks';

function applicationWith(database: unknown): Application {
  switch (database) {
    case undefined:
    case 'rds':
      return interviewDrills;
    case 'self-hosted':
      return interviewDrillsSelfHosted;
    default:
      throw new Error(`${DATABASE_CONTEXT} should be rds or self-hosted, not ${JSON.stringify(database)}`);
  }
}

/**
 * The CDK app: one stack per environment of the application in config/, and the same one again in its standby region, where
 * it has to work when the home region is gone (docs/adr/0010). Looks nothing up.
 * @param bundles the folder with one bundle a task, as lambdas/build.ts makes it.
 */
export function lifeboatApp(bundles: string, props: AppProps = {}): App {
  const { context, ...others } = props;
  const app = new App({
    analyticsReporting: false,
    // Takes as long as everything else together; test/lib/stacks.test.ts has it, with its findings as errors.
    builtinCloudFormationValidation: false,
    // Here and not in cdk.json, so that a test synthesizes what a deployment does.
    context: {
      '@aws-cdk/aws-iam:minimizePolicies': true,
      '@aws-cdk/core:checkSecretUsage': true,
      '@aws-cdk/core:target-partitions': ['aws'],
      // Blanks count towards the 1 MB of a template, and would be half of it.
      '@aws-cdk/core:suppressTemplateIndentation': true,
      // Access logs are allowed by the bucket's policy; access control lists stay off.
      '@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy': true,
      ...context,
    },
    ...others,
  });
  const wanted = listed(app.node.tryGetContext(STACKS_CONTEXT));
  const application = applicationWith(app.node.tryGetContext(DATABASE_CONTEXT));
  for (const environment of environmentNames) {
    for (const site of sitesOf(application.environments[environment])) {
      if (wanted !== null && !wanted.includes(stackName(environment, site))) continue;
      const protects = describe(application, environment, site);
      new LifeboatStack(app, stackName(environment, site), {
        protects,
        bundles,
        description: `Lifeboat: recovery and rollback of ${protects.title}, ${environment}${site === 'home' ? '' : `, ${site}`}`,
        env: { account: protects.account, region: protects.region },
      });
    }
  }
  return app;
}

const sitesOf = ({ standby }: Application['environments'][EnvironmentName]): readonly Site[] =>
  standby === undefined ? ['home'] : ['home', 'standby'];

/** `Lifeboat-drill`, `Lifeboat-drill-standby`. */
export const stackName = (environment: EnvironmentName, site: Site): string =>
  `Lifeboat-${environment}${site === 'home' ? '' : `-${site}`}`;

const listed = (stacks: unknown): readonly string[] | null =>
  typeof stacks === 'string' && stacks !== '' ? stacks.split(',') : null;
