import {
  CancelUpdateStackCommand,
  CloudFormationClient,
  CreateChangeSetCommand,
  DeleteChangeSetCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  DescribeStackDriftDetectionStatusCommand,
  DescribeStackEventsCommand,
  DescribeStackResourceDriftsCommand,
  DescribeStacksCommand,
  DetectStackDriftCommand,
  ExecuteChangeSetCommand,
  type Capability,
  type Change,
  type ResourceChangeDetail,
} from '@aws-sdk/client-cloudformation';
import * as z from 'zod';
import { InfrastructureUnfitError } from '../../contract/errors';
import { parse } from '../runtime/parse';
import { callAws, isAwsError } from './aws-errors';
import { client } from './clients';

/** CloudFormation: stacks, their drift, and change sets. */

const cloudFormation = () => client(CloudFormationClient);

export interface Stack {
  readonly status: string;
  /** Why, where CloudFormation says it. */
  readonly reason: string;
  readonly parameters: readonly string[];
}

const stackSchema = z.object({
  StackStatus: z.string(),
  StackStatusReason: z.string().default(''),
  Parameters: z.array(z.object({ ParameterKey: z.string() })).default([]),
});

/** A stack by its name; null where there is none (CloudFormation DescribeStacks, which refuses a name that it does not know). */
export async function findStack(name: string): Promise<Stack | null> {
  const answer = await callAws(`cloudformation:DescribeStacks ${name}`, async () => {
    try {
      return await cloudFormation().send(new DescribeStacksCommand({ StackName: name }));
    } catch (error) {
      if (isAwsError(error, 'ValidationError') && error.message.includes('does not exist')) return null;
      throw error;
    }
  });
  if (answer === null) return null;
  const { StackStatus, StackStatusReason, Parameters } = parse(stackSchema, answer.Stacks?.[0], `the stack ${name}`);
  return {
    status: StackStatus,
    reason: StackStatusReason,
    parameters: Parameters.map(({ ParameterKey }) => ParameterKey),
  };
}

/** Statuses in which a stack's drift can be detected, and in which it can be updated (CloudFormation guide, Detect drift; Stack status). */
const settled = [
  'CREATE_COMPLETE',
  'UPDATE_COMPLETE',
  'UPDATE_ROLLBACK_COMPLETE',
  'IMPORT_COMPLETE',
  'IMPORT_ROLLBACK_COMPLETE',
];
export const canBeUpdated = ({ status }: Stack): boolean => settled.includes(status);
/** A change set that nobody executed has left a stack that has nothing; one may be made in it. */
export const isEmpty = ({ status }: Stack): boolean => status === 'REVIEW_IN_PROGRESS';

/** Begins to compare a stack with its template (CloudFormation DetectStackDrift). @returns by what the answer is asked for */
export async function detectDrift(name: string): Promise<string> {
  const answer = await callAws(`cloudformation:DetectStackDrift ${name}`, () =>
    cloudFormation().send(new DetectStackDriftCommand({ StackName: name })),
  );
  return parse(z.string().min(1), answer.StackDriftDetectionId, `the drift detection of ${name}`);
}

const detectionSchema = z.object({ DetectionStatus: z.string(), DetectionStatusReason: z.string().default('') });
const driftSchema = z.object({ LogicalResourceId: z.string(), StackResourceDriftStatus: z.string() });

/** How a stack's resources stand against its template. */
export interface Comparison {
  /** Logical ids of those that are there no more. */
  readonly deleted: readonly string[];
  /** What CloudFormation could not compare, in its words; empty where it could compare everything that can be. */
  readonly uncompared: string;
}

/**
 * What came of a comparison; null while it goes on (CloudFormation DescribeStackDriftDetectionStatus, DescribeStackResourceDrifts).
 * "Failed" it says where one resource could not be read (no right, throttled, a type whose reading fails); "results will be
 * available" for the others (CloudFormation API). Types that cannot be compared at all it leaves out.
 * @throws InfrastructureUnfitError where CloudFormation could compare none of them
 */
export async function comparison(name: string, detectionId: string): Promise<Comparison | null> {
  const answer = await callAws(`cloudformation:DescribeStackDriftDetectionStatus ${name}`, () =>
    cloudFormation().send(new DescribeStackDriftDetectionStatusCommand({ StackDriftDetectionId: detectionId })),
  );
  const { DetectionStatus, DetectionStatusReason } = parse(detectionSchema, answer, `the drift detection of ${name}`);
  if (DetectionStatus === 'DETECTION_IN_PROGRESS') return null;
  const drifts = await resourceDrifts(name);
  const compared = drifts.filter(({ StackResourceDriftStatus }) =>
    ['DELETED', 'IN_SYNC', 'MODIFIED'].includes(StackResourceDriftStatus),
  );
  const failed = DetectionStatus !== 'DETECTION_COMPLETE';
  if (failed && compared.length === 0)
    throw new InfrastructureUnfitError(
      `CloudFormation could not compare ${name} with its template: ${DetectionStatusReason}. Nothing was changed.`,
    );
  return {
    deleted: compared
      .filter(({ StackResourceDriftStatus }) => StackResourceDriftStatus === 'DELETED')
      .map(({ LogicalResourceId }) => LogicalResourceId),
    uncompared: failed ? DetectionStatusReason || DetectionStatus : '',
  };
}

