import { application } from './describe';

/**
 * Interview Drills, the first application protected. Objectives, service levels, checks and names are those of the
 * written procedures (docs/procedures.md); account and ids are placeholders until somebody deploys.
 */
const account = '123456789012';
const region = 'us-east-1';
const standbyRegion = 'us-west-2';
const arn = (service: string, rest: string, of = region) => `arn:aws:${service}:${of}:${account}:${rest}`;

const environment = (
  name: 'production' | 'drill',
  ids: {
    zone: string;
    lb: string;
    fence: string;
    master: string;
    app: string;
    template: string;
    session: string;
    certificate: string;
  },
) => ({
  account,
  accountAlias: `interview-drills-${name}`,
  region,
  publicUrl: `http://${name === 'production' ? 'app' : 'drill'}.interview-drills.example`,
  hosts: {
    tag: { key: 'lifeboat:hosts', value: `interview-drills-${name}` },
    // nginx first: no request reaches an application that is going down.
    services: ['nginx', 'interview-app'],
    folder: '/var/www/interview-app',
  },
  configuration: {
    bucket: `interview-drills-${name}-configuration`,
    files: [
      {
        name: 'application',
        kind: 'json' as const,
        path: '/var/www/interview-app/config/production.json',
        key: 'production.json',
        services: [{ unit: 'interview-app', how: 'restart' as const }],
      },
      {
        name: 'environment',
        kind: 'env' as const,
        path: '/var/www/interview-app/.env.production',
        key: '.env.production',
        services: [{ unit: 'interview-app', how: 'restart' as const }],
        secrets: [
          {
            variable: 'SESSION_SECRET',
            secretArn: arn('secretsmanager', `secret:interview-drills/${name}/session-${ids.session}`),
          },
        ],
      },
      {
        name: 'tls',
        kind: 'certificate' as const,
        path: '/etc/ssl/interview-app/tls.crt',
        key: 'tls/tls.crt',
        privateKey: { path: '/etc/ssl/interview-app/tls.key', key: 'tls/tls.key' },
        services: [{ unit: 'nginx', how: 'reload' as const }],
      },
      {
        name: 'web-server',
        kind: 'nginx' as const,
        path: '/etc/nginx/nginx.conf',
        key: 'nginx.conf',
        services: [{ unit: 'nginx', how: 'restart' as const }],
      },
      // Names that are not asked of DNS: the application's connections have to be made anew.
      {
        name: 'network',
        kind: 'network' as const,
        path: '/etc/hosts',
        key: 'hosts',
        services: [{ unit: 'interview-app', how: 'restart' as const }],
      },
    ],
  },
  volume: {
    volumeGroup: 'vg0',
    logicalVolume: 'interview-app',
    mountPoint: '/var/www',
    mountUnit: 'var-www.mount',
  },
  files: {
    bucket: `interview-drills-${name}-files`,
    snapshotTag: { key: 'lifeboat:files', value: `interview-drills-${name}` },
  },
  database: {
    instanceIdentifier: `interview-drills-${name}`,
    name: 'interview_app',
    address: `db.${name}.interview-drills.internal`,
    hostedZoneId: ids.zone,
    masterSecretArn: arn('secretsmanager', `secret:interview-drills/${name}/database-master-${ids.master}`),
    logins: [
      {
        role: 'interview_app',
        secretArn: arn('secretsmanager', `secret:interview-drills/${name}/database-app-${ids.app}`),
      },
    ],
    fenceSecurityGroupId: ids.fence,
    monitoringRoleArn: `arn:aws:iam::${account}:role/rds-monitoring-role`,
    integrityChecks: [
      { table: 'users', columns: ['email', 'name', 'created_at'] },
      {
        table: 'evaluations',
        columns: ['user_id', 'question_id', 'score', 'feedback', 'created_at'],
        appendOnly: true,
        references: { column: 'user_id', table: 'users' },
        range: { column: 'score', minimum: 0, maximum: 100 },
      },
      { table: 'schema_migrations', key: 'version', columns: ['version'], maximumShrinkPercent: 0 },
    ],
  },
  loadBalancer: {
    listenerArn: arn('elasticloadbalancing', `listener/app/interview-drills-${name}/${ids.lb}/6d0ecf831eec9f09`),
    targetGroupArn: arn('elasticloadbalancing', `targetgroup/interview-drills-${name}/${ids.lb}`),
    // As in the procedure: what is not of the application's interface the listener's default answers.
    paths: ['/api/*'],
    certificateArns: [arn('acm', `certificate/${ids.certificate}`)],
  },
  publicRecord: {
    hostedZoneId: `${ids.zone}PUBLIC`,
    name: `${region}.${name === 'production' ? 'app' : 'drill'}.interview-drills.example`,
    value: `interview-drills-${name}-1234567890.${region}.elb.amazonaws.com`,
  },
  autoScalingGroup: `interview-drills-${name}`,
  launchTemplate: { id: ids.template, hostRoleArn: `arn:aws:iam::${account}:role/interview-drills-${name}-host` },
  infrastructure: {
    by: 'cloudformation' as const,
    hosts: 2,
    stack: `interview-drills-${name}-hosts`,
    templateUrl: `https://interview-drills-${name}-infrastructure.s3.${region}.amazonaws.com/hosts.json`,
    parameters: { Environment: name },
    serviceRoleArn: `arn:aws:iam::${account}:role/interview-drills-${name}-infrastructure`,
  },
  // An hour.
  releases: { provenProbes: name === 'production' ? 20 : 3 },
  databaseAlarms: [`interview-drills-${name}-database-connections`, `interview-drills-${name}-database-storage`],
  notifications: ['on-call@interview-drills.example'],
  // The alarm after three probes has to leave something of the fifteen minutes that may be lost.
  probeEveryMinutes: name === 'production' ? 3 : 1,
  // Three probes in a row that did not pass: the data is damaged, or nobody can tell. Numbers of connections and free
  // storage say nothing of the data: those alarms call people.
  alarmTriggers: [{ alarm: `lifeboat-${name}-probe-not-passed`, plan: 'database-recovery' }],
  standby: {
    region: standbyRegion,
    hosts: name === 'production' ? 2 : 1,
    autoScalingGroup: `interview-drills-${name}`,
    launchTemplateId: ids.template.replace(/.$/, 'f'),
    loadBalancer: {
      listenerArn: arn(
        'elasticloadbalancing',
        `listener/app/interview-drills-${name}/${ids.lb}/f1e2d3c4b5a69788`,
        standbyRegion,
      ),
      targetGroupArn: arn('elasticloadbalancing', `targetgroup/interview-drills-${name}/${ids.lb}`, standbyRegion),
    },
    publicRecord: {
      name: `${standbyRegion}.${name === 'production' ? 'app' : 'drill'}.interview-drills.example`,
      value: `interview-drills-${name}-1234567890.${standbyRegion}.elb.amazonaws.com`,
    },
    database: {
      instanceIdentifier: `interview-drills-${name}-standby`,
      address: `db.${name}-standby.interview-drills.internal`,
      hostedZoneId: `${ids.zone}STANDBY`,
      fenceSecurityGroupId: ids.fence.replace(/.$/, 'f'),
    },
    configurationBucket: `interview-drills-${name}-configuration-standby`,
    traffic: {
      switchBucket: `interview-drills-${name}-switch`,
      hostedZoneId: `${ids.zone}PUBLIC`,
      healthCheckId:
        name === 'production' ? '7a1c4e0e-1f2b-4c3d-8e5f-6a7b8c9d0e1f' : '0b9d8c7a-6f5e-4d3c-b2a1-0f1e2d3c4b5a',
    },
  },
});

