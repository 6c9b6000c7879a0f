import {
  deleteTheWay,
  endAHost,
  forwardByRule,
  setTheGroup,
  settingsOfTheGroup,
} from '../../sandbox/scenarios/missing-infrastructure';
import { type ExecutionEntry } from '../../sandbox/services/states/machines';
import { describeDrill } from './postgres';
import { Stage } from './stage';

const PLAN = 'infrastructure-recovery';

jest.setTimeout(400_000);

describeDrill('an infrastructure recovery that ends badly', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.open('infrastructure');
    forwardByRule(stage.world);
    setTheGroup(stage.world);
    const { status, cause } = await stage.drill.deployment.start('release-probe', {}).execution.done;
    if (status !== 'SUCCEEDED') throw new TypeError(`the release probe ended ${status}: ${cause ?? ''}`);
    // A number that is set lower here ends nobody: what is left is what a test ends.
    stage.world.autoScaling.suspend(stage.world.description.autoScalingGroup, ['Terminate']);
  });
  afterAll(async () => {
    await stage.close();
  });

  const group = () => stage.world.description.autoScalingGroup;
  const fromOutside = async () => (await fetch(`${stage.world.balancer.url}/api/health`)).status;
  const forwards = () => {
    const { elb, description, targets } = stage.world;
    return elb
      .rulesOf(description.loadBalancer.listenerArn)
      .filter(({ action }) => action.kind === 'forward' && action.groups.some((each) => each.group === targets)).length;
  };
  const stack = () => stage.world.infrastructure.cloudFormation.stacks.get(`${group()}-hosts`);
  const changeSets = () => [...stack().changeSets.values()].map(({ status, execution }) => `${status} ${execution}`);
  /** A host more or less is wanted than the template says, as somebody set it. */
  const wanted = (hosts: number) => {
    stage.world.autoScaling.resize(group(), { minSize: Math.min(hosts, 2), maxSize: 2, desired: hosts });
  };

  test('nothing is missing: that is said by name', async () => {
    const { report } = await stage.run({ plan: PLAN });
    expect(report).toMatchObject({ status: 'rejected', error: 'InfrastructureIntactError', changes: [] });
  });

  test('a certificate that has expired is refused before anything is made', async () => {
    const { description, infrastructure } = stage.world;
    const [arn] = description.loadBalancer.certificateArns;
    if (arn === undefined) throw new TypeError('the load balancer has a certificate');
    wanted(1);
    infrastructure.certificates.add(arn, 'app', new Date(Date.now() - 1000));
    const { report } = await stage.run({ plan: PLAN });
    infrastructure.certificates.add(arn, 'app', new Date(Date.now() + 86_400_000));
    expect(report).toMatchObject({ status: 'rejected', error: 'CertificateExpiredError', changes: [] });
    expect(report.cause).toContain(arn);
  });

  test('a change set that would change what holds data is refused by name, and not executed', async () => {
    const { infrastructure } = stage.world;
    const bucket = `${group()}-uploads`;
    infrastructure.buckets.update(bucket, { VersioningConfiguration: { Status: 'Suspended' } });
    const { report } = await stage.run({ plan: PLAN });
    infrastructure.buckets.update(bucket, { VersioningConfiguration: { Status: 'Enabled' } });
    expect(report.error).toBe('ChangeSetRefusedError');
    expect(report.cause).toMatch(/VersioningConfiguration of Uploads \(AWS::S3::Bucket, .*holds data/);
    expect(report.undoFailed).toEqual([]);
    expect(changeSets()).toEqual(['DELETE_COMPLETE UNAVAILABLE']);
    expect(stack().status).toBe('CREATE_COMPLETE');
    expect(await fromOutside()).toBe(200);
  });

  test('the release that a run has set is not taken back by the template', async () => {
    const { autoScaling } = stage.world;
    autoScaling.setVersion(group(), '2');
    const { report } = await stage.run({ plan: PLAN });
    expect(report.error).toBe('ChangeSetRefusedError');
    expect(report.cause).toContain('LaunchTemplate of Hosts');
    expect(autoScaling.launchedFrom(group()).group).toBe('2');
    autoScaling.setVersion(group(), '1');
  });

  test('a stack that fails goes back by itself, and what served goes on serving', async () => {
    const { infrastructure, hosts } = stage.world;
    infrastructure.cloudFormation.stacks.failNext.set('Hosts', 'You have requested more vCPU capacity than your limit');
    const { report } = await stage.run({ plan: PLAN });
    expect(report).toMatchObject({ status: 'failed', error: 'ProvisioningFailedError', undoFailed: [] });
    expect(report.cause).toContain('Hosts: You have requested more vCPU capacity');
    expect(stack().status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(hosts.length).toBe(2);
    expect(forwards()).toBe(1);
    expect(await fromOutside()).toBe(200);
    expect(await stage.leaseHolder()).toBe('');
    wanted(2);
  });

  test('a run that is stopped while the stack is updated gives the lease back only once that has gone back', async () => {
    const { autoScaling } = stage.world;
    wanted(1);
    const held: string[] = [];
    const stop = async (entry: ExecutionEntry) => {
      const { deployment } = stage.drill;
      await deployment.call(stage.onlooker, 'an operator', 'SFN', 'StopExecution', { executionArn: entry.arn });
      await stage.until(() => stack().status === 'UPDATE_ROLLBACK_IN_PROGRESS', 'the update is cancelled');
      held.push(await stage.leaseHolder());
    };
    const ran = await stage.run({ plan: PLAN }, { [`${PLAN}/Provision from the stored template: in force?`]: stop });
    expect(ran.report).toMatchObject({ status: 'aborted', undoFailed: [] });
    expect(held).toEqual([ran.id]);
    expect(stack().status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(autoScaling.sizesOf(group()).desired).toBe(1);
    expect(ran.report.changes.map(({ kind, state }) => `${kind} ${state}`)).toEqual([
      'change-set undone',
      'stack-update undone',
    ]);
    expect(await stage.leaseHolder()).toBe('');
    expect(await fromOutside()).toBe(200);
    wanted(2);
  });

  test('no rule can be made: targets and group are taken back, and the same again succeeds', async () => {
    const { world } = stage;
    const { description, elb, hosts } = world;
    const { listenerArn, targetGroupArn } = description.loadBalancer;
    const set = settingsOfTheGroup(world);
    deleteTheWay(world);
    endAHost(world);
    await stage.until(() => hosts.length === 1, 'the host has ended');
    const [left] = hosts;
    if (left === undefined) throw new TypeError('a host is left');
    // Meanwhile somebody else makes rules, more than a load balancer can have.
    const others: string[] = [];
    const crowd = () => {
      const action = { kind: 'fixed-response', status: 200, contentType: 'text/plain', body: '' } as const;
      for (let priority = 1001; others.length < 99; priority += 1)
        others.push(elb.createRule(listenerArn, { priority, conditions: [], action }).arn);
    };
    const { report } = await stage.run({ plan: PLAN }, { [`${PLAN}/Make the target group`]: crowd });
    expect(report).toMatchObject({ status: 'failed', error: 'AwsRefusedError', undoFailed: [] });
    expect(report.cause).toContain('TooManyRulesException');
    for (const arn of others) elb.deleteRule(arn);
    expect(forwards()).toBe(0);
    expect(elb.targetGroup(targetGroupArn)).toBeUndefined();
    expect(elb.rulesOf(listenerArn).map(({ priority }) => priority)).toEqual([2]);
    // What the template says stays: there are two hosts again.
    expect(world.autoScaling.sizesOf(group()).desired).toBe(2);
    expect(await stage.leaseHolder()).toBe('');

    const again = await stage.run({ plan: PLAN });
    // With the words of what went wrong.
    const { status, failedStep = '', cause = '', undoFailed } = again.report;
    expect({ status, failedStep, cause, undoFailed }).toEqual({
      status: 'succeeded',
      failedStep: '',
      cause: '',
      undoFailed: [],
    });
    expect(again.report.changes.map(({ kind }) => kind)).toEqual([
      'target-group',
      'target-registration',
      'listener-rule',
    ]);
    expect(settingsOfTheGroup(world)).toBe(set);
    expect(again.report.checks.find(({ name }) => name.startsWith('settings of the target group'))).toMatchObject({
      status: 'passed',
    });
    expect(forwards()).toBe(1);
    expect(hosts.some(({ id }) => id === left.id)).toBe(true);
    expect(world.targets.targets().map(({ state }) => state)).toEqual(['healthy', 'healthy']);
    expect(await fromOutside()).toBe(200);
    const once = await stage.run({ plan: PLAN });
    expect(once.report).toMatchObject({ status: 'rejected', error: 'InfrastructureIntactError', changes: [] });
  });

  test('a stack that has target group and rule itself makes them, and the run makes no second ones', async () => {
    const { world } = stage;
    const { autoScaling, elb, hosts, infrastructure } = world;
    const { listenerArn, targetGroupArn } = world.description.loadBalancer;
    infrastructure.adopt('hosts and the way to them');
    deleteTheWay(world);
    endAHost(world);
    await stage.until(() => hosts.length === 1, 'the host has ended');
    const { report } = await stage.run({ plan: PLAN });
    const { status, cause = '', undoFailed } = report;
    expect({ status, cause, undoFailed }).toEqual({ status: 'succeeded', cause: '', undoFailed: [] });
    expect(report.changes.map(({ kind, state }) => `${kind} ${state}`)).toEqual([
      'change-set confirmed',
      'stack-update confirmed',
    ]);
    expect(stack().status).toBe('UPDATE_COMPLETE');
    expect(forwards()).toBe(1);
    expect(elb.rulesOf(listenerArn).map(({ priority }) => priority)).toEqual([1, 2]);
    const made = elb.arnOf(world.targets);
    expect(made).not.toBe(targetGroupArn);
    expect(autoScaling.targetGroupsOf(group())).toEqual([made]);
    expect(world.targets.targets().map(({ state }) => state)).toEqual(['healthy', 'healthy']);
    expect(await fromOutside()).toBe(200);
  });
});
