import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { contentDigest } from '../databases';
import type { Host } from '../hosts';
import { TargetGroup, type Action } from '../network';
import { describedActions } from '../services/elastic-load-balancing/describe';
import { described as asRdsSays } from '../services/rds/instance';
import type { Operation } from '../services/service';
import { ownTests } from './evidence';
import type { World } from './world';

/**
 * Everything that a run could have changed, as it is now, in one flat list: simulated resources, the hosts' files by their
 * hash, units, the content of databases and who may connect. Read by nobody of the system under test. Two of them, from
 * before a plan and after its undo, are held against each other.
 */
export type Footprint = Readonly<Record<string, string>>;

/** What a host writes by itself: logs, what npm fetched, the agent's own folders, scratch; when git looked at its index. */
const byItself = /^(var\/log|var\/lib\/amazon|root\/\.npm|tmp|var\/tmp|run|proc|dev)(\/|$)|\.git\/(index|logs)/;

/** What passes by itself: times, the state of an alarm, how far a copy is. */
const passing = /(Time|Timestamp|CreatedOn|CreateTime|StateReason|StateValue|Health(Status)?|Progress)$/;

/** In a line, without what passes by itself. */
export function described(value: unknown): string {
  return JSON.stringify(value, (key, item: unknown) => {
    if (passing.test(key)) return undefined;
    if (item instanceof Map) return [...item];
    if (item instanceof TargetGroup) return item.name;
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return item;
    // The order of fields is no difference.
    return Object.fromEntries(Object.entries(item).toSorted(([one], [other]) => (one < other ? -1 : 1)));
  });
}

/** As ELBv2 describes them: what nobody has said anything of is the same as its default. */
const actions = (action: Action): object[] => describedActions(action, (group) => group.name);

/** What is asked of a service. */
interface Asked {
  readonly of: 'autoScaling' | 'ec2' | 'elb';
  readonly operation: string;
  readonly input: (world: World) => object;
  /** Where each of a list is a thing of its own: the field with the list, and how one is called. */
  readonly each?: { readonly of: string; readonly name: (one: Readonly<Record<string, unknown>>) => string };
}

const descriptions: readonly Asked[] = [
  {
    of: 'autoScaling',
    operation: 'DescribeAutoScalingGroups',
    input: ({ description }) => ({ AutoScalingGroupNames: [description.autoScalingGroup] }),
  },
  {
    of: 'elb',
    operation: 'DescribeTargetGroups',
    input: () => ({}),
    each: { of: 'TargetGroups', name: ({ TargetGroupName }) => `target group ${String(TargetGroupName)}` },
  },
  {
    of: 'ec2',
    operation: 'DescribeLaunchTemplateVersions',
    input: ({ description }) => ({ LaunchTemplateId: description.launchTemplate.id }),
    each: {
      of: 'LaunchTemplateVersions',
      name: ({ VersionNumber, VersionDescription }) =>
        `template version ${String(VersionNumber)}: ${typeof VersionDescription === 'string' ? VersionDescription : ''}`,
    },
  },
  {
    of: 'ec2',
    operation: 'DescribeVolumes',
    input: () => ({}),
    each: { of: 'Volumes', name: ({ VolumeId }) => `disk ${String(VolumeId)}` },
  },
  {
    of: 'ec2',
    operation: 'DescribeSnapshots',
    input: () => ({ OwnerIds: ['self'] }),
    each: { of: 'Snapshots', name: ({ SnapshotId }) => `disk snapshot ${String(SnapshotId)}` },
  },
];

const fields = z.record(z.string(), z.unknown());

/** What a service says, in a line, or a line for each of a list. Nobody's rights are asked: it is the sandbox that looks. */
async function answerOf(world: World, { of, operation, input, each }: Asked): Promise<(readonly [string, string])[]> {
  const { account, region } = world.description;
  const operations: Readonly<Record<string, Operation>> = world[of].operations;
  const asked = operations[operation];
  if (asked === undefined) throw new TypeError(`${operation} is not simulated`);
  const answer = await asked.perform(input(world), { roleArn: 'nobody', account, region });
  if (each === undefined) return [[operation, described(answer)]];
  const list = z.array(fields).parse(fields.parse(answer)[each.of]);
  return list.map((one) => [each.name(one), described(one)]);
}

/** Where the sandbox keeps a host's files is no difference between two hosts; on a host of its own it would be `/`. */
function withoutRoot(content: Buffer, root: string): Buffer {
  return content.includes(root) ? Buffer.from(content.toString('latin1').replaceAll(root, ''), 'latin1') : content;
}

