import * as z from 'zod';
import { environmentSchema } from '../../config/schema';
import { requestSchema, runRefSchema } from '../run';
import { task } from './task';

/** Tasks about which hosts get the requests; `lambdas/application/`. */
export const trafficTasks = {
  'target-group-choose': task({
    name: 'target-group-choose',
    capability: 'application',
    does: 'Chooses the group that traffic goes back to: as named, as an earlier run left it, or as described; and the one it leaves.',
    arguments: z.strictObject({
      run: runRefSchema,
      request: requestSchema,
      loadBalancer: environmentSchema.shape.loadBalancer,
    }),
    result: z.strictObject({
      from: z.string(),
      to: z.string(),
      /** Of the group that traffic goes to. */
      healthCheckPath: z.string(),
      /** For how long requests to the group that is left may still be under way. */
      drainSeconds: z.number(),
      reason: z.string(),
    }),
    throws: ['TargetGroupUnfitError'],
    timeoutSeconds: 30,
  }),
} as const;
