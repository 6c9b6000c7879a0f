import * as z from 'zod';

/** ELB guide, Rule action types: at most five groups, weights from 0 to 999. */
export const forwardSchema = z.strictObject({
  Type: z.literal('forward'),
  ForwardConfig: z.strictObject({
    TargetGroups: z
      .array(z.strictObject({ TargetGroupArn: z.string(), Weight: z.number().int().min(0).max(999) }))
      .min(1)
      .max(5),
  }),
});
export type Forward = z.infer<typeof forwardSchema>;
