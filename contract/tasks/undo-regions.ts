import * as z from 'zod';
import { descriptionSchema } from '../../config/schema';
import { instanceSettingsSchema } from '../changes';
import { integrityMeasureSchema } from '../documents';
import { runIdSchema, runRefSchema } from '../run';
import { task } from './task';

/** What undoing a move between regions needs to know of both (docs/adr/0012). */
export const wayBackSchema = z.strictObject({
  /** The region to which users are led again, and the address by which its application answers whoever they are led to. */
  region: z.string(),
  publicUrl: z.string(),
  /** Keys of the finished run's changes: the fence of the database over there, and the switch. */
  opens: z.string(),
  leads: z.string(),
  /** How long resolvers may keep the answer that led here, seconds. */
  ttlSeconds: z.number().int(),
  /** The replica that the run promoted, to be made anew; null where it promoted one that is no use to this region any more. */
  replica: z
    .strictObject({
      instance: z.string(),
      /** ARN of what it followed, and follows again. */
      source: z.string(),
      settings: instanceSettingsSchema,
    })
    .nullable(),
});
export type WayBack = z.infer<typeof wayBackSchema>;

/** Tasks of the plan `undo` where the finished run had led users to another region; `lambdas/undo/`. */
export const undoRegionTasks = {
  'undo-regions': task({
    name: 'undo-regions',
    capability: 'undo',
    does: 'Looks at both regions of a finished move: whether users are still where it led them, and whether the database that it fenced is there to serve again.',
    arguments: z.strictObject({ run: runRefSchema, of: runIdSchema, description: descriptionSchema }),
    result: wayBackSchema,
    throws: ['LeaseLostError', 'NoWayBackError', 'RunSupersededError', 'QuotaExceededError'],
    timeoutSeconds: 60,
  }),
  'undo-prove': task({
    name: 'undo-prove',
    capability: 'undo',
    does: 'Holds the database that an undo goes back to against what the finished run had measured of its copy: before anything is changed, and once more before it is opened.',
    arguments: z.strictObject({
      run: runRefSchema,
      of: runIdSchema,
      measure: integrityMeasureSchema,
      /** Once the database in service is fenced: then what is wrong fails the run, and does not refuse it. */
      isFenced: z.boolean(),
    }),
    result: z.strictObject({ proved: z.boolean() }),
    throws: ['LeaseLostError', 'NoWayBackError', 'IntegrityCheckFailedError'],
    timeoutSeconds: 30,
  }),
} as const;
