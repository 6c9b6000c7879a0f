import * as z from 'zod';
import { instant, runRefSchema } from '../run';
import { databaseChanges } from './database';
import { hostChanges } from './hosts';
import { trafficChanges } from './traffic';

export {
  databaseConnectionSchema,
  instanceSettingsSchema,
  recoverySourceSchema,
  type DatabaseConnection,
  type InstanceSettings,
  type RecoverySource,
} from './database';
export type { ChangeKindContract } from './kind';

/** Every kind of change, by name. */
export const changeKinds = { ...trafficChanges, ...hostChanges, ...databaseChanges } as const;

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
  recordedAt: instant,
  appliedAt: instant.optional(),
  confirmedAt: instant.optional(),
  undoneAt: instant.optional(),
  error: z.string().optional(),
});
export type JournalEntry = z.infer<typeof journalEntrySchema>;

const key = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/);

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
    z.strictObject({ verb: z.literal('undo'), run: runRefSchema, key }),
    z.strictObject({ verb: z.literal('confirm-undo'), run: runRefSchema, key }),
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
});
export type ChangeResult = z.infer<typeof changeResultSchema>;
