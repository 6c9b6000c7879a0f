import * as z from 'zod';
import { changeKindSchema, neededRightSchema } from './changes';
import { predictionSchema } from './planned';
import { checkSchema, instant } from './run';

/** What IAM said of one needed right; `error` where it could not be asked. */
export const answeredRightSchema = z.strictObject({
  right: neededRightSchema,
  results: z.array(
    z.strictObject({
      action: z.string(),
      decision: z.string(),
      /** Condition keys that would have mattered and that nobody knows before the call. */
      missing: z.array(z.string()),
    }),
  ),
  error: z.string().nullable(),
});
export type AnsweredRight = z.infer<typeof answeredRightSchema>;

/** A change as a rehearsal shows it. */
export const rehearsedPlanSchema = z.strictObject({
  key: z.string(),
  kind: changeKindSchema,
  step: z.string(),
  before: z.unknown(),
  after: z.unknown(),
  /** `yes`: taken back by settling or `undo`; `kept`: it stays, what it replaced is kept; `no`: not without losing accepted writes. */
  undo: z.enum(['yes', 'kept', 'no']),
  /** The change that has to be made first, or instead of which this one is made. */
  upon: z.string().nullable(),
  insteadOf: z.string().nullable(),
});
export type RehearsedPlan = z.infer<typeof rehearsedPlanSchema>;

/** What a rehearsal found, as it is recorded and reported. */
export const rehearsalSchema = z.strictObject({
  at: instant,
  /** Of the resolved changes: the same run again, on the same state, has the same one. */
  digest: z.string(),
  prediction: predictionSchema,
  changes: z.array(rehearsedPlanSchema),
  checks: z.array(checkSchema),
});
export type Rehearsal = z.infer<typeof rehearsalSchema>;
