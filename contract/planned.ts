import * as z from 'zod';

export { plannedChangeSchema, type PlannedChange } from './changes';

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
