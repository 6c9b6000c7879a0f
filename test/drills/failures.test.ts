import * as z from 'zod';
import { deniedPolicy, restoreKilled } from '../../sandbox/scenarios';
import { type ExecutionEntry } from '../../sandbox/services/states/machines';
import { containing } from '../asl/machines';
import { expectNothingMade, expectPutBack } from './expectations';
import { describeDrill } from './postgres';
import { Stage } from './stage';
import { fromOutside, stateOf, type State } from './state';

/** Runs that fail, one after the other in one world: each has to leave it so that the next one can be run. */
const INPUT = { plan: 'database-recovery' };

jest.setTimeout(60_000);

describeDrill('a run that fails', () => {
  let stage: Stage;
  let before: State;
  beforeAll(async () => {
    stage = await Stage.open('fails');
    // As somebody may have left it: what was suspended before has to stay so.
    stage.world.autoScaling.suspend(stage.world.description.autoScalingGroup, ['AZRebalance', 'ScheduledActions']);
  });
  afterAll(async () => {
    await stage.close();
  });
  beforeEach(async () => {
    before = await stateOf(stage);
  });

  afterEach(() => {
    const { bus, roles } = stage.drill.deployment.parts;
    bus.delivery = 'once';
    for (const { name } of roles.all()) roles.detach(name, 'tightened');
    for (const each of stage.world.hosts) each.answer();
    stage.world.rds.plane.nextRestoreFault = undefined;
  });

  /** Whichever it is: this plan asks all of them at once, and none of these runs replaces any. */
  const host = () => {
    const [, second] = stage.world.hosts;
    if (second === undefined) throw new TypeError('there are two hosts');
    return second;
  };

  /** The script stops the services; what came of it is never heard of. */
  const silencedWhileStopping = async () => {
    await host().unitReaches(({ name, active }) => name === 'nginx.service' && active !== 'active');
    host().silence();
  };

  test.each([
    { what: 'an unknown field', input: { ...INPUT, tableName: 'users' }, says: /tableName/ },
    { what: 'an unknown plan', input: { plan: 'no-such-plan' }, says: /plan: / },
    { what: 'no plan', input: {}, says: /plan: / },
    {
      what: 'a time that is none',
      input: { ...INPUT, restoreTime: 'yesterday' },
      says: /restoreTime: .*2026-11-23T02:13:40Z/,
    },
    { what: 'a time to come', input: { ...INPUT, restoreTime: '2199-01-01T00:00:00Z' }, says: /restoreTime: .*future/ },
    { what: 'a command in the reason', input: { ...INPUT, reason: 'x`reboot`' }, says: /reason: / },
    { what: 'a substitution in the reason', input: { ...INPUT, reason: '$(reboot)' }, says: /reason: / },
    {
      what: 'a snapshot that is an option',
      input: { ...INPUT, source: { snapshot: '--force' } },
      says: /source\.snapshot: /,
    },
    {
      what: 'a snapshot and a time',
      input: { ...INPUT, restoreTime: 'latest', source: { snapshot: 'a' } },
      says: /restoreTime, source: /,
    },
  ])('$what is refused by the name of the field, and nothing was changed', async ({ input, says }) => {
    const ran = await stage.run(input);
    const step = 'recovery › Open the run';
    await expectPutBack(stage, before, ran, {
      status: 'rejected',
      error: 'InvalidInputError',
      step,
      says,
      announced: false,
    });
    await expectNothingMade(stage, before);
  });

  test('a time before the earliest that can be restored is refused, and nothing was changed', async () => {
    const ran = await stage.run({ ...INPUT, restoreTime: '2001-01-01T00:00:00Z' });
    const step = 'database-recovery › Choose source and moment';
    const says = /2001-01-01T00:00:00/;
    await expectPutBack(stage, before, ran, { status: 'rejected', error: 'RestoreTimeOutOfRangeError', step, says });
    await expectNothingMade(stage, before);
  });

  test('a snapshot that is not there is refused, and nothing was changed', async () => {
    const ran = await stage.run({ ...INPUT, source: { snapshot: 'no-such-snapshot' } });
    const step = 'database-recovery › Choose source and moment';
    const says = /no-such-snapshot/;
    await expectPutBack(stage, before, ran, { status: 'rejected', error: 'RecoverySourceMissingError', step, says });
    await expectNothingMade(stage, before);
  });

  test('a host that does not answer is refused by name, and nothing was changed', async () => {
    host().silence();
    const ran = await stage.run(INPUT);
    host().answer();
    const step = 'database-recovery › Find the hosts';
    await expectPutBack(stage, before, ran, {
      status: 'rejected',
      error: 'HostOfflineError',
      step,
      says: new RegExp(host().id),
    });
    await expectNothingMade(stage, before);
  });

  test('a host that falls silent when its services are to be stopped fails the run', async () => {
    const ran = await stage.run(INPUT, {
      'database-recovery/Stop the services': () => {
        host().silence();
      },
    });
    host().answer();
    const step = 'database-recovery › Stop the services';
    await expectPutBack(stage, before, ran, {
      status: 'failed',
      error: 'HostOfflineError',
      step,
      says: new RegExp(host().id),
    });
  });

  test('a host that falls silent while it stops its services is put back where it answers again', async () => {
    const ran = await stage.run(INPUT, {
      'database-recovery/Stop the services: in force?': silencedWhileStopping,
      'settlement/Take back services': () => {
        host().answer();
      },
    });
    const step = 'database-recovery › Stop the services: in force?';
    expect(ran.report.error).toMatch(/^(HostSilentError|DocumentTimedOutError)$/);
    await expectPutBack(stage, before, ran, {
      status: 'failed',
      error: ran.report.error ?? '',
      step,
      says: new RegExp(host().id),
    });
  });

  test('what a host that stays silent keeps stopped is told; the others serve', async () => {
    const { world, drill } = stage;
    const { autoScalingGroup: group } = world.description;
    // Otherwise the group would replace the host, as it should.
    world.autoScaling.suspend(group, ['HealthCheck']);
    before = await stateOf(stage);
    const ran = await stage.run(INPUT, {
      'database-recovery/Stop the services: in force?': silencedWhileStopping,
    });
    expect(ran.report.undoFailed).toEqual(['stop-services']);
    expect(ran.messages.at(-1)?.message).toContain('Could not be taken back: stop-services');
    expect((await stateOf(stage)).services).toEqual({ ...before.services, [host().id]: [] });
    expect(await fromOutside(world)).toMatchObject({ status: 200 });
    // As the message says: by hand.
    host().answer();
    await host().systemctl('start', 'interview-app.service', 'nginx.service');
    const step = 'database-recovery › Stop the services: in force?';
    await expectPutBack(stage, before, ran, {
      status: 'failed',
      error: ran.report.error ?? '',
      step,
      undoFailed: ['stop-services'],
    });
    await stage.until(
      () => world.targets.targets().every(({ state }) => state === 'healthy'),
      'all targets are healthy',
    );
    const resume = { AutoScalingGroupName: group, ScalingProcesses: ['HealthCheck'] };
    await drill.deployment.call(stage.onlooker, 'an operator', 'AutoScaling', 'ResumeProcesses', resume);
  });

  test('a restore that is killed half-way fails the run', async () => {
    const { struck } = await restoreKilled.inject(stage.drill.damageable());
    const ran = await stage.run(INPUT);
    const step = 'database-recovery › Restore beside the old instance: in force?';
    await expectPutBack(stage, before, ran, { status: 'failed', error: 'RestoreFailedError', step });
    await expect(struck).resolves.toMatchObject({ what: containing('killed') });
  });

  test('one row too many in the copy is found, and nothing leads to it', async () => {
    let measured = false;
    const planted: string[] = [];
    const plant = async () => {
      const copy = [...stage.world.rds.plane.instances.values()].at(-1);
      if (copy?.cluster === undefined) throw new TypeError('the copy runs');
      await copy.cluster.withAdmin(stage.world.description.database.name, (admin) =>
        admin.execute(
          `INSERT INTO public.evaluations (user_id, question_id, score, feedback) VALUES (1, 1, 50, 'planted')`,
        ),
      );
      planted.push(copy.identifier, measured ? 'late' : 'in time');
    };
    const ran = await stage.run(INPUT, {
      "database-recovery/Give the copy today's master login": plant,
      'database-recovery/Measure the copy': () => {
        measured = true;
      },
    });
    expect(planted).toEqual([containing(ran.id), 'in time']);
    const step = 'database-recovery › Hold the copy against the baseline';
    await expectPutBack(stage, before, ran, {
      status: 'failed',
      error: 'IntegrityCheckFailedError',
      step,
      says: /evaluations/,
    });
    expect(ran.report.checks.filter(({ status }) => status === 'failed').length).toBeGreaterThan(0);
  });

  test.each([
    { action: 'rds:RestoreDBInstanceToPointInTime', step: 'database-recovery › Restore beside the old instance' },
    { action: 'route53:ChangeResourceRecordSets', step: 'database-recovery › Move the record' },
    { action: 'elasticloadbalancing:CreateRule', step: 'database-recovery › Put the maintenance page up' },
  ])('$action denied fails the run by that name', async ({ action, step }) => {
    await deniedPolicy(action).inject(stage.drill.damageable());
    const ran = await stage.run(INPUT);
    await expectPutBack(stage, before, ran, {
      status: 'failed',
      error: 'AccessDeniedError',
      step,
      says: new RegExp(action),
    });
  });

  const stop = async (run: ExecutionEntry) =>
    await stage.drill.deployment.call(stage.onlooker, 'an operator', 'SFN', 'StopExecution', { executionArn: run.arn });
  const settlements = (id: string) =>
    stage.drill.deployment.parts.machines
      .executions()
      .filter(
        ({ definition, input }) =>
          definition.name.endsWith('settlement') &&
          z.object({ runId: z.string() }).parse(JSON.parse(input)).runId === id,
      );

  test.each([
    'database-recovery/Suspend Auto Scaling',
    'database-recovery/Stop the services: in force?',
    'database-recovery/Fence the old database: in force?',
    'database-recovery/Measure the copy',
    'recovery/Take the lease',
  ])('a run stopped at %s is settled by the rule on its end, once, even where the event comes twice', async (step) => {
    const { bus } = stage.drill.deployment.parts;
    bus.delivery = 'twice';
    const ran = await stage.run(INPUT, { [step]: stop });
    bus.delivery = 'once';
    await expectPutBack(stage, before, ran, {
      status: 'aborted',
      error: 'ABORTED',
      step: null,
      announced: step !== 'recovery/Take the lease',
    });
    expect(settlements(ran.id).length).toBeGreaterThan(1);
  });

  test('a run whose end nobody heard of is settled by the sweep', async () => {
    const { bus } = stage.drill.deployment.parts;
    bus.delivery = 'never';
    let unsettled: unknown = 'not asked';
    const ran = await stage.run(INPUT, { 'database-recovery/Measure the copy': stop }, async () => {
      await stage.passes(600);
      unsettled = await stage.settledAt(stage.lastRun);
      bus.delivery = 'once';
    });
    expect(unsettled).toBeUndefined();
    expect(settlements(ran.id).map(({ name }) => name)).toEqual([`${ran.id}-sweep-1`]);
    await expectPutBack(stage, before, ran, { status: 'aborted', error: 'ABORTED', step: null });
  });

  test('after all that, "latest" succeeds and loses nothing', async () => {
    const old = stage.world.source;
    const ran = await stage.run({ ...INPUT, restoreTime: 'latest' });
    expect(ran.report).toMatchObject({ status: 'succeeded', undoFailed: [], pointOfNoReturnPassed: true });
    const after = await stateOf(stage);
    expect(after).toMatchObject({
      content: before.content,
      suspended: before.suspended,
      pages: [],
      services: before.services,
    });
    expect(after.records).not.toEqual(before.records);
    expect(stage.world.rds.plane.instances.get(old.identifier)?.status).toBe('available');
    expect(await stage.leaseHolder()).toBe('');
  });
});
