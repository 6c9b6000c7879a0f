import { describe as describeEnvironment } from '../../config/describe';
import { interviewDrills } from '../../config/interview-drills';
import type { InstanceSettings } from '../../contract/changes';
import type { IntegrityMeasure } from '../../contract/documents';
import type { RunRef } from '../../contract/run';
import { execution } from './quiet';

export const description = describeEnvironment(interviewDrills, 'production');
export const startedAt = '2026-11-23T02:20:00.000Z';
export const HOST = 'i-0123456789abcdef0';
export const OTHER_HOST = 'i-0123456789abcdef1';

export const openedRun = (id: string): Omit<RunRef, 'fencingToken'> => ({
  id,
  plan: 'database-recovery',
  environment: 'production',
  mode: 'live',
});

export const openArguments = (id: string, input: unknown = { plan: 'database-recovery' }) => ({
  executionArn: execution('recovery', id),
  executionName: id,
  startedAt,
  input,
});

export const settings: InstanceSettings = {
  DBInstanceClass: 'db.r6g.large',
  StorageType: 'gp3',
  AllocatedStorage: 100,
  MultiAZ: true,
  PubliclyAccessible: false,
  AutoMinorVersionUpgrade: false,
  CopyTagsToSnapshot: true,
  DeletionProtection: true,
  IAMDatabaseAuthenticationEnabled: true,
  BackupRetentionPeriod: 14,
  PreferredBackupWindow: '03:00-04:00',
  PreferredMaintenanceWindow: 'sun:05:00-sun:06:00',
  MonitoringInterval: 60,
  PerformanceInsightsEnabled: true,
  CACertificateIdentifier: 'rds-ca-rsa2048-g1',
  NetworkType: 'IPV4',
  DBSubnetGroupName: 'interview-drills',
  DBParameterGroupName: 'interview-drills',
  OptionGroupName: 'default:postgres-16',
  VpcSecurityGroupIds: ['sg-0123456789abcdef0'],
  EnabledCloudwatchLogsExports: ['postgresql'],
  Port: 5432,
  Tags: { application: 'interview-drills' },
};

export const table = (
  name: string,
  rows: number,
  more: Partial<IntegrityMeasure['tables'][number]> = {},
): IntegrityMeasure['tables'][number] => ({
  table: name,
  rows: { before: rows, after: rows },
  through: String(rows),
  checksum: { before: `sum-${rows}`, after: `sum-${rows}` },
  known: null,
  violations: 0,
  ...more,
});

export const measure = (
  takenAt: string,
  tables = [table('users', 100), table('evaluations', 1000), table('schema_migrations', 7)],
): IntegrityMeasure => ({
  takenAt,
  schemaVersion: '7',
  tables,
});

/** Keys and shapes of changes as a run records them. */
export const changes = {
  processes: {
    key: 'processes',
    kind: 'auto-scaling-processes',
    target: { group: 'g', suspend: ['Launch'] },
    before: { suspended: [] },
    pointOfNoReturn: false,
  },
  page: {
    key: 'page',
    kind: 'maintenance-page',
    target: { listenerArn: 'arn', title: 'Back soon' },
    before: { rules: [] },
    pointOfNoReturn: false,
  },
  services: {
    key: 'services',
    kind: 'services',
    target: { hosts: [HOST], services: ['nginx'] },
    before: { active: { [HOST]: ['nginx'] } },
    pointOfNoReturn: false,
  },
  fence: {
    key: 'fence',
    kind: 'network-fence',
    target: { instance: 'interview-drills-production', securityGroupId: 'sg-0f0e0d0c0b0a09081' },
    before: { securityGroupIds: ['sg-0123456789abcdef0'] },
    pointOfNoReturn: false,
  },
  replacement: {
    key: 'replacement',
    kind: 'database-replacement',
    target: {
      instance: 'lifeboat-production-run',
      source: { kind: 'snapshot', snapshot: 'rds:nightly', moment: startedAt },
      settings,
      expiresInDays: 14,
    },
    before: { exists: false },
    pointOfNoReturn: false,
  },
  record: {
    key: 'record',
    kind: 'dns-record',
    target: { hostedZoneId: 'Z0PRODUCTION00001', name: 'db', value: 'new', ttlSeconds: 60 },
    before: { value: 'old', ttlSeconds: 60 },
    pointOfNoReturn: true,
  },
} as const;
