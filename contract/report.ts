import * as z from 'zod';
import { environmentNameSchema, serviceLevelsSchema } from '../config/schema';
import { changeKindSchema, changeStateSchema } from './changes';
import { approvalRecordSchema } from './approval';
import { rehearsalSchema } from './rehearsal';
import { checkSchema, decisionSchema, finalStatusSchema, instant, modeSchema, triggerSchema } from './run';

/**
 * The evidence of a run. `report.json` is this; fields are only ever added. Every duration is the pair of what really
 * passed and what a sandbox skipped; on AWS nothing is skipped. Objectives are judged on the sum.
 */
export const spanSchema = z.strictObject({ measuredSeconds: z.number(), skippedSeconds: z.number() });
export type Span = z.infer<typeof spanSchema>;

export const phases = ['detect', 'decide', 'restore', 'validate', 'cut over', 'settle'] as const;
export const phaseSchema = z.enum(phases);
export type Phase = z.infer<typeof phaseSchema>;

/** One state of one machine, from its entry to its exit, all its attempts together. */
export const stepSchema = z.strictObject({
  /** Unique in the report, an anchor for links: `<machine>/<state>#<n>`. */
  id: z.string(),
  machine: z.string(),
  name: z.string(),
  phase: phaseSchema,
  kind: z.enum(['task', 'wait', 'machine']),
  start: instant,
  end: instant.nullable(),
  /** From the start of the run, so that a skipped wait keeps its place on the time line. */
  offset: spanSchema,
  duration: spanSchema,
  attempts: z.number().int(),
  /** How often a poll asked, where the step is a loop of waiting and asking. */
  rounds: z.number().int().optional(),
  /** Id of the event of its entry in the history of the machine's execution: the evidence. */
  enteredEvent: z.number().int(),
  status: z.enum(['done', 'failed', 'caught', 'aborted', 'running']),
  error: z.string().optional(),
  /** The branch of a Parallel it ran in, 0 for the main line: what runs beside each other is drawn so. */
  lane: z.number().int(),
});
export type Step = z.infer<typeof stepSchema>;

const objectiveResult = z.strictObject({
  /** Seconds; null where the run ended before the application's description was read. */
  target: z.number().nullable(),
  actual: spanSchema.nullable(),
  /** Null where it cannot be judged; `because` says why. */
  met: z.boolean().nullable(),
  because: z.string().optional(),
  /** From when to when `actual` runs, in words. */
  definition: z.string(),
  /** The last drill of this kind, seconds, where there was one. */
  previous: z.number().optional(),
});

export const reportChangeSchema = z.strictObject({
  sequence: z.number().int(),
  key: z.string(),
  kind: changeKindSchema,
  state: changeStateSchema,
  pointOfNoReturn: z.boolean(),
  target: z.unknown(),
  before: z.unknown(),
  detail: z.record(z.string(), z.unknown()),
  /** The change of another run that this one took back. */
  undoes: z.strictObject({ runId: z.string(), key: z.string() }).optional(),
  recordedAt: instant,
  undoneAt: instant.optional(),
  error: z.string().optional(),
});

/** What only somebody outside the system can count; the sandbox's observer, or null on AWS. */
export const observationSchema = z.strictObject({
  fault: z.strictObject({ at: instant, what: z.string() }).nullable(),
  downtime: spanSchema,
  /** Each interval in which the application did not answer. */
  outages: z.array(z.strictObject({ from: instant, to: instant, duration: spanSchema })),
  requests: z.strictObject({ total: z.number().int(), failed: z.number().int() }),
  rows: z.strictObject({
    /** Rows that have to be in the recovered database: those acknowledged with a commit at or before the moment. */
    expected: z.number().int(),
    present: z.number().int(),
    /** Acknowledged after the chosen moment, so not in the copy: the data loss. */
    lost: z.number().int(),
    /** Expected and not there, or there with other content: must be none. */
    missing: z.number().int(),
    /** There and never acknowledged at or before the moment: must be none. */
    extra: z.number().int(),
  }),
  /** The last acknowledged write that was lost to the moment restored to. */
  lossWindow: spanSchema.nullable(),
});
export type Observation = z.infer<typeof observationSchema>;

