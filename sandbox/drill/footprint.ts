import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { contentDigest } from '../databases';
import type { Deployment } from '../deployment';
import type { Host } from '../hosts';
import { ownTests } from './evidence';
import type { World } from './world';

/**
 * Everything that a run could have changed, as it is now, in one flat list: simulated resources, the hosts' files by their
 * hash, units, the content of databases and who may connect. Read by nobody of the system under test. Two of them, from
 * before a plan and after its undo, are held against each other.
 */
export type Footprint = Readonly<Record<string, string>>;

/** Folders of a host that somebody writes to by hand, or a document does. The others are logs and scratch. */
const FOLDERS = [
  'var/www',
  'var/lib',
  'var/backups',
  'etc',
  'backup',
  'opt',
  'srv',
  'home',
  'usr/local',
  'data',
  'mnt',
];

/** What passes by itself: times, the state of an alarm, how far a copy is. */
const passing = /(Time|Timestamp|CreatedOn|CreateTime|StateReason|StateValue|Health(Status)?|Progress)$/;

function described(value: unknown): string {
  return JSON.stringify(value, (key, item: unknown) => {
    if (passing.test(key)) return undefined;
    if (item instanceof Map) return [...item];
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return item;
    // The order of fields is no difference.
    return Object.fromEntries(Object.entries(item).toSorted(([one], [other]) => (one < other ? -1 : 1)));
  });
}

/** What its services describe, for a service of today or tomorrow; what is not simulated is not there. */
const descriptions: readonly (readonly [string, string, (world: World) => object])[] = [
  [
    'Auto Scaling',
    'DescribeAutoScalingGroups',
    ({ description }) => ({ AutoScalingGroupNames: [description.autoScalingGroup] }),
  ],
  ['EC2', 'DescribeLaunchTemplateVersions', ({ description }) => ({ LaunchTemplateId: description.launchTemplate.id })],
  ['EC2', 'DescribeVolumes', () => ({})],
  ['EC2', 'DescribeSnapshots', () => ({ OwnerIds: ['self'] })],
];

function* filesOf(root: string, below: string): Generator<readonly [string, string]> {
  const at = join(root, below);
  let names: string[];
  try {
    names = readdirSync(at);
  } catch {
    return;
  }
  for (const name of names.sort()) {
    const file = join(below, name);
    const stat = lstatSync(join(root, file));
    if (stat.isSymbolicLink()) yield [file, `-> ${readlinkSync(join(root, file)).replace(root, '')}`];
    else if (stat.isDirectory()) yield* filesOf(root, file);
    else if (stat.isFile()) {
      const hash = createHash('sha256')
        .update(readFileSync(join(root, file)))
        .digest('hex')
        .slice(0, 16);
      yield [file, `${(stat.mode & 0o777).toString(8)} ${hash}`];
    }
  }
}

function hostOf(host: Host, services: readonly string[]): (readonly [string, string])[] {
  return [
    ...services.map((service) => [`unit ${service}`, host.unit(`${service}.service`)?.active ?? 'none'] as const),
    // What git notes of when it looked at its index is no content, and what the agent is running passes.
    ...FOLDERS.flatMap((folder) => [...filesOf(host.root, folder)]).filter(
      ([file]) => !/\.git\/(index|logs)|^var\/lib\/amazon\/ssm\//.test(file),
    ),
  ].map(([name, is]) => [`host ${host.id}: ${name}`, is] as const);
}

/** The logical volumes and snapshots of the hosts' group, as the host itself lists them. */
async function volumesOf({ hosts, description: { volume } }: World): Promise<(readonly [string, string])[]> {
  if (volume === undefined) return [];
  const listed = hosts.map(async (host) => {
    const command = `lvs --noheadings --nosuffix --units b --separator '|' -o lv_name,origin ${volume.volumeGroup}`;
    const { exitCode, stdout, stderr } = await host.run(command);
    if (exitCode !== 0) throw new TypeError(`${command} on ${host.id} ended with ${String(exitCode)}: ${stderr}`);
    return stdout
      .split('\n')
      .map((line) => line.trim().split('|'))
      .filter(([name = '']) => name !== '')
      .map(([name = '', origin = '']) => [`host ${host.id}: volume ${name}`, `there, of ${origin}`] as const);
  });
  return (await Promise.all(listed)).flat();
}

const access = z.object({ acl: z.string() });

