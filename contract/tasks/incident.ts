import * as z from 'zod';
import { instant, runIdSchema } from '../run';
import { task } from './task';

/** CloudWatch gives times as `2026-11-23T02:13:40.123+0000`. */
const alarmTime = z
  .string()
  .transform((text) => text.replace(/([+-]\d{2})(\d{2})$/, '$1:$2'))
  .pipe(instant);

/** Tasks by which an alarm becomes a run; `lambdas/run/`. */
export const incidentTasks = {
  'incident-open': task({
    name: 'incident-open',
    capability: 'run',
    does: 'Starts the plan that is configured for an alarm, once an incident: further alarms of the same fault join it.',
    /** The event of CloudWatch (EventBridge reference, CloudWatch Alarm State Change). */
    arguments: z.looseObject({
      detail: z.looseObject({
        alarmName: z.string(),
        state: z.looseObject({ value: z.string(), timestamp: alarmTime, reason: z.string().optional() }),
      }),
    }),
    /** `run` is null where nothing is to be started for it. */
    result: z.strictObject({ run: runIdSchema.nullable(), started: z.boolean(), because: z.string() }),
    throws: ['ContractViolationError'],
    timeoutSeconds: 60,
  }),
} as const;
