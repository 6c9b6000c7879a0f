import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { type Clock } from '../../../asl';
import { tagList } from '../elastic-load-balancing/input';
import { operation } from '../operation';
import { type Place } from '../place';
import { AwsError, type Permission, type SimulatedService } from '../service';
import { describedChange, driftOf } from './changes';
import { type Detection, failed, readsOf } from './detection';
import { type ResourceKind } from './resources';
import { type ChangeSet, Stacks } from './stacks';

const invalid = 'ValidationError';
/** CloudFormation compares about so many resources a second. */
const DETECTION_SECONDS = 8;

/** "must start with an alphabetical character and can't exceed 128 characters" (CloudFormation API). */
const name = z.string().regex(/^[a-zA-Z][-a-zA-Z0-9]{0,127}$/);
const requestToken = z
  .string()
  .regex(/^[a-zA-Z0-9][-a-zA-Z0-9]*$/)
  .max(128);
const stackName = z.union([name, z.string().startsWith('arn:')]);
const named = z.strictObject({ StackName: stackName });
const setNamed = z.strictObject({ StackName: stackName, ChangeSetName: name });

const createSchema = z
  .strictObject({
    StackName: name,
    ChangeSetName: name,
    ChangeSetType: z.enum(['CREATE', 'UPDATE']).default('UPDATE'),
    TemplateURL: z.string().startsWith('https://').optional(),
    UsePreviousTemplate: z.literal(true).optional(),
    Parameters: z
      .array(
        z.strictObject({
          ParameterKey: z.string(),
          ParameterValue: z.string().optional(),
          UsePreviousValue: z.literal(true).optional(),
        }),
      )
      .default([]),
    Capabilities: z.array(z.enum(['CAPABILITY_IAM', 'CAPABILITY_NAMED_IAM', 'CAPABILITY_AUTO_EXPAND'])).default([]),
    RoleARN: z.string().optional(),
    Tags: tagList.max(50).optional(),
    ClientToken: z.string().min(1).max(128).optional(),
    Description: z.string().min(1).max(1024).optional(),
    OnStackFailure: z.enum(['DELETE', 'ROLLBACK']).optional(),
    DeploymentMode: z.literal('REVERT_DRIFT').optional(),
  })
  .refine((input) => (input.TemplateURL === undefined) !== (input.UsePreviousTemplate === undefined), {
    error: 'You must specify only one of Template URL or UsePreviousTemplate',
  })
  .refine(({ OnStackFailure, ChangeSetType }) => OnStackFailure !== 'DELETE' || ChangeSetType === 'CREATE', {
    error: 'OnStackFailure DELETE is only valid for ChangeSetType CREATE',
  })
  .refine(({ DeploymentMode, ChangeSetType }) => DeploymentMode === undefined || ChangeSetType === 'UPDATE', {
    error: 'A new stack has no drift that could be reverted',
  });

/** `https://<bucket>.s3.<region>.amazonaws.com/<key>` as the ARN of the object. */
function objectOf(url: string): string {
  const { hostname, pathname } = new URL(url);
  return `arn:aws:s3:::${hostname.split('.s3.')[0] ?? ''}${pathname}`;
}

/** CloudFormation over resources of the sandbox: change sets, drift, and executions that go back where they fail. */
export class CloudFormation implements SimulatedService {
  readonly name = 'CloudFormation';
  readonly standIn = {
    name: 'AWS CloudFormation',
    instead: "stacks in memory over the sandbox's own target groups, rules and Auto Scaling groups",
    differs:
      'templates in JSON with Ref alone; one resource after the other, in the order of the template; what the ' +
      'service role may do is not asked; other types of resources are remembered, not made',
  };
  readonly stacks: Stacks;
  readonly #detections = new Map<string, Detection>();
  readonly #tokens = new Map<string, ChangeSet>();
  /** Resources that cannot be compared, by logical id, and why: a fault of a drill. */
  readonly unreadable = new Map<string, string>();
  /** Templates by their address, as they lie in S3. */
  readonly templates = new Map<string, string>();

  constructor(
    place: Place,
    private readonly clock: Clock,
    kinds: ReadonlyMap<string, ResourceKind>,
  ) {
    this.stacks = new Stacks(place, clock, kinds);
  }

