import { planNames } from '../../contract/plans';
import { differences, inTheirPlaces } from '../../sandbox/drill/differences';
import { footprintOf, type Footprint } from '../../sandbox/drill/footprint';
import { templateData } from '../../sandbox/drill/instances';
import { defaultHealthCheck, TargetGroup } from '../../sandbox/network';
import { scenarios, type Scenario } from '../../sandbox/scenarios';
import { describeDrill } from './postgres';
import { Stage, type Ran } from './stage';

// The longest, of the full system, took two minutes on two cores that had much else to do.
jest.setTimeout(480_000);

/** How an undo ends: the state before was the broken one, and what the plan had done is made again; or it is refused by a name. */
type Ending = 'succeeded' | 'failed' | 'NothingToUndoError' | 'NoWayBackError';

interface Case {
  readonly name: string;
  readonly ends: Ending;
  readonly scenario: Scenario;
  /** What the operator gives to the plan beside its name. */
  readonly request?: Readonly<Record<string, unknown>>;
  /** Beside the scenario's own. */
  readonly prepare?: (on: Stage) => void;
  /** From the damage, also where the plan has something to do in a whole application. */
  readonly damaged?: boolean;
  /** Every instance is replaced by another one, and by another one again. */
  readonly replaces?: boolean;
}

/** All others end well. */
const endings: Readonly<Record<string, Ending>> = {
  // A snapshot is kept, and there is nothing else.
  'take-snapshot': 'NothingToUndoError',
  // Users are not led back to a group of which nobody is healthy.
  'load-balancer-rollback': 'failed',
  // Without what it made nobody is led to the hosts.
  'infrastructure-recovery': 'NoWayBackError',
  // What was dropped is in a snapshot.
  'schema-rollback': 'NoWayBackError',
};

/** A plan's first scenario. */
const scenarioOf = (plan: string): Scenario | undefined =>
  [...scenarios.values()].find((scenario) => scenario.plan === plan);

/** Every plan of the catalogue within a region that changes something and that a scenario can call for. */
const plain: readonly Case[] = planNames
  .filter((plan) => plan !== 'undo' && plan !== 'auto-scaling-rollback')
  .flatMap((plan) => {
    const scenario = scenarioOf(plan);
    return scenario === undefined || scenario.regions !== undefined
      ? []
      : [{ name: plan, scenario, ends: endings[plan] ?? 'succeeded' }];
  });

/** From one version that lives to another one, and from the broken one that it is for. */
function instanceCases(): readonly Case[] {
  const scenario = scenarioOf('auto-scaling-rollback');
  if (scenario === undefined) throw new TypeError('no scenario calls for auto-scaling-rollback');
  const earlier = ({ world: { description, ec2 } }: Stage) => {
    ec2.launchTemplates.addVersion(description.launchTemplate.id, templateData(description, 'v1.2.0'));
  };
  const request = { launchTemplateVersion: '2' };
  return [
    {
      name: 'auto-scaling-rollback from what lives',
      ends: 'succeeded',
      scenario,
      request,
      prepare: earlier,
      replaces: true,
    },
    { name: 'auto-scaling-rollback from what is broken', ends: 'failed', scenario, damaged: true, replaces: true },
  ];
}

/** From one target group to another one, both healthy. */
const betweenGroups: readonly Case[] = plain
  .filter(({ name }) => name === 'load-balancer-rollback')
  .map(({ name, scenario }) => ({
    name: `${name} from what lives`,
    ends: 'succeeded',
    // Both are there; nothing is broken.
    scenario: { ...scenario, request: { targetGroup: 'other' } },
    prepare: ({ world: { clock, description, elb, hosts } }) => {
      const group = new TargetGroup('other', clock, { ...defaultHealthCheck, path: '/api/health' });
      for (const host of hosts) group.register(host.id, host.address, host.endpoint(80).port);
      const { targetGroupArn } = description.loadBalancer;
      elb.addTargetGroup(targetGroupArn.replace(/\/([^/]+)\/([^/]+)$/, '/other/0123456789abcdef'), group);
    },
  }));

/** The state before was the one that the plan is for: an undo finds out that it is not healthy. */
const broken: readonly Case[] = plain
  .filter(({ name }) => name === 'application-recovery' || name === 'configuration-recovery')
  .map((each) => ({ ...each, name: `${each.name} from what is broken`, ends: 'failed', damaged: true }));

const footprint = async (on: Stage): Promise<Footprint> =>
  await footprintOf(on.world, on.drill.deployment.parts.alarms);

/** From a whole application where the plan does something there; otherwise from the damage that it is for. */
async function carriedOut(on: Stage, { scenario, damaged = false, ...more }: Case) {
  const input = { ...scenario.request, ...more.request, plan: scenario.plan };
  if (!damaged) {
    const before = await footprint(on);
    const ran = await on.run(input);
    if (ran.report.status === 'succeeded') return { before, ran };
  }
  const { request } = await scenario.inject(on.drill.damageable());
  return { before: await footprint(on), ran: await on.run({ ...input, ...request }) };
}

/** Of a run that lost rows the first undo says how many, and changes nothing. */
async function undone(on: Stage, of: string, after: Footprint): Promise<Ran> {
  const undo = await on.run({ plan: 'undo', run: of });
  if (undo.report.error !== 'LossNotAcceptedError') return undo;
  expect(undo.report).toMatchObject({ status: 'rejected', changes: [] });
  expect(differences(after, await footprint(on), [])).toEqual([]);
  return await on.run({ plan: 'undo', run: of, acceptLoss: true });
}

describeDrill('what a plan changed, its undo takes back', () => {
  let stage: Stage | undefined;
  afterEach(async () => {
    await stage?.close();
  });

  test.each([...plain, ...broken, ...betweenGroups, ...instanceCases()])('$name', async (each) => {
    stage = await Stage.open(`undo-${each.name.replace(/\W+/g, '-')}`.slice(0, 40));
    await each.scenario.prepare?.(stage.drill.damageable());
    each.prepare?.(stage);
    await stage.probe();
    const { before, ran } = await carriedOut(stage, each);
    expect(ran.report).toMatchObject({ status: 'succeeded', undoFailed: [] });
    const after = await footprint(stage);
    // A plan of which nothing is seen would prove nothing.
    expect(differences(before, after, [])).not.toEqual([]);

    const undo = await undone(stage, ran.id, after);
    const now = await footprint(stage);
    const placed = (than: Footprint) => (each.replaces === true ? inTheirPlaces(than, now) : now);
    const { status, error, cause, changes } = undo.report;
    process.stdout.write(`undo of ${each.name}: ${status} ${error ?? ''}, ${changes.length} changes. ${cause ?? ''}\n`);
    expect(undo.report).toMatchObject({ undoFailed: [], health: { healthy: true } });
    switch (each.ends) {
      case 'succeeded': {
        expect({ status, error, cause }).toEqual({ status: 'succeeded' });
        expect(differences(before, placed(before))).toEqual([]);
        const again = await stage.run({ plan: 'undo', run: ran.id });
        expect(again.report).toMatchObject({ status: 'rejected', error: 'AlreadyUndoneError' });
        break;
      }
      case 'failed':
        expect(status).toBe('failed');
        expect(differences(after, placed(after))).toEqual([]);
        break;
      default:
        expect({ status, error, changes }).toEqual({ status: 'rejected', error: each.ends, changes: [] });
        expect(differences(after, now, [])).toEqual([]);
    }
    expect(await stage.leaseHolder()).toBe('');
  });
});
