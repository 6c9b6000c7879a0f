import { ChangeSetRefusedError, InfrastructureUnfitError, ProvisioningFailedError } from '../../contract/errors';
import {
  canBeUpdated,
  createChangeSet,
  deleteChangeSet,
  deleteEmptyStack,
  findChangeSet,
  findStack,
  isEmpty,
  type ResourceChange,
  type Stack,
} from '../gateways/stacks';
import { defineChange, tagsOfRun, type Change } from './define';
import { ownArn, type Need } from './rehearse';

type Set = Change<'change-set'>;

/** What holds data: a new one in its place would be empty. By CloudFormation's types. */
const holdsData =
  /^AWS::(RDS|DynamoDB|S3|EFS|FSx|ElastiCache|MemoryDB|DocDB|Neptune|Redshift|OpenSearchService|Elasticsearch|Timestream|Cassandra|Backup|SQS|Kinesis|MSK|SecretsManager|KMS|Cognito)::|^AWS::EC2::(Volume|Instance)$/;

/** What says how many hosts there are: without it none that is missing would come. */
const sizes: Readonly<Record<string, readonly string[]>> = {
  'AWS::AutoScaling::AutoScalingGroup': ['MinSize', 'MaxSize', 'DesiredCapacity'],
};

/** What of it may follow a resource that the change set makes: hosts of a target group that is made again are its targets. */
const following: Readonly<Record<string, readonly string[]>> = {
  'AWS::AutoScaling::AutoScalingGroup': ['TargetGroupARNs'],
};

/** Logical ids of what a change set makes. */
export const madeBy = (changes: readonly (ResourceChange | null)[]): string[] =>
  changes.flatMap((each) => (each?.action === 'Add' || each?.drift === 'DELETED' ? [each.logicalId] : []));

/**
 * Why a change must not be made, in words; null where it may. What is gone may be made again, whatever it was called before;
 * of what is there only the number of hosts is set. Anything else that differs from the template somebody, or a run that set
 * the hosts' release, may have meant so.
 * @param made logical ids of what the same change set makes
 */
export function refusal(change: ResourceChange | null, made: readonly string[] = []): string | null {
  if (change === null) return 'has a change that is of no resource';
  const { action, policy, replacement, drift, type, named, differs } = change;
  const follows = (name: string): boolean =>
    following[type]?.includes(name) === true && change.follows[name]?.every((id) => made.includes(id)) === true;
  if (action === 'Add' || action === 'SyncWithActual' || drift === 'DELETED') return null;
  const data = holdsData.test(type) ? ', and it holds data' : '';
  if (action === 'Remove') return `would delete ${named}, which is there${data}`;
  // What CloudFormation cannot tell beforehand (Conditional, Dynamic, a nested stack) counts as the worst of it.
  if (action !== 'Modify' || replacement !== 'False' || policy.startsWith('Replace'))
    return `would replace ${named}, which is there${data}`;
  const others = differs.filter((name) => sizes[type]?.includes(name) !== true && !follows(name));
  if (others.length === 0 && differs.length > 0) return null;
  return `would change ${others.join(', ')} of ${named}, which is there${data}`;
}

/** CloudFormation DescribeStacks. @throws InfrastructureUnfitError where the stack is not in a state to be made or updated */
async function read({ stack, type }: Set['target']) {
  const found = await findStack(stack);
  requireFit(stack, type, found);
  return { status: found?.status ?? null };
}

function requireFit(name: string, type: Set['target']['type'], found: Stack | null): void {
  const fit = type === 'CREATE' ? found === null || isEmpty(found) : found !== null && canBeUpdated(found);
  if (!fit)
    throw new InfrastructureUnfitError(
      `The stack ${name} is ${found === null ? 'gone' : `${found.status}${found.reason === '' ? '' : ` (${found.reason})`}`}: it cannot be ${type === 'CREATE' ? 'made' : 'updated'}.`,
    );
}

/**
 * CloudFormation DescribeStacks, CreateChangeSet. Of a stack that is there the template and the parameters stay; what was
 * changed or deleted behind its back is made good (drift-aware change sets). Nothing is made by it.
 */
async function apply(change: Set) {
  const { changeSet: name, type, stack, templateUrl, parameters, capabilities, serviceRoleArn } = change.target;
  const found = await findStack(stack);
  requireFit(stack, type, found);
  await createChangeSet({
    stack,
    name,
    serviceRoleArn,
    capabilities,
    description: `lifeboat ${change.run.id}`,
    of:
      type === 'CREATE'
        ? { type, templateUrl, parameters, tags: tagsOfRun(change.run) }
        : { type, parameters: found?.parameters ?? [] },
  });
  return {};
}

