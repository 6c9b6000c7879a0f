import { planNames } from '../../contract/plans';
import { whyItStays } from '../../contract/undo';
import { differences, footprintOf, type Footprint } from '../../sandbox/drill/footprint';
import { scenarios, type Scenario } from '../../sandbox/scenarios';
import { describeDrill } from './postgres';
import { Stage, type Ran } from './stage';

jest.setTimeout(300_000);

/** Every plan of the catalogue that changes something and that a scenario can call for. */
const plans = planNames
  .filter((plan) => plan !== 'undo')
  .flatMap((plan) => {
    const scenario = [...scenarios.values()].find((each) => each.plan === plan);
    return scenario === undefined ? [] : [{ plan, scenario }];
  });

describeDrill('what a plan changed, its undo takes back', () => {
  let stage: Stage | undefined;
  afterEach(async () => {
    await stage?.close();
  });

  const footprint = async (on: Stage): Promise<Footprint> =>
    await footprintOf(on.world, on.drill.deployment, on.onlooker);

  /** From a whole application where the plan does something there; otherwise from the damage that it is for. */
  async function carriedOut(on: Stage, scenario: Scenario): Promise<{ before: Footprint; ran: Ran }> {
    const input = { ...scenario.request, plan: scenario.plan };
    const before = await footprint(on);
    const ran = await on.run(input);
    if (ran.report.status === 'succeeded') return { before, ran };
    const { request } = await scenario.inject(on.drill.damageable());
    return { before: await footprint(on), ran: await on.run({ ...input, ...request }) };
  }

  test.each(plans)('$plan', async ({ plan, scenario }) => {
    stage = await Stage.open(`undo-${plan}`.slice(0, 40));
    await scenario.prepare?.(stage.drill.damageable());
    await stage.probe();
    const { before, ran } = await carriedOut(stage, scenario);
    expect(ran.report).toMatchObject({ status: 'succeeded', undoFailed: [] });
    const after = await footprint(stage);
    // A plan of which nothing is seen would prove nothing.
    expect(differences(before, after, [])).not.toEqual([]);

    let undo = await stage.run({ plan: 'undo', run: ran.id });
    if (undo.report.error === 'LossNotAcceptedError') {
      expect(undo.report).toMatchObject({ status: 'rejected', changes: [] });
      expect(differences(after, await footprint(stage), [])).toEqual([]);
      undo = await stage.run({ plan: 'undo', run: ran.id, acceptLoss: true });
    }
    const now = await footprint(stage);
    if (ran.report.changes.every(({ kind, state }) => state === 'undone' || whyItStays(kind) !== undefined)) {
      // All that it made is kept, and says so.
      expect(undo.report).toMatchObject({ status: 'rejected', error: 'NothingToUndoError' });
      expect(differences(after, now, [])).toEqual([]);
      return;
    }
    if (undo.report.status === 'succeeded') {
      expect(differences(before, now)).toEqual([]);
      const again = await stage.run({ plan: 'undo', run: ran.id });
      expect(again.report).toMatchObject({ status: 'rejected', error: 'AlreadyUndoneError' });
    } else {
      // The state before was the broken one: it is not healthy, so what the plan had done is made again.
      expect(undo.report).toMatchObject({ status: 'failed', undoFailed: [] });
      expect(differences(after, now)).toEqual([]);
    }
    expect(await stage.leaseHolder()).toBe('');
    process.stdout.write(`undo of ${plan}: ${undo.report.status}, ${undo.report.changes.length} changes\n`);
  });
});
