import * as z from 'zod';
import { alarmLatency, probeAlarm } from './alarm-latency';
import { certificateArn, infrastructureSchema } from './infrastructure';
import { askAboutRegions, counterpartSchema, siteSchema, standbySchema } from './standby';
import { arn, domainName, instance, region, slug } from './words';

export { infrastructureSchema, type InfrastructureDescription } from './infrastructure';

/**
 * The description of one protected application. `config/interview-drills.ts` is the first. A mistake is refused at
 * synth time with the path of the field and what it should be; at run time the front door parses the same shape.
 */

const identifier = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/, 'should be a plain SQL identifier, e.g. users');
const unit = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$/, 'should be the name of a systemd unit, e.g. nginx');
const folder = z.string().regex(/^(\/[A-Za-z0-9._-]+)+$/, 'should be an absolute folder, e.g. /var/www/interview-app');
/** A host reads it by name and a recovery sets its password: both need a secret that outlives the instance. */
const secretArn = arn('secretsmanager').refine((text) => !text.includes('!'), {
  error:
    'should be a secret of your own: one that RDS manages (rds!db-…) belongs to its instance, so the restored one would not ' +
    'have it. Create a secret with username and password, turn the managed password off (ModifyDBInstance without ' +
    'ManageMasterUserPassword, with MasterUserPassword), and give its ARN',
});
const bucketName = z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'should be the name of a bucket');
const keyPrefix = z.string().regex(/^([A-Za-z0-9._-]+\/)*$/, 'should be empty or end with a slash, e.g. production/');
const minutes = z.number().positive('should be a number of minutes greater than 0');
const url = z.string().regex(/^https?:\/\/[A-Za-z0-9.:_/-]+$/, 'should be an http or https address without a query');

/** Recovery time and recovery point objectives, minutes (procedures, Recovery Objectives). */
export const objectiveSchema = z.strictObject({ rtoMinutes: minutes, rpoMinutes: minutes });
export type Objective = z.infer<typeof objectiveSchema>;

export const tiers = ['critical', 'important', 'non-critical'] as const;
export const tierSchema = z.enum(tiers);

export const serviceLevelsSchema = z.strictObject({
  availabilityPercent: z.number().gt(0).max(100).default(99.9),
  requestsWithinPercent: z.number().gt(0).max(100).default(95),
  requestsWithinMilliseconds: z.number().positive().default(500),
  consistencyPercent: z.number().gt(0).max(100).default(99.99),
});

/**
 * What the integrity probe measures of one table. `appendOnly` says that rows once written are never changed or
 * removed, so that the checksum of the rows known before must stay what it was; `references` and `range` are rules that
 * no row may break; `maximumShrinkPercent` is how much smaller the table may have become since the last pass.
 */
export const integrityCheckSchema = z.strictObject({
  table: identifier,
  key: identifier.default('id'),
  columns: z.array(identifier).max(16).default([]),
  appendOnly: z.boolean().default(false),
  maximumShrinkPercent: z.number().min(0).max(100).default(1),
  references: z.strictObject({ column: identifier, table: identifier, key: identifier.default('id') }).optional(),
  range: z.strictObject({ column: identifier, minimum: z.number().int(), maximum: z.number().int() }).optional(),
});
export type IntegrityCheck = z.infer<typeof integrityCheckSchema>;

/** A PostgreSQL server of one's own. */
export const selfHostedSchema = z.strictObject({
  /** Of the one host with the server, its backups, and psql, pg_dump and pg_restore of its major version. */
  tag: z.strictObject({ key: z.string().min(1).max(128), value: z.string().min(1).max(256) }),
  /** Where the nightly backups lie on it: `db_*.sql.gz`, `db_*.dump` or folders `db_*` of pg_dump. */
  backupFolder: folder.default('/backup'),
});

