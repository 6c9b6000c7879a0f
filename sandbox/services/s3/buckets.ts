import { createHash, randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { Readable } from 'node:stream';
import { sdkStreamMixin } from '@smithy/core/serde';
import * as z from 'zod';
import { type Clock } from '../../../asl';
import { type Gate } from '../../identity';
import { keyPermissions } from '../keys';
import { operation } from '../operation';
import { AwsError, type Caller, NotSimulatedError, type Permission, type SimulatedService } from '../service';

export interface StoredObject {
  readonly key: string;
  readonly versionId: string;
  readonly body: Buffer;
  readonly contentType: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly etag: string;
  readonly modified: Date;
}

export interface BucketSettings {
  readonly name: string;
  readonly arn: string;
  readonly versioned: boolean;
  /** Key of the customer with which the bucket encrypts what names no other. */
  readonly keyArn: string | undefined;
}

interface Bucket extends BucketSettings {
  readonly objects: StoredObject[];
}

const put = z.strictObject({
  Bucket: z.string(),
  Key: z.string().min(1).max(1024),
  Body: z.unknown(),
  ContentType: z.string().default('application/octet-stream'),
  CacheControl: z.string().optional(),
  Metadata: z.record(z.string(), z.string()).default({}),
  ServerSideEncryption: z.enum(['AES256', 'aws:kms']).optional(),
  SSEKMSKeyId: z.string().optional(),
  IfNoneMatch: z.literal('*').optional(),
  ChecksumAlgorithm: z.string().optional(),
});
const reference = z.strictObject({ Bucket: z.string(), Key: z.string(), VersionId: z.string().optional() });
const list = z.strictObject({
  Bucket: z.string(),
  Prefix: z.string().default(''),
  MaxKeys: z.number().int().min(1).max(1000).default(1000),
  ContinuationToken: z.string().optional(),
  StartAfter: z.string().optional(),
});

const listVersions = z.strictObject({
  Bucket: z.string(),
  Prefix: z.string().default(''),
  MaxKeys: z.number().int().min(1).max(1000).default(1000),
  KeyMarker: z.string().optional(),
  VersionIdMarker: z.string().optional(),
});

/** Buckets as folders: the newest version of each object lies under its key, so that a person can open it. */
export class Buckets implements SimulatedService {
  readonly name = 'S3';
  readonly standIn = {
    name: 'Amazon S3',
    instead: 'files in a folder; every version is kept in memory',
    differs: 'no object lock, no life cycle, no replication, no multipart uploads',
  };
  readonly #buckets = new Map<string, Bucket>();

  /** @param folder where objects are written; undefined keeps them in memory alone */
  constructor(
    private readonly gate: Gate,
    private readonly clock: Clock,
    private readonly partition: string,
    private readonly folder: string | undefined,
  ) {}

  readonly operations = {
    PutObject: operation(put, {
      authorize: ({ Bucket, Key, ServerSideEncryption, SSEKMSKeyId }) => {
        const keyArn =
          SSEKMSKeyId ?? (ServerSideEncryption === 'AES256' ? undefined : this.#buckets.get(Bucket)?.keyArn);
        return [
          this.#permission('PutObject', Bucket, Key, {
            's3:x-amz-server-side-encryption': ServerSideEncryption ?? [],
            's3:x-amz-server-side-encryption-aws-kms-key-id': SSEKMSKeyId ?? [],
          }),
          ...keyPermissions(keyArn, ['GenerateDataKey']),
        ];
      },
      perform: async (input) => await this.put(input.Bucket, input),
    }),
    GetObject: operation(reference, {
      authorize: ({ Bucket, Key, VersionId }) => [
        this.#permission(VersionId === undefined ? 'GetObject' : 'GetObjectVersion', Bucket, Key),
        ...keyPermissions(this.#buckets.get(Bucket)?.keyArn, ['Decrypt']),
      ],
      perform: (input, caller) => {
        const found = this.#find(input, caller, 'NoSuchKey', 'The specified key does not exist.');
        const stream = new Readable({ read: () => undefined });
        stream.push(found.body);
        stream.push(null);
        return { ...described(found), Body: sdkStreamMixin(stream) };
      },
    }),
    HeadObject: operation(reference, {
      authorize: ({ Bucket, Key, VersionId }) => [
        this.#permission(VersionId === undefined ? 'GetObject' : 'GetObjectVersion', Bucket, Key),
      ],
      perform: (input, caller) => described(this.#find(input, caller, 'NotFound', 'UnknownError')),
    }),
    DeleteObject: operation(reference.omit({ VersionId: true }), {
      authorize: ({ Bucket, Key }) => [this.#permission('DeleteObject', Bucket, Key)],
      perform: ({ Bucket, Key }) => {
        const bucket = this.#bucket(Bucket);
        if (bucket.versioned) throw new NotSimulatedError('DeleteObject in a bucket with versions is not simulated');
        bucket.objects.splice(0, bucket.objects.length, ...bucket.objects.filter(({ key }) => key !== Key));
        // Of what is not there as well (S3 API, DeleteObject).
        return {};
      },
    }),
    ListObjectsV2: operation(list, {
      authorize: ({ Bucket, Prefix, MaxKeys }) => [
        this.#permission('ListBucket', Bucket, undefined, {
          's3:prefix': Prefix,
          's3:max-keys': String(MaxKeys),
          's3:delimiter': [],
        }),
      ],
      perform: (input) => this.#list(input),
    }),
    ListObjectVersions: operation(listVersions, {
      authorize: ({ Bucket, Prefix, MaxKeys }) => [
        this.#permission('ListBucketVersions', Bucket, undefined, {
          's3:prefix': Prefix,
          's3:max-keys': String(MaxKeys),
          's3:delimiter': [],
        }),
      ],
      perform: (input) => this.#listVersions(input),
    }),
  };

  add(settings: BucketSettings): void {
    this.#buckets.set(settings.name, { ...settings, objects: [] });
  }

  /**
   * Puts an object in; whose permission it needs has been checked.
   * @param modified when, where it belongs to the past of a world; versions of one key come oldest first
   */
  async put(bucketName: string, input: Omit<z.input<typeof put>, 'Bucket'>, modified?: Date): Promise<object> {
    const bucket = this.#bucket(bucketName);
    const { Key, Body, ContentType, Metadata, IfNoneMatch } = put.parse({ ...input, Bucket: bucketName });
    if (IfNoneMatch !== undefined && newest(bucket, Key) !== undefined) {
      throw new AwsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412);
    }
    const body = bytes(Body);
    const stored: StoredObject = {
      key: Key,
      versionId: bucket.versioned ? randomUUID() : 'null',
      body,
      contentType: ContentType,
      metadata: Metadata,
      etag: `"${createHash('md5').update(body).digest('hex')}"`,
      modified: wholeSeconds(modified?.getTime() ?? this.clock.now().at),
    };
    if (!bucket.versioned)
      bucket.objects.splice(0, bucket.objects.length, ...bucket.objects.filter(({ key }) => key !== Key));
    bucket.objects.push(stored);
    await this.#write(bucket.name, Key, body);
    return { ETag: stored.etag, ...(bucket.versioned ? { VersionId: stored.versionId } : {}) };
  }

  /** Every version of every object of a bucket, oldest first. */
  objects(bucketName: string): readonly StoredObject[] {
    return [...this.#bucket(bucketName).objects];
  }

  async #write(bucketName: string, key: string, body: Buffer): Promise<void> {
    if (this.folder === undefined) return;
    const root = path.join(this.folder, bucketName);
    const file = path.resolve(root, key);
    if (!file.startsWith(`${path.resolve(root)}${path.sep}`))
      throw new NotSimulatedError(`An object cannot be called ${key} here`);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, body);
  }

  /** Who may not list a bucket does not learn whether an object is there. */
  #find(
    { Bucket, Key, VersionId }: z.infer<typeof reference>,
    caller: Caller,
    errorName: string,
    message: string,
  ): StoredObject {
    const bucket = this.#bucket(Bucket);
    const found =
      VersionId === undefined
        ? newest(bucket, Key)
        : bucket.objects.find(({ key, versionId }) => key === Key && versionId === VersionId);
    if (found !== undefined) return found;
    const listing = this.#permission('ListBucket', Bucket, undefined, {
      's3:prefix': [],
      's3:max-keys': [],
      's3:delimiter': [],
    });
    if (this.gate.decide(this.gate.roles.get(caller.roleArn), listing).verdict === 'allowed') {
      throw new AwsError(errorName, message, 404);
    }
    throw new AwsError(
      'AccessDenied',
      `${caller.roleArn} may not list ${Bucket}, so it is not told whether ${Key} exists`,
      403,
    );
  }

  #list({ Bucket, Prefix, MaxKeys, ContinuationToken, StartAfter }: z.infer<typeof list>): object {
    const bucket = this.#bucket(Bucket);
    const after = ContinuationToken ?? StartAfter ?? '';
    const keys = [...new Set(bucket.objects.map(({ key }) => key))]
      .filter((key) => key.startsWith(Prefix) && key > after)
      .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    const page = keys.slice(0, MaxKeys);
    const truncated = keys.length > page.length;
    return {
      Name: Bucket,
      Prefix,
      MaxKeys,
      KeyCount: page.length,
      IsTruncated: truncated,
      ...(truncated ? { NextContinuationToken: page.at(-1) } : {}),
      Contents: page.flatMap((key) => {
        const found = newest(bucket, key);
        return found === undefined
          ? []
          : [{ Key: key, Size: found.body.length, ETag: found.etag, LastModified: found.modified }];
      }),
    };
  }

  /** By key, then newest first, as S3 does. */
  #listVersions({ Bucket, Prefix, MaxKeys, KeyMarker = '', VersionIdMarker }: z.infer<typeof listVersions>): object {
    if (VersionIdMarker !== undefined && KeyMarker === '')
      throw new AwsError('InvalidArgument', 'A version-id marker cannot be specified without a key marker.', 400);
    const bucket = this.#bucket(Bucket);
    const all = [...bucket.objects]
      .reverse()
      .filter(({ key }) => key.startsWith(Prefix))
      .sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
    const at = all.findIndex(({ key, versionId }) => key === KeyMarker && versionId === VersionIdMarker);
    const rest = VersionIdMarker === undefined ? all.filter(({ key }) => key > KeyMarker) : all.slice(at + 1);
    const page = rest.slice(0, MaxKeys);
    const last = page.at(-1);
    const truncated = rest.length > page.length;
    const versions = page.map((one) => ({
      Key: one.key,
      VersionId: one.versionId,
      IsLatest: newest(bucket, one.key) === one,
      LastModified: one.modified,
      ETag: one.etag,
      Size: one.body.length,
    }));
    return {
      Name: Bucket,
      Prefix,
      MaxKeys,
      IsTruncated: truncated,
      ...(truncated && last !== undefined ? { NextKeyMarker: last.key, NextVersionIdMarker: last.versionId } : {}),
      ...(versions.length === 0 ? {} : { Versions: versions }),
    };
  }

  #permission(
    action: string,
    bucket: string,
    key?: string,
    context: NonNullable<Permission['context']> = {},
  ): Permission {
    const arn = `arn:${this.partition}:s3:::${bucket}`;
    // The SDK for JavaScript on Node 20 and later speaks TLS 1.3 with S3.
    return {
      action: `s3:${action}`,
      resource: key === undefined ? arn : `${arn}/${key}`,
      context: { 's3:TlsVersion': '1.3', ...context },
    };
  }

  #bucket(name: string): Bucket {
    const bucket = this.#buckets.get(name);
    if (bucket === undefined) throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404);
    return bucket;
  }
}

/** LastModified has no fractions of a second. */
const wholeSeconds = (at: number): Date => new Date(Math.floor(at / 1000) * 1000);

const newest = (bucket: Bucket, key: string): StoredObject | undefined =>
  bucket.objects.findLast((object) => object.key === key);

const described = ({ body, contentType, metadata, etag, modified, versionId }: StoredObject): object => ({
  ContentLength: body.length,
  ContentType: contentType,
  Metadata: { ...metadata },
  ETag: etag,
  LastModified: modified,
  ...(versionId === 'null' ? {} : { VersionId: versionId }),
});

function bytes(body: unknown): Buffer {
  if (typeof body === 'string') return Buffer.from(body);
  if (ArrayBuffer.isView(body)) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  throw new NotSimulatedError('The body of an object has to be a text or bytes; streams are not simulated');
}
