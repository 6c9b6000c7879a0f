import { type Description } from '../../contract/description';
import { type Deployment } from '../deployment';

/** The bucket in which the application's operators keep the versions of the hosts' configuration, and its secret. */
export class ConfigurationStore {
  private constructor(
    private readonly deployment: Pick<Deployment, 'parts' | 'secrets'>,
    private readonly bucket: string,
    private readonly prefix: string,
    private readonly secretArn: string,
  ) {}

  /** Makes the bucket; undefined where the description has none. */
  static open(deployment: Deployment, { configuration }: Description): ConfigurationStore | undefined {
    const { bucket, prefix, files } = configuration;
    if (bucket === undefined) return undefined;
    deployment.parts.buckets.add({ name: bucket, arn: `arn:aws:s3:::${bucket}`, versioned: true, keyArn: undefined });
    const [secret] = files.flatMap((file) => (file.kind === 'env' ? file.secrets : []));
    return new ConfigurationStore(deployment, bucket, prefix, secret?.secretArn ?? '');
  }

  /** Stores a version: these files by their keys, at a moment of the past or now. */
  async put(files: Readonly<Record<string, string>>, at?: Date): Promise<void> {
    const { buckets } = this.deployment.parts;
    for (const [key, text] of Object.entries(files))
      await buckets.put(this.bucket, { Key: `${this.prefix}${key}`, Body: text, ContentType: 'text/plain' }, at);
  }

  /** Puts a new value of the session's secret in force. */
  rotate(value: string): void {
    this.deployment.secrets.rotate(this.secretArn, JSON.stringify({ value }));
  }
}
