import * as z from 'zod';
import { environmentSchema } from '../../config/schema';
import { requestSchema, runRefSchema } from '../run';
import { task } from './task';

const template = {
  run: runRefSchema,
  group: environmentSchema.shape.autoScalingGroup,
  launchTemplate: environmentSchema.shape.launchTemplate,
};

/** A version of the launch template, and the release that its user data names. */
const boots = z.strictObject({ version: z.string(), release: z.string() });

/** Tasks about what the group's instances are launched from; `lambdas/instances/`. */
export const instanceTasks = {
  'template-inspect': task({
    name: 'template-inspect',
    capability: 'instances',
    does: 'Says from which version of the launch template the group launches, which release that boots, and whether a refresh runs.',
    arguments: z.strictObject(template),
    result: z.strictObject({ present: boots, refreshing: z.boolean() }),
    throws: ['FloatingVersionError', 'LaunchTemplateUnfitError'],
    timeoutSeconds: 30,
  }),
  'template-choose': task({
    name: 'template-choose',
    capability: 'instances',
    does: 'Chooses the version to go back to: what was asked for, else the newest one before the present that boots another release.',
    arguments: z.strictObject({ ...template, request: requestSchema }),
    result: z.strictObject({ present: boots, refreshing: z.boolean(), source: boots, reason: z.string() }),
    throws: ['FloatingVersionError', 'LaunchTemplateUnfitError', 'HostUnfitError', 'RolledBackAlreadyError'],
    timeoutSeconds: 30,
  }),
} as const;
