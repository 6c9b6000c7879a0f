import * as z from 'zod';
import { descriptionSchema } from '../../config/schema';
import { changeKindSchema, plannedChangeSchema, rehearsedChangeSchema } from '../changes';
import { predictionSchema } from '../planned';
import { answeredRightSchema } from '../rehearsal';
import { finalStatusSchema, instant, outcomeSchema, requestSchema, runIdSchema, runRefSchema } from '../run';
import { approvalTasks } from './approval';
import { incidentTasks } from './incident';
import { task } from './task';

/** A run before it has its lease. */
export const openedRunSchema = runRefSchema.omit({ fencingToken: true });

/** Tasks of the front door and of settling; `lambdas/run/`. */
export const runTasks = {
  'run-open': task({
    name: 'run-open',
    capability: 'run',
    does: "Parses the input, records the run under its execution's name and reads the application's description.",
    arguments: z.strictObject({
      executionArn: z.string(),
      executionName: runIdSchema,
      startedAt: instant,
      input: z.unknown(),
    }),
    result: z.strictObject({ run: openedRunSchema, request: requestSchema, description: descriptionSchema }),
    throws: ['InvalidInputError'],
    timeoutSeconds: 30,
  }),
  'lease-take': task({
    name: 'lease-take',
    capability: 'run',
    does: 'Takes the exclusive right to change the environment, with a fencing token higher than any before.',
    arguments: z.strictObject({ run: openedRunSchema }),
    result: runRefSchema,
    throws: ['LeaseHeldError', 'LeaseLostError'],
    timeoutSeconds: 30,
  }),
  'run-announce': task({
    name: 'run-announce',
    capability: 'run',
    does: 'Tells the people on the notification topic that the run has begun, and why.',
    arguments: z.strictObject({ run: runRefSchema, request: requestSchema, title: z.string() }),
    result: z.strictObject({ announced: z.boolean() }),
    throws: [],
    timeoutSeconds: 30,
  }),
  'run-verify': task({
    name: 'run-verify',
    capability: 'run',
    does: "A plan's first task: run, environment and fencing token against the lease, with a consistent read.",
    arguments: z.strictObject({ run: runRefSchema, executionArn: z.string() }),
    result: z.strictObject({ verified: z.literal(true) }),
    throws: ['LeaseLostError'],
    timeoutSeconds: 30,
  }),
  'run-rehearse': task({
    name: 'run-rehearse',
    capability: 'run',
    does: 'Judges what a rehearsal found: the state before each change, the rights it needs, the lease; records it for the report.',
    arguments: z.strictObject({
      run: runRefSchema,
      planned: z.array(plannedChangeSchema),
      prediction: predictionSchema,
      rehearsed: z.array(rehearsedChangeSchema),
      rights: z.array(answeredRightSchema),
    }),
    result: z.strictObject({ failed: z.number().int(), unknown: z.number().int() }),
    throws: ['ChangeStateError'],
    timeoutSeconds: 30,
  }),
  ...approvalTasks,
  ...incidentTasks,
  'settle-claim': task({
    name: 'settle-claim',
    capability: 'run',
    does: 'Decides by one conditional write who settles the run; everybody else is told that it is settled elsewhere.',
    arguments: z.strictObject({ runId: runIdSchema, settlementArn: z.string(), outcome: outcomeSchema }),
    /** `run` is null where the run never had a lease: then nothing was changed. */
    result: z.strictObject({
      claimed: z.boolean(),
      outcome: outcomeSchema,
      run: runRefSchema.nullable(),
      publicUrl: z.string().nullable(),
      /** Whose targets have to be healthy before Auto Scaling may look at them again. */
      targetGroupArn: z.string().nullable(),
    }),
    throws: [],
    timeoutSeconds: 30,
  }),
  'settle-quiesce': task({
    name: 'settle-quiesce',
    capability: 'run',
    does: 'Stops what the run left going: the executions of its plan and the commands on its hosts; done when all have ended.',
    arguments: z.strictObject({ runId: runIdSchema }),
    result: z.strictObject({ done: z.boolean(), stillRunning: z.array(z.string()) }),
    throws: ['ChangeStateError'],
    timeoutSeconds: 60,
  }),
  'settle-plan': task({
    name: 'settle-plan',
    capability: 'run',
    does: 'Reads the journal and says which changes are taken back, last first, by outcome and point of no return.',
    arguments: z.strictObject({ runId: runIdSchema, outcome: outcomeSchema }),
    result: z.strictObject({
      undo: z.array(z.strictObject({ key: z.string(), kind: changeKindSchema })),
      pointOfNoReturnPassed: z.boolean(),
    }),
    throws: ['ChangeStateError'],
    timeoutSeconds: 30,
  }),
  'settle-undo-failed': task({
    name: 'settle-undo-failed',
    capability: 'run',
    does: 'Records that a change could not be taken back; settling goes on with the others and ends as failed.',
    arguments: z.strictObject({ runId: runIdSchema, key: z.string(), error: z.string(), cause: z.string() }),
    result: z.strictObject({ recorded: z.literal(true) }),
    throws: ['ChangeStateError'],
    timeoutSeconds: 30,
  }),
  'settle-report': task({
    name: 'settle-report',
    capability: 'run',
    does: 'Writes the report (JSON and HTML) to the bucket, the metrics, and the final status to the run.',
    arguments: z.strictObject({
      runId: runIdSchema,
      outcome: outcomeSchema,
      /** The application from outside, after everything was put back. */
      outside: z.strictObject({ healthy: z.boolean(), status: z.number().int().nullable(), detail: z.string() }),
    }),
    result: z.strictObject({ status: finalStatusSchema, undoFailed: z.array(z.string()), reportKey: z.string() }),
    throws: [],
    timeoutSeconds: 60,
  }),
  'settle-announce': task({
    name: 'settle-announce',
    capability: 'run',
    does: 'Sends the one message with the outcome; calls a person where the run failed, above all after its point of no return.',
    arguments: z.strictObject({ runId: runIdSchema }),
    result: z.strictObject({ sent: z.boolean() }),
    throws: [],
    timeoutSeconds: 30,
  }),
  'lease-release': task({
    name: 'lease-release',
    capability: 'run',
    does: 'Gives the lease back, where this run holds it, and marks the run settled.',
    arguments: z.strictObject({ runId: runIdSchema }),
    result: z.strictObject({ released: z.boolean() }),
    throws: [],
    timeoutSeconds: 30,
  }),
  'run-sweep': task({
    name: 'run-sweep',
    capability: 'run',
    does: 'On a schedule: starts settling for every run that has ended, or never began, and that nobody settled.',
    arguments: z.strictObject({}),
    result: z.strictObject({ examined: z.number().int(), started: z.array(z.string()) }),
    throws: [],
    timeoutSeconds: 120,
  }),
} as const;
