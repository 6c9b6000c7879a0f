import { type Description } from '../../contract/description';
import { type Deployment } from '../deployment';
import { type CliServices } from '../hosts';
import { FailoverRecords } from '../services/failover-records';
import { type World } from './world';

/** Which region has what happened to it; see `Scenario.regions`. */
export type Regions = 'lost' | 'returned';

/** The stand-in for what users' names of two regions and their health check are. */
export const failoverStandIn = {
  name: 'Failover records of Route 53',
  instead: 'a name that follows an object of S3 by a check every 30 s, three in a row',
  differs: 'no API; the check sees the object itself and not an address over HTTPS; users ask the name anew each time',
};

/**
 * The other region, as the deployed stack's description knows it. What it does not know of it (ARNs of its load balancer) gets
 * names of its own: nothing calls it there.
 */
export function otherSide(description: Description): Description {
  const { counterpart, region, database, standby, loadBalancer, publicRecord, site } = description;
  if (counterpart === undefined || standby === undefined) throw new TypeError('the description has one region only');
  const there = (arn: string) => arn.replace(`:${region}:`, `:${counterpart.region}:`);
  return {
    ...description,
    region: counterpart.region,
    site: site === 'home' ? 'standby' : 'home',
    database: {
      ...database,
      instanceIdentifier: counterpart.instanceIdentifier,
      address: counterpart.address,
      hostedZoneId: `${database.hostedZoneId}OTHER`,
      fenceSecurityGroupId: counterpart.fenceSecurityGroupId,
      masterSecretArn: there(database.masterSecretArn),
      logins: database.logins.map((login) => ({ ...login, secretArn: there(login.secretArn) })),
    },
    loadBalancer: {
      ...loadBalancer,
      listenerArn: there(loadBalancer.listenerArn),
      targetGroupArn: there(loadBalancer.targetGroupArn),
    },
    publicRecord: {
      ...publicRecord,
      name: counterpart.publicName,
      value: publicRecord.value.replace(region, counterpart.region),
    },
    databaseAlarms: [],
  };
}

/** The name that users know. */
export const usersName = ({ publicUrl }: Pick<Description, 'publicUrl'>): string => new URL(publicUrl).hostname;

/** Secrets are replicated: hosts of the other region read the same ones, which the deployed stack's region has. */
export function replicatedSecrets(answers: CliServices, from: Description, to: Description): CliServices {
  const { getSecretValue } = answers;
  if (getSecretValue === undefined) return answers;
  return {
    ...answers,
    getSecretValue: async (asked) =>
      await getSecretValue({ ...asked, secretId: asked.secretId.replace(`:${from.region}:`, `:${to.region}:`) }),
  };
}

/** The bucket with the switch, and the records that follow it. @param standbyServes whether it is switched from the beginning */
export async function leadUsers(
  world: World,
  primary: World,
  deployment: Deployment,
  standbyServes: boolean,
): Promise<FailoverRecords> {
  const { description, resolver, clock } = world;
  const { standby, publicUrl, site } = description;
  if (standby === undefined) throw new TypeError('the description has one region only');
  const { switchBucket, switchKey, ttlSeconds } = standby.traffic;
  const { buckets } = deployment.parts;
  buckets.add({ name: switchBucket, arn: `arn:aws:s3:::${switchBucket}`, versioned: false, keyArn: undefined });
  if (standbyServes) await buckets.put(switchBucket, { Key: switchKey, Body: 'since the home region was lost\n' });
  const [home, other] = site === 'home' ? [world, primary] : [primary, world];
  for (const each of [world, primary])
    resolver.set(each.description.publicRecord.value, [new URL(each.balancer.url).hostname]);
  return new FailoverRecords(clock, resolver, {
    name: usersName({ publicUrl }),
    primary: home.description.publicRecord.name,
    secondary: other.description.publicRecord.name,
    ttlSeconds,
    // Inverted: the object's being there makes the primary unhealthy.
    healthy: () => !buckets.objects(switchBucket).some(({ key }) => key === switchKey),
  });
}

/** Where users' requests go now: to the load balancer that their name leads to. */
export function usersAddress(world: World, primary: World): () => string {
  const name = usersName(world.description);
  return () => {
    const { addresses } = world.resolver.resolve(name);
    const own = addresses.includes(new URL(world.balancer.url).hostname);
    return own ? world.balancer.url : primary.balancer.url;
  };
}

/** Where the names of the two regions lead, whoever users are led to. */
export const regionalAddress =
  (world: World) =>
  (name: string): string | undefined =>
    [world, ...(world.beside === undefined ? [] : [world.beside])].find(
      ({ description }) => description.publicRecord.name === name && world.beside !== undefined,
    )?.balancer.url;
