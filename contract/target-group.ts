import * as z from 'zod';

/**
 * What can be set of a target group beside its targets, in ELBv2's words: what CreateTargetGroup takes, and every attribute.
 * Its port and the path of its health check are described (config), and are kept here to be held against that.
 */
export const targetGroupSettingsSchema = z.strictObject({
  protocol: z.enum(['HTTP', 'HTTPS']),
  protocolVersion: z.enum(['HTTP1', 'HTTP2', 'GRPC']),
  ipAddressType: z.enum(['ipv4', 'ipv6']),
  port: z.number().int(),
  healthCheck: z.strictObject({
    path: z.string(),
    protocol: z.enum(['HTTP', 'HTTPS']),
    /** A number, or `traffic-port`. */
    port: z.string(),
    intervalSeconds: z.number().int(),
    timeoutSeconds: z.number().int(),
    healthyThreshold: z.number().int(),
    unhealthyThreshold: z.number().int(),
    /** Of HTTP, or of gRPC where that is the version: `200`, `200-299`. */
    codes: z.string(),
  }),
  attributes: z.record(z.string(), z.string()),
});
export type TargetGroupSettings = z.infer<typeof targetGroupSettingsSchema>;

/** Settings as they were while the group had a healthy target, and when that was last seen. */
export const seenSettingsSchema = z.strictObject({ seenAt: z.iso.datetime(), settings: targetGroupSettingsSchema });
export type SeenSettings = z.infer<typeof seenSettingsSchema>;

/** In words, each once and in one order, for a report. */
export function settingsInWords({ healthCheck: check, attributes, ...group }: TargetGroupSettings): string {
  return [
    `${group.protocol} (${group.protocolVersion}, ${group.ipAddressType}) on ${group.port}`,
    `health check ${check.protocol} ${check.path} on ${check.port}, ${check.codes} within ${check.timeoutSeconds} s every ${check.intervalSeconds} s, healthy after ${check.healthyThreshold}, unhealthy after ${check.unhealthyThreshold}`,
    ...Object.keys(attributes)
      .toSorted()
      .map((key) => `${key}=${attributes[key] ?? ''}`),
  ].join('; ');
}