  #allows(operationName: string, stack: string, context: Permission['context'] = {}): Permission[] {
    return [{ action: `cloudformation:${operationName}`, resource: this.stacks.arn(stack), context }];
  }

  #tagged(stack: string): Record<string, string | string[]> {
    const tags = [...(this.stacks.find(stack)?.tags ?? [])];
    return {
      'aws:ResourceTag/': [],
      ...Object.fromEntries(tags.map(([key, value]) => [`aws:ResourceTag/${key}`, value])),
    };
  }

  readonly operations = {
    DescribeStacks: operation(named, {
      invalid,
      authorize: ({ StackName }) => this.#allows('DescribeStacks', StackName, this.#tagged(StackName)),
      perform: ({ StackName }) => {
        const stack = this.stacks.get(StackName);
        return {
          Stacks: [
            {
              StackId: stack.id,
              StackName: stack.name,
              CreationTime: stack.createdAt,
              StackStatus: stack.status,
              ...(stack.reason === undefined ? {} : { StackStatusReason: stack.reason }),
              Parameters: [...(stack.template?.parameters ?? [])].map(([ParameterKey, ParameterValue]) => ({
                ParameterKey,
                ParameterValue,
              })),
              Tags: [...stack.tags].map(([Key, Value]) => ({ Key, Value })),
              ...(stack.roleArn === undefined ? {} : { RoleARN: stack.roleArn }),
            },
          ],
        };
      },
    }),
    DescribeStackEvents: operation(named, {
      invalid,
      authorize: ({ StackName }) => this.#allows('DescribeStackEvents', StackName, this.#tagged(StackName)),
      perform: ({ StackName }) => {
        const stack = this.stacks.get(StackName);
        return {
          StackEvents: stack.events.map(({ id, at, logicalId, physicalId, type, status, reason }) => ({
            StackId: stack.id,
            StackName: stack.name,
            EventId: id,
            Timestamp: at,
            LogicalResourceId: logicalId,
            PhysicalResourceId: physicalId,
            ResourceType: type,
            ResourceStatus: status,
            ...(reason === undefined ? {} : { ResourceStatusReason: reason }),
          })),
        };
      },
    }),
    DetectStackDrift: operation(named, {
      invalid,
      // Beside it whoever asks has to be allowed to read what is compared (CloudFormation guide, Detect drift).
      authorize: ({ StackName }) => [
        ...this.#allows('DetectStackDrift', StackName, this.#tagged(StackName)),
        ...this.#allows('DetectStackResourceDrift', StackName, this.#tagged(StackName)),
        { action: 'cloudformation:BatchDescribeTypeConfigurations', resource: '*' },
        ...this.#reads(StackName),
      ],
      perform: ({ StackName }) => {
        const stack = this.stacks.get(StackName);
        if (!/^(CREATE|UPDATE|UPDATE_ROLLBACK|IMPORT)_COMPLETE$/.test(stack.status))
          throw new AwsError(invalid, `Drift detection cannot be performed on stack in ${stack.status} state`);
        const id = randomUUID();
        const detection: Detection = {
          stack,
          startedAt: new Date(this.clock.now().at),
          found: undefined,
          failures: [],
        };
        this.#detections.set(id, detection);
        this.clock.after(
          DETECTION_SECONDS * 1000,
          () => {
            detection.failures = [...stack.resources.keys()].flatMap((each) => {
              const reason = this.unreadable.get(each);
              return reason === undefined ? [] : [{ Resource: each, FailureReason: reason }];
            });
            detection.found = new Map(
              [...stack.resources]
                .filter(([each]) => !this.unreadable.has(each))
                .map(([each, resource]) => [each, driftOf(this.stacks.kindOf(resource.type), resource)]),
            );
          },
          { background: true },
        );
        return { StackDriftDetectionId: id };
      },
    }),
    DescribeStackDriftDetectionStatus: operation(z.strictObject({ StackDriftDetectionId: z.string() }), {
      invalid,
      authorize: () => [{ action: 'cloudformation:DescribeStackDriftDetectionStatus', resource: '*' }],
      perform: ({ StackDriftDetectionId: id }) => {
        const detection = this.#detections.get(id);
        if (detection === undefined) throw new AwsError(invalid, `Drift detection with id ${id} does not exist`);
        const { stack, startedAt, found, failures } = detection;
        const drifted = [...(found ?? new Map<string, string>()).values()].filter((each) => each !== 'IN_SYNC').length;
        return {
          StackId: stack.id,
          StackDriftDetectionId: id,
          Timestamp: startedAt,
          ...(found === undefined
            ? { DetectionStatus: 'DETECTION_IN_PROGRESS' }
            : {
                DetectionStatus: failures.length === 0 ? 'DETECTION_COMPLETE' : 'DETECTION_FAILED',
                ...(failures.length === 0 ? {} : { DetectionStatusReason: failed(failures) }),
                StackDriftStatus: failures.length > 0 ? 'UNKNOWN' : drifted === 0 ? 'IN_SYNC' : 'DRIFTED',
                DriftedStackResourceCount: drifted,
              }),
        };
      },
    }),
    DescribeStackResourceDrifts: operation(
      z.strictObject({
        StackName: stackName,
        StackResourceDriftStatusFilters: z
          .array(z.enum(['IN_SYNC', 'MODIFIED', 'DELETED', 'NOT_CHECKED', 'UNKNOWN']))
          .min(1)
          .max(4)
          .optional(),
      }),
      {
        invalid,
        authorize: ({ StackName }) => this.#allows('DescribeStackResourceDrifts', StackName, this.#tagged(StackName)),
        // What the last detection found; it does not look by itself.
        perform: ({ StackName, StackResourceDriftStatusFilters: wanted }) => {
          const stack = this.stacks.get(StackName);
          const last = [...this.#detections.values()].findLast(
            (each) => each.stack === stack && each.found !== undefined,
          );
          return {
            StackResourceDrifts: [...(last?.found ?? [])]
              .filter(([, status]) => wanted === undefined || wanted.some((each) => each === status))
              .map(([LogicalResourceId, StackResourceDriftStatus]) => ({
                StackId: stack.id,
                LogicalResourceId,
                ResourceType: stack.resources.get(LogicalResourceId)?.type ?? 'unknown',
                StackResourceDriftStatus,
                Timestamp: last?.startedAt ?? new Date(this.clock.now().at),
              })),
          };
        },
      },
    ),
    CreateChangeSet: operation(createSchema, {
      invalid,
      authorize: (input) => {
        const { StackName, ChangeSetName, TemplateURL, RoleARN, Tags } = input;
        const tags = {
          'aws:RequestTag/': [],
          ...Object.fromEntries((Tags ?? []).map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value])),
          'aws:TagKeys': (Tags ?? []).map(({ Key }) => Key),
        };
        const context = {
          ...this.#tagged(StackName),
          ...tags,
          'cloudformation:ChangeSetName': ChangeSetName,
          'cloudformation:RoleArn': RoleARN ?? [],
          'cloudformation:TemplateUrl': TemplateURL ?? [],
        };
        return [
          ...this.#allows('CreateChangeSet', StackName, context),
          ...(Tags === undefined
            ? []
            : this.#allows('TagResource', StackName, {
                ...this.#tagged(StackName),
                ...tags,
                'cloudformation:CreateAction': 'CreateChangeSet',
              })),
          ...(RoleARN === undefined
            ? []
            : [
                {
                  action: 'iam:PassRole',
                  resource: RoleARN,
                  context: { 'iam:PassedToService': 'cloudformation.amazonaws.com' },
                },
              ]),
          ...(TemplateURL === undefined ? [] : [{ action: 's3:GetObject', resource: objectOf(TemplateURL) }]),
        ];
      },
      perform: (input) => {
        const {
          StackName,
          ChangeSetName,
          ChangeSetType,
          TemplateURL,
          Parameters,
          RoleARN,
          Tags = [],
          ClientToken,
        } = input;
        const known = ClientToken === undefined ? undefined : this.#tokens.get(`${StackName} ${ClientToken}`);
        const there = this.stacks.find(StackName);
        if (known !== undefined && known.status !== 'DELETE_COMPLETE' && there !== undefined)
          return { Id: known.id, StackId: there.id };
        const body = TemplateURL === undefined ? undefined : this.templates.get(TemplateURL);
        if (TemplateURL !== undefined && body === undefined)
          throw new AwsError(invalid, 'S3 error: The specified key does not exist.');
        const { stack, set } = this.stacks.createChangeSet({
          stack: StackName,
          name: ChangeSetName,
          type: ChangeSetType,
          body,
          parameters: Parameters.map(({ ParameterKey, ParameterValue }) => ({
            key: ParameterKey,
            value: ParameterValue,
          })),
          revertsDrift: input.DeploymentMode === 'REVERT_DRIFT',
          onFailure: input.OnStackFailure ?? 'ROLLBACK',
          description: input.Description,
          roleArn: RoleARN,
          tags: new Map(Tags.map(({ Key, Value }) => [Key, Value])),
        });
        if (ClientToken !== undefined) this.#tokens.set(`${StackName} ${ClientToken}`, set);
        return { Id: set.id, StackId: stack.id };
      },
    }),
    DescribeChangeSet: operation(setNamed, {
      invalid,
      authorize: ({ StackName, ChangeSetName }) =>
        this.#allows('DescribeChangeSet', StackName, {
          ...this.#tagged(StackName),
          'cloudformation:ChangeSetName': ChangeSetName,
        }),
      perform: ({ StackName, ChangeSetName }) => {
        const stack = this.stacks.get(StackName);
        const set = this.stacks.changeSet(stack, ChangeSetName);
        return {
          ChangeSetId: set.id,
          ChangeSetName: set.name,
          StackId: stack.id,
          StackName: stack.name,
          CreationTime: set.createdAt,
          Status: set.status,
          ExecutionStatus: set.execution,
          ...(set.reason === undefined ? {} : { StatusReason: set.reason }),
          ...(set.description === undefined ? {} : { Description: set.description }),
          ...(set.revertsDrift ? { DeploymentMode: 'REVERT_DRIFT' } : {}),
          Changes: set.changes.map((change) =>
            describedChange(change, (property) => this.stacks.kindOf(change.type).createOnly.includes(property)),
          ),
        };
      },
    }),
    DeleteChangeSet: operation(setNamed, {
      invalid,
      authorize: ({ StackName, ChangeSetName }) =>
        this.#allows('DeleteChangeSet', StackName, {
          ...this.#tagged(StackName),
          'cloudformation:ChangeSetName': ChangeSetName,
        }),
      perform: ({ StackName, ChangeSetName }) => {
        this.stacks.deleteChangeSet(this.stacks.get(StackName), ChangeSetName);
        return {};
      },
    }),
    ExecuteChangeSet: operation(
      setNamed.extend({
        ClientRequestToken: requestToken.optional(),
      }),
      {
        invalid,
        authorize: ({ StackName, ChangeSetName }) =>
          this.#allows('ExecuteChangeSet', StackName, {
            ...this.#tagged(StackName),
            'cloudformation:ChangeSetName': ChangeSetName,
          }),
        perform: ({ StackName, ChangeSetName }) => {
          this.stacks.execute(this.stacks.get(StackName), ChangeSetName);
          return {};
        },
      },
    ),
    CancelUpdateStack: operation(named.extend({ ClientRequestToken: requestToken.optional() }), {
      invalid,
      authorize: ({ StackName }) => this.#allows('CancelUpdateStack', StackName, this.#tagged(StackName)),
      perform: ({ StackName }) => {
        this.stacks.cancel(this.stacks.get(StackName));
        return {};
      },
    }),
    DeleteStack: operation(named, {
      invalid,
      authorize: ({ StackName }) => this.#allows('DeleteStack', StackName, this.#tagged(StackName)),
      perform: ({ StackName }) => {
        this.stacks.deleteStack(StackName);
        return {};
      },
    }),
  };

  /**
   * What reading the resources of a stack needs. AWS ends the comparison as failed for a resource that may not be read; here it is
   * not begun.
   */
  #reads(stack: string): Permission[] {
    const types = [...(this.stacks.find(stack)?.resources.values() ?? [])].map(({ type }) => type);
    return [...new Set(types)].flatMap((type) => readsOf(type).map((action) => ({ action, resource: '*' })));
  }
}
