import { type Description } from '../../contract/description';
import { type Deployment } from '../deployment';

/** The bucket in which the application's operators keep archives of its files. */
export class FileArchives {
  private constructor(
    private readonly deployment: Pick<Deployment, 'parts'>,
    private readonly bucket: string,
    private readonly prefix: string,
  ) {}

  /** Makes the bucket; undefined where the description has none. */
  static open(deployment: Deployment, { files }: Description): FileArchives | undefined {
    const { bucket, prefix } = files;
    if (bucket === undefined) return undefined;
    deployment.parts.buckets.add({ name: bucket, arn: `arn:aws:s3:::${bucket}`, versioned: true, keyArn: undefined });
    return new FileArchives(deployment, bucket, prefix);
  }

  /** Stores an archive, at a moment of the past or now; versions of one key come oldest first. */
  async put(name: string, body: Uint8Array, at?: Date): Promise<void> {
    const object = { Key: `${this.prefix}${name}`, Body: body, ContentType: 'application/gzip' };
    await this.deployment.parts.buckets.put(this.bucket, object, at);
  }
}
