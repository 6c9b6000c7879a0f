import { AutoScalingClient, SuspendProcessesCommand } from '@aws-sdk/client-auto-scaling';
import { VirtualClock } from '../../../../asl';
import {
  enterStandby,
  exitStandby,
  groupMembers,
  resumeProcesses,
  setMinSize,
  suspendedProcesses,
  suspendProcesses,
} from '../../../../lambdas/gateways/auto-scaling';
import { AutoScaling } from '../../../../sandbox/services/auto-scaling/service';
import { ACCOUNT, Commands, REGION, unknownToIam } from '../commands';

describe('simulated Auto Scaling', () => {
  let clock: VirtualClock;
  let groups: AutoScaling;
  let commands: Commands;
  let unhealthy: string[];
  let ended: string[];
  beforeEach(() => {
    clock = new VirtualClock({ byHand: true });
    groups = new AutoScaling({ partition: 'aws', account: ACCOUNT, region: REGION }, clock);
    [unhealthy, ended] = [[], []];
    groups.addGroup({
      name: 'web',
      instances: ['i-1', 'i-2'],
      unhealthy: () => unhealthy,
      terminate: (id) => ended.push(id),
      healthCheckGraceSeconds: 300,
    });
    commands = new Commands(groups);
  });
  afterEach(async () => {
    expect(await unknownToIam(commands.permissions)).toEqual([]);
    commands.close();
    groups.close();
    clock.close();
  });

  const suspend = (...names: string[]) => commands.run(() => suspendProcesses('web', names));
  const resume = (...names: string[]) => commands.run(() => resumeProcesses('web', names));

  it('terminates a host that its load balancer calls unhealthy, once', async () => {
    unhealthy = ['i-2', 'i-of-another-group'];
    await clock.advance(120_000);
    expect(ended).toEqual(['i-2']);
    expect(groups.terminated).toEqual(['i-2']);
  });

  it.each(['HealthCheck', 'ReplaceUnhealthy', 'Terminate'])('spares it while %s is suspended', async (name) => {
    await suspend(name);
    unhealthy = ['i-2'];
    await clock.advance(120_000);
    expect(ended).toEqual([]);
    await resume(name);
    await clock.advance(30_000);
    expect(ended).toEqual(['i-2']);
  });

  it('terminates it although Launch is suspended', async () => {
    await suspend('Launch');
    unhealthy = ['i-1'];
    await clock.advance(30_000);
    expect(ended).toEqual(['i-1']);
  });

  it('forgets a health that was bad while HealthCheck was suspended, and never one that it has noted', async () => {
    await suspend('HealthCheck', 'Terminate');
    unhealthy = ['i-1'];
    await clock.advance(60_000);
    unhealthy = [];
    await resume('HealthCheck');
    unhealthy = ['i-2'];
    await clock.advance(30_000);
    unhealthy = [];
    await resume('Terminate');
    await clock.advance(30_000);
    expect(ended).toEqual(['i-2']);
  });

  it('leaves a new host alone until its grace has passed', async () => {
    groups.attach('web', 'i-3');
    unhealthy = ['i-3'];
    await clock.advance(290_000);
    expect(ended).toEqual([]);
    await clock.advance(40_000);
    expect(ended).toEqual(['i-3']);
  });

  it('suspends what is named, and everything where nothing is', async () => {
    groups.suspend('web', ['AZRebalance']);
    await suspend('Launch', 'AZRebalance');
    expect(await commands.run(() => suspendedProcesses('web'))).toEqual(['AZRebalance', 'Launch']);
    await resume('Launch');
    expect(groups.suspendedIn('web')).toEqual(['AZRebalance']);
    await commands.run(() =>
      new AutoScalingClient().send(new SuspendProcessesCommand({ AutoScalingGroupName: 'web', ScalingProcesses: [] })),
    );
    expect(groups.suspendedIn('web')).toHaveLength(9);
  });

  it('refuses what does not exist', async () => {
    await expect(commands.run(() => suspendProcesses('none', ['Launch']))).rejects.toThrow('ValidationError');
    await expect(suspend('Lunch')).rejects.toThrow('ValidationError');
    await expect(commands.run(() => suspendedProcesses('none'))).rejects.toThrow('There is no Auto Scaling group');
  });

  describe('stand-by', () => {
    let targets: Set<string>;
    beforeEach(() => {
      targets = new Set(['i-1', 'i-2']);
      groups.addGroup({
        name: 'web',
        instances: ['i-1', 'i-2'],
        unhealthy: () => unhealthy,
        terminate: (id) => ended.push(id),
        minSize: 1,
        targets: {
          register: (id) => targets.add(id),
          // It drains until a test says that it has.
          deregister: (id) => targets.add(`${id} draining`),
          holds: (id) => targets.has(id),
          healthy: () => true,
        },
      });
    });
    const enter = (...ids: string[]) => commands.run(() => enterStandby('web', ids));
    const exit = (...ids: string[]) => commands.run(() => exitStandby('web', ids));
    const members = () => commands.run(() => groupMembers('web'));

    it('takes a host out once its target has drained, spares it, and puts it back', async () => {
      await enter('i-2');
      expect(targets).toContain('i-2 draining');
      await clock.advance(60_000);
      expect(await members()).toMatchObject({ desired: 1, states: { 'i-1': 'InService', 'i-2': 'EnteringStandby' } });
      await expect(exit('i-2')).rejects.toThrow('The instance i-2 is not in Standby.');
      targets.delete('i-2');
      unhealthy = ['i-2'];
      await clock.advance(120_000);
      expect(await members()).toMatchObject({ states: { 'i-2': 'Standby' } });
      expect(ended).toEqual([]);
      unhealthy = [];
      await exit('i-2');
      expect(groups.stateOf('web', 'i-2')).toBe('Pending');
      expect(targets).not.toContain('i-2');
      await clock.advance(30_000);
      expect(await members()).toEqual({
        minSize: 1,
        desired: 2,
        states: { 'i-1': 'InService', 'i-2': 'InService' },
        versions: {},
        suspended: [],
      });
      expect(targets).toContain('i-2');
    });

    it('lets none back while Launch is suspended; Terminate keeps none from going or coming', async () => {
      await suspend('Launch', 'Terminate');
      targets.delete('i-2');
      await enter('i-2');
      await clock.advance(60_000);
      await expect(exit('i-2')).rejects.toThrow('AutoScalingGroup web has suspended Launch');
      expect(await members()).toMatchObject({ desired: 1, states: { 'i-2': 'Standby' } });
      await resume('Launch');
      await exit('i-2');
      await clock.advance(30_000);
      expect(await members()).toMatchObject({ desired: 2, states: { 'i-2': 'InService' } });
    });

    it('refuses what would leave too few, unless it may become that small', async () => {
      await expect(enter('i-1', 'i-2')).rejects.toThrow(
        'AutoScalingGroup web has min-size=1, max-size=2, and desired-size=2. To place into standby 2 instance',
      );
      await commands.run(() => setMinSize('web', 0));
      await enter('i-1', 'i-2');
      expect(await members()).toMatchObject({ minSize: 0, desired: 0 });
    });

    it('refuses a host of no group, and one that is not in service', async () => {
      await expect(enter('i-9')).rejects.toThrow('The instance i-9 is not part of Auto Scaling group web.');
      await enter('i-2');
      await expect(enter('i-2')).rejects.toThrow('The instance i-2 is not in InService.');
      await expect(exit('i-1')).rejects.toThrow('The instance i-1 is not in Standby.');
    });

    it('a least size above the greatest is refused; one above the size raises the size', async () => {
      await expect(commands.run(() => setMinSize('web', 3))).rejects.toThrow('must be greater than or equal to');
      await enter('i-2');
      await commands.run(() => setMinSize('web', 2));
      expect(await members()).toMatchObject({ minSize: 2, desired: 2 });
    });
  });

  it('tells of a host that would not end', async () => {
    groups.addGroup({
      name: 'stubborn',
      instances: ['i-9'],
      unhealthy: () => ['i-9'],
      terminate: () => Promise.reject(new Error('no')),
    });
    await clock.advance(30_000);
    expect(groups.failures).toEqual([new Error('no')]);
  });

  it('stops looking when it is closed', async () => {
    groups.close();
    unhealthy = ['i-1'];
    await clock.advance(120_000);
    expect(ended).toEqual([]);
  });
});
