import * as z from 'zod';
import { changeKinds } from '../../contract/changes';
import { type Observation, type Report } from '../../contract/report';
import {
  compareRows,
  isOf,
  spanBetween,
  observationOf,
  type Baseline,
  type Comparison,
  type Moment,
  type Observer,
  type Place,
  type Tolerated,
} from '../observer';
import { endpointOf, type Instance } from '../services/rds/instance';
import { type World } from './world';

/** The instance to which the application's name leads now. */
export function servingInstance(world: World): Instance | undefined {
  const { database } = world.description;
  const record = world.route53.records(database.hostedZoneId).find(({ name }) => name === database.address);
  return [...world.rds.plane.instances.values()].find((instance) => endpointOf(instance) === record?.value);
}

/** What the tests of the release leave behind when a run is validated: users under .invalid, and what is theirs. */
const testUsers = `email LIKE 'test-%@example.invalid'`;
export const ownTests: readonly Tolerated[] = [
  { table: 'public.users', where: testUsers },
  { table: 'public.evaluations', where: `user_id IN (SELECT id FROM public.users WHERE ${testUsers})` },
];

export interface Counted {
  readonly observation: Observation;
  readonly comparison: Comparison;
}

/**
 * What the observer counted, row by row: against the database that serves now and the moment that the run says it restored.
 * Where nothing was put in the original's place, the moment is the latest: every acknowledged row has to be there.
 */
export async function count(
  world: World,
  observer: Observer,
  baseline: Baseline,
  report: Report,
  fault: { at: Date; what: string } | null,
): Promise<Counted> {
  const { recovered, replaced, swappedAt } = await servingDatabase(world, report);
  if (report.plan === 'undo' && !replaced) return await countUndone(world, observer, baseline, fault);
  await observer.attribute(replaced ? recovered : undefined, swappedAt);
  const moment: Moment = promotedMoment(world, report) ?? (replaced ? momentOf(report, baseline) : 'latest');
  const comparison = await compareRows({
    entries: observer.entries(),
    baseline,
    recovered,
    moment,
    tolerated: ownTests,
  });
  return { comparison, observation: observationOf(observer, comparison, moment, world.clock, fault) };
}

/**
 * The same where a recovery was undone and the original serves again: every row that it acknowledged has to be there, and
 * what the copy had accepted meanwhile is lost.
 */
async function countUndone(
  world: World,
  observer: Observer,
  baseline: Baseline,
  fault: { at: Date; what: string } | null,
): Promise<Counted> {
  const { name: database } = world.description.database;
  const { cluster } = world.source;
  const copy = [...world.rds.plane.instances.values()].find(
    (instance) => instance !== world.source && instance.cluster !== undefined,
  )?.cluster;
  if (cluster === undefined || copy === undefined) throw new TypeError('an undo leaves the original and the copy');
  await observer.attribute({ cluster: copy, database });
  const entries = observer.entries();
  const meanwhile = entries.filter((entry) => entry.outcome === 'acknowledged' && isOf('recovered', entry));
  const comparison = await compareRows({
    entries: entries.filter((entry) => !meanwhile.includes(entry)),
    baseline,
    recovered: { cluster, database },
    moment: 'latest',
    tolerated: ownTests,
  });
  const observation = observationOf(observer, comparison, 'latest', world.clock, fault);
  const sent = meanwhile.map(({ sentAt }) => sentAt);
  const instant = (at: number) => ({ at, skipped: world.clock.skippedAt(at) });
  return {
    comparison,
    observation: {
      ...observation,
      rows: { ...observation.rows, lost: observation.rows.lost + meanwhile.length },
      lossWindow: sent.length === 0 ? null : spanBetween(instant(Math.min(...sent)), instant(Math.max(...sent))),
    },
  };
}

/**
 * Up to which commit the replica that was promoted had replayed, by its own account; rounded up to what a Date can hold.
 * Undefined where none was, or everything had been waited for: then nothing may be missing.
 */
function promotedMoment(world: World, report: Report): Moment | undefined {
  if (report.restore?.kind !== 'replica' || report.restore.moment === 'latest') return undefined;
  const at = servingInstance(world)?.promotedAt;
  return at === undefined ? undefined : new Date(at.getTime() + 1);
}

const swapTime = z.object({ at: z.date() });

/**
 * Where the application's name leads now, and whether that is another database than at first. On a server of one's own the new one
 * has the name of the old one: the transaction that renamed the old one says since when.
 */
async function servingDatabase(
  world: World,
  report: Report,
): Promise<{ recovered: Place; replaced: boolean; swappedAt?: Date }> {
  const { name, address, engine } = world.description.database;
  // A run between regions that failed has put nothing in the place of the database that is in the other one.
  if (world.beside !== undefined && report.status !== 'succeeded')
    return { recovered: { cluster: world.cluster, database: name }, replaced: false };
  if (engine === 'rds') {
    const serving = servingInstance(world);
    if (serving?.cluster === undefined) throw new TypeError(`no instance serves ${address}`);
    return { recovered: { cluster: serving.cluster, database: name }, replaced: serving !== world.source };
  }
  const { cluster } = world;
  const recovered: Place = { cluster, database: name };
  const swap = changeKinds['database-swap'].target.safeParse(
    report.changes.find(({ kind }) => kind === 'database-swap')?.target,
  );
  if (!swap.success) return { recovered, replaced: false };
  const [swapped] = await cluster.withAdmin(name, (admin) =>
    admin.query(swapTime, 'SELECT pg_xact_commit_timestamp(xmin) AS at FROM pg_database WHERE datname = $1', [
      swap.data.kept,
    ]),
  );
  return swapped === undefined ? { recovered, replaced: false } : { recovered, replaced: true, swappedAt: swapped.at };
}

/**
 * What was restored to. A backup may be of before the observer's baseline, and nobody wrote in between: then everything of the
 * baseline has to be there, and no write of the observer's.
 */
function momentOf(report: Report, baseline: Baseline): Moment {
  const { restore } = report;
  if (restore === null) throw new TypeError('the replacement serves and the report knows no restore');
  if (restore.moment === 'latest') return 'latest';
  const moment = new Date(restore.moment);
  return restore.kind !== 'point-in-time' && moment < baseline.takenAt ? baseline.takenAt : moment;
}
