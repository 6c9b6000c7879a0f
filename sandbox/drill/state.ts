import { createHash } from 'node:crypto';
import { type Dirent, readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import * as z from 'zod';
import type { Check } from '../../contract/run';
import { contentDigest } from '../databases';
import type { CallRecord } from '../identity';
import type { World } from './world';

/** Everything that a run could change of what Lifeboat protects, as text by place: `resource …`, `file …`, `database …`. */
export type WorldState = ReadonlyMap<string, string>;

/** What a host writes by itself: logs, the agent's own folders, scratch. */
const byItself = /^(var\/log|var\/lib\/amazon|tmp|var\/tmp|run|proc|dev)(\/|$)/;

/** A dump of the simulated resources, of the files of every host, and of the content of every database that runs. */
export async function worldState(world: World): Promise<WorldState> {
  const { description, rds, elb, autoScaling, route53 } = world;
  const state = new Map<string, string>();
  const resource = (name: string, value: unknown) => state.set(`resource ${name}`, JSON.stringify(value));
  for (const { identifier, resourceId, status, attributes, tags } of rds.plane.instances.values()) {
    resource(`instance ${identifier}`, { resourceId, status, attributes, tags: [...tags] });
  }
  for (const { identifier, status, tags } of rds.plane.snapshots.in(description.region))
    resource(`snapshot ${identifier}`, { status, tags: [...tags] });
  resource('rules', elb.rulesOf(description.loadBalancer.listenerArn));
  resource('records', route53.records(description.database.hostedZoneId));
  resource('suspended processes', autoScaling.suspendedIn(description.autoScalingGroup));
  resource(
    'targets',
    world.targets.targets().map(({ id }) => id),
  );
  for (const host of [...world.hosts, ...(world.databaseHost === undefined ? [] : [world.databaseHost])]) {
    const active = description.hosts.services.filter((name) => host.unit(`${name}.service`)?.active === 'active');
    resource(`services of ${host.id}`, active);
    for (const [file, digest] of filesBelow(host.path('/'))) state.set(`file ${host.id}:/${file}`, digest);
  }
  for (const { identifier, cluster } of rds.plane.instances.values()) {
    if (cluster === undefined) continue;
    const { digest } = await contentDigest(cluster, description.database.name);
    state.set(`database ${identifier}/${description.database.name}`, digest);
  }
  if (description.database.engine === 'self-hosted') {
    const names = await world.cluster.withAdmin('postgres', (admin) =>
      admin.query(z.object({ name: z.string() }), 'SELECT datname AS name FROM pg_database WHERE NOT datistemplate'),
    );
    for (const { name } of names) {
      if (name === 'postgres') continue;
      state.set(`database ${name}`, (await contentDigest(world.cluster, name)).digest);
    }
  }
  return state;
}

function filesBelow(root: string): [string, string][] {
  const found: [string, string][] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      const name = relative(root, path);
      if (byItself.test(name)) continue;
      if (entry.isDirectory()) walk(path);
      else found.push([name, digestOf(path, entry)]);
    }
  };
  walk(root);
  return found;
}

function digestOf(path: string, entry: Dirent): string {
  if (entry.isSymbolicLink()) return `-> ${readlinkSync(path)}`;
  if (!entry.isFile()) return 'special';
  const content = createHash('sha256').update(readFileSync(path)).digest('hex');
  return `${statSync(path).mode.toString(8)} ${content}`;
}

/** The places that differ, in words; empty where nothing does. */
export function differences(before: WorldState, after: WorldState): string[] {
  const places = [...new Set([...before.keys(), ...after.keys()])];
  return places.filter((place) => before.get(place) !== after.get(place));
}

/** Calls that change nothing by their kind. */
const reading = /^(Describe|Detect|List|Get|Simulate|BatchGet|Query|Head)/;
/** What a run writes down about itself, wherever it goes. */
const bookkeeping = new Set([
  'DynamoDB PutItem',
  'DynamoDB UpdateItem',
  'DynamoDB DeleteItem',
  'S3 PutObject',
  'SNS Publish',
  'CloudWatch PutMetricData',
  'Lambda Invoke',
  'SFN StartExecution',
  // Documents that change nothing: sending any other is refused to a rehearsal (lambdas/run/commands.ts).
  'SSM SendCommand',
  'SSM CancelCommand',
]);

/** Calls of AWS by Lifeboat that would have changed something that it protects. */
export function changingCalls(calls: readonly CallRecord[]): string[] {
  const changing = calls.filter(
    ({ service, operation, outcome }) =>
      outcome !== 'denied' &&
      operation !== 'Deliver' &&
      !reading.test(operation) &&
      !bookkeeping.has(`${service} ${operation}`),
  );
  return [...new Set(changing.map(({ service, operation }) => `${service} ${operation}`))];
}

/** A rehearsal has to have changed nothing: found by comparing everything, and by what was called. */
export function untouched(before: WorldState, after: WorldState, calls: readonly CallRecord[]): Check {
  const changed = [...differences(before, after), ...changingCalls(calls)];
  return {
    name: 'nothing was changed',
    status: changed.length === 0 ? 'passed' : 'failed',
    expected: `${before.size} resources, files and databases as before, and no changing call`,
    actual:
      changed.length === 0
        ? `all of ${after.size} as before, ${calls.length} calls read`
        : changed.slice(0, 5).join('; '),
    evidence: "the sandbox's own comparison",
  };
}
