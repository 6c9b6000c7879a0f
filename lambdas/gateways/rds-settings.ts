import type { DBInstance, ModifyDBInstanceCommandInput, Tag } from '@aws-sdk/client-rds';
import * as z from 'zod';
import { instanceSettingsSchema, type InstanceSettings } from '../../contract/changes';
import { TAGS } from '../../contract/environment';
import { parse } from '../runtime/parse';

/** The settings of an instance: read from a description, compared, and turned into what a restore or a modification takes. */

const OWN_TAGS: readonly string[] = Object.values(TAGS);
/** gp3 takes IOPS and throughput of its own from this size on (RDS User Guide, General Purpose SSD storage, PostgreSQL). */
const GP3_PROVISIONED_FROM_GIB = 400;

const tagListSchema = z.array(z.object({ Key: z.string(), Value: z.string().default('') })).default([]);

export type Tags = Record<string, string>;

/** Tags as a record, from an answer of RDS. */
export function tagsOf(list: unknown): Tags {
  return Object.fromEntries(parse(tagListSchema, list, 'a list of tags').map(({ Key, Value }) => [Key, Value]));
}

/** Tags as RDS takes them. */
export function tagList(tags: Tags): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** What a recovery carries over: without Lifeboat's own tags and without those that only AWS may set. */
export function carriedTags(tags: Tags): Tags {
  return Object.fromEntries(
    Object.entries(tags).filter(([key]) => !OWN_TAGS.includes(key) && !key.toLowerCase().startsWith('aws:')),
  );
}

/**
 * Settings of an instance as DescribeDBInstances describes it.
 * @returns null while RDS does not say all of them yet (an instance that is being created)
 */
export function settingsOf(described: DBInstance): InstanceSettings | null {
  const parsed = instanceSettingsSchema.strip().safeParse({
    ...described,
    // A feature that was never used may be left out of the answer.
    IAMDatabaseAuthenticationEnabled: described.IAMDatabaseAuthenticationEnabled ?? false,
    MonitoringInterval: described.MonitoringInterval ?? 0,
    PerformanceInsightsEnabled: described.PerformanceInsightsEnabled ?? false,
    NetworkType: described.NetworkType ?? 'IPV4',
    DBSubnetGroupName: described.DBSubnetGroup?.DBSubnetGroupName,
    DBParameterGroupName: described.DBParameterGroups?.[0]?.DBParameterGroupName,
    OptionGroupName: described.OptionGroupMemberships?.[0]?.OptionGroupName,
    // While groups change, RDS lists the old ones beside the new.
    VpcSecurityGroupIds: described.VpcSecurityGroups?.filter(({ Status }) => Status !== 'removing')
      .map((group) => group.VpcSecurityGroupId)
      .toSorted(),
    EnabledCloudwatchLogsExports: (described.EnabledCloudwatchLogsExports ?? []).toSorted(),
    Port: described.Endpoint?.Port,
    Tags: carriedTags(tagsOf(described.TagList)),
  });
  return parsed.success ? parsed.data : null;
}

/** A setting that is not what it should be. */
export interface SettingDifference {
  readonly name: keyof InstanceSettings;
  readonly expected: string;
  readonly actual: string;
}

const settingNames = instanceSettingsSchema.keyof().options;

/** Order does not matter in any list or record of settings. */
function canonical(value: InstanceSettings[keyof InstanceSettings]): string {
  if (value === undefined) return '(none)';
  if (Array.isArray(value)) return JSON.stringify(value.toSorted());
  if (typeof value === 'object') return JSON.stringify(Object.entries(value).toSorted());
  return String(value);
}

/**
 * Each setting that differs, by name with both values. Storage that has grown beyond the expected size is none: RDS only
 * ever grows it.
 */
export function settingDifferences(expected: InstanceSettings, actual: InstanceSettings): SettingDifference[] {
  return settingNames
    .filter((name) => name !== 'AllocatedStorage' || actual.AllocatedStorage < expected.AllocatedStorage)
    .map((name) => ({ name, expected: canonical(expected[name]), actual: canonical(actual[name]) }))
    .filter((setting) => setting.expected !== setting.actual);
}

/** How many settings settingDifferences compares. */
export const settingsCompared = settingNames.length;

/** IOPS and throughput where the storage takes them; elsewhere RDS refuses even the values it reports itself. */
export function provisioned(settings: InstanceSettings): { Iops?: number; StorageThroughput?: number } {
  const { StorageType, AllocatedStorage, Iops, StorageThroughput } = settings;
  const gp3 = StorageType === 'gp3' && AllocatedStorage >= GP3_PROVISIONED_FROM_GIB;
  return {
    ...((gp3 || StorageType.startsWith('io')) && Iops !== undefined ? { Iops } : {}),
    ...(gp3 && StorageThroughput !== undefined ? { StorageThroughput } : {}),
  };
}

