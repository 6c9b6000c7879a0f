import { AutoScalingClient, SuspendProcessesCommand } from '@aws-sdk/client-auto-scaling';
import { VirtualClock } from '../../../asl';
import { resumeProcesses, suspendedProcesses, suspendProcesses } from '../../../lambdas/gateways/auto-scaling';
import { AutoScaling } from '../../../sandbox/services/auto-scaling';
import { ACCOUNT, Commands, REGION, unknownToIam } from './commands';

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
