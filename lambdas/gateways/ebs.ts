import {
  AttachVolumeCommand,
  CreateTagsCommand,
  CreateVolumeCommand,
  DeleteTagsCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  DetachVolumeCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import * as z from 'zod';
import { AwsRefusedError, ChangeConflictError } from '../../contract/errors';
import { parse } from '../runtime/parse';
import { callAws } from './aws-errors';
import { client } from './clients';

/** EC2: volumes and snapshots of EBS. */

const ec2 = () => client(EC2Client);

const tagsSchema = z
  .array(z.object({ Key: z.string(), Value: z.string().default('') }))
  .default([])
  .transform((tags) => Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value])));
const volumeSchema = z.object({
  VolumeId: z.string(),
  State: z.string(),
  AvailabilityZone: z.string(),
  VolumeType: z.string(),
  Iops: z.number().optional(),
  Throughput: z.number().optional(),
  Attachments: z.array(z.object({ InstanceId: z.string(), State: z.string() })).default([]),
  Tags: tagsSchema,
});
export type EbsVolume = z.infer<typeof volumeSchema>;

/** Volumes by their ids (EC2 DescribeVolumes). @throws AwsRefusedError where one of them is not there */
export async function volumesById(ids: readonly string[]): Promise<EbsVolume[]> {
  const answer = await callAws(`ec2:DescribeVolumes ${ids.join(', ')}`, () =>
    ec2().send(new DescribeVolumesCommand({ VolumeIds: [...ids] })),
  );
  return (answer.Volumes ?? []).map((volume) => parse(volumeSchema, volume, 'a volume of EBS'));
}

/** The same, without those that are not there any more, or not listed yet. */
export async function volumesThere(ids: readonly string[]): Promise<EbsVolume[]> {
  if (ids.length === 0) return [];
  const answer = await callAws(`ec2:DescribeVolumes ${ids.join(', ')}`, () =>
    ec2().send(new DescribeVolumesCommand({ Filters: [{ Name: 'volume-id', Values: [...ids] }] })),
  );
  return (answer.Volumes ?? []).map((volume) => parse(volumeSchema, volume, 'a volume of EBS'));
}

const snapshotSchema = z.object({
  SnapshotId: z.string(),
  State: z.string(),
  StartTime: z.date(),
  VolumeSize: z.number(),
});

/** Own snapshots with a tag, in any state (EC2 DescribeSnapshots, all pages). */
export async function snapshotsWithTag(tag: { readonly key: string; readonly value: string }) {
  const found: z.infer<typeof snapshotSchema>[] = [];
  let next: string | undefined;
  do {
    const page = await callAws(`ec2:DescribeSnapshots tag:${tag.key}`, () =>
      ec2().send(
        new DescribeSnapshotsCommand({
          OwnerIds: ['self'],
          Filters: [{ Name: `tag:${tag.key}`, Values: [tag.value] }],
          ...(next !== undefined && { NextToken: next }),
        }),
      ),
    );
    found.push(...(page.Snapshots ?? []).map((snapshot) => parse(snapshotSchema, snapshot, 'a snapshot of EBS')));
    next = page.NextToken;
  } while (next !== undefined && next !== '');
  return found;
}

const asTags = (tags: Readonly<Record<string, string>>) => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

/** Makes a volume (EC2 CreateVolume). The token makes a repeated call find what the first one made. @returns its id */
export async function createVolume(
  like: {
    readonly zone: string;
    readonly type: string;
    readonly iops: number | null;
    readonly throughput: number | null;
  },
  from: { readonly snapshotId: string; readonly token: string; readonly tags: Readonly<Record<string, string>> },
): Promise<string> {
  const { zone, type, iops, throughput } = like;
  const answer = await callAws(`ec2:CreateVolume ${from.snapshotId} in ${zone}`, () =>
    ec2().send(
      new CreateVolumeCommand({
        SnapshotId: from.snapshotId,
        AvailabilityZone: zone,
        // Without it AWS makes the region's default, not what the snapshot was taken of.
        VolumeType: parse(typeSchema, type, 'the type of a volume of EBS'),
        // Types of old have figures that follow their size, and take none.
        ...(iops !== null && ['io1', 'io2', 'gp3'].includes(type) && { Iops: iops }),
        ...(throughput !== null && type === 'gp3' && { Throughput: throughput }),
        ClientToken: from.token,
        TagSpecifications: [{ ResourceType: 'volume', Tags: asTags(from.tags) }],
      }),
    ),
  );
  if (answer.VolumeId === undefined) throw new AwsRefusedError('ec2:CreateVolume: the answer has no volume');
  return answer.VolumeId;
}
const typeSchema = z.enum(['gp2', 'gp3', 'io1', 'io2', 'sc1', 'st1', 'standard']);

/** EC2 AttachVolume. @throws ChangeConflictError where the volume is attached already, or another one under that name */
export async function attachVolume(volumeId: string, instance: string, device: string): Promise<void> {
  await callAws(
    `ec2:AttachVolume ${volumeId} to ${instance} as ${device}`,
    () => ec2().send(new AttachVolumeCommand({ VolumeId: volumeId, InstanceId: instance, Device: device })),
    { VolumeInUse: (cause) => new ChangeConflictError(cause.message, { cause }) },
  );
}

/** EC2 DetachVolume. */
export async function detachVolume(volumeId: string, instance: string): Promise<void> {
  await callAws(`ec2:DetachVolume ${volumeId} from ${instance}`, () =>
    ec2().send(new DetachVolumeCommand({ VolumeId: volumeId, InstanceId: instance })),
  );
}

/** EC2 CreateTags. */
export async function tagVolumes(ids: readonly string[], tags: Readonly<Record<string, string>>): Promise<void> {
  await callAws(`ec2:CreateTags ${ids.join(', ')}`, () =>
    ec2().send(new CreateTagsCommand({ Resources: [...ids], Tags: asTags(tags) })),
  );
}

/** EC2 DeleteTags, whatever their values. */
export async function untagVolumes(ids: readonly string[], keys: readonly string[]): Promise<void> {
  await callAws(`ec2:DeleteTags ${ids.join(', ')}`, () =>
    ec2().send(new DeleteTagsCommand({ Resources: [...ids], Tags: keys.map((Key) => ({ Key })) })),
  );
}