const databaseFields = z.strictObject({
  /** `rds` is recovered by AWS's restore, `self-hosted` from backup files on the database's own host. */
  engine: z.enum(['rds', 'self-hosted']).default('rds'),
  selfHosted: selfHostedSchema.optional(),
  /** The RDS instance; of a self-hosted database the name by which reports know its server. */
  instanceIdentifier: instance,
  name: identifier,
  port: z.number().int().min(1024).max(65535).default(5432),
  /** The name by which the application reaches the database. */
  address: domainName,
  hostedZoneId: z.string().regex(/^Z[A-Z0-9]{4,31}$/, 'should be the id of a hosted zone, e.g. Z0123456789ABC'),
  recordTtlSeconds: z.number().int().min(1).max(3600).default(60),
  /** `dns`: the record moves. `rename`: the identifier moves, for `verify-full` and IAM authentication (docs/adr/0005). */
  cutOver: z.enum(['dns', 'rename']).default('dns'),
  sslMode: z.enum(['require', 'verify-ca', 'verify-full']).default('require'),
  caFile: folder.default('/etc/ssl/certs/rds-global-bundle.pem'),
  /** The master login's secret in Secrets Manager; read by a host's instance role, and by the one function that resets it. */
  masterSecretArn: secretArn,
  /** Every other login which the application's parts use, with the secret that holds its password. */
  logins: z.array(z.strictObject({ role: identifier, secretArn })).min(1),
  /** A security group that lets nobody in: the fence of an RDS instance that cannot be reached. */
  fenceSecurityGroupId: z
    .union([
      z.literal('none'),
      z.string().regex(/^sg-[0-9a-f]{8,17}$/, 'should be the id of a security group, e.g. sg-0123456789abcdef0'),
    ])
    .default('none'),
  /** The role of Enhanced Monitoring, where the instance has it: the recovery has to pass it on. */
  monitoringRoleArn: arn('iam').optional(),
  /** The region to which automated backups or snapshots are copied, if any. */
  copyRegion: region.optional(),
  /** Whether a database whose recovery failed before cut-over is opened again, or stays closed since it is corrupt. */
  afterFailedRecovery: z.enum(['reopen', 'keep-closed']).default('reopen'),
  /** How long what was replaced is kept, days. */
  keepReplacedDays: z.number().int().min(1).max(365).default(14),
  integrityChecks: z.array(integrityCheckSchema).min(1),
  /** Table and column with the schema's version. */
  schemaVersion: z
    .strictObject({ table: identifier, column: identifier })
    .default({ table: 'schema_migrations', column: 'version' }),
});
/** What each engine needs, and the other one does not have. */
export const databaseSchema = databaseFields.superRefine((database, context) => {
  const wrong = (path: string, message: string) => {
    context.addIssue({ code: 'custom', path: [path], message });
  };
  if (database.engine === 'rds') {
    if (database.fenceSecurityGroupId === 'none')
      wrong('fenceSecurityGroupId', 'should be the id of a security group, e.g. sg-0123456789abcdef0');
    if (database.selfHosted !== undefined) wrong('selfHosted', 'should not be there: the engine is rds');
  } else {
    if (database.selfHosted === undefined) wrong('selfHosted', 'should say the tag of the host with the database');
    if (database.cutOver === 'rename') wrong('cutOver', 'should not be there: the engine is self-hosted');
    if (database.copyRegion !== undefined) wrong('copyRegion', 'should not be there: the engine is self-hosted');
  }
});
export type DatabaseDescription = z.infer<typeof databaseSchema>;

export const hostsSchema = z.strictObject({
  tag: z.strictObject({ key: z.string().min(1).max(128), value: z.string().min(1).max(256) }),
  /** In the order in which they are stopped; they start in the opposite order. */
  services: z.array(unit).min(1).max(8).default(['nginx', 'interview-app']),
  folder,
  healthUrl: url.default('http://localhost:3000/api/health'),
  metricsUrl: url.default('http://localhost:3000/api/metrics'),
  /** ENV_VAR parameters need agent 3.3.2746.0 (SSM documentation, Data elements and parameters). */
  minimumAgentVersion: z
    .string()
    .regex(/^\d+\.\d+\.\d+\.\d+$/, 'should be four numbers, e.g. 3.3.2746.0')
    .default('3.3.2746.0'),
  /**
   * What a plan does where a host is offline when it begins: `refuse`, or `go-on` without it. A host that was left out keeps
   * what it has: its release, its files, its configuration.
   */
  offline: z.enum(['refuse', 'go-on'], 'should be refuse or go-on').default('refuse'),
});

