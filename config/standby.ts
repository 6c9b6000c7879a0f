import * as z from 'zod';
import { arn, domainName, instance, region } from './words';

/** `home`: where the application is at home. `standby`: the region that takes over when that one is lost. */
export const siteSchema = z.enum(['home', 'standby']);
export type Site = z.infer<typeof siteSchema>;

const securityGroup = z
  .string()
  .regex(/^sg-[0-9a-f]{8,17}$/, 'should be the id of a security group, e.g. sg-0123456789abcdef0');

/**
 * The region that takes over: what stands there before anything happens. Lifeboat makes none of it in a disaster. Whatever is
 * not listed is called there as at home: the hosts' tag, and the secrets, which Secrets Manager replicates under their names.
 */
export const standbySchema = z.strictObject({
  region,
  /** So many hosts have to be online in the region that takes over, before anything is moved: they will serve everybody. */
  hosts: z.number().int().min(1).max(50).default(2),
  autoScalingGroup: z.string().min(1).max(255),
  launchTemplateId: z
    .string()
    .regex(/^lt-[0-9a-f]{8,17}$/, 'should be the id of a launch template, e.g. lt-0123456789abcdef0'),
  loadBalancer: z.strictObject({
    listenerArn: arn('elasticloadbalancing'),
    targetGroupArn: arn('elasticloadbalancing'),
  }),
  /** The name that leads to the load balancer there. */
  publicRecord: z.strictObject({ name: domainName, value: domainName }),
  database: z.strictObject({
    /** The replica of the primary. What is restored in its place gets this name, so that the record below leads to it. */
    instanceIdentifier: instance,
    /** The name by which the application reaches its database there; a record made beforehand leads it to the replica. */
    address: domainName,
    hostedZoneId: z.string().regex(/^Z[A-Z0-9]{4,31}$/, 'should be the id of a hosted zone, e.g. Z0123456789ABC'),
    fenceSecurityGroupId: securityGroup,
    /** Automated backups of the replica once it is promoted, days: replicas are made without any. */
    backupRetentionDays: z.number().int().min(1).max(35).default(14),
  }),
  /** The bucket there with the versions of the hosts' configuration, where the home region has one. */
  configurationBucket: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'should be the name of a bucket')
    .optional(),
  databaseAlarms: z.array(z.string().min(1).max(255)).default([]),
  /** How users are led to one region or the other: records and a health check that stand beforehand (docs/adr/0010). */
  traffic: z.strictObject({
    /**
     * An object in a bucket of the standby region: while it is there, the standby serves. The primary record's health check
     * asks for it over HTTPS and is inverted.
     */
    switchBucket: z.string().regex(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/, 'should be the name of a bucket without dots'),
    switchKey: z
      .string()
      .regex(/^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/, 'should be the key of an object')
      .default('standby-serves'),
    hostedZoneId: z.string().regex(/^Z[A-Z0-9]{4,31}$/, 'should be the id of a hosted zone, e.g. Z0123456789ABC'),
    healthCheckId: z
      .string()
      .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'should be the id of a health check of Route 53'),
    /** Time to live of the failover records: for so long resolvers keep the old answer. */
    ttlSeconds: z.number().int().min(1).max(3600).default(60),
  }),
});
export type Standby = z.infer<typeof standbySchema>;

/** What one region has to know of the other. */
export const counterpartSchema = z.strictObject({
  region,
  /** As it is described; a recovery before this one may have put another instance in its place. */
  instanceIdentifier: instance,
  /** The name of the database over there, which hosts here can resolve and reach (peered networks). */
  address: domainName,
  fenceSecurityGroupId: securityGroup,
  /** The name that leads to its load balancer, wherever users are led. */
  publicName: domainName,
});
export type Counterpart = z.infer<typeof counterpartSchema>;

interface Asked {
  readonly plan: string;
  readonly environments: readonly string[];
  readonly severities?: readonly string[] | undefined;
  readonly onTimeout: 'deny' | 'go-on';
}

/** Plans that move the application between regions. */
export const betweenRegions = ['cross-region-recovery', 'fail-back'] as const;

/** In production a person decides about each of them, whatever the severity, and silence is a no. */
export function askAboutRegions(approvals: readonly Asked[], context: z.core.$RefinementCtx): void {
  for (const plan of betweenRegions) {
    const asks = approvals.some(
      ({ environments, severities, onTimeout, ...asked }) =>
        asked.plan === plan && environments.includes('production') && severities === undefined && onTimeout === 'deny',
    );
    const escapes = approvals.some(
      ({ environments, onTimeout, ...asked }) =>
        asked.plan === plan && environments.includes('production') && onTimeout === 'go-on',
    );
    if (asks && !escapes) continue;
    context.addIssue({
      code: 'custom',
      path: ['approvals'],
      message: `should ask a person about ${plan} in production, for every severity and with onTimeout deny: moving to another region is a person's decision`,
    });
  }
}
