import {
  AttachVolumeCommand,
  CreateTagsCommand,
  CreateVolumeCommand,
  DeleteTagsCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  DetachVolumeCommand,
  EC2Client,
  type CreateVolumeCommandInput,
} from '@aws-sdk/client-ec2';
import { SkippingClock } from '../../../../asl';
import { Ec2 } from '../../../../sandbox/services/ec2/service';
import { ACCOUNT, Commands, REGION, unknownToIam } from '../commands';

const HOST = 'i-0123456789abcdef0';
const [ZONE, OTHER] = [`${REGION}a`, `${REGION}b`];

describe('simulated volumes of EBS', () => {
  let clock: SkippingClock;
  let ec2: Ec2;
  let commands: Commands;
  let old: string;
  let snapshot: string;
  /** What the host was told, in order; `busy` while it has its disks open. */
  let told: string[];
  let busy: boolean;
  beforeEach(async () => {
    clock = new SkippingClock();
    ec2 = new Ec2({ partition: 'aws', account: ACCOUNT, region: REGION }, clock);
    [told, busy] = [[], false];
    const tell = (what: string) => (id: string) => {
      if (what === 'detach' && busy) return Promise.reject(new Error('busy'));
      told.push(`${what} ${id}`);
      return Promise.resolve();
    };
    const machine = { attachDisk: tell('attach'), detachDisk: tell('detach'), copyDisk: tell('copy') };
    ec2.volumes.machines = {
      machine: (id) => (id === HOST ? machine : undefined),
      tags: () => ({ application: 'orders' }),
    };
    old = ec2.volumes.adopt({ instance: HOST, zone: ZONE, device: '/dev/sdf', gibibytes: 8 });
    snapshot = await ec2.volumes.take(old, { files: 'orders' });
    commands = new Commands(ec2);
  });
  afterEach(async () => {
    expect(await unknownToIam(commands.permissions)).toEqual([]);
    commands.close();
    clock.close();
  });

  const ask = <T>(send: (client: EC2Client) => Promise<T>) => commands.run(() => send(new EC2Client()));
  const passes = (seconds: number) =>
    new Promise<void>((resolve) => {
      clock.after(seconds * 1000, resolve);
    });
  const create = (more: Partial<CreateVolumeCommandInput> = {}) =>
    ask((client) =>
      client.send(
        new CreateVolumeCommand({ AvailabilityZone: ZONE, SnapshotId: snapshot, VolumeType: 'gp3', ...more }),
      ),
    );
  const look = async (id: string) =>
    (await ask((client) => client.send(new DescribeVolumesCommand({ VolumeIds: [id] })))).Volumes?.[0];
  const attach = (VolumeId: string, more: object = {}) =>
    ask((client) => client.send(new AttachVolumeCommand({ VolumeId, InstanceId: HOST, Device: '/dev/sdp', ...more })));
  const detach = (VolumeId: string) =>
    ask((client) => client.send(new DetachVolumeCommand({ VolumeId, InstanceId: HOST })));

  it('asks for the rights on a key where the snapshot is encrypted with one, and is gone again where that is disabled', async () => {
    const key = `arn:aws:kms:${REGION}:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
    const disk = ec2.volumes.adopt({ instance: HOST, zone: ZONE, device: '/dev/sdg', gibibytes: 8, keyArn: key });
    const encrypted = await ec2.volumes.take(disk, { files: 'orders' });
    const asked = () => commands.permissions.filter(({ resource }) => resource === key);
    await create();
    expect(asked()).toEqual([]);
    const { VolumeId: id = '', Encrypted } = await create({ SnapshotId: encrypted });
    expect(Encrypted).toBe(true);
    const via = { 'kms:ViaService': `ec2.${REGION}.amazonaws.com` };
    expect(asked()).toContainEqual({
      action: 'kms:CreateGrant',
      resource: key,
      context: { ...via, 'kms:GrantIsForAWSResource': 'true' },
    });
    expect(asked()).toContainEqual({ action: 'kms:GenerateDataKeyWithoutPlaintext', resource: key, context: via });
    const before = asked().length;
    await passes(11);
    await attach(id);
    expect(asked().length).toBe(2 * before);

    ec2.volumes.disabledKeys.add(key);
    const { VolumeId: lost = '' } = await create({ SnapshotId: encrypted });
    expect(await look(lost)).toMatchObject({ State: 'creating' });
    await passes(11);
    await expect(look(lost)).rejects.toMatchObject({ name: 'InvalidVolume.NotFound' });
  });

  it('is creating, available, attaching, attached, detaching and available again, each for its time', async () => {
    const { VolumeId: id = '', State } = await create({
      TagSpecifications: [{ ResourceType: 'volume', Tags: [{ Key: 'a', Value: 'b' }] }],
    });
    expect(State).toBe('creating');
    await expect(attach(id)).rejects.toMatchObject({ name: 'IncorrectState' });
    await passes(11);
    expect(await look(id)).toMatchObject({ State: 'available', Size: 8, Iops: 3000, Tags: [{ Key: 'a', Value: 'b' }] });
    expect((await attach(id)).State).toBe('attaching');
    expect(await look(id)).toMatchObject({ State: 'in-use', Attachments: [{ State: 'attaching', InstanceId: HOST }] });
    await passes(7);
    expect(await look(id)).toMatchObject({ Attachments: [{ State: 'attached', Device: '/dev/sdp' }] });
    expect((await detach(id)).State).toBe('detaching');
    await passes(7);
    expect(await look(id)).toMatchObject({ State: 'available', Attachments: [] });
    expect(told).toEqual([`copy ${old}`, `attach ${id}`, `detach ${id}`]);
  });

  it('stays busy where the host has it open', async () => {
    busy = true;
    await detach(old);
    await passes(7);
    expect(await look(old)).toMatchObject({ State: 'in-use', Attachments: [{ State: 'busy' }] });
  });

  it('makes one for a client token, and of a type of its own where none is said', async () => {
    const token = { ClientToken: 'run-1' };
    const [first, again] = [await create(token), await create(token)];
    expect(again.VolumeId).toBe(first.VolumeId);
    await expect(create({ ...token, AvailabilityZone: OTHER })).rejects.toMatchObject({
      name: 'IdempotentParameterMismatch',
    });
    expect((await create({ VolumeType: undefined })).VolumeType).toBe('gp2');
  });

  it('refuses what EC2 refuses, by the same names', async () => {
    const there = async (more: Partial<CreateVolumeCommandInput> = {}) => {
      const { VolumeId = '' } = await create(more);
      await passes(11);
      return VolumeId;
    };
    await expect(create({ SnapshotId: 'snap-00000000' })).rejects.toMatchObject({ name: 'InvalidSnapshot.NotFound' });
    await expect(create({ AvailabilityZone: 'mars-1a' })).rejects.toMatchObject({ name: 'InvalidZone.NotFound' });
    await expect(create({ VolumeType: 'gp2', Throughput: 250 })).rejects.toMatchObject({
      name: 'InvalidParameterCombination',
    });
    await expect(create({ Size: 20 })).rejects.toThrow('Size');
    await expect(look('vol-00000000')).rejects.toMatchObject({ name: 'InvalidVolume.NotFound' });
    await expect(attach(old)).rejects.toMatchObject({ name: 'VolumeInUse' });
    const id = await there();
    await expect(attach(id, { Device: '/dev/sdf' })).rejects.toThrow('Attachment point /dev/sdf is already in use');
    await expect(attach(id, { InstanceId: 'i-00000000' })).rejects.toMatchObject({
      name: 'InvalidInstanceID.NotFound',
    });
    await expect(attach(await there({ AvailabilityZone: OTHER }))).rejects.toMatchObject({
      name: 'InvalidVolume.ZoneMismatch',
    });
    await expect(detach(id)).rejects.toMatchObject({ name: 'IncorrectState' });
  });

  it('finds snapshots and volumes by their tags, and refuses a filter that it does not know', async () => {
    const find = (Name: string, value: string) =>
      ask((client) =>
        client.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'], Filters: [{ Name, Values: [value] }] })),
      );
    expect((await find('tag:files', 'orders')).Snapshots).toMatchObject([{ SnapshotId: snapshot, State: 'completed' }]);
    expect((await find('tag:files', 'other')).Snapshots).toEqual([]);
    await expect(find('owner', 'me')).rejects.toThrow("The filter 'owner' is invalid");
    const of = async (instance: string) =>
      (
        await ask((client) =>
          client.send(
            new DescribeVolumesCommand({ Filters: [{ Name: 'attachment.instance-id', Values: [instance] }] }),
          ),
        )
      ).Volumes?.map(({ VolumeId }) => VolumeId);
    expect(await of(HOST)).toEqual([old]);
    expect(await of('i-1')).toEqual([]);
  });

  it('tags and untags', async () => {
    const Resources = [old];
    await ask((client) => client.send(new CreateTagsCommand({ Resources, Tags: [{ Key: 'run', Value: '1' }] })));
    await ask((client) => client.send(new DeleteTagsCommand({ Resources, Tags: [{ Key: 'run', Value: '2' }] })));
    expect(await look(old)).toMatchObject({ Tags: [{ Key: 'run', Value: '1' }] });
    await ask((client) => client.send(new DeleteTagsCommand({ Resources, Tags: [{ Key: 'run' }] })));
    expect(await look(old)).toMatchObject({ Tags: [] });
    const asked = commands.permissions.find(({ action }) => action === 'ec2:CreateTags');
    expect(asked?.context).toMatchObject({ 'aws:TagKeys': ['run'], 'aws:RequestTag/run': '1' });
  });
});
