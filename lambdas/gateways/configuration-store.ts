import { ListObjectVersionsCommand, S3Client } from '@aws-sdk/client-s3';
import { callAws } from './aws-errors';
import { client } from './clients';

/** One version of an object, or the mark of its deletion. */
export interface ObjectVersion {
  readonly key: string;
  /** `null` of what was stored before versioning was switched on. */
  readonly versionId: string;
  readonly at: string;
  readonly deleted: boolean;
}

class NoSuchBucket extends Error {}

interface Listed {
  readonly Key?: string | undefined;
  readonly VersionId?: string | undefined;
  readonly LastModified?: Date | undefined;
}

const versionOf = ({ Key: key = '', VersionId: versionId = 'null', LastModified: at }: Listed, deleted: boolean) => ({
  key,
  versionId,
  at: (at ?? new Date(0)).toISOString(),
  deleted,
});

/**
 * Every version of every object below a prefix (S3 ListObjectVersions), in no order.
 * @returns null where there is no such bucket.
 */
export async function objectVersions(bucket: string, prefix: string): Promise<ObjectVersion[] | null> {
  const found: ObjectVersion[] = [];
  let next: { KeyMarker: string; VersionIdMarker: string | undefined } | undefined;
  try {
    do {
      const { KeyMarker, VersionIdMarker } = next ?? {};
      const page = await callAws(
        `s3:ListObjectVersions ${bucket}/${prefix}`,
        () =>
          client(S3Client).send(
            new ListObjectVersionsCommand({
              Bucket: bucket,
              Prefix: prefix,
              ...(KeyMarker === undefined ? {} : { KeyMarker }),
              ...(VersionIdMarker === undefined ? {} : { VersionIdMarker }),
            }),
          ),
        { NoSuchBucket: (cause) => new NoSuchBucket(cause.message, { cause }) },
      );
      found.push(
        ...(page.Versions ?? []).map((version) => versionOf(version, false)),
        ...(page.DeleteMarkers ?? []).map((marker) => versionOf(marker, true)),
      );
      next =
        page.IsTruncated === true && page.NextKeyMarker !== undefined
          ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }
          : undefined;
    } while (next !== undefined);
  } catch (error) {
    if (error instanceof NoSuchBucket) return null;
    throw error;
  }
  return found;
}