/** What a restore can take over at once; both kinds of restore have these parameters. */
export function restorable(settings: InstanceSettings) {
  return {
    DBInstanceClass: settings.DBInstanceClass,
    StorageType: settings.StorageType,
    AllocatedStorage: settings.AllocatedStorage,
    ...provisioned(settings),
    MultiAZ: settings.MultiAZ,
    PubliclyAccessible: settings.PubliclyAccessible,
    AutoMinorVersionUpgrade: settings.AutoMinorVersionUpgrade,
    CopyTagsToSnapshot: settings.CopyTagsToSnapshot,
    DeletionProtection: settings.DeletionProtection,
    EnableIAMDatabaseAuthentication: settings.IAMDatabaseAuthenticationEnabled,
    BackupRetentionPeriod: settings.BackupRetentionPeriod,
    PreferredBackupWindow: settings.PreferredBackupWindow,
    CACertificateIdentifier: settings.CACertificateIdentifier,
    NetworkType: settings.NetworkType,
    DBSubnetGroupName: settings.DBSubnetGroupName,
    DBParameterGroupName: settings.DBParameterGroupName,
    OptionGroupName: settings.OptionGroupName,
    VpcSecurityGroupIds: settings.VpcSecurityGroupIds,
    EnableCloudwatchLogsExports: settings.EnabledCloudwatchLogsExports,
    Port: settings.Port,
  };
}

type Modification = Partial<Omit<ModifyDBInstanceCommandInput, 'DBInstanceIdentifier' | 'ApplyImmediately'>>;

/**
 * What ModifyDBInstance has to be asked for so that `actual` becomes `wanted`: only what differs, and what RDS wants to
 * be named together. Tags are not among it; the subnet group cannot be changed and is the restore's.
 */
export function modification(wanted: InstanceSettings, actual: InstanceSettings): Modification {
  const differing = new Set(settingDifferences(wanted, actual).map(({ name }) => name));
  const differs = (...names: (keyof InstanceSettings)[]) => names.some((name) => differing.has(name));
  const exports = wanted.EnabledCloudwatchLogsExports;
  const disabled = actual.EnabledCloudwatchLogsExports.filter((log) => !exports.includes(log));
  const enabled = exports.filter((log) => !actual.EnabledCloudwatchLogsExports.includes(log));
  return {
    ...(differs('DBInstanceClass') && { DBInstanceClass: wanted.DBInstanceClass }),
    // RDS wants the type named together with size, IOPS and throughput.
    ...(differs('StorageType', 'AllocatedStorage', 'Iops', 'StorageThroughput') && {
      StorageType: wanted.StorageType,
      AllocatedStorage: Math.max(wanted.AllocatedStorage, actual.AllocatedStorage),
      ...provisioned(wanted),
    }),
    // Autoscaling is switched off by naming the size the instance has (RDS API, MaxAllocatedStorage).
    ...(differs('MaxAllocatedStorage') && {
      MaxAllocatedStorage: wanted.MaxAllocatedStorage ?? actual.AllocatedStorage,
    }),
    ...(differs('MultiAZ') && { MultiAZ: wanted.MultiAZ }),
    ...(differs('PubliclyAccessible') && { PubliclyAccessible: wanted.PubliclyAccessible }),
    ...(differs('AutoMinorVersionUpgrade') && { AutoMinorVersionUpgrade: wanted.AutoMinorVersionUpgrade }),
    ...(differs('CopyTagsToSnapshot') && { CopyTagsToSnapshot: wanted.CopyTagsToSnapshot }),
    ...(differs('DeletionProtection') && { DeletionProtection: wanted.DeletionProtection }),
    ...(differs('IAMDatabaseAuthenticationEnabled') && {
      EnableIAMDatabaseAuthentication: wanted.IAMDatabaseAuthenticationEnabled,
    }),
    ...(differs('BackupRetentionPeriod') && { BackupRetentionPeriod: wanted.BackupRetentionPeriod }),
    ...(differs('PreferredBackupWindow') && { PreferredBackupWindow: wanted.PreferredBackupWindow }),
    ...(differs('PreferredMaintenanceWindow') && { PreferredMaintenanceWindow: wanted.PreferredMaintenanceWindow }),
    ...(differs('MonitoringInterval', 'MonitoringRoleArn') && {
      MonitoringInterval: wanted.MonitoringInterval,
      ...(wanted.MonitoringRoleArn !== undefined && { MonitoringRoleArn: wanted.MonitoringRoleArn }),
    }),
    ...(differs('PerformanceInsightsEnabled', 'PerformanceInsightsRetentionPeriod', 'PerformanceInsightsKMSKeyId') && {
      EnablePerformanceInsights: wanted.PerformanceInsightsEnabled,
      ...(wanted.PerformanceInsightsRetentionPeriod !== undefined && {
        PerformanceInsightsRetentionPeriod: wanted.PerformanceInsightsRetentionPeriod,
      }),
      ...(wanted.PerformanceInsightsKMSKeyId !== undefined && {
        PerformanceInsightsKMSKeyId: wanted.PerformanceInsightsKMSKeyId,
      }),
    }),
    ...(differs('CACertificateIdentifier') && { CACertificateIdentifier: wanted.CACertificateIdentifier }),
    ...(differs('NetworkType') && { NetworkType: wanted.NetworkType }),
    ...(differs('DBParameterGroupName') && { DBParameterGroupName: wanted.DBParameterGroupName }),
    ...(differs('OptionGroupName') && { OptionGroupName: wanted.OptionGroupName }),
    ...(differs('VpcSecurityGroupIds') && { VpcSecurityGroupIds: wanted.VpcSecurityGroupIds }),
    ...(differs('EnabledCloudwatchLogsExports') && {
      CloudwatchLogsExportConfiguration: { EnableLogTypes: enabled, DisableLogTypes: disabled },
    }),
    ...(differs('Port') && { DBPortNumber: wanted.Port }),
  };
}