/** What a validation asks of the release that serves (machine `validation`). */
export const validationSchema = z.strictObject({
  /** Its npm script that tests it from a host, at the end of a run. Such tests write rows of their own. */
  tests: z
    .enum(['none', 'test:critical', 'test:integration'], 'should be none, test:critical or test:integration')
    .default('test:critical'),
  /** Its script that says whether the data contradicts itself, from its folder on, or `none`. */
  consistencyScript: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9_-]*(\/[A-Za-z0-9][A-Za-z0-9_.-]*)*$/,
      'should be a path from the folder on, e.g. scripts/validate-data-consistency.sh, or none',
    )
    .default('scripts/validate-data-consistency.sh'),
});
const objectKey = z
  .string()
  .max(200)
  .regex(/^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/, 'should be the key of an object, e.g. tls/fullchain.pem');
/** Where a file lies on the host, and which object of the bucket (or file below the folder of backups) has its versions. */
const placed = {
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,31}$/, 'should be a short name in lower case, e.g. web-server')
    .refine((name) => !name.endsWith('-key'), { error: "should not end with -key, as a certificate's key does" }),
  path: folder,
  key: objectKey,
  /** What takes the file into use. */
  services: z.array(z.strictObject({ unit, how: z.enum(['restart', 'reload']) })).default([]),
};
/** One file that configures the hosts; what it has to be is checked by its kind before it is placed. */
export const configurationFileSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('json'), ...placed }),
  z.strictObject({
    kind: z.literal('env'),
    ...placed,
    /** Entries that are read from Secrets Manager on the host, never taken from a stored file. */
    secrets: z
      .array(
        z.strictObject({
          variable: z
            .string()
            .regex(/^[A-Z_][A-Z0-9_]{0,63}$/, 'should be the name of a variable, e.g. SESSION_SECRET'),
          secretArn,
          field: identifier.default('value'),
        }),
      )
      .default([]),
  }),
  z.strictObject({
    kind: z.literal('certificate'),
    ...placed,
    privateKey: z.strictObject({ path: folder, key: objectKey }),
  }),
  z.strictObject({
    kind: z.literal('nginx'),
    ...placed,
    path: folder.regex(/^\/etc\/nginx\//, 'should lie below /etc/nginx, e.g. /etc/nginx/nginx.conf'),
  }),
  z.strictObject({ kind: z.literal('network'), ...placed }),
]);

export const configurationSchema = z.strictObject({
  /** A bucket with versioning; without one the folder of backups on each host. */
  bucket: bucketName.optional(),
  /** Before each object's key. */
  prefix: keyPrefix.default(''),
  backupFolder: folder.default('/backup/config'),
  keptFolder: folder.default('/var/backups/lifeboat'),
  keepReplacedDays: z.number().int().min(1).max(365).default(14),
  /** Asked on each host after its files are placed: the application itself, and through the web server. */
  healthUrls: z.array(url).min(1).max(8).default(['http://localhost:3000/api/health', 'http://localhost/api/health']),
  /** How many hosts at once, after the first one alone. */
  batchSize: z.number().int().min(1).max(50).default(1),
  files: z
    .array(configurationFileSchema)
    .min(1)
    .max(16)
    .refine((files) => new Set(files.map(({ name }) => name)).size === files.length, {
      error: 'should have a name of its own for each file',
    }),
});
export type ConfigurationDescription = z.infer<typeof configurationSchema>;
const lvmName = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,59}$/, 'should be a name of LVM2, e.g. vg0');

/** The logical volume of LVM2 that holds the application's files, on every host the same. */
export const volumeSchema = z.strictObject({
  volumeGroup: lvmName.default('vg0'),
  logicalVolume: lvmName,
  mountPoint: folder,
  /** The unit of systemd that mounts it; one of fstab has it too (systemd.mount(5)). */
  mountUnit: z
    .string()
    .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*\.mount$/, 'should be a mount unit without escapes, e.g. var-www.mount'),
  /** Room of a snapshot for what is written after it was taken, MiB; one that overflows is lost. */
  snapshotMegabytes: z.number().int().min(16).max(999_999).default(1024),
  keepSnapshotDays: z.number().int().min(1).max(365).default(14),
  /** So many of the newest stay even if they have expired. */
  keepSnapshots: z.number().int().min(1).max(20).default(3),
  /** Whether errors of the file system that a rollback leaves may be repaired (e2fsck -y), or end the run. */
  allowRepair: z.boolean().default(false),
});
export type VolumeDescription = z.infer<typeof volumeSchema>;

