import { DeleteObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { resolve4 } from 'node:dns/promises';
import { callAws, isAwsError } from './aws-errors';
import { client } from './clients';

/**
 * What leads users to one region or the other: an object of S3 that the health check of the primary failover record asks
 * for. Only data planes: S3 in the standby region, and DNS. Nothing here calls Route 53 (docs/adr/0010).
 */
export interface Switch {
  readonly region: string;
  readonly bucket: string;
  readonly key: string;
}

const s3 = ({ region }: Switch) => client(S3Client, { region });
const gone = ['NotFound', 'NoSuchKey'];

/** Whether the object is there: then the standby serves (S3 HeadObject). */
export async function isSwitched(to: Switch): Promise<boolean> {
  return await callAws(`s3:GetObject ${to.bucket}/${to.key}`, async () => {
    try {
      await s3(to).send(new HeadObjectCommand({ Bucket: to.bucket, Key: to.key }));
      return true;
    } catch (error) {
      if (gone.some((name) => isAwsError(error, name))) return false;
      throw error;
    }
  });
}

/** Puts the object there, or takes it away (S3 PutObject, DeleteObject). */
export async function setSwitch(to: Switch, standbyServes: boolean, words: string): Promise<void> {
  const of = { Bucket: to.bucket, Key: to.key };
  if (standbyServes) {
    await callAws(`s3:PutObject ${to.bucket}/${to.key}`, () =>
      s3(to).send(new PutObjectCommand({ ...of, Body: words, ContentType: 'text/plain; charset=utf-8' })),
    );
  } else {
    await callAws(`s3:DeleteObject ${to.bucket}/${to.key}`, () => s3(to).send(new DeleteObjectCommand(of)));
  }
}

/** Whether a name leads where another one leads: they share an address. A name that does not resolve leads nowhere. */
export async function leadsTo(name: string, other: string): Promise<boolean> {
  const [here, there] = await Promise.all([addresses(name), addresses(other)]);
  return here.some((address) => there.includes(address));
}

/** Whether a name leads anywhere, and not where another one leads. */
export async function leadsElsewhere(name: string, other: string): Promise<boolean> {
  const [here, there] = await Promise.all([addresses(name), addresses(other)]);
  return here.length > 0 && !here.some((address) => there.includes(address));
}

async function addresses(name: string): Promise<string[]> {
  try {
    return await resolve4(name);
  } catch {
    return [];
  }
}
