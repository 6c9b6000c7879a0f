import { isDeepStrictEqual } from 'node:util';
import { join } from 'node:path';
import * as z from 'zod';
import { type Clock } from '../../../asl';
import { keyPermissions } from '../keys';
import { operation } from '../operation';
import { type Place, regionalArn } from '../place';
import { AwsError, type Permission } from '../service';
import {
  asTags,
  carried,
  filters,
  hex,
  listed,
  matches,
  requested,
  tag,
  type Attachment,
  type Machines,
  type DiskMachine,
  type Snapshot,
  type Tags,
  type Volume,
} from './disks';

const encryption = (keyArn: string | undefined): object =>
  keyArn === undefined ? { Encrypted: false } : { Encrypted: true, KmsKeyId: keyArn };

/** A resource that is not there has no tags. */
const none: Tags = new Map();

/** Seconds, as they take about on AWS. */
const CREATING = 10;
const ATTACHING = 5;
const DETACHING = 5;

const invalid = 'InvalidParameterValue';
const volumeId = z.string().regex(/^vol-[0-9a-f]{8,17}$/, 'is not the id of a volume');
const snapshotId = z.string().regex(/^snap-[0-9a-f]{8,17}$/, 'is not the id of a snapshot');
const instanceId = z.string().regex(/^i-[0-9a-f]{8,17}$/, 'is not the id of an instance');
/** Volumes and snapshots of EBS. What is on them is real: a folder, or the disk of a simulated host. */
export class Volumes {
  readonly volumes = new Map<string, Volume>();
  readonly snapshots = new Map<string, Snapshot>();
  readonly #tokens = new Map<string, { readonly input: unknown; readonly id: string }>();
  /** Given once there are hosts. */
  machines: Machines = { machine: () => undefined, tags: () => ({}) };
  /** Where what is on detached volumes and in snapshots lies. */
  folder = '';
  /** Keys that are disabled: what is made under one of them is gone again. */
  readonly disabledKeys = new Set<string>();

  constructor(
    private readonly place: Place,
    private readonly clock: Clock,
  ) {}

  /** A volume that a host has had since it booted. @returns its id */
  adopt(given: { instance: string; zone: string; device: string; gibibytes: number; keyArn?: string }): string {
    const id = `vol-${hex()}`;
    const { instance, zone, device, gibibytes, keyArn } = given;
    const at = this.#now();
    this.volumes.set(id, {
      id,
      zone,
      type: 'gp3',
      iops: 6000,
      throughput: 250,
      gibibytes,
      snapshotId: '',
      keyArn,
      createdAt: at,
      tags: new Map(),
      folder: join(this.folder, id),
      state: 'in-use',
      attachment: { instance, device, at, state: 'attached' },
    });
    return id;
  }

  /** Its instance was terminated; such volumes are deleted with it. */
  forget(instance: string): void {
    for (const { id, attachment } of this.volumes.values())
      if (attachment?.instance === instance) this.volumes.delete(id);
  }

  /** A snapshot that somebody's schedule takes, complete at once. @returns its id */
  async take(of: string, tags: Readonly<Record<string, string>>, at = this.#now()): Promise<string> {
    const volume = this.#volume(of);
    const id = `snap-${hex()}`;
    const folder = join(this.folder, id);
    const machine = this.machines.machine(volume.attachment?.instance ?? '');
    if (machine === undefined) throw new TypeError(`${of} is attached to no host`);
    await this.clock.work(() => machine.copyDisk(of, folder));
    this.snapshots.set(id, {
      id,
      volumeId: of,
      keyArn: volume.keyArn,
      gibibytes: volume.gibibytes,
      startedAt: at,
      tags: new Map(Object.entries(tags)),
      folder,
      state: 'completed',
    });
    return id;
  }