/** What the files on the volume can be had back from beside its snapshots, and what becomes of those that are replaced. */
export const filesSchema = z.strictObject({
  /** On each host, with archives: `tar -C <mount point> -czf <folder>/files_<when>.tar.gz .` */
  backupFolder: folder.default('/backup'),
  /** A bucket with versioning that has such archives. */
  bucket: bucketName.optional(),
  /** Before each archive's key. */
  prefix: keyPrefix.default(''),
  /** The tag of EBS snapshots of the disk under the volume group, of any host: all have the same files. */
  snapshotTag: z.strictObject({ key: z.string().min(1).max(128), value: z.string().min(1).max(256) }).optional(),
  /** Under which a disk that is made from one is attached; no other may be attached under it. */
  deviceName: z
    .string()
    .regex(/^\/dev\/sd[f-p]$/, 'should be one of /dev/sdf to /dev/sdp')
    .default('/dev/sdp'),
  keepReplacedDays: z.number().int().min(1).max(365).default(14),
  /** How many hosts at once, after the first one alone. */
  batchSize: z.number().int().min(1).max(20).default(1),
});
export type FilesDescription = z.infer<typeof filesSchema>;

/** Where the application's releases lie on its hosts, and how one takes another's place. */
export const releasesSchema = z.strictObject({
  /** Each release has a folder of its own in it, named by its tag; `hosts.folder` is a link to the one that serves. */
  folder: folder.default('/var/www/releases'),
  /** The units that run what is in the release. */
  services: z.array(unit).min(1).max(8).default(['interview-app']),
  /** Configuration that lies in a release's folder and is no part of it: carried from the serving release into the next. */
  carried: z
    .array(
      z
        .string()
        .regex(
          /^[A-Za-z0-9_.][A-Za-z0-9_.-]*(\/[A-Za-z0-9_.-]+)*$/,
          'should be a file in the release, e.g. .env.production',
        ),
    )
    .max(16)
    .default(['config/production.json', '.env.production']),
  /** So many hosts change at a time, once the first one serves well. */
  batchSize: z.number().int().min(1).max(20).default(1),
  /** A release is known healthy once so many probes on end found it serving well on every host. */
  provenProbes: z.number().int().min(1).max(1000).default(12),
  /** A prefix in S3 with `<tag>.tar.gz`, built already, and `<tag>.tar.gz.sha256` of each release; otherwise hosts build from git. */
  artefacts: z
    .string()
    .regex(
      /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/[A-Za-z0-9_.-]+)*$/,
      'should be a prefix such as s3://bucket/releases',
    )
    .optional(),
});

/** How bad an incident is (procedures, Incident Response, Severity Classification). */
export const severities = ['critical', 'high', 'medium', 'low'] as const;
export const severitySchema = z.enum(severities);

/** A plan that waits for a person, once it has resolved what it will change and before it changes anything. */
export const approvalSchema = z.strictObject({
  plan: slug,
  /** Of the incident; a run that says none is asked about as well. Every one, unless given. */
  severities: z.array(severitySchema).min(1).optional(),
  /** How long it waits; an approval given is good for as long. */
  expiresMinutes: z.number().int().min(1).max(240).default(30),
  /** What becomes of the run when nobody has decided by then. */
  onTimeout: z.enum(['deny', 'go-on']).default('deny'),
});

export const scheduleSchema = z.strictObject({
  name: slug,
  plan: slug,
  /** As EventBridge Scheduler takes it, e.g. cron(0 3 7 * ? *); in UTC. */
  expression: z.string().regex(/^(rate|cron)\(.+\)$/, 'should be rate(…) or cron(…)'),
  mode: z.enum(['live', 'rehearse']).default('rehearse'),
});

/** An alarm of CloudWatch that starts a plan. */
export const alarmTriggerSchema = z.strictObject({
  alarm: z.string().min(1).max(255),
  plan: slug,
  severity: severitySchema.default('critical'),
  mode: z.enum(['live', 'rehearse']).default('live'),
});

