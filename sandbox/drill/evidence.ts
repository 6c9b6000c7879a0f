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
  const { database } = world.description;
  const serving = servingInstance(world);
  if (serving?.cluster === undefined) throw new TypeError(`no instance serves ${database.address}`);
  const replaced = serving !== world.source;
  const recovered: Place = { cluster: serving.cluster, database: database.name };
  if (report.plan === 'undo' && !replaced) return await countUndone(world, observer, baseline, fault);
  await observer.attribute(replaced ? recovered : undefined);
  const moment: Moment = replaced ? momentOf(report) : 'latest';
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

function momentOf(report: Report): Moment {
  if (report.restore === null) throw new TypeError('the replacement serves and the report knows no restore');
  return report.restore.moment === 'latest' ? 'latest' : new Date(report.restore.moment);
}
