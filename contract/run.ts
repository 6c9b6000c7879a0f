import * as z from 'zod';
import { environmentNameSchema, severitySchema } from '../config/schema';
import { planNameSchema } from './plans';

export { planNames, planNameSchema, type PlanName } from './plans';

export const instant = z.iso.datetime({ offset: true, error: 'should be a time such as 2026-11-23T02:13:40Z' });
/**
 * The execution's name: whatever Step Functions takes of what keys, paths and ARNs can carry (API reference,
 * StartExecution). A run with a name that is not taken could be neither opened nor settled.
 */
export const runIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,80}$/, 'should be the id of a run: 1 to 80 letters, digits, hyphens and underscores');

export const triggerSchema = z.enum(['alarm', 'operator', 'schedule']);
export type Trigger = z.infer<typeof triggerSchema>;
export const modeSchema = z.enum(['live', 'rehearse']);

/** The moment to go back to: a time, or everything that was committed before the fence. */
export const sourceKindSchema = z.enum(['point-in-time', 'snapshot', 'copied-snapshot', 'backup-file']);
export type SourceKind = z.infer<typeof sourceKindSchema>;

/** What the application's files can be had back from. */
export const fileSourceKinds = ['lvm-snapshot', 'ebs-snapshot', 'file-backup', 'bucket'] as const;

/**
 * What an operator, an alarm or a schedule gives to the front door. The smallest useful input is
 * `{"plan": "database-recovery"}`. Anything unknown is refused by the name of the field.
 */
export const requestSchema = z.strictObject({
  plan: planNameSchema,
  trigger: triggerSchema.default('operator'),
  /** `rehearse` reads everything, decides everything and changes nothing. */
  mode: modeSchema.default('live'),
  /** When the fault began and was detected, where the caller knows. */
  incident: z
    .strictObject({ fault: instant.optional(), detected: instant.optional(), severity: severitySchema.optional() })
    .default({}),
  /** ARN of the person who started it, where that is known: whoever starts a run does not approve it. */
  startedBy: z
    .string()
    .regex(/^arn:aws[a-z-]*:(iam|sts)::\d{12}:[A-Za-z0-9+=,.@_/-]{1,300}$/, 'should be the ARN of a person or role')
    .optional(),
  /** The moment to restore to, or `latest`. Without it: the last moment at which the integrity probe passed. */
  restoreTime: z
    // Said by the time itself: zod gives the words of the branch that came nearest, not the union's.
    .union([
      z.literal('latest'),
      z.iso.datetime({ offset: true, error: 'should be "latest" or a time such as 2026-11-23T02:13:40Z' }),
    ])
    .optional(),
  /** A snapshot to restore from, by its identifier, or a backup file of a self-hosted database, by its name. */
  source: z
    .strictObject({
      snapshot: z
        .string()
        .regex(/^(rds:)?[A-Za-z][A-Za-z0-9-]{0,254}$/, 'should be the identifier of a snapshot')
        .optional(),
      backup: z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'should be the name of a file in the folder of backups')
        .optional(),
    })
    .refine(({ snapshot, backup }) => (snapshot === undefined) !== (backup === undefined), {
      error: 'should be either a snapshot or a backup',
    })
    .optional(),
  /** Where files come from, and which of them by its name. Without it: the newest of all that is sound. */
  fileSource: z
    .strictObject({
      kind: z.enum(fileSourceKinds, `should be one of ${fileSourceKinds.join(', ')}`),
      name: z
        .string()
        .max(200)
        .regex(
          /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9._-]+)*$/,
          'should be the name of a snapshot, or of an archive such as files_20261123_021500.tar.gz',
        )
        .optional(),
    })
    .optional(),
  /** The target group to go back to, by name or ARN. Without it: as an earlier run left it, or the one that is described. */
  targetGroup: z
    .string()
    .regex(
      /^([A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?|arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]*:[0-9]*:targetgroup\/[A-Za-z0-9/-]+)$/,
      'should be the name or the ARN of a target group',
    )
    .optional(),
  /** The version of the launch template to go back to. Without it: the newest before the present one with another release. */
  launchTemplateVersion: z
    .string()
    .regex(
      /^[1-9][0-9]{0,9}$/,
      'should be the number of a version, such as "3"; $Latest and $Default say nothing fixed',
    )
    .optional(),
  /** A version of the hosts' configuration: the moment by which reports name it, or the version of one of its objects. */
  configurationVersion: z
    .string()
    .regex(
      /^[A-Za-z0-9._:-]{1,128}$/,
      'should be a version such as 2026-11-23T02:13:40Z, or the version id of an object in the bucket',
    )
    .optional(),
  /** The version that the schema is rolled back to; it has to have been applied. */
  schemaVersion: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'should be a version of the schema, such as 1.2.0')
    .optional(),
  /** The tag of the release to run. Without it: the newest that probes found healthy for long enough. */
  release: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'should be a tag of the application, such as v1.2.0')
    .optional(),
  /** The finished run that is to be undone, or whose journal says which target group to go back to. */
  run: runIdSchema.optional(),
  /** Lose more than the recovery point objective allows, or what an undo has counted: a decision of a person. */
  acceptLoss: z.boolean().default(false),
  reason: z
    .string()
    .max(500)
    .regex(/^[^<>`$\\]*$/, 'should be plain text without < > ` $ \\')
    .optional(),
});
export type RecoveryRequest = z.infer<typeof requestSchema>;

/** The right of one run to change one environment; every task that changes something gets it and proves it. */
export const runRefSchema = z.strictObject({
  id: runIdSchema,
  plan: planNameSchema,
  environment: environmentNameSchema,
  mode: modeSchema,
  /** Grows with every lease taken in the environment. 0 for a rehearsal, which has no lease and may change nothing. */
  fencingToken: z.number().int().nonnegative(),
});
export type RunRef = z.infer<typeof runRefSchema>;

export const runStatusSchema = z.enum(['running', 'succeeded', 'failed', 'aborted', 'denied', 'rejected']);
export const finalStatusSchema = runStatusSchema.exclude(['running']);
export type FinalStatus = z.infer<typeof finalStatusSchema>;

/** How the machine, or the event that noticed its end, says that a run ended. */
export const outcomeSchema = z.strictObject({
  status: finalStatusSchema,
  error: z.string().optional(),
  cause: z.string().optional(),
});
export type Outcome = z.infer<typeof outcomeSchema>;

/** A choice that the run made, with what it was made from. */
export const decisionSchema = z.strictObject({
  at: instant,
  subject: z.string(),
  choice: z.string(),
  reason: z.string(),
  /** What else was there, and why it was not taken. */
  alternatives: z.array(z.strictObject({ choice: z.string(), because: z.string() })),
});
export type Decision = z.infer<typeof decisionSchema>;

/** A check with what was expected and what was found, and where the figure comes from. */
export const checkSchema = z.strictObject({
  name: z.string(),
  status: z.enum(['passed', 'failed', 'not-checkable']),
  expected: z.string(),
  actual: z.string(),
  evidence: z.string(),
});
export type Check = z.infer<typeof checkSchema>;
