import {
  CopyDBSnapshotCommand,
  CreateDBSnapshotCommand,
  DescribeDBInstanceAutomatedBackupsCommand,
  DescribeDBSnapshotsCommand,
  RDSClient,
  type DBSnapshot,
} from '@aws-sdk/client-rds';
import * as z from 'zod';
import { RecoverySourceMissingError, ServiceUnavailableError } from '../../contract/errors';
import { parse } from '../runtime/parse';
import { callAws, isAwsError } from './aws-errors';
import { client } from './clients';
import { tagList, tagsOf, type Tags } from './rds-settings';

/** RDS: what there is to restore from, and making more of it. */

const rds = (region?: string) => client(RDSClient, region === undefined ? {} : { region });

/** Automated backups of one instance, which may be deleted already, and the moments they can be restored to. */
export interface AutomatedBackup {
  readonly resourceId: string;
  readonly instanceIdentifier: string;
  readonly earliest: string;
  readonly latest: string;
}

const backupSchema = z.object({
  DbiResourceId: z.string(),
  DBInstanceIdentifier: z.string(),
  RestoreWindow: z.object({ EarliestTime: z.date(), LatestTime: z.date() }),
});

/**
 * Automated backups by the instance's identifier or resource id, retained ones of deleted instances as well; those that
 * cannot be restored to any moment yet are left out (RDS DescribeDBInstanceAutomatedBackups, all pages).
 */
export async function automatedBackups(
  of: { instanceIdentifier: string } | { resourceId: string },
): Promise<AutomatedBackup[]> {
  const by = 'resourceId' in of ? { DbiResourceId: of.resourceId } : { DBInstanceIdentifier: of.instanceIdentifier };
  const found: AutomatedBackup[] = [];
  let marker: string | undefined;
  do {
    const page = await callAws('rds:DescribeDBInstanceAutomatedBackups', async () => {
      try {
        return await rds().send(
          new DescribeDBInstanceAutomatedBackupsCommand({ ...by, ...(marker !== undefined && { Marker: marker }) }),
        );
      } catch (error) {
        if (isAwsError(error, 'DBInstanceAutomatedBackupNotFoundFault')) return null;
        throw error;
      }
    });
    for (const each of page?.DBInstanceAutomatedBackups ?? []) {
      const parsed = backupSchema.safeParse(each);
      if (!parsed.success) continue;
      const { DbiResourceId, DBInstanceIdentifier, RestoreWindow } = parsed.data;
      found.push({
        resourceId: DbiResourceId,
        instanceIdentifier: DBInstanceIdentifier,
        earliest: RestoreWindow.EarliestTime.toISOString(),
        latest: RestoreWindow.LatestTime.toISOString(),
      });
    }
    marker = page?.Marker;
  } while (marker !== undefined);
  return found;
}

/** Automated backups that RDS replicates from another region to this one. */
export interface ReplicatedBackup {
  readonly backupArn: string;
  readonly resourceId: string;
  readonly earliest: string;
  readonly latest: string;
}

const replicatedSchema = backupSchema.extend({ DBInstanceAutomatedBackupsArn: z.string(), DBInstanceArn: z.string() });

/**
 * Replicated automated backups of an instance of another region, as they are here; those that cannot be restored to any
 * moment yet are left out (RDS DescribeDBInstanceAutomatedBackups, all pages).
 */
export async function replicatedBackups(instanceArn: string): Promise<ReplicatedBackup[]> {
  const found: ReplicatedBackup[] = [];
  let marker: string | undefined;
  do {
    const page = await callAws('rds:DescribeDBInstanceAutomatedBackups', () =>
      rds().send(new DescribeDBInstanceAutomatedBackupsCommand(marker === undefined ? {} : { Marker: marker })),
    );
    for (const each of page.DBInstanceAutomatedBackups ?? []) {
      const parsed = replicatedSchema.safeParse(each);
      if (!parsed.success || parsed.data.DBInstanceArn !== instanceArn) continue;
      const { DBInstanceAutomatedBackupsArn: backupArn, DbiResourceId: resourceId, RestoreWindow } = parsed.data;
      const { EarliestTime, LatestTime } = RestoreWindow;
      found.push({ backupArn, resourceId, earliest: EarliestTime.toISOString(), latest: LatestTime.toISOString() });
    }
    marker = page.Marker;
  } while (marker !== undefined);
  return found.toSorted((one, other) => Date.parse(other.latest) - Date.parse(one.latest));
}

/** A snapshot of an instance. */
export interface Snapshot {
  readonly snapshot: string;
  readonly arn: string;
  readonly status: string;
  readonly percent: number;
  /** Null until it has been taken. For a copy: when the original was taken. */
  readonly takenAt: string | null;
  readonly encrypted: boolean;
  readonly tags: Tags;
}