function* filesOf(root: string, below: string): Generator<readonly [string, string]> {
  for (const name of readdirSync(join(root, below)).sort()) {
    const file = join(below, name);
    if (byItself.test(file)) continue;
    const stat = lstatSync(join(root, file));
    if (stat.isSymbolicLink()) yield [file, `-> ${readlinkSync(join(root, file)).replace(root, '')}`];
    else if (stat.isDirectory()) yield* filesOf(root, file);
    else if (stat.isFile()) {
      const hash = createHash('sha256')
        .update(withoutRoot(readFileSync(join(root, file)), root))
        .digest('hex')
        .slice(0, 16);
      yield [file, `${(stat.mode & 0o777).toString(8)} ${hash}`];
    } else yield [file, 'neither file nor folder'];
  }
}

function hostOf(host: Host, services: readonly string[]): (readonly [string, string])[] {
  return [
    ...services.map((service) => [`unit ${service}`, host.unit(`${service}.service`)?.active ?? 'none'] as const),
    ...filesOf(host.root, ''),
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

/** Where nobody names a key RDS takes its own, and says so. */
const insights = z.object({ PerformanceInsightsKMSKeyId: z.string().optional() });

type Apart = Parameters<typeof contentDigest>[2];
/** Those of the deployment. */
interface Alarms {
  definitions(): readonly { readonly AlarmName: string }[];
}

const access = z.object({ acl: z.string() });

async function databasesOf(world: World, apart: Apart): Promise<(readonly [string, string])[]> {
  const { name, engine } = world.description.database;
  if (engine === 'self-hosted') return await databasesOnItsServer(world, apart);
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
    found.push([`database ${resourceId}: content`, (await contentDigest(cluster, name, apart)).digest]);
  }
  return found;
}

const named = access.extend({ name: z.string() });

/** Of a server of one's own: by their names, which a run changes. */
async function databasesOnItsServer({ cluster }: World, apart: Apart): Promise<(readonly [string, string])[]> {
  const all = await cluster.withAdmin('postgres', (admin) =>
    admin.query(
      named,
      `SELECT datname AS name, coalesce(datacl, acldefault('d', datdba))::text AS acl FROM pg_database
        WHERE NOT datistemplate AND datname <> 'postgres'`,
    ),
  );
  const found: (readonly [string, string])[] = [];
  for (const { name, acl } of all) {
    const { digest } = await contentDigest(cluster, name, apart);
    found.push([`database ${name}`, `${digest} ${acl.replace(/[{}]/g, '').split(',').sort().join(',')}`]);
  }
  return found;
}

/** @param apart rows that are no difference: none of a rehearsal, what the release's own tests leave of a run */
export async function footprintOf(world: World, alarms: Alarms, apart: Apart = ownTests): Promise<Footprint> {
  const { description } = world;
  const answers: (readonly [string, string])[] = [];
  for (const asked of descriptions) answers.push(...(await answerOf(world, asked)));
  const instances = [...world.rds.plane.instances.values()];
  return Object.fromEntries([
    ...instances.map((instance) => {
      const { identifier, resourceId, status, attributes, tags, masterUsername } = instance;
      const { PerformanceInsightsKMSKeyId } = insights.parse(asRdsSays(instance));
      return [
        `instance ${identifier}`,
        described({
          resourceId,
          status,
          attributes: { ...attributes, PerformanceInsightsKMSKeyId },
          masterUsername,
          tags: [...tags].sort(),
        }),
      ] as const;
    }),
    ...world.rds.plane.snapshots
      .in(description.region)
      .map(({ identifier }) => [`snapshot ${identifier}`, 'there'] as const),
    ...[...new Set([description.database.hostedZoneId, description.publicRecord.hostedZoneId])]
      .flatMap((zone) => world.route53.records(zone))
      .map((record) => [`record ${record.name}`, described(record)] as const),
    ...world.elb
      .rulesOf(description.loadBalancer.listenerArn)
      // One that is taken back and made again has another ARN, and is the same at its priority.
      .map(
        ({ arn: _arn, tags: _tags, ...rule }) =>
          [`rule at ${rule.priority}`, described({ ...rule, action: actions(rule.action) })] as const,
      ),
    [
      'what no rule matches',
      described(actions(world.elb.defaultActionOf(description.loadBalancer.listenerArn))),
    ] as const,
    ...world.targets.targets().map(({ id, state }) => [`target ${id}`, state] as const),
    ...alarms.definitions().map((alarm) => [`alarm ${alarm.AlarmName}`, described(alarm)] as const),
    ...answers,
    ...(await databasesOf(world, apart)),
    ...(await volumesOf(world)),
    ...world.hosts.flatMap((host) => hostOf(host, description.hosts.services)),
    ...(world.databaseHost === undefined ? [] : hostOf(world.databaseHost, [])),
  ]);
}