async function databasesOf(world: World): Promise<(readonly [string, string])[]> {
  const { name, engine } = world.description.database;
  if (engine === 'self-hosted') return await databasesOnItsServer(world);
  const found: (readonly [string, string])[] = [];
  for (const { cluster, resourceId } of world.rds.plane.instances.values()) {
    if (cluster === undefined) continue;
    const [row] = await cluster.withAdmin('postgres', (admin) =>
      admin.query(
        access,
        `SELECT coalesce(datacl, acldefault('d', datdba))::text AS acl FROM pg_database WHERE datname = $1`,
        [name],
      ),
    );
    // The order of the grants is no difference.
    const grants = (row?.acl ?? '').replace(/[{}]/g, '').split(',').sort().join(',');
    found.push([`database ${resourceId}: who may connect`, grants]);
    found.push([`database ${resourceId}: content`, (await contentDigest(cluster, name, ownTests)).digest]);
  }
  return found;
}

const named = access.extend({ name: z.string() });

/** Of a server of one's own: by their names, which a run changes. */
async function databasesOnItsServer({ cluster }: World): Promise<(readonly [string, string])[]> {
  const all = await cluster.withAdmin('postgres', (admin) =>
    admin.query(
      named,
      `SELECT datname AS name, coalesce(datacl, acldefault('d', datdba))::text AS acl FROM pg_database
        WHERE NOT datistemplate AND datname <> 'postgres'`,
    ),
  );
  const found: (readonly [string, string])[] = [];
  for (const { name, acl } of all) {
    const { digest } = await contentDigest(cluster, name, ownTests);
    found.push([`database ${name}`, `${digest} ${acl.replace(/[{}]/g, '').split(',').sort().join(',')}`]);
  }
  return found;
}

/** @param onlooker a role that may read everything */
export async function footprintOf(world: World, deployment: Deployment, onlooker: string): Promise<Footprint> {
  const { description } = world;
  const called: (readonly [string, string])[] = [];
  for (const [service, operation, input] of descriptions) {
    const answer = await deployment
      .call(onlooker, 'an onlooker', service, operation, input(world))
      .catch((error: unknown) => (error instanceof Error ? error.name : 'an error'));
    called.push([`${service} ${operation}`, described(answer)]);
  }
  const instances = [...world.rds.plane.instances.values()];
  return Object.fromEntries([
    ...instances.map(
      ({ identifier, resourceId, status, attributes, tags, masterUsername }) =>
        [
          `instance ${identifier}`,
          described({ resourceId, status, attributes, masterUsername, tags: [...tags].sort() }),
        ] as const,
    ),
    ...world.rds.plane.snapshots
      .in(description.region)
      .map(({ identifier }) => [`snapshot ${identifier}`, 'there'] as const),
    ...world.route53
      .records(description.database.hostedZoneId)
      .map((record) => [`record ${record.name}`, described(record)] as const),
    ...world.elb
      .rulesOf(description.loadBalancer.listenerArn)
      // One that is taken back and made again has another ARN, and is the same at its priority.
      .map(({ arn: _arn, tags: _tags, ...rule }) => [`rule at ${rule.priority}`, described(rule)] as const),
    ...world.targets.targets().map(({ id, state }) => [`target ${id}`, state] as const),
    ...deployment.parts.alarms.definitions().map((alarm) => [`alarm ${alarm.AlarmName}`, described(alarm)] as const),
    ...called,
    ...(await databasesOf(world)),
    ...(await volumesOf(world)),
    ...world.hosts.flatMap((host) => hostOf(host, description.hosts.services)),
    ...(world.databaseHost === undefined ? [] : hostOf(world.databaseHost, [])),
  ]);
}

/**
 * What a plan and its undo rightly leave, beside journal and report: a copy and backups, kept with their data until they
 * expire; on hosts what was replaced, and a release that was built and does not serve.
 */
export const keptByRuns: readonly RegExp[] = [
  /^instance lifeboat-/,
  /^snapshot lifeboat-/,
  /^database lifeboat_/,
  /^host [^:]+: backup\/lifeboat_/,
  /^host [^:]+: var\/backups\/lifeboat\//,
  /^host [^:]+: volume lifeboat-/,
  /^host [^:]+: var\/www\/releases\//,
  /^host [^:]+: var\/www\/\.lifeboat-files\//,
];

/** Each difference in a line, but for what was added by right. */
export function differences(before: Footprint, now: Footprint, kept: readonly RegExp[] = keptByRuns): string[] {
  const added = new Set(Object.keys(now).filter((name) => kept.some((each) => each.test(name)) && !(name in before)));
  const copies = [...added].flatMap((name) => /"resourceId":"([^"]+)"/.exec(now[name] ?? '')?.[1] ?? []);
  return [...new Set([...Object.keys(before), ...Object.keys(now)])]
    .filter((name) => before[name] !== now[name] && !added.has(name))
    .filter((name) => !copies.some((copy) => name.startsWith(`database ${copy}`)))
    .map((name) => `${name}: ${before[name] ?? 'not there'} became ${now[name] ?? 'not there'}`)
    .sort();
}
