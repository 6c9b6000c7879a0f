import * as z from 'zod';
import { contentDigest } from '../../sandbox/databases';
import { ownTests, servingInstance } from '../../sandbox/drill/evidence';
import { type World } from '../../sandbox/drill/world';
import { type Stage } from './stage';

/** What a recovery may change, as it is now: read by nobody of the system under test. */
export interface State {
  readonly suspended: readonly string[];
  readonly pages: readonly unknown[];
  readonly records: readonly unknown[];
  /** By identifier: settings and tags as RDS describes them. */
  readonly instances: Readonly<Record<string, unknown>>;
  readonly snapshots: readonly string[];
  /** By host: the services that are active. */
  readonly services: Readonly<Record<string, readonly string[]>>;
  readonly alarms: readonly unknown[];
  /** Who may connect to the database that serves. */
  readonly connect: string;
  /** Of everything in it but what the release's own tests leave there. */
  readonly content: string;
}

const access = z.object({ acl: z.string() });

export async function stateOf(stage: Stage): Promise<State> {
  const { world } = stage;
  const { description } = world;
  const cluster = description.database.engine === 'rds' ? servingInstance(world)?.cluster : world.cluster;
  if (cluster === undefined) throw new TypeError('no instance serves');
  const [{ acl } = { acl: '' }] = await cluster.withAdmin('postgres', (admin) =>
    admin.query(
      access,
      `SELECT coalesce(datacl, acldefault('d', datdba))::text AS acl FROM pg_database WHERE datname = $1`,
      [description.database.name],
    ),
  );
  return {
    suspended: world.autoScaling.suspendedIn(description.autoScalingGroup),
    pages: world.elb.rulesOf(description.loadBalancer.listenerArn).map(({ priority, arn }) => ({ priority, arn })),
    records: world.route53.records(description.database.hostedZoneId),
    instances: Object.fromEntries(
      [...world.rds.plane.instances.values()].map(
        ({ identifier, resourceId, status, attributes, tags, masterUsername }) => [
          identifier,
          { resourceId, status, attributes, masterUsername, tags: Object.fromEntries(tags) },
        ],
      ),
    ),
    snapshots: world.rds.plane.snapshots.in(description.region).map(({ identifier }) => identifier),
    services: Object.fromEntries(
      world.hosts.map((host) => [
        host.id,
        description.hosts.services.filter((service) => host.unit(`${service}.service`)?.active === 'active'),
      ]),
    ),
    alarms: stage.drill.deployment.parts.alarms
      .definitions()
      .filter(({ AlarmName }) => description.databaseAlarms.includes(AlarmName)),
    // The order of the grants is no difference.
    connect: acl.replace(/[{}]/g, '').split(',').sort().join(','),
    content: (await contentDigest(cluster, description.database.name, ownTests)).digest,
  };
}

/** The application's health as a user gets it, through the load balancer; a maintenance page is no health. */
export async function fromOutside(world: World): Promise<{ status: number; body: string }> {
  const answer = await fetch(new URL('/api/health', world.balancer.url));
  return { status: answer.status, body: await answer.text() };
}