export const environmentNames = ['production', 'drill'] as const;
export const environmentNameSchema = z.enum(environmentNames);
export type EnvironmentName = z.infer<typeof environmentNameSchema>;

export const environmentSchema = z.strictObject({
  account: z.string().regex(/^\d{12}$/, 'should be an account id of 12 digits'),
  accountAlias: slug,
  region,
  publicUrl: url,
  hosts: hostsSchema,
  /** The files that configure the hosts. */
  configuration: configurationSchema,
  /** Where the application's files lie on a logical volume. Without it no plan can go back to a snapshot. */
  volume: volumeSchema.optional(),
  files: filesSchema.default(filesSchema.parse({})),
  database: databaseSchema,
  loadBalancer: z.strictObject({
    listenerArn: arn('elasticloadbalancing'),
    targetGroupArn: arn('elasticloadbalancing'),
    /** By which the load balancer asks targets for their health. */
    healthCheckPath: z
      .string()
      .regex(/^\/[A-Za-z0-9/_.-]*$/, 'should be a path without a query, e.g. /api/health')
      .default('/api/health'),
    /** On which the targets serve. */
    targetPort: z.number().int().min(1).max(65535).default(80),
    /** Of the requests that a rule forwards to the group, where the listener's default does not. */
    paths: z
      .array(z.string().regex(/^\/[A-Za-z0-9_.$/~*?&@:+-]{0,127}$/, 'should be a path pattern, e.g. /api/*'))
      .min(1)
      .max(5)
      .default(['/api/*']),
    /** What the listener serves with, where it serves TLS: they have to be valid before traffic is sent its way. */
    certificateArns: z.array(certificateArn).max(25).default([]),
    /** Traffic that is shifted goes in these steps, per cent; each waits until every target is healthy. */
    shiftPercents: z
      .array(z.number().int().min(1).max(100))
      .min(1)
      .max(10)
      .refine((steps) => steps.at(-1) === 100 && steps.every((step, at) => step > (steps[at - 1] ?? 0)), {
        error: 'should rise to 100, e.g. [10, 50, 100]',
      })
      .default([10, 50, 100]),
  }),
  /**
   * The name that leads to this region's load balancer. Where there is one region, it is the name that users know; where there
   * are two, theirs is a failover record over the names of both (`publicUrl`, docs/adr/0010).
   */
  publicRecord: z.strictObject({
    hostedZoneId: z.string().regex(/^Z[A-Z0-9]{4,31}$/, 'should be the id of a hosted zone, e.g. Z0123456789ABC'),
    name: domainName,
    value: domainName,
    ttlSeconds: z.number().int().min(1).max(3600).default(60),
  }),
  autoScalingGroup: z.string().min(1).max(255),
  /** What the group launches its instances from. The group has to name a fixed version of it: never $Latest or $Default. */
  launchTemplate: z.strictObject({
    id: z.string().regex(/^lt-[0-9a-f]{8,17}$/, 'should be the id of a launch template, e.g. lt-0123456789abcdef0'),
    /** The one line `<variable>=<tag>` of the user data that names the release which a new instance installs. */
    releaseVariable: z
      .string()
      .regex(/^[A-Z][A-Z0-9_]{0,63}$/, 'should be a variable of the shell in capitals, e.g. RELEASE')
      .default('RELEASE'),
    /** The role of the hosts' instance profile: whoever sets a launch template has to be allowed to pass it on. */
    hostRoleArn: arn('iam'),
  }),
  /** How instances are replaced: so many per cent of the group healthy at least, and there at most; warm after so long. */
  refresh: z
    .strictObject({
      minimumHealthyPercent: z.number().int().min(0).max(100).default(100),
      maximumHealthyPercent: z.number().int().min(100).max(200).default(150),
      warmupSeconds: z.number().int().min(0).max(3600).default(60),
    })
    .refine(({ minimumHealthyPercent: least, maximumHealthyPercent: most }) => most - least <= 100, {
      error: 'should have a difference of at most 100 between least and most',
    })
    .default({ minimumHealthyPercent: 100, maximumHealthyPercent: 150, warmupSeconds: 60 }),
  releases: releasesSchema.default(releasesSchema.parse({})),
  /** Where the hosts' infrastructure is stored as code. Without it none is provisioned. */
  infrastructure: infrastructureSchema.optional(),
  /** Alarms of CloudWatch that watch the database instance and have to follow it. */
  databaseAlarms: z.array(z.string().min(1).max(255)).default([]),
  /** Customer-managed keys of the instance, its snapshots and its secrets, and of the hosts' disks and their snapshots, where they have any. */
  kmsKeyArns: z.array(arn('kms')).default([]),
  notifications: z.array(z.email('should be a mail address')).min(1),
  validation: validationSchema.default(validationSchema.parse({})),
  probeEveryMinutes: z.number().int().min(1).max(60).default(5),
  /** Alarms that start a plan. The same fault seen by several of them makes one run. */
  alarmTriggers: z.array(alarmTriggerSchema).default([]),
  /** The region that takes over when this one is lost. Without it neither `cross-region-recovery` nor `fail-back` can be had. */
  standby: standbySchema.optional(),
});

