import {
  AttachVolumeCommand,
  CreateTagsCommand,
  CreateVolumeCommand,
  DeleteTagsCommand,
  DescribeVolumesCommand,
  DetachVolumeCommand,
  EC2Client,
  type DescribeVolumesCommandInput,
  type Volume,
} from '@aws-sdk/client-ec2';
import { mockClient } from 'aws-sdk-client-mock';
import type { RunRef } from '../../../contract/run';
import { handler as keptHandler } from '../../../lambdas/changes/kept-volume';
import { handler as madeHandler } from '../../../lambdas/changes/files-volume';
import { findChange } from '../../../lambdas/run/journal';
import { releaseLease } from '../../../lambdas/run/lease';
import { containing } from '../matchers';
import { fakeHosts, one, two } from './fake-hosts';
import { newRun, withTables, verbs } from './world';

const hosts = fakeHosts();
const ec2 = mockClient(EC2Client);
const [ZONE_ONE, ZONE_TWO] = ['us-east-1a', 'us-east-1b'];
const [OLD_ONE, OLD_TWO] = ['vol-0000000000000001', 'vol-0000000000000002'];
let volumes: Map<string, Volume>;
let run: RunRef;
withTables();
beforeEach(async () => {
  run = await newRun(releaseLease);
  hosts.reset();
  ec2.reset();
  const attached = (InstanceId: string) => [{ InstanceId, State: 'attached' as const }];
  const disk = { State: 'in-use' as const, VolumeType: 'gp3' as const, Iops: 6000, Throughput: 250 };
  volumes = new Map<string, Volume>([
    [OLD_ONE, { ...disk, VolumeId: OLD_ONE, AvailabilityZone: ZONE_ONE, Attachments: attached(one) }],
    [OLD_TWO, { ...disk, VolumeId: OLD_TWO, AvailabilityZone: ZONE_TWO, Attachments: attached(two) }],
  ]);
  ec2.on(DescribeVolumesCommand).callsFake(({ VolumeIds, Filters = [] }: DescribeVolumesCommandInput) => {
    const ids = VolumeIds ?? Filters.flatMap(({ Values = [] }) => Values);
    // Whoever names an id has to know that there is one.
    const strange = VolumeIds?.find((id) => !volumes.has(id));
    if (strange !== undefined) throw Object.assign(new Error(strange), { name: 'InvalidVolume.NotFound' });
    return { Volumes: ids.flatMap((id) => volumes.get(id) ?? []) };
  });
  let made = 0;
  ec2.on(CreateVolumeCommand).callsFake(({ AvailabilityZone, VolumeType }: Volume) => {
    const VolumeId = `vol-100000000000000${(made += 1)}`;
    volumes.set(VolumeId, { VolumeId, AvailabilityZone, VolumeType, State: 'creating' });
    return { VolumeId };
  });
  ec2.on(AttachVolumeCommand).callsFake(({ VolumeId, InstanceId }: { VolumeId: string; InstanceId: string }) => {
    become(VolumeId, { State: 'in-use', Attachments: [{ InstanceId, State: 'attached' }] });
    return {};
  });
  ec2.on(DetachVolumeCommand).callsFake(({ VolumeId }: { VolumeId: string }) => {
    become(VolumeId, { State: 'available', Attachments: [] });
    return {};
  });
  ec2.on(CreateTagsCommand).resolves({});
  ec2.on(DeleteTagsCommand).resolves({});
});

const become = (id: string, more: Partial<Volume>) => volumes.set(id, { ...volumes.get(id), ...more });
const [NEW_ONE, NEW_TWO] = ['vol-1000000000000001', 'vol-1000000000000002'];
const source = {
  kind: 'ebs-snapshot' as const,
  takenAt: '2026-11-22T02:15:00Z',
  snapshotId: 'snap-0123456789abcdef0',
  disks: { [one]: OLD_ONE, [two]: OLD_TWO },
};
const volume = {
  volumeGroup: 'vg0',
  logicalVolume: 'orders',
  mountPoint: '/srv',
  mountUnit: 'srv.mount',
  snapshotMegabytes: 512,
  keepSnapshotDays: 14,
  keepSnapshots: 3,
  allowRepair: false,
};
const target = { hosts: [one, two], source, volume, deviceName: '/dev/sdp', aside: 'lifeboat-1', keepReplacedDays: 14 };
const change = () => verbs<'files-volume'>(madeHandler, run, 'make-volumes');
const imported = { device: '/dev/nvme2n1', group: 'lifeboat-1', repaired: true };

async function inForce(): Promise<void> {
  await change().apply(target);
  for (const id of [NEW_ONE, NEW_TWO]) become(id, { State: 'available' });
  for (let round = 0; round < 2; round += 1) expect((await change().confirm()).done).toBe(false);
  hosts.end({ code: 0, line: imported });
  expect((await change().confirm()).done).toBe(true);
}

