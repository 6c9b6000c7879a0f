import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { AwsError } from '../service';

/** What a host does when a disk comes or goes: its real work. */
export interface DiskMachine {
  attachDisk(volumeId: string, folder: string): Promise<void>;
  detachDisk(volumeId: string, folder: string): Promise<void>;
  copyDisk(volumeId: string, folder: string): Promise<void>;
}

/** The instances as EC2 has them. */
export interface Machines {
  /** Undefined where there is no such instance. */
  machine(instance: string): DiskMachine | undefined;
  tags(instance: string): Readonly<Record<string, string>>;
}

export type Tags = Map<string, string>;
export interface Attachment {
  readonly instance: string;
  readonly device: string;
  readonly at: Date;
  state: 'attaching' | 'attached' | 'detaching' | 'busy';
}
export interface Volume {
  readonly id: string;
  readonly zone: string;
  readonly type: string;
  readonly iops: number | undefined;
  readonly throughput: number | undefined;
  readonly gibibytes: number;
  readonly snapshotId: string;
  /** Of the customer's key that it is encrypted with. */
  readonly keyArn: string | undefined;
  readonly createdAt: Date;
  readonly tags: Tags;
  /** What is on it, while it is attached to nothing. */
  readonly folder: string;
  state: 'creating' | 'available' | 'in-use' | 'error';
  attachment: Attachment | undefined;
}
export interface Snapshot {
  readonly id: string;
  readonly volumeId: string;
  readonly keyArn: string | undefined;
  readonly gibibytes: number;
  readonly startedAt: Date;
  readonly tags: Tags;
  readonly folder: string;
  state: 'pending' | 'completed' | 'error';
}

/** As the Describe operations take them. */
export const filters = z
  .array(z.strictObject({ Name: z.string(), Values: z.array(z.string()).min(1).max(200) }))
  .default([]);
export const tag = z.strictObject({ Key: z.string().min(1).max(128), Value: z.string().max(256).optional() });

export const hex = () => randomBytes(9).toString('hex').slice(0, 17);
export const listed = (tags: Tags) => [...tags].map(([Key, Value]) => ({ Key, Value }));
export const asTags = (tags: readonly z.infer<typeof tag>[]): Tags =>
  new Map(tags.map(({ Key, Value = '' }) => [Key, Value]));

/** Filters are joined by and, the values of one by or. @throws AwsError where the sandbox does not know one */
export function matches(
  given: z.infer<typeof filters>,
  values: Readonly<Record<string, string | undefined>>,
  tags: Tags,
) {
  return given.every(({ Name, Values }) => {
    const key = /^tag:(.+)$/.exec(Name)?.[1];
    if (key === undefined && !(Name in values))
      throw new AwsError('InvalidParameterValue', `The filter '${Name}' is invalid`);
    const is = key === undefined ? values[Name] : tags.get(key);
    return is !== undefined && Values.includes(is);
  });
}

/** What a policy may ask of the tags that a call gives. */
export const requested = (tags: Tags): Record<string, string | string[]> => ({
  ...Object.fromEntries([...tags].map(([key, value]) => [`aws:RequestTag/${key}`, value])),
  'aws:TagKeys': [...tags.keys()],
});

/** What a policy may ask of the tags that a resource has. */
export const carried = (tags: Tags): Record<string, string> =>
  Object.fromEntries(
    [...tags].flatMap(([key, value]) => [
      [`aws:ResourceTag/${key}`, value],
      [`ec2:ResourceTag/${key}`, value],
    ]),
  );
