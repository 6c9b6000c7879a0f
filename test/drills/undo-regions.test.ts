import * as z from 'zod';
import { TAGS } from '../../contract/environment';
import { differences } from '../../sandbox/drill/differences';
import { ownTests } from '../../sandbox/drill/evidence';
import { footprintOf, type Footprint } from '../../sandbox/drill/footprint';
import { usersAddress } from '../../sandbox/drill/regions';
import { type World } from '../../sandbox/drill/world';
import { contentDigest } from '../../sandbox/databases';
import { type Instance } from '../../sandbox/services/rds/instance';
import { containing } from '../asl/machines';
import { assembly, assemblyWith, STACK, STANDBY_STACK } from './assembly';
import { describeDrill } from './postgres';
import { Stage } from './stage';

/** Undos of one move between regions: refused, failing in their midst, and then one that comes to its end. */
jest.setTimeout(600_000);

/** Of both regions: the stack's first. */
type Both = readonly [Footprint, Footprint];

class TwoRegions {
  /**
   * Over there nobody replaces a host whose database is fenced: each new one would be as unhealthy, and what differs from
   * before could not be told from that.
   */
  constructor(readonly stage: Stage) {
    const { autoScaling, description } = this.beside;
    autoScaling.suspend(description.autoScalingGroup, ['Launch', 'Terminate', 'HealthCheck', 'ReplaceUnhealthy']);
  }

  get beside(): World {
    const { beside } = this.stage.world;
    if (beside === undefined) throw new TypeError('there are two regions');
    return beside;
  }

  async footprints(): Promise<Both> {
    const { alarms } = this.stage.drill.deployment.parts;
    return [await footprintOf(this.stage.world, alarms), await footprintOf(this.beside, alarms)];
  }

  async users(): Promise<{ readonly status: number; readonly here: boolean }> {
    const address = usersAddress(this.stage.world, this.beside)();
    const { status } = await fetch(`${address}/api/health`);
    return { status, here: address === this.stage.world.balancer.url };
  }

  /** By its name in the region of the stack. */
  instance(identifier: string): Instance {
    const { instances } = this.stage.world.rds.plane;
    const found = [...instances.values()].find((each) => each.identifier === identifier);
    if (found === undefined) throw new TypeError(`no ${identifier} among ${[...instances.keys()].join(', ')}`);
    return found;
  }

  /** What users write to a database while it serves. */
  async write(instance: Instance, rows: number): Promise<void> {
    await instance.cluster?.withAdmin(this.stage.world.description.database.name, (admin) =>
      admin.execute(
        `INSERT INTO public.evaluations (user_id, question_id, score, feedback)
           SELECT 1, 1, 50, 'written since' FROM generate_series(1, ${rows})`,
      ),
    );
  }

  async content(instance: Instance): Promise<string> {
    if (instance.cluster === undefined) throw new TypeError(`${instance.identifier} has no cluster`);
    return (await contentDigest(instance.cluster, this.stage.world.description.database.name, ownTests)).digest;
  }
}

const differ = (than: Both, now: Both, kept?: readonly RegExp[]): string[] => [
  ...differences(than[0], now[0], kept),
  ...differences(than[1], now[1], kept),
];

const resourceIn = (footprint: Footprint, identifier: string): string =>
  /"resourceId":"([^"]+)"/.exec(footprint[`instance ${identifier}`] ?? '')?.[1] ?? '';

/** As if the replica that was made anew were the one before, which is kept, promoted, by another name. */
function inTheReplicasPlace(before: Footprint, now: Footprint, identifier: string): Footprint {
  const [then, today] = [resourceIn(before, identifier), resourceIn(now, identifier)];
  const put = (text: string) => text.replaceAll(then, 'the promoted one').replaceAll(today, then);
  return Object.fromEntries(Object.entries(now).map(([name, is]) => [put(name), put(is)]));
}

const tagged = z.object({ tags: z.array(z.tuple([z.string(), z.string()])) });
/** RDS tells its own key of an instance that was given none; one that is made like it is given that one. */
const ownKey = /,"PerformanceInsightsKMSKeyId":"[^"]+"/;

