import * as z from 'zod';
import { checkSchema, instant, runIdSchema, runRefSchema } from '../run';
import { configurationChanges } from './configuration';
import { databaseChanges } from './database';
import { hostChanges } from './hosts';
import { infrastructureChanges } from './infrastructure';
import { instanceChanges } from './instances';
import { regionChanges } from './regions';
import { shiftChanges } from './shift';
import { selfHostedChanges } from './self-hosted';
import { trafficChanges } from './traffic';
import { volumeChanges } from './volumes';
import { fileChanges } from './files';

export {
  databaseConnectionSchema,
  instanceSettingsSchema,
  recoverySourceSchema,
  SAFETY_SNAPSHOT_KEY,
  type DatabaseConnection,
  type InstanceSettings,
  type RecoverySource,
} from './database';
export { fileSourceSchema, type FileSource } from './files';
export type { ChangeKindContract } from './kind';
export { backupSourceSchema, type BackupSource } from './self-hosted';

/** Every kind of change, by name. */
export const changeKinds = {
  ...trafficChanges,
  ...shiftChanges,
  ...instanceChanges,
  ...infrastructureChanges,
  ...hostChanges,
  ...configurationChanges,
  ...databaseChanges,
  ...regionChanges,
  ...volumeChanges,
  ...fileChanges,
  ...selfHostedChanges,
} as const;

export type ChangeKind = keyof typeof changeKinds;
const isKind = (name: string): name is ChangeKind => name in changeKinds;
export const changeKindNames: readonly ChangeKind[] = Object.keys(changeKinds).filter(isKind);
export const changeKindSchema = z.enum(changeKindNames);

export type ChangeTarget<K extends ChangeKind> = z.infer<(typeof changeKinds)[K]['target']>;
export type ChangeBefore<K extends ChangeKind> = z.infer<(typeof changeKinds)[K]['before']>;

/**
 * recorded: intent and state before are in the journal, nothing is known of the doing. applied: AWS or the host took it.
 * confirmed: it is in force. not-applied: it was refused for certain. undone, undo-failed: what taking it back came to.
 */
export const changeStateSchema = z.enum([
  'recorded',
  'applied',
  'confirmed',
  'not-applied',
  'undoing',
  'undone',
  'undo-failed',
]);
export type ChangeState = z.infer<typeof changeStateSchema>;

export const journalEntrySchema = z.strictObject({
  runId: z.string(),
  /** Order of recording in the run, from 1. Undo walks it backwards. */
  sequence: z.number().int().positive(),
  /** Names the change in its run: a repeated call finds it by this. */
  key: z.string(),
  kind: changeKindSchema,
  state: changeStateSchema,
  /** After it is applied there is no way back without losing accepted writes. */
  pointOfNoReturn: z.boolean(),
  target: z.unknown(),
  before: z.unknown(),
  /** What confirming found, and handles such as a command's or a change's id. */
  detail: z.record(z.string(), z.unknown()),
  /**
   * How many calls that apply it have begun and are not known to have ended; absent right after recording: one. Null once
   * settling has seen that there is none: then no further one may begin.
   */
  underWay: z.number().int().nullable().optional(),
  /** Of the plan `undo`: the change of another run that this one takes back. Taking this one back makes that one again. */
  undoes: z.strictObject({ runId: z.string(), key: z.string() }).optional(),
  recordedAt: instant,
  appliedAt: instant.optional(),
  confirmedAt: instant.optional(),
  undoneAt: instant.optional(),
  error: z.string().optional(),
});
export type JournalEntry = z.infer<typeof journalEntrySchema>;

const key = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/);

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
  /** The key of the change that makes what this one changes: before that there is no state to be read. */
  upon: z.string().nullable().optional(),
  /** The key of the change that this one is made instead of, where that one cannot be made. */
  insteadOf: z.string().optional(),
});
export type PlannedChange = z.infer<typeof plannedChangeSchema>;

/** A right that a change will need: these actions on this resource, under these condition keys. */
export const neededRightSchema = z.strictObject({
  /** Whose right: the role of the function that makes the change. */
  role: z.string(),
  actions: z.array(z.string()).min(1),
  resource: z.string(),
  /** As iam:SimulatePrincipalPolicy takes it. */
  context: z.array(
    z.strictObject({
      ContextKeyName: z.string(),
      ContextKeyType: z.enum(['string', 'stringList']),
      ContextKeyValues: z.array(z.string()),
    }),
  ),
});
export type NeededRight = z.infer<typeof neededRightSchema>;

/** What the function of a change found when it was asked to rehearse it: nothing was changed. */
export const rehearsedChangeSchema = z.strictObject({
  key: z.string(),
  /** The state before, as it was read; null where it could not be, and `checks` says why. */
  before: z.unknown(),
  checks: z.array(checkSchema),
  needs: z.array(neededRightSchema),
});
export type RehearsedChange = z.infer<typeof rehearsedChangeSchema>;
/** The finished run whose change is taken back under the lease of `run`; without it the change is `run`'s own. */
const of = runIdSchema.optional();
/** Under which key a run notes that it takes back another run's change. */
export const keyOfUndoing = (taken: string): string => `undo-${taken}`.slice(0, 64);

/** The arguments of the function of one kind of change. */
export function changeArguments(kind: ChangeKind) {
  const definition = changeKinds[kind];
  return z.discriminatedUnion('verb', [
    z.strictObject({
      verb: z.literal('apply'),
      run: runRefSchema,
      key,
      target: definition.target,
      /** Given where only a host could read it (services, fence); otherwise the function reads it itself. */
      before: definition.before.optional(),
      pointOfNoReturn: z.boolean().optional(),
    }),
    z.strictObject({ verb: z.literal('confirm'), run: runRefSchema, key }),
    z.strictObject({ verb: z.literal('undo'), run: runRefSchema, key, of }),
    z.strictObject({ verb: z.literal('confirm-undo'), run: runRefSchema, key, of }),
    z.strictObject({ verb: z.literal('rehearse'), run: runRefSchema, planned: plannedChangeSchema }),
  ]);
}

/** The same for one kind, as its function and the state machines' fragments are typed. */
export interface ApplyArguments<K extends ChangeKind> {
  readonly key: string;
  readonly target: ChangeTarget<K>;
  readonly before?: ChangeBefore<K>;
  readonly pointOfNoReturn?: boolean;
}

/** What every verb of a change answers: whether it is in force (or gone) yet, and how far it is. */
export const changeResultSchema = z.strictObject({
  done: z.boolean(),
  progress: z.string().optional(),
  detail: z.record(z.string(), z.unknown()).optional(),
  /** Of the verb `rehearse` alone. */
  rehearsal: rehearsedChangeSchema.optional(),
});
export type ChangeResult = z.infer<typeof changeResultSchema>;