const snapshotSchema = z.object({
  DBSnapshotIdentifier: z.string(),
  DBSnapshotArn: z.string(),
  Status: z.string(),
  PercentProgress: z.number().default(0),
  SnapshotCreateTime: z.date().optional(),
  OriginalSnapshotCreateTime: z.date().optional(),
  Encrypted: z.boolean().default(false),
});

function snapshotOf(described: DBSnapshot): Snapshot {
  const it = parse(snapshotSchema, described, 'a snapshot of DescribeDBSnapshots');
  return {
    snapshot: it.DBSnapshotIdentifier,
    arn: it.DBSnapshotArn,
    status: it.Status,
    percent: it.PercentProgress,
    takenAt: (it.OriginalSnapshotCreateTime ?? it.SnapshotCreateTime)?.toISOString() ?? null,
    encrypted: it.Encrypted,
    tags: tagsOf(described.TagList),
  };
}

/**
 * Snapshots of an instance, manual and automated, whatever their status (RDS DescribeDBSnapshots, all pages).
 * @param region where to look; without it, the function's own
 */
export async function snapshotsOf(instanceIdentifier: string, region?: string): Promise<Snapshot[]> {
  const found: Snapshot[] = [];
  let marker: string | undefined;
  do {
    const page = await callAws(`rds:DescribeDBSnapshots of ${instanceIdentifier}`, () =>
      rds(region).send(
        new DescribeDBSnapshotsCommand({
          DBInstanceIdentifier: instanceIdentifier,
          ...(marker !== undefined && { Marker: marker }),
        }),
      ),
    );
    found.push(...(page.DBSnapshots ?? []).map(snapshotOf));
    marker = page.Marker;
  } while (marker !== undefined);
  return found;
}

/**
 * One snapshot by its identifier or, in another region, its ARN; null where there is none (RDS DescribeDBSnapshots).
 */
export async function describeSnapshot(snapshot: string, region?: string): Promise<Snapshot | null> {
  const answer = await callAws(`rds:DescribeDBSnapshots ${snapshot}`, async () => {
    try {
      return await rds(region).send(new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier: snapshot }));
    } catch (error) {
      if (isAwsError(error, 'DBSnapshotNotFoundFault')) return null;
      throw error;
    }
  });
  const described = answer?.DBSnapshots?.[0];
  return described === undefined ? null : snapshotOf(described);
}

/**
 * Begins a snapshot (RDS CreateDBSnapshot).
 * @returns `exists` where a snapshot has that identifier already: whose it is, is for the caller to ask
 * @throws ServiceUnavailableError while the instance is busy
 */
export async function createSnapshot(instance: string, snapshot: string, tags: Tags): Promise<'created' | 'exists'> {
  return await callAws(
    `rds:CreateDBSnapshot ${snapshot} of ${instance}`,
    async () => {
      try {
        await rds().send(
          new CreateDBSnapshotCommand({
            DBSnapshotIdentifier: snapshot,
            DBInstanceIdentifier: instance,
            Tags: tagList(tags),
          }),
        );
        return 'created' as const;
      } catch (error) {
        if (isAwsError(error, 'DBSnapshotAlreadyExistsFault')) return 'exists' as const;
        throw error;
      }
    },
    {
      InvalidDBInstanceStateFault: (cause) =>
        new ServiceUnavailableError(`RDS cannot take a snapshot of ${instance} in its present state.`, { cause }),
    },
  );
}

/**
 * Begins to copy a snapshot of another region into this one (RDS CopyDBSnapshot, called here; an encrypted one is
 * encrypted with this region's key for RDS, since a key does not leave its region).
 * @param source ARN of the snapshot in its region
 * @throws RecoverySourceMissingError where the source is gone
 */
export async function copySnapshot(
  source: { arn: string; encrypted: boolean },
  target: string,
  tags: Tags,
): Promise<'created' | 'exists'> {
  return await callAws(
    `rds:CopyDBSnapshot ${source.arn} to ${target}`,
    async () => {
      try {
        await rds().send(
          new CopyDBSnapshotCommand({
            SourceDBSnapshotIdentifier: source.arn,
            TargetDBSnapshotIdentifier: target,
            ...(source.encrypted && { KmsKeyId: 'alias/aws/rds' }),
            CopyTags: false,
            Tags: tagList(tags),
          }),
        );
        return 'created' as const;
      } catch (error) {
        if (isAwsError(error, 'DBSnapshotAlreadyExistsFault')) return 'exists' as const;
        throw error;
      }
    },
    {
      DBSnapshotNotFoundFault: (cause) =>
        new RecoverySourceMissingError(`The snapshot ${source.arn} is gone.`, { cause }),
    },
  );
}