/** Without the tags of the run that made it. */
function untagged(footprint: Footprint, identifier: string): Footprint {
  const name = `instance ${identifier}`;
  const text = footprint[name] ?? '{}';
  const { tags } = tagged.parse(JSON.parse(text));
  const own: readonly string[] = Object.values(TAGS);
  const left = tags.filter(([tag]) => !own.includes(tag));
  return { ...footprint, [name]: text.replace(JSON.stringify(tags), JSON.stringify(left)).replace(ownKey, '') };
}

describeDrill('a fail-over that was none is taken back', () => {
  let on: TwoRegions;
  /** The fail-over. */
  let of = '';
  let before: Both;
  let after: Both;
  let standby = '';
  const primary = () => on.beside.source;
  const undo = async (more: object = {}, ...happenings: Parameters<Stage['run']>[1][]) =>
    await on.stage.run({ plan: 'undo', run: of, ...more }, ...happenings);

  beforeAll(async () => {
    on = new TwoRegions(
      await Stage.open('undo-cross', assembly(STANDBY_STACK), { stack: STANDBY_STACK, regions: 'lost' }),
    );
    standby = on.stage.world.description.database.instanceIdentifier;
    before = await on.footprints();
    const ran = await on.stage.run({ plan: 'cross-region-recovery' });
    expect(ran.report).toMatchObject({ status: 'succeeded', undoFailed: [] });
    expect(await on.users()).toEqual({ status: 200, here: true });
    of = ran.id;
    await on.write(on.instance(standby), 3);
    after = await on.footprints();
    // A move of which nothing is seen in either region would prove nothing.
    expect(differences(before[0], after[0])).not.toEqual([]);
    expect(differences(before[1], after[1])).not.toEqual([]);
  });
  afterAll(async () => {
    await on.stage.close();
  });

  test('what was written since is counted first, and nobody can accept it before', async () => {
    const { report } = await undo({ acceptLoss: true });
    expect(report).toMatchObject({ status: 'rejected', error: 'LossNotAcceptedError', changes: [], undoFailed: [] });
    // Refused, and told what leads back without a loss, and where.
    expect(report.cause).toMatch(/[0-9]+ of evaluations .*is fail-back, started in us-east-1/);
    expect(differ(after, await on.footprints(), [])).toEqual([]);
    expect(await on.users()).toEqual({ status: 200, here: true });
  });

  test('the old primary dies once the promoted one is fenced: that one is opened again, and serves', async () => {
    const { report } = await undo(
      { acceptLoss: true },
      {
        'undo/Open the database over there': async () => await primary().cluster?.kill(),
        'recovery/Settle': async () => await primary().cluster?.start(),
      },
    );
    expect(report).toMatchObject({ status: 'failed', error: 'UndoFailedError', undoFailed: [] });
    expect(report.failedStep).toContain('Open the database over there');
    expect(report).toMatchObject({ pointOfNoReturnPassed: false, health: { healthy: true } });
    expect(report.changes.map(({ key, state }) => `${key} ${state}`)).toEqual([
      'suspend-auto-scaling undone',
      'maintenance-page undone',
      'stop-services undone',
      'fence-serving undone',
      'undo-fence-database undone',
    ]);
    expect(await on.users()).toEqual({ status: 200, here: true });
    expect(differ(after, await on.footprints(), [])).toEqual([]);
  });

  test('accepted, it leads users home, and what was promoted is kept beside a replica that follows', async () => {
    const promoted = on.instance(standby);
    const { report } = await undo({ acceptLoss: true });
    expect([report.status, report.error ?? '', report.cause ?? '']).toEqual(['succeeded', '', '']);
    expect(report).toMatchObject({ undoFailed: [], health: { healthy: true } });
    expect(await on.users()).toEqual({ status: 200, here: false });

    // Home is as it was, and so is this region but for a replica that is another one.
    const now = await on.footprints();
    const placed = inTheReplicasPlace(before[0], now[0], standby);
    expect(differences(before[1], now[1])).toEqual([]);
    expect(differences(before[0], placed)).toEqual([containing(`instance ${standby}: `)]);
    expect(differences(untagged(before[0], standby), untagged(placed, standby))).toEqual([]);

    const replica = on.instance(standby);
    expect(replica.follows).toBe(primary());
    expect(replica.tags.has(TAGS.expires)).toBe(false);
    expect(promoted.identifier).toMatch(/^lifeboat-drill-old-/);
    expect(promoted.tags.get(TAGS.run)).toBe(report.runId);
    expect(promoted.tags.has(TAGS.expires)).toBe(true);
    // What was lost is not gone: it is in there.
    expect(await on.content(promoted)).not.toBe(await on.content(replica));
    expect(await on.content(replica)).toBe(await on.content(primary()));
    expect(report.decisions.find(({ subject }) => subject.startsWith('the replica of'))?.choice).toContain('made anew');
    expect(report.checks.find(({ name }) => name === 'rows accepted since the run')?.actual).toMatch(
      /3 of evaluations/,
    );

    const again = await undo();
    expect(again.report).toMatchObject({ status: 'rejected', error: 'AlreadyUndoneError', changes: [] });
    expect(await on.stage.leaseHolder()).toBe('');
  });
});

