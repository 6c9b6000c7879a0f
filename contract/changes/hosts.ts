import * as z from 'zod';
import type { ChangeKindContract } from './kind';

/** At most what one SendCommand takes. */
export const hostIds = z
  .array(z.string().regex(/^i-[0-9a-f]{8,17}$/))
  .min(1)
  .max(50);

/** Changes on the hosts, made by documents. */
export const hostChanges = {
  services: {
    lifted: 'on-failure',
    throws: ['DocumentFailedError', 'DocumentTimedOutError', 'HostSilentError', 'HostOfflineError'],
    target: z.strictObject({ hosts: hostIds, services: z.array(z.string()).min(1) }),
    before: z.strictObject({ active: z.record(z.string(), z.array(z.string())) }),
  },
  /** The release that hosts serve: the link to its folder, and its units restarted. */
  release: {
    lifted: 'on-failure',
    throws: [
      'ApplicationUnhealthyError',
      'ReleaseMissingError',
      'DocumentFailedError',
      'DocumentTimedOutError',
      'HostSilentError',
      'HostOfflineError',
    ],
    target: z.strictObject({
      hosts: hostIds,
      release: z.string(),
      /** Host to the name of the release's folder, as prepared there. */
      folders: z.record(z.string(), z.string()),
      folder: z.string(),
      releasesFolder: z.string(),
      services: z.array(z.string()).min(1),
      healthUrl: z.string(),
    }),
    /** Host to what it served. */
    before: z.strictObject({
      serving: z.record(z.string(), z.strictObject({ release: z.string(), folder: z.string(), healthy: z.boolean() })),
    }),
  },
} as const satisfies Record<string, ChangeKindContract>;
