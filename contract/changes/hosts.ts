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
} as const satisfies Record<string, ChangeKindContract>;
