import { planNames } from '../../contract/plans';
import {
  asProvisioned,
  differences,
  inTheInstancesPlace,
  inTheirPlaces,
  underItsName,
} from '../../sandbox/drill/differences';
import { footprintOf, type Footprint } from '../../sandbox/drill/footprint';
import { templateData } from '../../sandbox/drill/instances';
import { defaultHealthCheck, TargetGroup } from '../../sandbox/network';
import { scenarios, type Scenario } from '../../sandbox/scenarios';
import { containing } from '../asl/machines';
import { matching } from '../lambdas/matchers';
import { assemblyWith } from './assembly';
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
  /** Of another description. */
  readonly assembly?: () => string;
  /** From the damage, also where the plan has something to do in a whole application. */
  readonly damaged?: boolean;
  /** Kinds of change that the plan makes, where another course would prove nothing. */
  readonly makes?: readonly string[];
  /** What happens while it is undone, by `machine/state`. */
  readonly spoils?: Readonly<Record<string, (on: Stage) => void>>;
  /** What stands in the place of something else afterwards: in the footprint it is as if it were that. */
  readonly placed?: (before: Footprint, now: Footprint, on: Stage) => Footprint;
  /** What the undo leaves beside it, beyond what differs. */
  readonly keeps?: (now: Footprint, undo: Ran, on: Stage) => void;
}

/** All others end well. */
const endings: Readonly<Record<string, Ending>> = {
  // A snapshot is kept, and there is nothing else.
  'take-snapshot': 'NothingToUndoError',
  // Users are not led back to a group of which nobody is healthy.
  'load-balancer-rollback': 'failed',
  // Without what it made nobody is led to the hosts.
  'infrastructure-recovery': 'NoWayBackError',
};

/** The one that was replaced is fenced, and kept with its data until a day. */
function theReplacedInstance(now: Footprint, { id, report }: Ran, { world }: Stage): void {
  const { logins } = world.description.database;
  const [name, is] = Object.entries(now).find(([, text]) => text.includes('"lifeboat:expires"')) ?? ['', ''];
  // By rename it has another name by now.
  expect(name).toMatch(/^instance (interview-drills-drill|lifeboat-drill-old-)/);
  expect(is).toContain(`["lifeboat:run","${id}"]`);
  expect(is).toMatch(/\["lifeboat:expires","\d{4}-\d\d-\d\d"\]/);
  const [, resource = 'none'] = /"resourceId":"([^"]+)"/.exec(is) ?? [];
  const access = now[`database ${resource}: who may connect`]?.split(',') ?? [];
  // The master alone; PUBLIC has no name, and may only make temporary tables.
  expect(access.filter((each) => /^[^/]*c/i.test(each.split('=')[1] ?? ''))).toEqual([containing('master=')]);
  expect(access.join(',')).not.toContain(logins[0]?.role);
  expect(report.kept).toContainEqual({ what: containing(name.replace('instance ', '')), until: matching(/^\d{4}/) });
}

/** Of single plans. */
const specials: Readonly<Record<string, Partial<Case>>> = {
  // What the migration drops has rows. It is restored into another instance; the one before is kept.
  'schema-rollback': {
    damaged: true,
    placed: (before, now, { world }) => inTheInstancesPlace(before, now, world.description.database.address),
    keeps: theReplacedInstance,
  },
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
      : [{ name: plan, scenario, ends: endings[plan] ?? 'succeeded', ...specials[plan] }];
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
      placed: inTheirPlaces,
    },
    {
      name: 'auto-scaling-rollback from what is broken',
      ends: 'failed',
      scenario,
      damaged: true,
      placed: inTheirPlaces,
    },
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

/** The copy takes the name of the instance, which is kept under another one. */
const byRename: readonly Case[] = plain
  .filter(({ name }) => name === 'schema-rollback')
  .map((each) => ({
    ...each,
    name: `${each.name} by rename`,
    assembly: () =>
      assemblyWith((description) => ({
        ...description,
        database: { ...description.database, cutOver: 'rename' },
      })),
  }));

const otherGroup = (targetGroupArn: string): string =>
  targetGroupArn.replace(/\/([^/]+)\/([^/]+)$/, '/other/0123456789abcdef');

