import { type Description } from '../../contract/description';
import { type Attributes } from '../services/rds/attributes';

/**
 * Settings of the source that no default would give, so that a drill sees whether a recovery carries them over: every
 * one of these differs from what a restore falls to.
 */
export const sourceAttributes = (description: Description): Attributes => ({
  DBInstanceClass: 'db.m7g.large',
  StorageType: 'gp3',
  AllocatedStorage: 100,
  MaxAllocatedStorage: 500,
  MultiAZ: true,
  PubliclyAccessible: false,
  AutoMinorVersionUpgrade: false,
  CopyTagsToSnapshot: true,
  DeletionProtection: true,
  IAMDatabaseAuthenticationEnabled: true,
  BackupRetentionPeriod: 14,
  PreferredBackupWindow: '03:00-03:30',
  PreferredMaintenanceWindow: 'sun:04:00-sun:04:30',
  MonitoringInterval: 60,
  MonitoringRoleArn: `arn:aws:iam::${description.account}:role/rds-monitoring-role`,
  PerformanceInsightsEnabled: true,
  PerformanceInsightsRetentionPeriod: 31,
  CACertificateIdentifier: 'rds-ca-rsa4096-g1',
  NetworkType: 'IPV4',
  DBSubnetGroupName: `${description.application}-${description.environment}`,
  DBParameterGroupName: `${description.application}-postgres`,
  OptionGroupName: 'default:postgres-15',
  VpcSecurityGroupIds: ['sg-0d1e2f3a4b5c6d7e8'],
  EnabledCloudwatchLogsExports: ['postgresql', 'upgrade'],
});
