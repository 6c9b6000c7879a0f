import * as z from 'zod';
import { descriptionSchema, infrastructureSchema } from '../../config/schema';
import { runRefSchema } from '../run';
import { seenSettingsSchema } from '../target-group';
import { task } from './task';

const { autoScalingGroup, loadBalancer, publicRecord } = descriptionSchema.shape;
const infrastructure = infrastructureSchema.nullable();
const described = { infrastructure, loadBalancer, publicRecord, autoScalingGroup };

/** What there is of the way from the load balancer to the hosts. */
const way = {
  targetGroup: z.strictObject({ name: z.string(), exists: z.boolean() }),
  /** Hosts in service that the group does not have as targets, and whether the Auto Scaling group puts new ones there. */
  hosts: z.array(z.string()),
  unregistered: z.array(z.string()),
  attached: z.boolean(),
  /** Whether a rule, or the listener's default, forwards the described paths to the group. */
  forwards: z.boolean(),
};

/** Tasks about what there is of the infrastructure, and what is missing; `lambdas/infrastructure/`. */
export const infrastructureTasks = {
  'drift-detect': task({
    name: 'drift-detect',
    capability: 'infrastructure',
    does: 'Has CloudFormation begin to compare the stack with its template; nothing is changed by that.',
    arguments: z.strictObject({ infrastructure }),
    result: z.strictObject({
      /** By which the comparison is asked for; null where there is no stack to compare. */
      detectionId: z.string().nullable(),
    }),
    throws: ['InfrastructureUnfitError'],
    timeoutSeconds: 30,
  }),
  'infrastructure-inspect': task({
    name: 'infrastructure-inspect',
    capability: 'infrastructure',
    does: 'Says what is missing of hosts, target group, targets, rule and record; quotas and certificates have to allow for it.',
    arguments: z.strictObject({ run: runRefSchema, detectionId: z.string().nullable(), ...described }),
    /** Everything but `done` is meaningless until the comparison is done. */
    result: z.strictObject({
      done: z.boolean(),
      /** How what is missing of the hosts is provisioned. */
      provision: z.enum(['none', 'create', 'update', 'build']),
      ...way,
      /** Whether the public record is as described. */
      recorded: z.boolean(),
      /** The target group's settings as they were last seen; null where nobody has. */
      seen: seenSettingsSchema.nullable(),
      /** In words; empty where everything is there. */
      missing: z.array(z.string()),
    }),
    throws: ['InfrastructureUnfitError', 'QuotaExceededError', 'CertificateExpiredError', 'ChangeConflictError'],
    timeoutSeconds: 60,
  }),
  'capacity-await': task({
    name: 'capacity-await',
    capability: 'infrastructure',
    does: 'Says whether the Auto Scaling group has as many hosts in service as it should.',
    arguments: z.strictObject({ autoScalingGroup, hosts: z.number().int() }),
    result: z.strictObject({ done: z.boolean(), instances: z.array(z.string()) }),
    throws: [],
    timeoutSeconds: 30,
  }),
  'settings-record': task({
    name: 'settings-record',
    capability: 'infrastructure',
    does: "Keeps the target group's settings as they are while it has a healthy target: from them it is made again where it is gone.",
    arguments: z.strictObject({}),
    result: z.strictObject({
      /** Null where the group is gone, or none of its targets is healthy: then what was kept before stays. */
      seenAt: z.string().nullable(),
    }),
    throws: [],
    timeoutSeconds: 30,
  }),
  'way-inspect': task({
    name: 'way-inspect',
    capability: 'infrastructure',
    does: 'Says what there is of target group, targets and rule once the hosts are provisioned: a stack or a build may have made it.',
    arguments: z.strictObject({ loadBalancer, autoScalingGroup }),
    result: z.strictObject(way),
    throws: [],
    timeoutSeconds: 30,
  }),
} as const;