async function resourceDrifts(name: string) {
  const found: z.infer<typeof driftSchema>[] = [];
  let next: string | undefined;
  do {
    const page = await callAws(`cloudformation:DescribeStackResourceDrifts ${name}`, () =>
      cloudFormation().send(
        new DescribeStackResourceDriftsCommand({ StackName: name, ...(next !== undefined && { NextToken: next }) }),
      ),
    );
    found.push(...parse(z.array(driftSchema), page.StackResourceDrifts ?? [], `the drift of ${name}`));
    next = page.NextToken;
  } while (next !== undefined);
  return found;
}

/** A change set to be asked for. */
export interface NewChangeSet {
  readonly stack: string;
  readonly name: string;
  readonly description: string;
  readonly serviceRoleArn: string;
  readonly capabilities: readonly Capability[];
  readonly of:
    | {
        readonly type: 'CREATE';
        readonly templateUrl: string;
        readonly parameters: Readonly<Record<string, string>>;
        readonly tags: Readonly<Record<string, string>>;
      }
    /** With the template and these parameters as they are. */
    | { readonly type: 'UPDATE'; readonly parameters: readonly string[] };
}

/**
 * Asks for a change set (CloudFormation CreateChangeSet); one of that name is there already where a call before this one had
 * asked. Of a stack that is there it makes good what was changed or deleted behind its back (drift-aware change sets).
 */
export async function createChangeSet({ of, ...set }: NewChangeSet): Promise<void> {
  const own =
    of.type === 'CREATE'
      ? {
          TemplateURL: of.templateUrl,
          Parameters: Object.entries(of.parameters).map(([ParameterKey, ParameterValue]) => ({
            ParameterKey,
            ParameterValue,
          })),
          Tags: Object.entries(of.tags).map(([Key, Value]) => ({ Key, Value })),
          // A stack whose creation failed can be neither updated nor made once more.
          OnStackFailure: 'DELETE' as const,
        }
      : {
          UsePreviousTemplate: true,
          Parameters: of.parameters.map((ParameterKey) => ({ ParameterKey, UsePreviousValue: true })),
          DeploymentMode: 'REVERT_DRIFT' as const,
        };
  await callAws(`cloudformation:CreateChangeSet ${set.stack}`, async () => {
    try {
      await cloudFormation().send(
        new CreateChangeSetCommand({
          StackName: set.stack,
          ChangeSetName: set.name,
          ChangeSetType: of.type,
          ClientToken: set.name,
          Description: set.description,
          RoleARN: set.serviceRoleArn,
          Capabilities: [...set.capabilities],
          ...own,
        }),
      );
    } catch (error) {
      if (!isAwsError(error, 'AlreadyExistsException')) throw error;
    }
  });
}

/** What a change set would do with one resource, in CloudFormation's words; null where it names none. */
export interface ResourceChange {
  readonly action: string;
  readonly policy: string;
  readonly replacement: string;
  readonly drift: string;
  readonly type: string;
  /** What of it would be another, by name: properties, or tags, metadata and the like. */
  readonly differs: readonly string[];
  /** Properties that differ for no other reason than that they name resources, with the logical ids of those. */
  readonly follows: Readonly<Record<string, readonly string[]>>;
  readonly logicalId: string;
  /** Its logical id, type and, where it has one, physical id. */
  readonly named: string;
}

/** Of one property: the resources that it names, where nothing else makes it differ and nobody has set it since. */
function followed(details: readonly ResourceChangeDetail[]): string[] | null {
  const causes = details.map(({ ChangeSource, CausingEntity, Target }) =>
    Target?.Drift === undefined && (ChangeSource === 'ResourceReference' || ChangeSource === 'ResourceAttribute')
      ? (CausingEntity?.split('.')[0] ?? null)
      : null,
  );
  return causes.every((cause) => cause !== null) ? causes : null;
}

function follows(details: readonly ResourceChangeDetail[]): Record<string, readonly string[]> {
  const names = new Set(details.flatMap(({ Target }) => Target?.Name ?? []));
  return Object.fromEntries(
    [...names].flatMap((name) => {
      const causes = followed(details.filter(({ Target }) => Target?.Name === name));
      return causes === null ? [] : [[name, causes] as const];
    }),
  );
}