export const applicationSchema = z
  .strictObject({
    name: slug,
    title: z.string().min(1).max(80),
    tier: tierSchema.default('critical'),
    objectives: z
      .strictObject({
        critical: objectiveSchema.default({ rtoMinutes: 240, rpoMinutes: 15 }),
        important: objectiveSchema.default({ rtoMinutes: 480, rpoMinutes: 60 }),
        'non-critical': objectiveSchema.default({ rtoMinutes: 1440, rpoMinutes: 240 }),
      })
      .default({
        critical: { rtoMinutes: 240, rpoMinutes: 15 },
        important: { rtoMinutes: 480, rpoMinutes: 60 },
        'non-critical': { rtoMinutes: 1440, rpoMinutes: 240 },
      }),
    serviceLevels: serviceLevelsSchema.default(serviceLevelsSchema.parse({})),
    /** Plans that wait for a person before they change anything. Empty: none waits. */
    approvals: z.array(approvalSchema.extend({ environments: z.array(environmentNameSchema).min(1) })).default([]),
    /** When which plan is started by the calendar, UTC. */
    schedules: z
      .array(
        scheduleSchema.extend({
          environments: z.array(environmentNameSchema).min(1),
          site: siteSchema.default('home'),
        }),
      )
      .default([]),
    environments: z.strictObject({ production: environmentSchema, drill: environmentSchema }),
  })
  .superRefine(({ approvals, environments, objectives, tier }, context) => {
    const { rpoMinutes } = objectives[tier];
    if (environments.production.standby !== undefined) askAboutRegions(approvals, context);
    for (const [name, { standby, database, alarmTriggers, probeEveryMinutes }] of Object.entries(environments)) {
      const recovers = alarmTriggers.some(
        ({ alarm, plan, mode }) => alarm === probeAlarm(name) && plan === 'database-recovery' && mode === 'live',
      );
      if (recovers && alarmLatency(probeEveryMinutes) > rpoMinutes) {
        const message = `is too seldom: the probe's alarm may come ${alarmLatency(probeEveryMinutes)} minutes after the damage, and the run that it starts may lose ${rpoMinutes} at most (objectives)`;
        context.addIssue({ code: 'custom', path: ['environments', name, 'probeEveryMinutes'], message });
      }
      if (standby === undefined || database.engine === 'rds') continue;
      const message = 'should not be there: the engine is self-hosted, and a replica of RDS is what takes over';
      context.addIssue({ code: 'custom', path: ['environments', name, 'standby'], message });
    }
  });
export type Application = z.infer<typeof applicationSchema>;

/** What one environment's functions know: stored by the stack as one SSM parameter and read once, by the front door. */
export const descriptionSchema = z.strictObject({
  application: slug,
  title: z.string(),
  environment: environmentNameSchema,
  objective: objectiveSchema,
  serviceLevels: serviceLevelsSchema,
  /** Those of this environment. */
  approvals: z.array(approvalSchema).default([]),
  schedules: z.array(scheduleSchema).default([]),
  /** In which of the two regions this stack is. */
  site: siteSchema.default('home'),
  /** The other region, as this one sees it; absent where there is none. */
  counterpart: counterpartSchema.optional(),
  ...environmentSchema.shape,
});
export type Description = z.infer<typeof descriptionSchema>;
