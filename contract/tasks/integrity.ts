import * as z from 'zod';
import { integrityMeasureSchema } from '../documents';
import { checkSchema, instant } from '../run';
import { task } from './task';

/** Tasks of the integrity probe; `lambdas/integrity/`. */
export const integrityTasks = {
  'probe-open': task({
    name: 'probe-open',
    capability: 'integrity',
    does: 'Says on which host and with which parameters the database is measured now, or why not (a run holds the lease).',
    arguments: z.strictObject({}),
    result: z.discriminatedUnion('probe', [
      z.strictObject({ probe: z.literal(true), host: z.string(), parameters: z.record(z.string(), z.string()) }),
      z.strictObject({ probe: z.literal(false), because: z.string() }),
    ]),
    throws: ['HostOfflineError', 'AgentTooOldError'],
    timeoutSeconds: 30,
  }),
  'probe-record': task({
    name: 'probe-record',
    capability: 'integrity',
    does: "Judges the measures against the last pass and the checks' rules, stores them with the instance's settings, and puts the metric.",
    arguments: z.strictObject({ measure: integrityMeasureSchema }),
    result: z.strictObject({ passed: z.boolean(), takenAt: instant, checks: z.array(checkSchema) }),
    throws: ['RecoverySourceMissingError'],
    timeoutSeconds: 60,
  }),
} as const;
