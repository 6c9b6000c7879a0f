import * as z from 'zod';
import { task } from './task';

/** Tasks that look at the application from outside; `lambdas/application/`. */
export const applicationTasks = {
  'targets-await': task({
    name: 'targets-await',
    capability: 'application',
    does: 'Says whether every registered target of the group is healthy, or those that are named, or all but some.',
    arguments: z.strictObject({
      targetGroupArn: z.string(),
      /** Where that group is not there, or has nobody in it: the listener that leads users elsewhere then, by these paths. */
      instead: z.strictObject({ listenerArn: z.string(), paths: z.array(z.string()) }).optional(),
      /** Ids of the targets that have to be registered and healthy; all that are registered unless given. */
      only: z.array(z.string()).min(1).optional(),
      /** Ids of targets that do not matter: of hosts that the run goes on without. */
      except: z.array(z.string()).optional(),
    }),
    result: z.strictObject({ done: z.boolean(), healthy: z.number().int(), registered: z.number().int() }),
    throws: ['TargetGroupUnfitError'],
    timeoutSeconds: 30,
  }),
  'outside-check': task({
    name: 'outside-check',
    capability: 'application',
    does: "Asks the application's health by its public address, once.",
    arguments: z.strictObject({ publicUrl: z.string() }),
    result: z.strictObject({ healthy: z.boolean(), status: z.number().int().nullable(), detail: z.string() }),
    throws: [],
    timeoutSeconds: 30,
  }),
} as const;