describeDrill('a fail-back is taken back', () => {
  let on: TwoRegions;
  let of = '';
  let before: Both;
  let after: Both;
  const undo = async (...happenings: Parameters<Stage['run']>[1][]) =>
    await on.stage.run({ plan: 'undo', run: of }, ...happenings);

  beforeAll(async () => {
    // The release's own tests write rows, and here nobody does.
    const quiet = assemblyWith((description) => ({
      ...description,
      validation: { ...description.validation, tests: 'none' },
    }));
    on = new TwoRegions(await Stage.open('undo-back', quiet, { stack: STACK, regions: 'returned' }));
    before = await on.footprints();
    const ran = await on.stage.run({ plan: 'fail-back' });
    expect(ran.report).toMatchObject({ status: 'succeeded', undoFailed: [] });
    expect(await on.users()).toEqual({ status: 200, here: true });
    of = ran.id;
    after = await on.footprints();
    expect(differences(before[0], after[0])).not.toEqual([]);
    expect(differences(before[1], after[1])).not.toEqual([]);
  });
  afterAll(async () => {
    await on.stage.close();
  });

  test('the application over there does not become healthy: users stay where they are served', async () => {
    const nginx = async (verb: string) => {
      for (const host of on.beside.hosts) await host.run(`systemctl ${verb} nginx`);
    };
    const { report } = await undo({
      'undo/Open the database over there': async () => {
        await nginx('stop');
      },
      'recovery/Settle': async () => {
        await nginx('start');
      },
    });
    expect([report.status, report.error]).toEqual(['failed', 'WaitExpired']);
    expect(report.failedStep).toContain('Healthy over there');
    expect(report).toMatchObject({ pointOfNoReturnPassed: false, undoFailed: [], health: { healthy: true } });
    expect(await on.users()).toEqual({ status: 200, here: true });
    expect(differ(after, await on.footprints(), [])).toEqual([]);
  });

  test('nobody has written since, so nobody has to accept anything: the standby serves again, and all is as it was', async () => {
    const { report } = await undo();
    expect([report.status, report.error ?? '', report.cause ?? '']).toEqual(['succeeded', '', '']);
    expect(report).toMatchObject({ undoFailed: [], health: { healthy: true } });
    expect(await on.users()).toEqual({ status: 200, here: false });
    expect(differ(before, await on.footprints())).toEqual([]);
    const [made] = [...on.stage.world.rds.plane.instances.values()].filter(({ identifier }) =>
      identifier.startsWith('lifeboat-'),
    );
    // What served at home is kept, fenced, with its data.
    expect(made?.tags.get(TAGS.run)).toBe(of);
    expect(made?.tags.has(TAGS.expires)).toBe(true);
    const again = await undo();
    expect(again.report).toMatchObject({ status: 'rejected', error: 'AlreadyUndoneError', changes: [] });
    expect(await on.stage.leaseHolder()).toBe('');
  });
});
