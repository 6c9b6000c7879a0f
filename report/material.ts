import * as z from 'zod';
import { journalEntrySchema } from '../contract/changes';
import { reportMachines } from '../contract/phases';
import { approvalRecordSchema } from '../contract/approval';
import { rehearsalSchema } from '../contract/rehearsal';
import { descriptionSchema } from '../contract/report';
import {
  checkSchema,
  decisionSchema,
  instant,
  modeSchema,
  outcomeSchema,
  runStatusSchema,
  triggerSchema,
} from '../contract/run';

const failure = z.object({ error: z.string().optional(), cause: z.string().optional() });
const named = z.object({ name: z.string() });

/**
 * One event as `GetExecutionHistory` gives it (AWS Step Functions API, HistoryEvent), reduced to what a time line needs;
 * other fields are dropped. Times come as `Date` from the SDK and as ISO text from the sandbox; afterwards they are text.
 */
export const historyEventSchema = z.object({
  id: z.number().int(),
  previousEventId: z.number().int().optional(),
  timestamp: z.union([z.date().transform((at) => at.toISOString()), instant]),
  type: z.string(),
  stateEnteredEventDetails: named.optional(),
  stateExitedEventDetails: named.optional(),
  taskScheduledEventDetails: z.object({ resourceType: z.string(), resource: z.string() }).optional(),
  taskSubmittedEventDetails: z.object({ output: z.string().optional() }).optional(),
  taskStartFailedEventDetails: failure.optional(),
  taskSubmitFailedEventDetails: failure.optional(),
  taskFailedEventDetails: failure.optional(),
  taskTimedOutEventDetails: failure.optional(),
  lambdaFunctionFailedEventDetails: failure.optional(),
  lambdaFunctionScheduleFailedEventDetails: failure.optional(),
  lambdaFunctionStartFailedEventDetails: failure.optional(),
  lambdaFunctionTimedOutEventDetails: failure.optional(),
  evaluationFailedEventDetails: failure.optional(),
  executionFailedEventDetails: failure.optional(),
  executionAbortedEventDetails: failure.optional(),
  executionTimedOutEventDetails: failure.optional(),
});
export type HistoryEvent = z.infer<typeof historyEventSchema>;

export const machineHistorySchema = z.object({
  machine: z.enum(reportMachines),
  executionArn: z.string(),
  events: z.array(historyEventSchema),
});
export type MachineHistory = z.infer<typeof machineHistorySchema>;

/** Everything that a report is built from, as settling reads it from the run's record, journal and histories. */
export const reportMaterialSchema = z.object({
  run: z.object({
    id: z.string(),
    plan: z.string().nullable(),
    mode: modeSchema,
    environment: z.enum(['production', 'drill']),
    trigger: triggerSchema,
    request: z.object({
      incident: z.object({ fault: instant.optional(), detected: instant.optional() }).optional(),
      reason: z.string().optional(),
    }),
    startedAt: instant,
    /** When the report was written where the run's last machine is still settling. */
    endedAt: instant,
    status: runStatusSchema,
  }),
  outcome: outcomeSchema,
  journal: z.array(journalEntrySchema),
  decisions: z.array(decisionSchema),
  checks: z.array(checkSchema),
  histories: z.array(machineHistorySchema),
  /** Null where the run ended before it was read. */
  description: descriptionSchema.nullable(),
  /** The application from outside after everything was put back. */
  outside: z.strictObject({ healthy: z.boolean(), status: z.number().int().nullable(), detail: z.string() }).nullable(),
  /** Of a rehearsal that came to its end. */
  rehearsal: rehearsalSchema.optional(),
  /** Where a person was asked. Who may answer is nobody's business: the token stays in the table. */
  approvals: z.array(approvalRecordSchema).optional(),
  undoFailed: z.array(z.string()),
  pointOfNoReturnPassed: z.boolean(),
});
export type ReportMaterial = z.infer<typeof reportMaterialSchema>;
