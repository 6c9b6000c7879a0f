import * as z from 'zod';
import type { ChangeKindContract } from './kind';

const templateId = z.string().regex(/^lt-[0-9a-f]{8,17}$/);
/** A fixed number: a group that names `$Latest` or `$Default` cannot be rolled back (Auto Scaling guide). */
const version = z.string().regex(/^[1-9][0-9]*$/);
const choice = z.strictObject({ templateId, version });

/** Changes of what the group's instances are launched from, and of which instances there are. */
export const instanceChanges = {
  /** A new version of the launch template; versions before it are kept. */
  'launch-template-version': {
    lifted: 'on-failure',
    throws: ['LaunchTemplateUnfitError'],
    target: z.strictObject({
      templateId,
      sourceVersion: version,
      /** The release in its user data; null for what the source has. */
      release: z.string().nullable(),
      releaseVariable: z.string(),
    }),
    before: z.strictObject({ exists: z.literal(false) }),
  },
  /** What the group launches from, with nothing done to the instances that it has. */
  'group-launch-template': {
    lifted: 'on-failure',
    throws: ['FloatingVersionError'],
    target: z.strictObject({ group: z.string(), templateId, version }),
    before: choice,
  },
  /** A refresh that runs already and would undo what this run does. */
  'refresh-cancellation': {
    lifted: 'never',
    throws: [],
    target: z.strictObject({ group: z.string() }),
    before: z.strictObject({ refreshId: z.string().nullable(), desired: choice.nullable() }),
  },
  /** Every instance replaced by one of that version; AWS goes back by itself where they do not become healthy. */
  'instance-refresh': {
    lifted: 'on-failure',
    throws: ['FloatingVersionError', 'RefreshFailedError'],
    target: z.strictObject({
      group: z.string(),
      templateId,
      version,
      minimumHealthyPercent: z.number().int(),
      maximumHealthyPercent: z.number().int(),
      warmupSeconds: z.number().int(),
    }),
    before: choice,
  },
} as const satisfies Record<string, ChangeKindContract>;
