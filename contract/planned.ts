import * as z from 'zod';
import { changeKindSchema } from './changes';

/** A change that a plan intends, before it is made: what a rehearsal lists and an approval is bound to. */
export const plannedChangeSchema = z.strictObject({
  /** Its key in the journal, once it is made. */
  key: z.string(),
  kind: changeKindSchema,
  /** The state that makes it. */
  step: z.string(),
  /** Has the shape of `changeKinds[kind].target`, as far as it is known beforehand. */
  target: z.unknown(),
  /** The state before, where only a host could read it. */
  before: z.unknown().optional(),
  pointOfNoReturn: z.boolean(),
});
export type PlannedChange = z.infer<typeof plannedChangeSchema>;

/** What a plan expects to cost, before anything is changed. */
export const predictionSchema = z.strictObject({
  durationSeconds: z.number(),
  downtimeSeconds: z.number(),
  /** Time whose writes are lost, seconds; 0 where none are, null where it is not known. */
  lossSeconds: z.number().nullable(),
  /** Where the figures come from. */
  because: z.string(),
});
export type Prediction = z.infer<typeof predictionSchema>;
