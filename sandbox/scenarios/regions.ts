import { TAGS } from '../../contract/environment';
import { type Check } from '../../contract/run';
import { NothingToDamageError, type Scenario, sandboxOf, type World } from './scenario';

/** Both regions, and what leads users to them. */
function regionsOf(world: World) {
  const here = sandboxOf(world);
  const { beside } = here;
  if (beside === undefined) throw new NothingToDamageError('there is one region only');
  const { description, resolver, rds } = here;
  const users = new URL(description.publicUrl).hostname;
  const leadsHere = () => resolver.resolve(users).addresses.includes(new URL(here.balancer.url).hostname);
  return { here, beside, users, leadsHere, instances: [...rds.plane.instances.values()] };
}

const check = (name: string, expected: string, actual: string, evidence: string): Check => ({
  name,
  status: expected === actual ? 'passed' : 'failed',
  expected,
  actual,
  evidence,
});

/** Everything in the home region is gone at once: database, hosts, load balancer and every API. The replica lags by what it lags. */
export const lostRegion: Scenario = {
  name: 'lost-region',
  title: 'The home region is lost: its database, its hosts and every API of AWS there',
  plan: 'cross-region-recovery',
  regions: 'lost',
  inject: async (world) => {
    const { beside } = regionsOf(world);
    const at = new Date();
    await beside.lose();
    return { at, what: `everything in ${beside.description.region} is gone` };
  },
  look: (world) => {
    const { here, users, leadsHere, instances } = regionsOf(world);
    const { database, region } = here.description;
    const serving = instances.find(({ identifier }) => identifier === database.instanceIdentifier);
    const state =
      serving === undefined ? 'gone' : `${serving.status}, follows ${serving.follows?.identifier ?? 'nothing'}`;
    const days = `${serving?.attributes.BackupRetentionPeriod ?? 0} days`;
    return Promise.resolve([
      check(`where ${users} leads`, region, leadsHere() ? region : 'elsewhere', "the sandbox's DNS"),
      check('the database of this region', 'available, follows nothing', state, 'the simulated RDS'),
      check('its automated backups', '14 days', days, 'the simulated RDS'),
    ]);
  },
};

/** The home region is back, with the old primary that nobody could fence when it was lost. The standby serves. */
export const returnedRegion: Scenario = {
  name: 'returned-region',
  title: 'The home region is back, with its old database, while the standby serves',
  plan: 'fail-back',
  regions: 'returned',
  inject: (world) => {
    const { here, beside } = regionsOf(world);
    const what = `${here.description.region} is back, and ${beside.description.region} serves`;
    return Promise.resolve({ at: new Date(), what });
  },
  look: (world) => {
    const { here, beside, users, leadsHere, instances } = regionsOf(world);
    const { database, region } = here.description;
    const old = instances.find(({ identifier }) => identifier === database.instanceIdentifier);
    const closed = old?.attributes.VpcSecurityGroupIds.join(' ') ?? 'gone';
    const kept = old?.tags.has(TAGS.expires) === true ? 'kept until it expires' : 'not kept';
    const serving = instances.find(({ identifier }) => identifier.startsWith('lifeboat-'));
    const state =
      serving === undefined ? 'gone' : `${serving.status}, follows ${serving.follows?.identifier ?? 'nothing'}`;
    return Promise.resolve([
      check(`where ${users} leads`, region, leadsHere() ? region : 'elsewhere', "the sandbox's DNS"),
      check('the old primary is closed', database.fenceSecurityGroupId, closed, 'the simulated RDS'),
      check('the old primary', 'kept until it expires', kept, 'the simulated RDS'),
      check('the database at home', 'available, follows nothing', state, 'the simulated RDS'),
      check('the database that served over there', 'available', beside.source.status, 'the simulated RDS'),
    ]);
  },
};
