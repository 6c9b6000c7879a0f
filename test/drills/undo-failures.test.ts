import { differences } from '../../sandbox/drill/differences';
import { footprintOf, type Footprint } from '../../sandbox/drill/footprint';
import { parsePolicy } from '../../sandbox/identity';
import { assemblyWith } from './assembly';
import { expectPutBack } from './expectations';
import { describeDrill } from './postgres';
import { Stage } from './stage';
import { stateOf } from './state';

/** Undos of one run that fail in their midst, one after the other, and then one that does not. */
jest.setTimeout(300_000);

describeDrill('an undo that fails in its midst', () => {
  let stage: Stage;
  /** The run that is to be undone. */
  let of = '';
  /** Before it, and after it. */
  let before: Footprint;
  let after: Footprint;

  const footprint = () => footprintOf(stage.world, stage.drill.deployment.parts.alarms);
  /** Runs take hosts in the order of their ids, and an undo from the last one back. */
  const hosts = () => stage.world.hosts.toSorted((one, other) => one.id.localeCompare(other.id));
  const last = () => {
    const host = hosts().at(-1);
    if (host === undefined) throw new TypeError('there are two hosts');
    return host;
  };
  const undo = () => ({ plan: 'undo', run: of });

  beforeAll(async () => {
    // On a machine that has much else to do a release is slow by no fault of its own.
    const patient = assemblyWith((description) => ({
      ...description,
      serviceLevels: { ...description.serviceLevels, requestsWithinMilliseconds: 60_000 },
    }));
    stage = await Stage.open('undo-fails', patient);
    before = await footprint();
    const ran = await stage.run({ plan: 'application-rollback', release: 'v1.2.0' });
    expect(ran.report).toMatchObject({ status: 'succeeded', undoFailed: [] });
    of = ran.id;
    after = await footprint();
    expect(differences(before, after)).not.toEqual([]);
  }, 300_000);
  afterAll(async () => {
    await stage.close();
  });

  test('a host that does not answer: what was taken back is made again, and nothing differs', async () => {
    const was = await stateOf(stage);
    const ran = await stage.run(undo(), {
      'undo/Undo release': () => {
        last().silence();
      },
      'recovery/Settle': () => {
        last().answer();
      },
    });
    await expectPutBack(stage, was, ran, {
      status: 'failed',
      error: 'UndoFailedError',
      step: 'undo › Undo release: as before?',
      says: new RegExp(`release-2 could not be taken back: HostOfflineError: .*${last().id}`),
    });
    expect(ran.report.changes.map(({ key, state }) => `${key} ${state}`)).toEqual([
      'suspend-auto-scaling undone',
      'undo-group-launch-template undone',
      'undo-release-2 undone',
    ]);
    expect(differences(after, await footprint(), [])).toEqual([]);
  });

  test('somebody aborts it while a host goes back: what was taken back is made again', async () => {
    const was = await stateOf(stage);
    const ran = await stage.run(undo(), {
      'undo/Undo release: as before?': async ({ arn }) =>
        await stage.drill.deployment.call(stage.onlooker, 'an operator', 'SFN', 'StopExecution', { executionArn: arn }),
    });
    await expectPutBack(stage, was, ran, { status: 'aborted', error: 'ABORTED', step: null });
    expect(differences(after, await footprint(), [])).toEqual([]);
  });

  test('a permission that is taken away in its midst: what could not be made again is named, and users are served', async () => {
    const was = await stateOf(stage);
    const { roles } = stage.drill.deployment.parts;
    const role = roles.all().find(({ name }) => name.includes('ChangeRelease'));
    if (role === undefined) throw new TypeError('no role for releases');
    const statement = { Effect: 'Deny', Action: 'ssm:SendCommand', Resource: '*' };
    const ran = await stage.run(undo(), {
      'undo/Undo release': () => {
        roles.attach(role.name, parsePolicy('tightened', { Version: '2012-10-17', Statement: statement }, 'identity'));
      },
    });
    roles.detach(role.name, 'tightened');
    await expectPutBack(stage, was, ran, {
      status: 'failed',
      error: 'UndoFailedError',
      step: 'undo › Undo release',
      says: /release-2 could not be taken back: .*ssm:SendCommand/,
      undoFailed: ['undo-release-2'],
    });
    // It was never begun: what is there is what the run had left.
    expect(differences(after, await footprint(), [])).toEqual([]);
  });

  test('begun again it comes to its end, and once more there is nothing left', async () => {
    const { report } = await stage.run(undo());
    expect(report).toMatchObject({ status: 'succeeded', undoFailed: [], health: { healthy: true } });
    expect(differences(before, await footprint())).toEqual([]);
    expect(await stage.leaseHolder()).toBe('');
    const again = await stage.run(undo());
    expect(again.report).toMatchObject({ status: 'rejected', error: 'AlreadyUndoneError', changes: [] });
    expect(differences(before, await footprint())).toEqual([]);
  });
});
