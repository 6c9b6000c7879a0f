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
interface Asked {
  readonly service: string;
  readonly operation: string;
  readonly input: (world: World) => object;
  /** Where each of a list is a thing of its own: the field with the list, and how one is called. */
  readonly each?: { readonly of: string; readonly name: (one: Readonly<Record<string, unknown>>) => string };
}

const descriptions: readonly Asked[] = [
  {
    service: 'Auto Scaling',
    operation: 'DescribeAutoScalingGroups',
    input: ({ description }) => ({ AutoScalingGroupNames: [description.autoScalingGroup] }),
  },
  {
    service: 'EC2',
    operation: 'DescribeLaunchTemplateVersions',
    input: ({ description }) => ({ LaunchTemplateId: description.launchTemplate.id }),
    each: {
      of: 'LaunchTemplateVersions',
      name: ({ VersionNumber, VersionDescription }) =>
        `template version ${String(VersionNumber)}: ${String(VersionDescription ?? '')}`,
    },
  },
  {
    service: 'EC2',
    operation: 'DescribeVolumes',
    input: () => ({}),
    each: { of: 'Volumes', name: ({ VolumeId }) => `volume ${String(VolumeId)}` },
  },
  {
    service: 'EC2',
    operation: 'DescribeSnapshots',
    input: () => ({ OwnerIds: ['self'] }),
    each: { of: 'Snapshots', name: ({ SnapshotId }) => `disk snapshot ${String(SnapshotId)}` },
  },
];

const fields = z.record(z.string(), z.unknown());

/** What a service says, in a line, or a line for each of a list. */
async function askedOf(ask: (asked: Asked) => Promise<unknown>, asked: Asked): Promise<(readonly [string, string])[]> {
  const { service, operation, each } = asked;
  let answer: unknown;
  try {
    answer = await ask(asked);
  } catch (error) {
    return [[`${service} ${operation}`, error instanceof Error ? error.name : 'an error']];
  }
  if (each === undefined) return [[`${service} ${operation}`, described(answer)]];
  const list = z.array(fields).parse(fields.parse(answer)[each.of]);
  return list.map((one) => [each.name(one), described(one)]);
}

/** Where the sandbox keeps a host's files is no difference between two hosts; on a host of its own it would be `/`. */
function withoutRoot(content: Buffer, root: string): Buffer {
  return content.includes(root) ? Buffer.from(content.toString('latin1').replaceAll(root, ''), 'latin1') : content;
}

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
        .update(withoutRoot(readFileSync(join(root, file)), root))
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
  const ask = ({ service, operation, input }: Asked) =>
    deployment.call(onlooker, 'an onlooker', service, operation, input(world));
  for (const asked of descriptions) called.push(...(await askedOf(ask, asked)));
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
  /^template version \d+: lifeboat /,
];

const hostsOf = (footprint: Footprint): string[] => [
  ...new Set(Object.keys(footprint).flatMap((name) => /^host ([^:]+): /.exec(name)?.[1] ?? [])),
];
const deviceOf = (disk: string): string => /"Device":"([^"]*)"/.exec(disk)?.[1] ?? '';
/** The volumes of a host, by the device that they are attached as. */
const disksOf = (footprint: Footprint, host: string): string[] =>
  Object.entries(footprint)
    .filter(([name, is]) => name.startsWith('volume ') && is.includes(`"InstanceId":"${host}"`))
    .toSorted(([, one], [, other]) => deviceOf(one).localeCompare(deviceOf(other)))
    .flatMap(([name]) => name.replace('volume ', ''));

/**
 * Instances that Auto Scaling has replaced have other ids, and so have their disks: each as if it had that of the one whose
 * place it took. Only for what replaces instances: everywhere else another id is a difference.
 */
export function inTheirPlaces(before: Footprint, now: Footprint): Footprint {
  const [then, today] = [hostsOf(before), hostsOf(now)];
  const gone = then.filter((host) => !today.includes(host));
  const come = today.filter((host) => !then.includes(host));
  if (gone.length !== come.length) return now;
  const pairs = come.flatMap((host, at) => {
    const place = gone[at] ?? '';
    const disks = disksOf(before, place);
    return [[host, place], ...disksOf(now, host).map((disk, nth) => [disk, disks[nth] ?? disk])];
  });
  const put = (text: string): string => pairs.reduce((put, [id = '', place = '']) => put.replaceAll(id, place), text);
  return Object.fromEntries(Object.entries(now).map(([name, is]) => [put(name), put(is)]));
}

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
