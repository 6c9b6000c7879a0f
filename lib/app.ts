import { App, type AppProps } from 'aws-cdk-lib';
import { describe } from '../config/describe';
import { interviewDrills } from '../config/interview-drills';
import { interviewDrillsSelfHosted } from '../config/interview-drills-self-hosted';
import { environmentNames, type Application } from '../config/schema';
import { LifeboatStack } from './lifeboat-stack';

/** The context that chooses where the database lies: `rds`, as it is unless said, or `self-hosted`. */
export const DATABASE_CONTEXT = 'lifeboat:database';

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
 * The CDK app: one stack per environment of the application in config/. Looks nothing up.
 * @param bundles the folder with one bundle a task, as lambdas/build.ts makes it.
 */
export function lifeboatApp(bundles: string, props: AppProps = {}): App {
  const { context, ...others } = props;
  const app = new App({
    analyticsReporting: false,
    // Here and not in cdk.json, so that a test synthesizes what a deployment does.
    context: {
      '@aws-cdk/aws-iam:minimizePolicies': true,
      '@aws-cdk/core:checkSecretUsage': true,
      '@aws-cdk/core:target-partitions': ['aws'],
      // Access logs are allowed by the bucket's policy; access control lists stay off.
      '@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy': true,
      ...context,
    },
    ...others,
  });
  const application = applicationWith(app.node.tryGetContext(DATABASE_CONTEXT));
  for (const environment of environmentNames) {
    const protects = describe(application, environment);
    new LifeboatStack(app, `Lifeboat-${environment}`, {
      protects,
      bundles,
      description: `Lifeboat: recovery and rollback of ${protects.title}, ${environment}`,
      env: { account: protects.account, region: protects.region },
    });
  }
  return app;
}
