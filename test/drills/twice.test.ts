import type { ErrorName } from '../../contract/errors';
import { differences } from '../../sandbox/drill/differences';
import { footprintOf, type Footprint } from '../../sandbox/drill/footprint';
import { scenarios, type Scenario } from '../../sandbox/scenarios';
import { describeDrill } from './postgres';
import { Stage } from './stage';

/** The same input once more, after it has done its work: somebody was woken twice. */
jest.setTimeout(480_000);

/** How the second one ends: it finds everything as it should be and leaves it so, or says by name why it does nothing. */
const again: Readonly<Record<string, 'succeeded' | ErrorName>> = {
  'application-recovery': 'succeeded',
  'configuration-recovery': 'succeeded',
  'file-system-recovery': 'succeeded',
  // Somebody who is woken twice does not mean to go back two steps, or to where the first one came from.
  'application-rollback': 'RolledBackAlreadyError',
  'configuration-rollback': 'RolledBackAlreadyError',
  'auto-scaling-rollback': 'RolledBackAlreadyError',
  // The listener forwards to the described group alone already.
  'load-balancer-rollback': 'TargetGroupUnfitError',
  // The version is the one that is asked for.
  'schema-rollback': 'InvalidInputError',
  'infrastructure-recovery': 'InfrastructureIntactError',
  // The only snapshot was merged; where there is an older one the refusal is `RolledBackAlreadyError`.
  'file-system-rollback': 'RecoverySourceMissingError',
};
/** What git notes of its last fetch, although there was nothing new. */
const fetched = /^host [^:]+: var\/www\/releases\/[^/]+\/\.git\/FETCH_HEAD: /;

const scenarioOf = (plan: string): Scenario => {
  const found = [...scenarios.values()].find((scenario) => scenario.plan === plan);
  if (found === undefined) throw new TypeError(`no scenario calls for ${plan}`);
  return found;
};

describeDrill('a plan that runs twice', () => {
  let stage: Stage | undefined;
  afterEach(async () => {
    await stage?.close();
  });

  test.each(Object.entries(again))('%s', async (plan, ends) => {
    const scenario = scenarioOf(plan);
    stage = await Stage.open(`twice-${plan}`);
    const { world, deployment } = stage.drill;
    const footprint = async (): Promise<Footprint> => await footprintOf(world, deployment.parts.alarms);
    await scenario.prepare?.(stage.drill.damageable());
    await stage.probe();
    const broken = await footprint();
    const { request } = await scenario.inject(stage.drill.damageable());
    const input = { ...scenario.request, ...request, plan };
    const first = await stage.run(input);
    expect(first.report).toMatchObject({ status: 'succeeded', undoFailed: [] });
    const after = await footprint();
    // A plan that did nothing would do the same nothing twice.
    expect(first.report.changes).not.toEqual([]);
    expect(differences(broken, after, [])).not.toEqual([]);

    const second = await stage.run(input);
    const { status, error, cause, changes } = second.report;
    process.stdout.write(`${plan} again: ${status} ${error ?? ''}, ${changes.length} changes. ${cause ?? ''}\n`);
    expect(second.report).toMatchObject({ undoFailed: [], health: { healthy: true } });
    if (ends === 'succeeded') expect({ status, cause }).toEqual({ status: 'succeeded' });
    else expect({ status, error, changes }).toEqual({ status: 'rejected', error: ends, changes: [] });
    const now = await footprint();
    expect(differences(after, now).filter((each) => !fetched.test(each))).toEqual([]);
    expect(await stage.leaseHolder()).toBe('');
  });
});