/**
 * Another group has long served, by the listener's default; the described one, its rule and its record are missing, and
 * somebody wants a host less than the template says, though none has ended.
 */
function besideAnotherWay({ world }: Stage): void {
  const { autoScaling, clock, description, elb, hosts, route53 } = world;
  const { listenerArn, targetGroupArn } = description.loadBalancer;
  const { hostedZoneId, name: record, ttlSeconds } = description.publicRecord;
  const group = new TargetGroup('other', clock, { ...defaultHealthCheck, path: '/api/health' });
  for (const host of hosts) group.register(host.id, host.address, host.endpoint(80).port);
  elb.addTargetGroup(otherGroup(targetGroupArn), group);
  elb.setDefaultAction(listenerArn, { kind: 'forward', groups: [{ group, weight: 1 }] });
  elb.groups.remove(targetGroupArn);
  route53.addRecord(hostedZoneId, record, `other.${record}`, ttlSeconds);
  autoScaling.suspend(description.autoScalingGroup, ['Terminate']);
  autoScaling.resize(description.autoScalingGroup, { minSize: 1, maxSize: 2, desired: 1 });
}

function infrastructureCases(): readonly Case[] {
  const scenario = scenarioOf('infrastructure-recovery');
  if (scenario === undefined) throw new TypeError('no scenario calls for infrastructure-recovery');
  const beside = {
    scenario: { ...scenario, prepare: () => Promise.resolve() },
    prepare: besideAnotherWay,
    makes: ['change-set', 'stack-update', 'target-group', 'target-registration', 'listener-rule', 'dns-record'],
  };
  return [
    { ...beside, name: 'infrastructure-recovery from what lives', ends: 'succeeded', placed: asProvisioned },
    {
      ...beside,
      name: 'infrastructure-recovery from what lived until then',
      ends: 'failed',
      // Everybody leaves the other group once it is decided that it leads to somebody.
      spoils: {
        'undo/Undo listener-rule': ({ world: { description, elb, hosts } }) => {
          const group = elb.groupAt(otherGroup(description.loadBalancer.targetGroupArn));
          for (const { id } of hosts) group?.deregister(id);
        },
      },
      placed: underItsName,
    },
  ];
}

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
async function undone(on: Stage, of: string, after: Footprint, { spoils = {} }: Case): Promise<Ran> {
  const happenings = Object.entries(spoils).map(
    ([state, happens]) =>
      [
        state,
        () => {
          happens(on);
        },
      ] as const,
  );
  const undo = await on.run({ plan: 'undo', run: of }, Object.fromEntries(happenings));
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

  test.each([...plain, ...broken, ...betweenGroups, ...byRename, ...infrastructureCases(), ...instanceCases()])(
    '$name',
    async (each) => {
      const on = await Stage.open(`undo-${each.name.replace(/\W+/g, '-')}`.slice(0, 40));
      stage = on;
      await each.scenario.prepare?.(stage.drill.damageable());
      each.prepare?.(stage);
      await stage.probe();
      const { before, ran } = await carriedOut(stage, each);
      expect(ran.report).toMatchObject({ status: 'succeeded', undoFailed: [] });
      expect(ran.report.changes.map(({ kind }) => kind)).toEqual(expect.arrayContaining([...(each.makes ?? [])]));
      const after = await footprint(stage);
      // A plan of which nothing is seen would prove nothing.
      expect(differences(before, after, [])).not.toEqual([]);

      const undo = await undone(stage, ran.id, after, each);
      const now = await footprint(stage);
      const placed = (than: Footprint) => each.placed?.(than, now, on) ?? now;
      const { status, error, cause, changes } = undo.report;
      process.stdout.write(
        `undo of ${each.name}: ${status} ${error ?? ''}, ${changes.length} changes. ${cause ?? ''}\n`,
      );
      expect(undo.report).toMatchObject({ undoFailed: [], health: { healthy: true } });
      switch (each.ends) {
        case 'succeeded': {
          expect({ status, error, cause }).toEqual({ status: 'succeeded' });
          expect(differences(before, placed(before))).toEqual([]);
          each.keeps?.(now, undo, on);
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
    },
  );
});
