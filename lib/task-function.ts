import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { Effect, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  type Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { environmentVariables, METRICS_NAMESPACE, type EnvironmentVariable } from '../contract/environment';
import type { TaskContract } from '../contract/tasks';
import { flattened } from './nag';
import type { Grant } from './tasks/deployment';

export interface TaskFunctionProps {
  readonly environmentName: string;
  readonly task: TaskContract;
  readonly code: Code;
  readonly variables: Readonly<Partial<Record<EnvironmentVariable, string>>>;
  readonly grants: readonly Grant[];
  /** Whether it is told the ARN of its own role. */
  readonly knowsItsRole: boolean;
}

/** One task's function: its role has one policy, its log group keeps ninety days, its calls are traced. */
export class TaskFunction extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, props: TaskFunctionProps) {
    super(scope, id);
    const { task } = props;
    const functionName = `lifeboat-${props.environmentName}-${task.name}`;

    const log = new LogGroup(this, 'Log', {
      logGroupName: `/lifeboat/${props.environmentName}/${task.name}`,
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `Lifeboat, ${props.environmentName}: ${task.name}`,
      // In the role itself: as resources of their own the policies would be a fifth of the 500 that a stack may have.
      inlinePolicies: {
        task: new PolicyDocument({
          statements: [
            ...props.grants.map(
              (grant) =>
                new PolicyStatement({
                  effect: Effect.ALLOW,
                  actions: [...grant.actions],
                  resources: [...grant.resources],
                  ...(grant.conditions === undefined ? {} : { conditions: grant.conditions }),
                }),
            ),
            new PolicyStatement({
              actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
              resources: [log.logGroupArn],
            }),
            new PolicyStatement({ actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], resources: ['*'] }),
          ],
        }),
      },
    });
    acknowledgeWildcards(role, [
      ...props.grants,
      { actions: ['xray'], resources: ['*'], why: 'X-Ray takes no resource' },
    ]);

    this.function = new LambdaFunction(this, 'Function', {
      functionName,
      description: task.does,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: props.code,
      handler: `${task.name}/index.handler`,
      role: role.withoutPolicyUpdates(),
      timeout: Duration.seconds(task.timeoutSeconds),
      memorySize: 512,
      logGroup: log,
      loggingFormat: LoggingFormat.JSON,
      tracing: Tracing.ACTIVE,
      environment: {
        POWERTOOLS_SERVICE_NAME: task.name,
        POWERTOOLS_METRICS_NAMESPACE: METRICS_NAMESPACE,
        [environmentVariables.environment]: props.environmentName,
        ...Object.fromEntries(named(props.variables)),
        ...(props.knowsItsRole ? { [environmentVariables.roleArn]: role.roleArn } : {}),
      },
    });
  }
}

function named(variables: TaskFunctionProps['variables']): [string, string][] {
  const list: [string, string][] = [];
  for (const [key, name] of Object.entries(environmentVariables)) {
    const value = Object.entries(variables).find(([given]) => given === key)?.[1];
    if (value !== undefined) list.push([name, value]);
  }
  return list;
}

/** Tells cdk-nag, finding by finding, why a wildcard stands; one without a reason stays a violation. */
export function acknowledgeWildcards(policy: Construct, grants: readonly Grant[]): void {
  for (const grant of grants) {
    if (grant.why === undefined) continue;
    for (const resource of grant.resources.filter((name) => name.includes('*'))) {
      Validations.of(policy).acknowledge({
        id: `AwsSolutions-IAM5[Resource::${flattened(Stack.of(policy).resolve(resource))}]`,
        reason: grant.why,
      });
    }
    for (const action of grant.actions.filter((name) => name.includes('*'))) {
      Validations.of(policy).acknowledge({ id: `AwsSolutions-IAM5[Action::${action}]`, reason: grant.why });
    }
  }
}