export const interviewDrills = application({
  name: 'interview-drills',
  title: 'Interview Drills',
  tier: 'critical',
  // In production a person looks before a database is replaced. Where the incident is critical nobody's sleep may cost the
  // recovery time objective of 4 hours: after a quarter of an hour it goes on, and what it may lose is bounded by the
  // recovery point objective, beyond which it refuses by itself. Otherwise silence is a no. Drills wait for nobody.
  approvals: [
    {
      plan: 'database-recovery',
      environments: ['production'],
      severities: ['critical'],
      expiresMinutes: 15,
      onTimeout: 'go-on',
    },
    { plan: 'database-recovery', environments: ['production'], expiresMinutes: 60, onTimeout: 'deny' },
    // Moving to another region is a person's decision, whatever the severity: nobody else sees what both regions are like.
    { plan: 'cross-region-recovery', environments: ['production'], expiresMinutes: 120, onTimeout: 'deny' },
    { plan: 'fail-back', environments: ['production'], expiresMinutes: 120, onTimeout: 'deny' },
  ],
  // The seventh of each month, 03:00 UTC (procedures, Testing Schedule: monthly database recovery).
  schedules: [
    {
      name: 'monthly-database',
      plan: 'database-recovery',
      environments: ['production', 'drill'],
      expression: 'cron(0 3 7 * ? *)',
      mode: 'rehearse',
    },
    // The tenth of each quarter's second month, 03:00 UTC (Testing Schedule: quarterly, full system).
    {
      name: 'quarterly-full-system',
      plan: 'full-system-recovery',
      environments: ['production', 'drill'],
      expression: 'cron(0 3 10 2,5,8,11 ? *)',
      mode: 'rehearse',
    },
    // The twelfth of January, 04:00 UTC (Testing Schedule: annually, cross-region), in the region where it would be run.
    {
      name: 'annual-cross-region',
      plan: 'cross-region-recovery',
      environments: ['production', 'drill'],
      site: 'standby',
      expression: 'cron(0 4 12 1 ? *)',
      mode: 'rehearse',
    },
    // Every night, so that file-system-rollback has something to go back to. It disturbs nobody.
    {
      name: 'nightly-snapshot',
      plan: 'take-snapshot',
      environments: ['production'],
      expression: 'cron(30 1 * * ? *)',
      mode: 'live',
    },
  ],
  environments: {
    production: environment('production', {
      zone: 'Z0PRODUCTION00001',
      lb: '50dc6c495c0c9188',
      fence: 'sg-0f0e0d0c0b0a09081',
      master: '58609a',
      app: 'f46a9c',
      template: 'lt-0a1b2c3d4e5f60718',
      session: 'defbc2',
      certificate: '0f7d3c52-6a0b-4f53-9a55-6f0a4f1c2d10',
    }),
    drill: environment('drill', {
      zone: 'Z0DRILL0000000001',
      lb: '73e2d6bc24d8a067',
      fence: 'sg-0a1b2c3d4e5f60718',
      master: 'bf7adf',
      app: '1243ff',
      template: 'lt-0f1e2d3c4b5a69788',
      session: '7e157a',
      certificate: '5b2e8a41-1c9d-4e0e-8f7a-2d6b9c3e4f21',
    }),
  },
});
