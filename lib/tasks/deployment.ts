import type { Description } from '../../config/schema';
import type { DocumentName } from '../../contract/documents';
import { METRICS_NAMESPACE, type EnvironmentVariable } from '../../contract/environment';

/** One permission of a function's role. */
export interface Grant {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
  /** Why a resource or action has a wildcard: required where one has, and what cdk-nag is told. */
  readonly why?: string;
}

/** The names and ARNs of what the stack has; policies are written from it. */
export interface Resources {
  readonly description: Description;
  readonly runsTableArn: string;
  readonly evidenceTableArn: string;
  readonly reportBucketArn: string;
  readonly notificationsTopicArn: string;
  /** Of the key that the topic is encrypted with. */
  readonly notificationsKeyArn: string;
  readonly descriptionParameterArn: string;
  /** `arn:<partition>:<service>:<region>:<account>:<rest>` in the environment's own account and region. */
  arn(service: string, rest: string): string;
  /** ARNs of a machine and of its executions, by the machine's short name. */
  machineArn(name: string): string;
  executionArns(name: string): string;
}

/** How a task is deployed: its environment variables and the one narrow policy of its role. */
export interface TaskDeployment {
  readonly environment: readonly EnvironmentVariable[];
  readonly grants: (resources: Resources) => readonly Grant[];
}

type ItemRead = 'GetItem' | 'Query';
type ItemWrite = 'PutItem' | 'UpdateItem' | 'DeleteItem';
/** What an item of the table of runs belongs to: the first part of its partition key. */
export type Partition = 'RUN' | 'OPEN' | 'LEASE' | 'PROBE' | 'INCIDENT';

/** Reading the table of runs: lease, journal, decisions, checks. */
export function readRuns(resources: Resources, ...actions: readonly ItemRead[]): Grant {
  return { actions: actions.map((action) => `dynamodb:${action}`), resources: [resources.runsTableArn] };
}

/** Writing items of these partitions, and of no other: whoever may write a journal may not write the lease by it. */
export function writeRuns(
  resources: Resources,
  partitions: readonly Partition[],
  ...actions: readonly ItemWrite[]
): Grant {
  const { environment } = resources.description;
  const keys = partitions.map((partition) => (partition === 'RUN' ? 'RUN#*' : `${partition}#${environment}`));
  return {
    actions: actions.map((action) => `dynamodb:${action}`),
    resources: [resources.runsTableArn],
    conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': keys } },
  };
}

/** What a change needs: its own run's journal, and a look at the lease. */
export function journal(resources: Resources): Grant[] {
  return [readRuns(resources, 'GetItem', 'Query'), writeRuns(resources, ['RUN'], 'PutItem', 'UpdateItem')];
}

/** The figures that alarms watch; those of single tasks go by way of the log. */
export function putMetrics(): Grant {
  return {
    actions: ['cloudwatch:PutMetricData'],
    resources: ['*'],
    conditions: { StringEquals: { 'cloudwatch:namespace': METRICS_NAMESPACE } },
    why: 'putting metrics knows no resource; the condition binds it to our namespace',
  };
}

export function readDescription(resources: Resources): Grant {
  return { actions: ['ssm:GetParameter'], resources: [resources.descriptionParameterArn] };
}

/** The restored and kept instances of this environment's runs, by their prefix. */
export function ownInstances(resources: Resources): string {
  return resources.arn('rds', `db:lifeboat-${resources.description.environment}-*`);
}

export function sourceInstance(resources: Resources): string {
  return resources.arn('rds', `db:${resources.description.database.instanceIdentifier}`);
}

export const OWN_PREFIX =
  'what a run makes is named lifeboat-<environment>-<run>: the policy has to name it before it exists';

/** Running a document on the application's hosts, and only on them. */
export function runDocuments(
  resources: Resources,
  documents: readonly DocumentName[],
  partitions: readonly Partition[] = ['RUN'],
): Grant[] {
  const { environment, hosts, database } = resources.description;
  return [
    {
      actions: ['ssm:SendCommand'],
      resources: documents.map((name) => resources.arn('ssm', `document/lifeboat-${environment}-${name}`)),
    },
    ...[hosts.tag, ...(database.selfHosted === undefined ? [] : [database.selfHosted.tag])].map(({ key, value }) => ({
      actions: ['ssm:SendCommand'],
      resources: [resources.arn('ec2', 'instance/*')],
      conditions: { StringEquals: { [`ssm:resourceTag/${key}`]: value } },
      why: 'hosts come and go with Auto Scaling; the condition binds the call to the tag of this environment',
    })),
    {
      actions: ['ssm:DescribeInstanceInformation', 'ssm:ListCommands'],
      resources: ['*'],
      why: 'these actions know no resource',
    },
    readRuns(resources, 'GetItem'),
    writeRuns(resources, partitions, 'PutItem', 'UpdateItem'),
  ];
}

/** Reading what became of a document. */
export function awaitDocuments(): Grant {
  return { actions: ['ssm:GetCommandInvocation'], resources: ['*'], why: 'this action knows no resource' };
}