function resourceChange({ Type, ResourceChange: change }: Change): ResourceChange | null {
  if (Type !== 'Resource' || change === undefined) return null;
  const { LogicalResourceId = '?', ResourceType = '?', PhysicalResourceId: physical } = change;
  return {
    action: change.Action ?? '',
    policy: change.PolicyAction ?? '',
    replacement: change.Replacement ?? '',
    drift: change.ResourceDriftStatus ?? '',
    type: ResourceType,
    differs: [...new Set((change.Details ?? []).map(({ Target }) => Target?.Name ?? Target?.Attribute ?? '?'))],
    follows: follows(change.Details ?? []),
    logicalId: LogicalResourceId,
    named: `${LogicalResourceId} (${ResourceType}${physical === undefined ? '' : `, ${physical}`})`,
  };
}

export interface ChangeSet {
  /** `CREATE_PENDING`, `CREATE_IN_PROGRESS`, `CREATE_COMPLETE`, `FAILED`, … */
  readonly status: string;
  readonly reason: string;
  /** `AVAILABLE`, `EXECUTE_IN_PROGRESS`, `EXECUTE_COMPLETE`, … */
  readonly execution: string;
  readonly changes: readonly (ResourceChange | null)[];
}

const changeSetSchema = z.object({
  Status: z.string(),
  StatusReason: z.string().default(''),
  ExecutionStatus: z.string().default('UNAVAILABLE'),
});

/** A change set with all its changes; null where there is none (CloudFormation DescribeChangeSet, all pages). */
export async function findChangeSet(stack: string, name: string): Promise<ChangeSet | null> {
  const changes: (ResourceChange | null)[] = [];
  let next: string | undefined;
  for (;;) {
    const page = await callAws(`cloudformation:DescribeChangeSet ${stack} ${name}`, async () => {
      try {
        return await cloudFormation().send(
          new DescribeChangeSetCommand({
            StackName: stack,
            ChangeSetName: name,
            ...(next !== undefined && { NextToken: next }),
          }),
        );
      } catch (error) {
        if (isAwsError(error, 'ChangeSetNotFoundException')) return null;
        if (isAwsError(error, 'ValidationError') && error.message.includes('does not exist')) return null;
        throw error;
      }
    });
    if (page === null) return null;
    changes.push(...(page.Changes ?? []).map(resourceChange));
    next = page.NextToken;
    if (next !== undefined) continue;
    const { Status, StatusReason, ExecutionStatus } = parse(changeSetSchema, page, `the change set ${name}`);
    return { status: Status, reason: StatusReason, execution: ExecutionStatus, changes };
  }
}

/** Executes a change set (CloudFormation ExecuteChangeSet). */
export async function executeChangeSet(stack: string, name: string, token: string): Promise<void> {
  await callAws(`cloudformation:ExecuteChangeSet ${stack} ${name}`, () =>
    cloudFormation().send(
      new ExecuteChangeSetCommand({ StackName: stack, ChangeSetName: name, ClientRequestToken: token }),
    ),
  );
}

/** CloudFormation's words where there is nothing that could be cancelled any more: it was faster. */
const tooLate = 'cannot be called from current stack status';

/** Cancels an update, which then goes back to what was (CloudFormation CancelUpdateStack). @returns whether it was still under way */
export async function cancelUpdate(stack: string, token: string): Promise<boolean> {
  return await callAws(`cloudformation:CancelUpdateStack ${stack}`, async () => {
    try {
      await cloudFormation().send(new CancelUpdateStackCommand({ StackName: stack, ClientRequestToken: token }));
      return true;
    } catch (error) {
      if (isAwsError(error, 'ValidationError') && error.message.includes(tooLate)) return false;
      throw error;
    }
  });
}

/** Deletes a change set that was not executed; one that is gone is no error (CloudFormation DeleteChangeSet). */
export async function deleteChangeSet(stack: string, name: string): Promise<void> {
  await callAws(`cloudformation:DeleteChangeSet ${stack} ${name}`, () =>
    cloudFormation().send(new DeleteChangeSetCommand({ StackName: stack, ChangeSetName: name })),
  );
}

/** Deletes a stack (CloudFormation DeleteStack). The caller has seen that it has nothing. */
export async function deleteEmptyStack(stack: string): Promise<void> {
  await callAws(`cloudformation:DeleteStack ${stack}`, () =>
    cloudFormation().send(new DeleteStackCommand({ StackName: stack })),
  );
}

/** What went wrong last, newest first, as `<logical id>: <reason>` (CloudFormation DescribeStackEvents, the first page). */
export async function failedEvents(stack: string): Promise<string[]> {
  const answer = await callAws(`cloudformation:DescribeStackEvents ${stack}`, async () => {
    try {
      return await cloudFormation().send(new DescribeStackEventsCommand({ StackName: stack }));
    } catch (error) {
      // A stack whose creation failed may be gone, with its events.
      if (isAwsError(error, 'ValidationError') && error.message.includes('does not exist')) return { StackEvents: [] };
      throw error;
    }
  });
  return (answer.StackEvents ?? [])
    .filter(({ ResourceStatus }) => ResourceStatus?.endsWith('_FAILED'))
    .map(
      ({ LogicalResourceId, ResourceStatusReason }) => `${LogicalResourceId ?? '?'}: ${ResourceStatusReason ?? '?'}`,
    );
}