test('a volume for each host, in its zone and like its disk, attached once it is there, and taken in', async () => {
  await change().apply(target);
  expect(ec2.commandCalls(CreateVolumeCommand).map((call) => call.args[0].input)).toMatchObject([
    { AvailabilityZone: ZONE_ONE, SnapshotId: source.snapshotId, VolumeType: 'gp3', Iops: 6000, Throughput: 250 },
    { AvailabilityZone: ZONE_TWO },
  ]);
  expect(await change().confirm()).toMatchObject({
    done: false,
    progress: `${NEW_ONE} is creating, ${NEW_TWO} is creating`,
  });
  expect(ec2.commandCalls(AttachVolumeCommand)).toHaveLength(0);
  become(NEW_ONE, { State: 'available' });
  await change().confirm();
  expect(ec2.commandCalls(AttachVolumeCommand).map((call) => call.args[0].input)).toEqual([
    { VolumeId: NEW_ONE, InstanceId: one, Device: '/dev/sdp' },
  ]);
  become(NEW_TWO, { State: 'available' });
  for (let round = 0; round < 2; round += 1) await change().confirm();
  expect(hosts.sent().map(({ InstanceIds, Parameters }) => [InstanceIds, Parameters?.['Volume']])).toEqual([
    [[one], [NEW_ONE]],
    [[two], [NEW_TWO]],
  ]);
  hosts.end({ code: 0, line: imported });
  expect(await change().confirm()).toMatchObject({ done: true });
});

test('undo detaches, and deletes nothing; a host that serves from its new disk keeps it', async () => {
  await inForce();
  hosts.endEach((_document, host) => ({ code: 0, line: { state: host === one ? 'in-use' : 'released' } }));
  await change().undo();
  expect((await change().confirmUndo()).done).toBe(false);
  expect(await change().confirmUndo()).toMatchObject({ done: true });
  expect(ec2.commandCalls(DetachVolumeCommand).map((call) => call.args[0].input.VolumeId)).toEqual([NEW_TWO]);
  expect((await findChange(run.id, 'make-volumes')).state).toBe('undone');
});

test('a volume that ends in error, and a snapshot that is none of such a disk, are told by what they are', async () => {
  await change().apply(target);
  become(NEW_TWO, { State: 'error' });
  await expect(change().confirm()).rejects.toMatchObject({ name: 'ChangeNotConfirmedError' });
});

test('a volume that vanishes is told by its key, and what was made of the others is taken back', async () => {
  await change().apply(target);
  volumes.delete(NEW_TWO);
  become(NEW_ONE, { State: 'available' });
  // It may only not be listed yet.
  for (let round = 0; round < 3; round += 1)
    expect(await change().confirm()).toMatchObject({ done: false, progress: containing(`${NEW_TWO} is not listed`) });
  await expect(change().confirm()).rejects.toMatchObject({
    name: 'ChangeNotConfirmedError',
    message: containing(`the key of ${source.snapshotId}`),
  });
  await change().undo();
  hosts.end({ code: 0, line: { state: 'released' } });
  for (let round = 0; round < 2; round += 1) await change().confirmUndo();
  expect((await findChange(run.id, 'make-volumes')).state).toBe('undone');
  expect(ec2.commandCalls(DetachVolumeCommand).map((call) => call.args[0].input.VolumeId)).toEqual([NEW_ONE]);
});

test('a file system with errors is said before anything is stopped, and its undo detaches', async () => {
  await change().apply(target);
  for (const id of [NEW_ONE, NEW_TWO]) become(id, { State: 'available' });
  for (let round = 0; round < 2; round += 1) await change().confirm();
  hosts.end({ code: 60, line: '' });
  await expect(change().confirm()).rejects.toMatchObject({ name: 'SnapshotUnsoundError' });
  hosts.end({ code: 0, line: { state: 'released' } });
  await change().undo();
  for (let round = 0; round < 2; round += 1) await change().confirmUndo();
  expect((await findChange(run.id, 'make-volumes')).state).toBe('undone');
});

test('a disk that is attached elsewhere by now is refused, and nothing is made', async () => {
  become(OLD_TWO, { Attachments: [] });
  await expect(change().apply(target)).rejects.toMatchObject({ name: 'HostUnfitError' });
  expect(ec2.commandCalls(CreateVolumeCommand)).toHaveLength(0);
});

test('what was replaced carries the run and its expiry; undo takes that back, and puts back what was there', async () => {
  become(OLD_ONE, {
    Tags: [
      { Key: 'lifeboat:run', Value: 'earlier' },
      { Key: 'Name', Value: 'x' },
    ],
  });
  const kept = () => verbs<'kept-volume'>(keptHandler, run, 'keep-volumes');
  await kept().apply({ volumes: [OLD_ONE, OLD_TWO], keepReplacedDays: 14 });
  const [tagged] = ec2.commandCalls(CreateTagsCommand).map((call) => call.args[0].input);
  expect(tagged?.Resources).toEqual([OLD_ONE, OLD_TWO]);
  expect(tagged?.Tags?.map(({ Key }) => Key).sort()).toEqual([
    'lifeboat:environment',
    'lifeboat:expires',
    'lifeboat:run',
  ]);
  expect((await kept().confirm()).done).toBe(false);
  for (const id of [OLD_ONE, OLD_TWO]) become(id, { Tags: tagged?.Tags ?? [] });
  expect((await kept().confirm()).done).toBe(true);
  await kept().undo();
  const [, again] = ec2.commandCalls(CreateTagsCommand).map((call) => call.args[0].input);
  expect(again).toMatchObject({ Resources: [OLD_ONE], Tags: [{ Key: 'lifeboat:run', Value: 'earlier' }] });
});
