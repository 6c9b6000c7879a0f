import * as z from 'zod';
import type { ChangeKindContract } from './kind';

const targetGroup = z.string().regex(/^arn:aws[a-z-]*:elasticloadbalancing:/);
const weights = z.array(z.strictObject({ targetGroupArn: z.string(), weight: z.number().int() }));

/** Changes of which hosts behind the load balancer get the requests. */
export const shiftChanges = {
  /** Every rule of the listener that forwards to one group forwards to another, in steps; neither group loses its targets. */
  'traffic-shift': {
    lifted: 'on-failure',
    throws: ['TargetGroupUnfitError'],
    target: z.strictObject({
      listenerArn: z.string(),
      from: targetGroup,
      to: targetGroup,
      /** Per cent that go to the new one after each step, ascending, the last one 100. */
      percents: z.array(z.number().int().min(1).max(100)).min(1).max(10),
    }),
    /** What each such rule forwarded to; the default one has the listener's own ARN in it. */
    before: z.strictObject({
      rules: z.array(z.strictObject({ arn: z.string(), isDefault: z.boolean(), groups: weights })),
    }),
  },
  /** The path by which the load balancer asks a group's targets for their health. */
  'health-check-path': {
    lifted: 'on-failure',
    throws: ['TargetGroupUnfitError'],
    target: z.strictObject({ targetGroupArn: targetGroup, path: z.string().startsWith('/') }),
    before: z.strictObject({ path: z.string() }),
  },
} as const satisfies Record<string, ChangeKindContract>;
