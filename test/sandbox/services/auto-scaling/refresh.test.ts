import {
  AutoScalingClient,
  CancelInstanceRefreshCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeInstanceRefreshesCommand,
  RollbackInstanceRefreshCommand,
  StartInstanceRefreshCommand,
  SuspendProcessesCommand,
  UpdateAutoScalingGroupCommand,
  type RefreshPreferences,
} from '@aws-sdk/client-auto-scaling';
import { enterStandby, setMinSize } from '../../../../lambdas/gateways/auto-scaling';
import { VirtualClock } from '../../../../asl';
import { AutoScaling, type Launch } from '../../../../sandbox/services/auto-scaling/service';
import { LaunchTemplates } from '../../../../sandbox/services/ec2/launch-templates';
import { ACCOUNT, Commands, REGION, unknownToIam } from '../commands';

const ID = 'lt-0123456789abcdef0';
const place = { partition: 'aws', account: ACCOUNT, region: REGION };
const PREFERENCES = { MinHealthyPercentage: 100, MaxHealthyPercentage: 150, InstanceWarmup: 60, AutoRollback: true };

describe('a simulated instance refresh', () => {
  let clock: VirtualClock;
  let groups: AutoScaling;
  let commands: Commands;
  /** Instance to its release; targets by instance, with the number that served at every step. */
  let releases: Map<string, string>;
  let targets: Set<string>;
  let ended: string[];
  let fewest: number;
  const broken = new Set<string>();

  beforeEach(() => {
    clock = new VirtualClock({ byHand: true });
    const templates = new LaunchTemplates(place, clock);
    const data = (release: string) => ({
      UserData: Buffer.from(`RELEASE=${release}`).toString('base64'),
      IamInstanceProfile: { Name: 'web-host' },
    });
    templates.add({ id: ID, name: 'web', data: data('v1') });
    templates.addVersion(ID, data('v2'));
    templates.addVersion(ID, { ...data('v3'), ImageId: 'resolve:ssm:/images/web' });
    groups = new AutoScaling(place, clock, templates);
    [releases, targets, ended] = [
      new Map([
        ['i-1', 'v1'],
        ['i-2', 'v1'],
      ]),
      new Set(['i-1', 'i-2']),
      [],
    ];
    broken.clear();
    fewest = 2;
    const sound = (id: string) => targets.has(id) && !broken.has(releases.get(id) ?? '');
    groups.addGroup({
      name: 'web',
      instances: ['i-1', 'i-2'],
      unhealthy: () => [...targets].filter((id) => !sound(id)),
      terminate: (id) => ended.push(id),
      launchTemplate: { id: ID, version: '1' },
      healthCheckGraceSeconds: 120,
      launch: ({ instanceId, userData }: Launch) => {
        releases.set(instanceId, userData.replace('RELEASE=', ''));
        return Promise.resolve();
      },
      targets: {
        register: (id) => targets.add(id),
        deregister: (id) => {
          targets.delete(id);
          fewest = Math.min(fewest, [...targets].filter(sound).length);
        },
        holds: (id) => targets.has(id),
        healthy: sound,
      },
    });
    commands = new Commands(groups);
  });
  afterEach(async () => {
    expect(await unknownToIam(commands.permissions)).toEqual([]);
    expect(groups.failures).toEqual([]);
    commands.close();
    groups.close();
    clock.close();
  });

  const client = () => new AutoScalingClient();
  const start = (Version = '2', Preferences: RefreshPreferences = PREFERENCES) =>
    commands.run(() =>
      client().send(
        new StartInstanceRefreshCommand({
          AutoScalingGroupName: 'web',
          DesiredConfiguration: { LaunchTemplate: { LaunchTemplateId: ID, Version } },
          Preferences,
        }),
      ),
    );
  const refresh = async () =>
    (await commands.run(() => client().send(new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: 'web' }))))
      .InstanceRefreshes?.[0];
  const group = async () =>
    (await commands.run(() => client().send(new DescribeAutoScalingGroupsCommand({})))).AutoScalingGroups?.[0];
  const serving = () => [...targets].map((id) => releases.get(id));
  /** In steps, since what a timer starts needs the loop's turn. */
  const pass = async (seconds: number) => {
    for (let passed = 0; passed < seconds; passed += 5) await clock.advance(5000);
  };

  it('launches from the new version before it ends the old, and then the group has that version', async () => {
    await start();
    expect((await refresh())?.Status).toBe('Pending');
    await pass(20);
    expect((await refresh())?.Status).toBe('InProgress');
    expect((await group())?.LaunchTemplate?.Version).toBe('1');
    await pass(600);
    expect(await refresh()).toMatchObject({ Status: 'Successful', PercentageComplete: 100 });
    expect((await group())?.LaunchTemplate?.Version).toBe('2');
    expect(serving()).toEqual(['v2', 'v2']);
    expect(ended.toSorted()).toEqual(['i-1', 'i-2']);
    expect(fewest).toBe(2);
    expect((await group())?.Instances?.map(({ LaunchTemplate }) => LaunchTemplate?.Version)).toEqual(['2', '2']);
  });

  it('ends one before it launches where it may have no more than there are', async () => {
    await start('2', { MinHealthyPercentage: 50, InstanceWarmup: 0 });
    await pass(600);
    expect(serving()).toEqual(['v2', 'v2']);
    expect(fewest).toBe(1);
  });

  it('comes no further where new instances never get healthy, and goes back by itself after an hour', async () => {
    broken.add('v2');
    await start();
    await pass(3000);
    expect(await refresh()).toMatchObject({ Status: 'InProgress', PercentageComplete: 0 });
    expect(fewest).toBe(2);
    await pass(1200);
    expect((await refresh())?.Status).toBe('RollbackSuccessful');
    expect((await group())?.LaunchTemplate?.Version).toBe('1');
    expect(targets).toEqual(new Set(['i-1', 'i-2']));
  });

  it('goes back when it is told to: what it has replaced is replaced again', async () => {
    await start();
    await pass(120);
    expect(serving()).toContain('v2');
    await commands.run(() => client().send(new RollbackInstanceRefreshCommand({ AutoScalingGroupName: 'web' })));
    expect((await refresh())?.Status).toBe('RollbackInProgress');
    await pass(600);
    expect((await refresh())?.Status).toBe('RollbackSuccessful');
    expect(serving()).toEqual(['v1', 'v1']);
    expect((await group())?.LaunchTemplate?.Version).toBe('1');
  });

  it('stops where it is when it is cancelled, and the group is as many as it was', async () => {
    await start();
    await pass(60);
    await commands.run(() => client().send(new CancelInstanceRefreshCommand({ AutoScalingGroupName: 'web' })));
    expect((await refresh())?.Status).toBe('Cancelling');
    await pass(120);
    expect((await refresh())?.Status).toBe('Cancelled');
    expect((await group())?.LaunchTemplate?.Version).toBe('1');
    expect(targets.size).toBe(2);
  });

  it('waits while a process that it needs is suspended', async () => {
    await commands.run(() =>
      client().send(new SuspendProcessesCommand({ AutoScalingGroupName: 'web', ScalingProcesses: ['Launch'] })),
    );
    await start();
    await pass(600);
    expect(await refresh()).toMatchObject({ PercentageComplete: 0, StatusReason: 'Waiting: Launch suspended.' });
    expect(ended).toEqual([]);
  });

  it('spares what matches already', async () => {
    await start('1', { ...PREFERENCES, SkipMatching: true });
    await pass(60);
    expect((await refresh())?.Status).toBe('Successful');
    expect(ended).toEqual([]);
  });

  const aside: readonly { what: string; set: () => Promise<void> }[] = [
    {
      what: 'on stand-by',
      set: async () => {
        await commands.run(() => setMinSize('web', 1));
        await commands.run(() => enterStandby('web', ['i-2']));
        targets.delete('i-2');
        await pass(30);
      },
    },
    {
      what: 'protected from scale-in',
      set: () => {
        groups.protect('web', 'i-2');
        return Promise.resolve();
      },
    },
  ];

  it.each(aside)('waits an hour for one that is $what, and fails, unless it is told otherwise', async ({ set }) => {
    await set();
    await start();
    await pass(3500);
    expect(await refresh()).toMatchObject({ Status: 'InProgress', PercentageComplete: 0 });
    await pass(300);
    expect((await refresh())?.Status).toMatch(/^Rollback/);
    expect(ended).toEqual([]);
  });

  it.each(aside)('leaves one that is $what as it is where it is told to', async ({ set }) => {
    await set();
    await start('2', { ...PREFERENCES, StandbyInstances: 'Ignore', ScaleInProtectedInstances: 'Ignore' });
    await pass(900);
    expect((await refresh())?.Status).toBe('Successful');
    expect(ended).toEqual(['i-1']);
  });

  it.each(aside)('replaces, or ends, one that is $what where it is told to', async ({ set }) => {
    await set();
    await start('2', { ...PREFERENCES, StandbyInstances: 'Terminate', ScaleInProtectedInstances: 'Refresh' });
    await pass(900);
    expect((await refresh())?.Status).toBe('Successful');
    expect(ended.toSorted()).toEqual(['i-1', 'i-2']);
  });

  it('launches another for one that the load balancer calls unhealthy', async () => {
    releases.set('i-2', 'v0');
    broken.add('v0');
    await pass(300);
    expect(ended).toEqual(['i-2']);
    expect(serving()).toEqual(['v1', 'v1']);
  });

  it('refuses a second one, a rollback without one, and one that could not go back', async () => {
    await expect(
      commands.run(() => client().send(new RollbackInstanceRefreshCommand({ AutoScalingGroupName: 'web' }))),
    ).rejects.toMatchObject({ name: 'ActiveInstanceRefreshNotFoundFault' });
    await start();
    await expect(start()).rejects.toMatchObject({ name: 'InstanceRefreshInProgressFault' });
    await expect(
      commands.run(() =>
        client().send(
          new UpdateAutoScalingGroupCommand({
            AutoScalingGroupName: 'web',
            LaunchTemplate: { LaunchTemplateId: ID, Version: '2' },
          }),
        ),
      ),
    ).rejects.toThrow('An active instance refresh with a desired configuration exists');
  });

  it('refuses to roll back by itself where the group names a floating version, or a version is not there', async () => {
    await expect(start('3')).rejects.toThrow(`Version 3 of ${ID} uses a Systems Manager parameter`);
    groups.setVersion('web', '3');
    await expect(start('1')).rejects.toThrow(`Version 3 of ${ID} uses a Systems Manager parameter`);
    groups.setVersion('web', '$Latest');
    await expect(start()).rejects.toThrow('a rollback needs a fixed version');
    await expect(start('9')).rejects.toThrow('fully-formed launch template');
    await expect(start('$Latest')).rejects.toMatchObject({ name: 'ValidationError' });
    await expect(start('2', { MinHealthyPercentage: 0, MaxHealthyPercentage: 150 })).rejects.toMatchObject({
      name: 'ValidationError',
    });
  });
});
