import * as z from 'zod';
import { infrastructureSchema } from '../../config/schema';
import { seenSettingsSchema } from '../target-group';
import type { ChangeKindContract } from './kind';

const [cloudFormation, terraform] = infrastructureSchema.options;
const targetGroupName = z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?$/);
const instanceId = z.string().regex(/^i-[0-9a-f]{8,17}$/);

/** Of a stack: letters, digits and hyphens, at most 128 (CloudFormation API, CreateChangeSet). */
const changeSet = z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,127}$/);

/** Changes of what the hosts are made of and of the way to them. A target group is named, not by its ARN: one that is made again has another. */
export const infrastructureChanges = {
  /** What CloudFormation would do, asked for and judged before it does anything: a change set. */
  'change-set': {
    lifted: 'on-failure',
    throws: ['ChangeSetRefusedError', 'ProvisioningFailedError'],
    target: z.strictObject({
      changeSet,
      /** Of a stack that is gone it makes one; otherwise what was changed or deleted behind its back is made good. */
      type: z.enum(['CREATE', 'UPDATE']),
      ...cloudFormation.omit({ by: true, hosts: true, reads: true }).shape,
    }),
    /** The stack's status; null where there is none. */
    before: z.strictObject({ status: z.string().nullable() }),
  },
  /**
   * A change set that was judged is executed. CloudFormation takes back what fails of it by itself; what still goes on when the run
   * has ended is cancelled, and what is complete stays.
   */
  'stack-update': {
    lifted: 'until-confirmed',
    throws: ['ProvisioningFailedError'],
    target: z.strictObject({ stack: cloudFormation.shape.stack, changeSet }),
    before: z.strictObject({ status: z.string().nullable() }),
  },
  /**
   * A build of CodeBuild that runs `terraform apply`. Where the run has ended it is stopped before its commands begin, and awaited from
   * then on: Terraform that is ended half-way leaves its lock, and what it has made is not in its state.
   */
  'infrastructure-build': {
    lifted: 'until-confirmed',
    throws: ['ProvisioningFailedError'],
    target: z.strictObject({ ...terraform.pick({ project: true, variables: true }).shape }),
    /** The newest build there was. */
    before: z.strictObject({ newest: z.string().nullable() }),
  },
  'target-group': {
    lifted: 'on-failure',
    throws: ['TargetGroupUnfitError'],
    target: z.strictObject({
      name: targetGroupName,
      loadBalancerArn: z.string(),
      port: z.number().int(),
      healthCheckPath: z.string().startsWith('/'),
      /** What it was before it was gone; null where nobody has seen it, and it gets AWS's defaults. */
      seen: seenSettingsSchema.nullable().default(null),
    }),
    before: z.strictObject({ exists: z.literal(false) }),
  },
  /** Hosts are targets of the group, and those that the group launches later will be. */
  'target-registration': {
    lifted: 'on-failure',
    throws: ['TargetGroupUnfitError'],
    target: z.strictObject({
      targetGroup: targetGroupName,
      group: z.string(),
      instances: z.array(instanceId).max(100),
    }),
    before: z.strictObject({ registered: z.array(z.string()), attached: z.boolean() }),
  },
  /** A rule that forwards these paths to the group, at a priority that is free. */
  'listener-rule': {
    lifted: 'on-failure',
    throws: ['TargetGroupUnfitError'],
    target: z.strictObject({
      listenerArn: z.string(),
      targetGroup: targetGroupName,
      paths: z.array(z.string().startsWith('/')).min(1).max(5),
    }),
    before: z.strictObject({ rules: z.array(z.strictObject({ arn: z.string(), priority: z.string() })) }),
  },
} as const satisfies Record<string, ChangeKindContract>;