/**
 * CloudFormation DescribeChangeSet: done once it is there and everything in it may be done.
 * @throws ChangeSetRefusedError naming what it would delete, replace or change; ProvisioningFailedError where there is none
 */
async function confirm({ target: { stack, changeSet } }: Set) {
  const found = await findChangeSet(stack, changeSet);
  if (found === null || ['CREATE_PENDING', 'CREATE_IN_PROGRESS'].includes(found.status))
    return { done: false, progress: found?.status ?? 'it is not listed yet' };
  if (found.status !== 'CREATE_COMPLETE')
    throw new ProvisioningFailedError(`The change set ${changeSet} of ${stack} is ${found.status}: ${found.reason}`);
  const made = madeBy(found.changes);
  const refused = found.changes.flatMap((each) => refusal(each, made) ?? []);
  if (refused.length > 0)
    throw new ChangeSetRefusedError(
      `The change set ${changeSet} of ${stack} ${refused.join('; ')}. It was not executed.`,
    );
  return { done: true, detail: { changes: found.changes.map((one) => `${one?.action ?? ''} ${one?.named ?? ''}`) } };
}

/**
 * CloudFormation DescribeChangeSet, DeleteChangeSet, and DeleteStack of the empty one that was made for it. One that was
 * executed is history and stays.
 */
async function undo({ target: { stack, changeSet, type } }: Set) {
  const found = await findChangeSet(stack, changeSet);
  const executed = found?.execution.startsWith('EXECUTE') ?? false;
  if (found !== null && !executed && !found.status.startsWith('DELETE')) await deleteChangeSet(stack, changeSet);
  const left = type === 'CREATE' && !executed ? await findStack(stack) : null;
  if (left !== null && isEmpty(left)) await deleteEmptyStack(stack);
  return { executed };
}

async function confirmUndo({ target: { stack, changeSet, type } }: Set) {
  const found = await findChangeSet(stack, changeSet);
  if (found !== null && !found.execution.startsWith('EXECUTE') && found.status !== 'DELETE_COMPLETE')
    return { done: false, progress: `it is ${found.status}` };
  const left = type === 'CREATE' && found === null ? await findStack(stack) : null;
  return left !== null && isEmpty(left) ? { done: false, progress: `${stack} is ${left.status}` } : { done: true };
}

export const stackArn = (stack: string): string => ownArn('cloudformation', `stack/${stack}/0`);

const needs = ({ stack, changeSet, type, templateUrl, serviceRoleArn }: Set['target'], run: Set['run']): Need[] => [
  {
    actions: ['cloudformation:CreateChangeSet'],
    resource: stackArn(stack),
    context: {
      'cloudformation:ChangeSetName': changeSet,
      'cloudformation:RoleArn': serviceRoleArn,
      ...(type === 'CREATE' && { 'cloudformation:TemplateUrl': templateUrl }),
    },
  },
  {
    actions: ['cloudformation:DeleteChangeSet'],
    resource: stackArn(stack),
    context: { 'cloudformation:ChangeSetName': changeSet },
  },
  { actions: ['cloudformation:DescribeChangeSet', 'cloudformation:DescribeStacks'], resource: stackArn(stack) },
  {
    actions: ['iam:PassRole'],
    resource: serviceRoleArn,
    context: { 'iam:PassedToService': 'cloudformation.amazonaws.com' },
  },
  ...(type === 'CREATE'
    ? [
        {
          actions: ['cloudformation:DeleteStack'],
          resource: stackArn(stack),
          context: { 'aws:ResourceTag/lifeboat:environment': run.environment },
        },
        { actions: ['s3:GetObject'], resource: objectOf(templateUrl) },
        {
          actions: ['cloudformation:TagResource'],
          resource: stackArn(stack),
          context: { 'cloudformation:CreateAction': 'CreateChangeSet' },
        },
      ]
    : []),
];

/** `https://<bucket>.s3.<region>.amazonaws.com/<key>` as the ARN of the object. */
export function objectOf(templateUrl: string): string {
  const { hostname, pathname } = new URL(templateUrl);
  return `arn:aws:s3:::${hostname.replace(/\.s3\.[a-z0-9-]+\.amazonaws\.com$/, '')}${pathname}`;
}

export const handler = defineChange('change-set', {
  read,
  apply,
  confirm,
  undo,
  confirmUndo,
  // It asks for one that nobody else has by that name, after it has looked at the stack.
  oneCall: true,
  needs,
});
