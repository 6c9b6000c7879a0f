import * as z from 'zod';
import type { ChangeKindContract } from './kind';

/** Changes of what leads users to the hosts. */
export const trafficChanges = {
  'auto-scaling-processes': {
    lifted: 'always',
    throws: [],
    target: z.strictObject({ group: z.string(), suspend: z.array(z.string()).min(1) }),
    before: z.strictObject({ suspended: z.array(z.string()) }),
  },
  /** Hosts out of service, without Auto Scaling ending or replacing them; their targets drain first. */
  standby: {
    lifted: 'always',
    throws: [],
    target: z.strictObject({
      group: z.string(),
      /** At most what one EnterStandby takes. */
      instances: z
        .array(z.string().regex(/^i-[0-9a-f]{8,17}$/))
        .min(1)
        .max(20),
    }),
    before: z.strictObject({ minSize: z.number().int(), states: z.record(z.string(), z.string()) }),
  },
  'maintenance-page': {
    lifted: 'always',
    throws: [],
    target: z.strictObject({ listenerArn: z.string(), title: z.string().max(80) }),
    before: z.strictObject({ rules: z.array(z.strictObject({ arn: z.string(), priority: z.string() })) }),
  },
  'dns-record': {
    lifted: 'on-failure',
    throws: [],
    target: z.strictObject({
      hostedZoneId: z.string(),
      name: z.string(),
      value: z.string(),
      ttlSeconds: z.number().int(),
    }),
    before: z.strictObject({ value: z.string(), ttlSeconds: z.number().int() }),
  },
} as const satisfies Record<string, ChangeKindContract>;