  readonly operations = {
    DescribeVolumes: operation(z.strictObject({ VolumeIds: z.array(volumeId).optional(), Filters: filters }), {
      invalid,
      authorize: () => [{ action: 'ec2:DescribeVolumes', resource: '*' }],
      perform: ({ VolumeIds, Filters }) => {
        const named = VolumeIds === undefined ? [...this.volumes.values()] : VolumeIds.map((id) => this.#volume(id));
        return {
          Volumes: named
            .filter(({ id, tags, state, attachment, zone }) =>
              matches(
                Filters,
                {
                  status: state,
                  'volume-id': id,
                  'attachment.instance-id': attachment?.instance,
                  'availability-zone': zone,
                },
                tags,
              ),
            )
            .map((volume) => this.#described(volume)),
        };
      },
    }),
    DescribeSnapshots: operation(
      z.strictObject({
        SnapshotIds: z.array(snapshotId).optional(),
        OwnerIds: z.array(z.enum(['self'])).optional(),
        Filters: filters,
      }),
      {
        invalid,
        authorize: () => [{ action: 'ec2:DescribeSnapshots', resource: '*' }],
        perform: ({ SnapshotIds, Filters }) => {
          const named =
            SnapshotIds === undefined ? [...this.snapshots.values()] : SnapshotIds.map((id) => this.#snapshot(id));
          return {
            Snapshots: named
              .filter(({ tags, state, volumeId: of }) => matches(Filters, { status: state, 'volume-id': of }, tags))
              .map(({ id, volumeId: VolumeId, keyArn, gibibytes, startedAt, tags, state }) => ({
                SnapshotId: id,
                VolumeId,
                State: state,
                StartTime: startedAt,
                Progress: state === 'completed' ? '100%' : '0%',
                OwnerId: this.place.account,
                ...encryption(keyArn),
                VolumeSize: gibibytes,
                StorageTier: 'standard',
                Tags: listed(tags),
              })),
          };
        },
      },
    ),
    CreateVolume: operation(
      z.strictObject({
        AvailabilityZone: z.string(),
        SnapshotId: snapshotId,
        VolumeType: z.enum(['gp2', 'gp3', 'io1', 'io2', 'sc1', 'st1', 'standard']).default('gp2'),
        Iops: z.number().int().optional(),
        Throughput: z.number().int().optional(),
        ClientToken: z.string().max(64).optional(),
        TagSpecifications: z
          .array(z.strictObject({ ResourceType: z.literal('volume'), Tags: z.array(tag).max(50) }))
          .max(1)
          .default([]),
      }),
      {
        invalid,
        authorize: ({ SnapshotId, TagSpecifications }) => {
          const tags = asTags(TagSpecifications[0]?.Tags ?? []);
          const context = requested(tags);
          const resource = this.#arn('volume', '*');
          return [
            { action: 'ec2:CreateVolume', resource, context },
            { action: 'ec2:CreateVolume', ...this.#ofSnapshot(SnapshotId) },
            ...this.#withKey(this.snapshots.get(SnapshotId)?.keyArn),
            ...(tags.size === 0
              ? []
              : [{ action: 'ec2:CreateTags', resource, context: { ...context, 'ec2:CreateAction': 'CreateVolume' } }]),
          ];
        },
        perform: (input) => {
          const { ClientToken: token } = input;
          const used = token === undefined ? undefined : this.#tokens.get(token);
          if (used !== undefined && !isDeepStrictEqual(used.input, input))
            throw new AwsError('IdempotentParameterMismatch', 'The client token was used with other parameters.');
          if (used !== undefined) return this.#described(this.#volume(used.id));
          const made = this.#create(input);
          if (token !== undefined) this.#tokens.set(token, { input, id: made.id });
          return this.#described(made);
        },
      },
    ),
    AttachVolume: operation(
      z.strictObject({
        VolumeId: volumeId,
        InstanceId: instanceId,
        Device: z.string().regex(/^\/dev\/(sd[f-p]|xvd[f-p])$/, 'is not a name for a device'),
      }),
      {
        invalid,
        authorize: ({ VolumeId, InstanceId }) => [
          ...this.#onBoth('ec2:AttachVolume', VolumeId, InstanceId),
          ...this.#withKey(this.volumes.get(VolumeId)?.keyArn),
        ],
        perform: ({ VolumeId, InstanceId, Device }) => this.#attach(VolumeId, InstanceId, Device),
      },
    ),
    DetachVolume: operation(z.strictObject({ VolumeId: volumeId, InstanceId: instanceId }), {
      invalid,
      authorize: ({ VolumeId, InstanceId }) => this.#onBoth('ec2:DetachVolume', VolumeId, InstanceId),
      perform: ({ VolumeId, InstanceId }) => this.#detach(VolumeId, InstanceId),
    }),
    CreateTags: operation(
      z.strictObject({ Resources: z.array(z.union([volumeId, snapshotId])).min(1), Tags: z.array(tag).min(1) }),
      {
        invalid,
        authorize: ({ Resources, Tags }) =>
          Resources.map((id) => this.#tagging('ec2:CreateTags', id, requested(asTags(Tags)))),
        perform: ({ Resources, Tags }) => {
          for (const tags of Resources.map((id) => this.#tagsOf(id)))
            for (const { Key, Value = '' } of Tags) tags.set(Key, Value);
          return {};
        },
      },
    ),
    DeleteTags: operation(
      z.strictObject({ Resources: z.array(z.union([volumeId, snapshotId])).min(1), Tags: z.array(tag).min(1) }),
      {
        invalid,
        authorize: ({ Resources, Tags }) =>
          Resources.map((id) => this.#tagging('ec2:DeleteTags', id, { 'aws:TagKeys': Tags.map(({ Key }) => Key) })),
        // A value that is given has to be the tag's; none deletes it whatever it is (EC2 API).
        perform: ({ Resources, Tags }) => {
          for (const tags of Resources.map((id) => this.#tagsOf(id)))
            for (const { Key, Value } of Tags) if (Value === undefined || tags.get(Key) === Value) tags.delete(Key);
          return {};
        },
      },
    ),
  };

  #create(input: {
    AvailabilityZone: string;
    SnapshotId: string;
    VolumeType: string;
    Iops?: number | undefined;
    Throughput?: number | undefined;
    TagSpecifications: readonly { readonly Tags: readonly z.infer<typeof tag>[] }[];
  }): Volume {
    const { AvailabilityZone: zone, SnapshotId, VolumeType: type, Iops, Throughput, TagSpecifications } = input;
    if (!new RegExp(`^${this.place.region}[a-f]$`).test(zone))
      throw new AwsError('InvalidZone.NotFound', `The zone '${zone}' does not exist.`);
    const snapshot = this.#snapshot(SnapshotId);
    if (snapshot.state !== 'completed')
      throw new AwsError('IncorrectState', `Snapshot is in invalid state - ${snapshot.state}`);
    if (Throughput !== undefined && type !== 'gp3')
      throw new AwsError(
        'InvalidParameterCombination',
        `The parameter throughput is not supported for ${type} volumes.`,
      );
    if (Iops !== undefined && !['gp3', 'io1', 'io2'].includes(type))
      throw new AwsError('InvalidParameterCombination', `The parameter iops is not supported for ${type} volumes.`);
    const volume: Volume = {
      id: `vol-${hex()}`,
      zone,
      type,
      iops: Iops ?? (type === 'gp3' ? 3000 : undefined),
      throughput: Throughput ?? (type === 'gp3' ? 125 : undefined),
      gibibytes: snapshot.gibibytes,
      snapshotId: snapshot.id,
      keyArn: snapshot.keyArn,
      createdAt: this.#now(),
      tags: asTags(TagSpecifications[0]?.Tags ?? []),
      folder: snapshot.folder,
      state: 'creating',
      attachment: undefined,
    };
    this.volumes.set(volume.id, volume);
    this.clock.after(CREATING * 1000, () => {
      // The call has long succeeded (EBS guide, Troubleshoot: the volume does not exist).
      if (this.disabledKeys.has(volume.keyArn ?? '')) this.volumes.delete(volume.id);
      volume.state = 'available';
    });
    return volume;
  }

  #attach(id: string, instance: string, device: string): object {
    const volume = this.#volume(id);
    const machine = this.#machine(instance);
    if (volume.attachment !== undefined) throw new AwsError('VolumeInUse', `${id} is already attached to an instance`);
    if (volume.state !== 'available') throw new AwsError('IncorrectState', `${id} is not 'available'.`);
    const own = [...this.volumes.values()].filter(({ attachment }) => attachment?.instance === instance);
    if (own.some(({ attachment }) => attachment?.device === device))
      throw new AwsError(
        'InvalidParameterValue',
        `Invalid value '${device}' for unixDevice. Attachment point ${device} is already in use`,
      );
    if (own.some(({ zone }) => zone !== volume.zone))
      throw new AwsError(
        'InvalidVolume.ZoneMismatch',
        `The volume '${id}' is not in the same availability zone as instance '${instance}'`,
      );
    const attachment: Attachment = { instance, device, at: this.#now(), state: 'attaching' };
    volume.attachment = attachment;
    volume.state = 'in-use';
    this.clock.after(ATTACHING * 1000, () => {
      void this.clock.work(async () => {
        await machine.attachDisk(id, volume.folder);
        attachment.state = 'attached';
      });
    });
    return this.#attachmentOf(volume, attachment);
  }

  #detach(id: string, instance: string): object {
    const volume = this.#volume(id);
    const machine = this.#machine(instance);
    const { attachment } = volume;
    if (attachment?.instance !== instance)
      throw new AwsError('IncorrectState', `Volume '${id}' is in the 'available' state.`);
    attachment.state = 'detaching';
    // What was written to it is on it, and in no snapshot.
    const folder = join(this.folder, id);
    this.clock.after(DETACHING * 1000, () => {
      void this.clock.work(async () => {
        try {
          await machine.detachDisk(id, folder);
          this.volumes.set(id, { ...volume, folder, state: 'available', attachment: undefined });
        } catch {
          // The guest has it open: it stays so until that ends (EC2 guide, Detach an EBS volume).
          attachment.state = 'busy';
        }
      });
    });
    return this.#attachmentOf(volume, attachment);
  }

  #now(): Date {
    return new Date(this.clock.now().at);
  }

  #volume(id: string): Volume {
    const volume = this.volumes.get(id);
    if (volume === undefined) throw new AwsError('InvalidVolume.NotFound', `The volume '${id}' does not exist.`);
    return volume;
  }

  #snapshot(id: string): Snapshot {
    const snapshot = this.snapshots.get(id);
    if (snapshot === undefined) throw new AwsError('InvalidSnapshot.NotFound', `The snapshot '${id}' does not exist.`);
    return snapshot;
  }

  #machine(instance: string): DiskMachine {
    const machine = this.machines.machine(instance);
    if (machine === undefined)
      throw new AwsError('InvalidInstanceID.NotFound', `The instance ID '${instance}' does not exist`);
    return machine;
  }

  #tagsOf(id: string): Tags {
    return id.startsWith('snap-') ? this.#snapshot(id).tags : this.#volume(id).tags;
  }

  #arn(what: 'volume' | 'instance', id: string): string {
    return regionalArn(this.place, 'ec2', `${what}/${id}`);
  }

  /** A snapshot's ARN has no account. */
  #ofSnapshot(id: string): Omit<Permission, 'action'> {
    const resource = `arn:${this.place.partition}:ec2:${this.place.region}::snapshot/${id}`;
    return { resource, context: carried(this.snapshots.get(id)?.tags ?? none) };
  }

