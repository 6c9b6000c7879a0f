import * as z from 'zod';
import { plannedChangeSchema, predictionSchema } from './planned';
import { instant } from './run';

/** How often one run may ask, since after an approval it resolves again and may find something else. */
export const APPROVAL_ROUNDS = 3;

export const decisionWordSchema = z.enum(['approved', 'denied', 'timed-out']);
export type DecisionWord = z.infer<typeof decisionWordSchema>;

/** A question to a person, and what became of it. */
export const approvalRecordSchema = z.strictObject({
  round: z.number().int().positive(),
  /** Of the changes that were shown; an approval is good for these and no others. */
  digest: z.string(),
  askedAt: instant,
  /** Until then a person may decide. */
  expiresAt: instant,
  onTimeout: z.enum(['deny', 'go-on']),
  /** What the run would change, and what that would cost: what the person was shown. */
  planned: z.array(plannedChangeSchema),
  prediction: predictionSchema,
  /** Of the waiting state; only the table has it. */
  token: z.string(),
  decision: decisionWordSchema.optional(),
  /** ARN of who decided, by the signature of the call. */
  by: z.string().optional(),
  at: instant.optional(),
  reason: z.string().optional(),
});
export type ApprovalRecord = z.infer<typeof approvalRecordSchema>;
