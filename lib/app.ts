import { App, type AppProps } from 'aws-cdk-lib';
import { describe } from '../config/describe';
import { interviewDrills } from '../config/interview-drills';
import { environmentNames, type Application, type EnvironmentName } from '../config/schema';
import type { Site } from '../config/standby';
import { LifeboatStack } from './lifeboat-stack';

/**
 * The CDK app: one stack per environment of the application in config/, and the same one again in its standby region, where
 * it has to work when the home region is gone (docs/adr/0010). Looks nothing up.
 * @param bundles the folder with one bundle a task, as lambdas/build.ts makes it.
 * @param only these stacks; all of them unless given here or, separated by commas, as the context `stacks` (`cdk -c stacks=…`):
 *   synthesizing one takes seconds
 */
export function lifeboatApp(bundles: string, props: AppProps = {}, only?: readonly string[]): App {
  const app = new App({
    analyticsReporting: false,
    // Here and not in cdk.json, so that a test synthesizes what a deployment does.
    context: {
      '@aws-cdk/aws-iam:minimizePolicies': true,
      '@aws-cdk/core:checkSecretUsage': true,
      '@aws-cdk/core:target-partitions': ['aws'],
      // Access logs are allowed by the bucket's policy; access control lists stay off.
      '@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy': true,
    },
    ...props,
  });
  const wanted = only ?? inContext(app.node.tryGetContext('stacks'));
  for (const environment of environmentNames) {
    for (const site of sitesOf(interviewDrills.environments[environment])) {
      if (wanted !== null && !wanted.includes(stackName(environment, site))) continue;
      const protects = describe(interviewDrills, environment, site);
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

const inContext = (stacks: unknown): readonly string[] | null =>
  typeof stacks === 'string' && stacks !== '' ? stacks.split(',') : null;
