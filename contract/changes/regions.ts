import * as z from 'zod';
import { instant } from '../run';
import { instanceSettingsSchema } from './database';
import type { ChangeKindContract } from './kind';

const instance = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/);

/** Changes that move the application from one region to another. */
export const regionChanges = {
  /** A read replica becomes a database of its own. It never follows its source again. */
  'replica-promotion': {
    lifted: 'never',
    throws: [],
    target: z.strictObject({
      instance,
      backupRetentionDays: z.number().int().min(1).max(35),
      /** The last commit that it has replayed; `latest` where it has everything, null where nobody knows (yet). */
      moment: z.union([instant, z.literal('latest')]).nullable(),
    }),
    /** ARN of what it followed, and its own automated backups, which it may be given by the promotion only. */
    before: z.strictObject({ source: z.string(), backupRetentionDays: z.number().int().optional() }),
  },
  /** A read replica in this region of an instance in another one. */
  'region-replica': {
    lifted: 'never',
    throws: ['RestoreFailedError', 'RecoverySourceMissingError'],
    target: z.strictObject({
      instance,
      /** ARN of what it follows. */
      source: z.string(),
      settings: instanceSettingsSchema,
      /** Null for one that stays whatever becomes of the run: what a region had before it took over. */
      expiresInDays: z.number().int().nullable(),
    }),
    before: z.strictObject({ exists: z.literal(false) }),
  },
  /** To which of the two regions the failover records lead: an object that a health check asks for (docs/adr/0010). */
  'region-traffic': {
    lifted: 'on-failure',
    throws: [],
    target: z.strictObject({
      region: z.string(),
      bucket: z.string(),
      key: z.string(),
      /** Whether the standby serves: then the object is there. */
      standbyServes: z.boolean(),
      /** The name that users know, and the name of the region that it has to lead to. */
      name: z.string(),
      leadsTo: z.string(),
    }),
    before: z.strictObject({ standbyServes: z.boolean() }),
  },
} as const satisfies Record<string, ChangeKindContract>;