  #onBoth(action: string, id: string, instance: string): Permission[] {
    const tags = new Map(Object.entries(this.machines.tags(instance)));
    return [
      { action, resource: this.#arn('volume', id), context: carried(this.volumes.get(id)?.tags ?? none) },
      { action, resource: this.#arn('instance', instance), context: carried(tags) },
    ];
  }

  /**
   * What EC2 does with a customer's key as whoever makes or attaches a volume. AWS makes it and takes it back where a right is missing;
   * here the call is refused by the name of the right.
   */
  #withKey(keyArn: string | undefined): Permission[] {
    const via = { 'kms:ViaService': `ec2.${this.place.region}.amazonaws.com` };
    const using = ['Decrypt', 'DescribeKey', 'GenerateDataKeyWithoutPlaintext', 'ReEncryptFrom', 'ReEncryptTo'];
    return [
      ...keyPermissions(keyArn, using, via),
      ...keyPermissions(keyArn, ['CreateGrant'], { ...via, 'kms:GrantIsForAWSResource': 'true' }),
    ];
  }

  #tagging(action: string, id: string, context: NonNullable<Permission['context']>): Permission {
    const is = id.startsWith('snap-')
      ? this.#ofSnapshot(id)
      : { resource: this.#arn('volume', id), context: carried(this.volumes.get(id)?.tags ?? none) };
    return { action, resource: is.resource, context: { ...is.context, ...context } };
  }

  #attachmentOf({ id }: Volume, { instance, device, at, state }: Attachment) {
    return {
      VolumeId: id,
      InstanceId: instance,
      Device: device,
      State: state,
      AttachTime: at,
      DeleteOnTermination: false,
    };
  }

  #described(volume: Volume): object {
    const { id, state, zone, type, iops, throughput, gibibytes, createdAt, tags, attachment } = volume;
    return {
      VolumeId: id,
      State: state,
      AvailabilityZone: zone,
      VolumeType: type,
      Size: gibibytes,
      SnapshotId: volume.snapshotId,
      ...(iops === undefined ? {} : { Iops: iops }),
      ...(throughput === undefined ? {} : { Throughput: throughput }),
      CreateTime: createdAt,
      ...encryption(volume.keyArn),
      MultiAttachEnabled: false,
      Attachments: attachment === undefined ? [] : [this.#attachmentOf(volume, attachment)],
      Tags: listed(tags),
    };
  }
}