/** What a drill may cost; each a number that the observer or the clock counts. */
export const budgetsSchema = z.strictObject({
  downtimeSeconds: z.number(),
  rowsLost: z.number(),
  recoverySeconds: z.number(),
});
export type Budgets = z.infer<typeof budgetsSchema>;

export const budgetResultSchema = z.strictObject({
  name: z.string(),
  unit: z.string(),
  budget: z.number(),
  /** Null where it could not be counted; then the budget is not met. */
  actual: z.number().nullable(),
  met: z.boolean(),
  because: z.string().optional(),
});

/** The last drill of the same kind, for comparison. Seconds. */
export const previousSchema = z.strictObject({
  runId: z.string(),
  endedAt: instant,
  recoverySeconds: z.number().nullable(),
  lossSeconds: z.number().nullable(),
  downtimeSeconds: z.number().nullable(),
});
export type Previous = z.infer<typeof previousSchema>;

export const reportSchema = z.strictObject({
  version: z.literal(1),
  runId: z.string(),
  plan: z.string().nullable(),
  mode: modeSchema,
  environment: environmentNameSchema,
  /** Said in words on everything that a person sees. */
  word: z.enum(['REAL', 'DRILL', 'REHEARSAL']),
  application: z.strictObject({ name: z.string(), title: z.string() }),
  account: z.strictObject({ id: z.string(), alias: z.string(), region: z.string() }),
  trigger: triggerSchema,
  reason: z.string().optional(),
  status: finalStatusSchema,
  /** One sentence: what came of it. */
  verdict: z.string(),
  error: z.string().optional(),
  cause: z.string().optional(),
  failedStep: z.string().optional(),
  /** When the run began; offsets of steps count from here. */
  started: instant,
  incident: z.strictObject({
    fault: instant.nullable(),
    detected: instant,
    ended: instant,
    /** From the fault (detection, where the fault is not known) to the start of the run. */
    beforeRun: spanSchema,
    /** From the fault (detection, where the fault is not known) to the end of the run. */
    duration: spanSchema,
  }),
  /** What the database was restored from: the moment, or `latest` for everything before the fence; null where nothing was. */
  restore: z
    .strictObject({ kind: z.string(), moment: z.union([instant, z.literal('latest')]), fencedAt: instant.nullable() })
    .nullable(),
  /** The executions whose histories are the evidence of the time line. */
  executions: z.array(z.strictObject({ machine: z.string(), executionArn: z.string() })),
  phases: z.array(z.strictObject({ phase: phaseSchema, duration: spanSchema })),
  timeline: z.array(stepSchema),
  objectives: z.strictObject({ rto: objectiveResult, rpo: objectiveResult }),
  serviceLevels: serviceLevelsSchema.nullable(),
  previous: previousSchema.nullable(),
  budgets: z.array(budgetResultSchema),
  /** The application from outside after settling. */
  health: z.strictObject({ healthy: z.boolean(), status: z.number().int().nullable(), detail: z.string() }).nullable(),
  observation: observationSchema.nullable(),
  checks: z.array(checkSchema),
  decisions: z.array(decisionSchema),
  changes: z.array(reportChangeSchema),
  pointOfNoReturnPassed: z.boolean(),
  /** What was kept, with its expiry. */
  kept: z.array(z.strictObject({ what: z.string(), until: instant.nullable() })),
  /** Of a rehearsal that came to its end: what a live run would change, and what that would cost. */
  rehearsal: rehearsalSchema.omit({ checks: true }).optional(),
  /** Each time that a person was asked, and what became of it; absent where nobody was. */
  approvals: z.array(approvalRecordSchema.omit({ token: true })).optional(),
  /** What could not be taken back, by key. */
  undoFailed: z.array(z.string()),
  standIns: z.array(z.strictObject({ name: z.string(), instead: z.string(), differs: z.string() })),
});
export type Report = z.infer<typeof reportSchema>;

// What report/ may know of an application's description.
export { descriptionSchema, type Description } from '../config/schema';
