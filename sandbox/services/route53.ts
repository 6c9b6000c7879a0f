import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { type Clock, type Timer } from '../../asl';
import { type NameResolver } from '../network';
import { operation } from './operation';
import { AwsError, NotSimulatedError, type SimulatedService } from './service';

/** How long Route 53's servers take to answer with a change, seconds: "generally within 60 seconds" (Route 53 guide, GetChange). */
const PROPAGATION_SECONDS = 45;
/** For so long after a change of a zone another one is refused: AWS does while it still processes the one before. */
const PROCESSING_SECONDS = 1;

interface Cname {
  /** Lower case, no last dot, as it is and not as Route 53 escapes it. */
  readonly name: string;
  /** As it was given. */
  readonly value: string;
  readonly ttl: number;
}

interface Zone {
  readonly id: string;
  readonly domain: string;
  records: Map<string, Cname>;
  /** The clock's milliseconds at the last change. */
  changedAt: number;
}

interface Change {
  readonly id: string;
  readonly submittedAt: Date;
  readonly comment: string | undefined;
  status: 'PENDING' | 'INSYNC';
}

/** A name made comparable: lower case, no last dot, `\052` read as `*`. */
const plain = (name: string): string =>
  name
    .replaceAll(/\\([0-7]{3})/g, (_all, code: string) => String.fromCharCode(Number.parseInt(code, 8)))
    .toLowerCase()
    .replace(/\.$/, '');

/** As Route 53 writes names: everything but letters, digits, hyphen, underscore and dot by its octal code. */
const escaped = (name: string): string =>
  name.replaceAll(/[^a-z0-9_.-]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);

/** Route 53 lists names by their labels from the right, each name with its last dot, by code. */
const sortKey = (name: string): string => `${escaped(name).split('.').reverse().join('.')}.`;

const hostedZoneId = z.string().transform((id) => id.replace(/^\/hostedzone\//, ''));
/** Labels of up to 63 characters, 255 in all (Route 53 guide, DNS domain name format). */
const domainName = z
  .string()
  .max(1024)
  .refine(
    (name) =>
      plain(name).length <= 255 &&
      plain(name)
        .split('.')
        .every((label) => /^[!-~]{1,63}$/.test(label)),
    {
      error: 'is not a domain name',
    },
  );
const cname = z.strictObject({
  Name: domainName,
  Type: z.enum([
    'CNAME',
    'A',
    'AAAA',
    'CAA',
    'DS',
    'HTTPS',
    'MX',
    'NAPTR',
    'NS',
    'PTR',
    'SOA',
    'SPF',
    'SRV',
    'SSHFP',
    'SVCB',
    'TLSA',
    'TXT',
  ]),
  TTL: z.number().int().min(0).max(2147483647),
  ResourceRecords: z.tuple([z.strictObject({ Value: domainName })]),
});
const changeSchema = z.strictObject({ Action: z.enum(['UPSERT', 'CREATE', 'DELETE']), ResourceRecordSet: cname });
type RecordChange = z.infer<typeof changeSchema>;

/**
 * Route 53: CNAME records of private zones. A change is PENDING until it has reached all servers; only then does the hosts'
 * resolver answer with it.
 */
export class Route53 implements SimulatedService {
  readonly name = 'Route53';
  readonly standIn = {
    name: 'Amazon Route 53',
    instead: 'zones in memory, answered to hosts by a resolver on loopback',
    differs:
      `a change takes ${PROPAGATION_SECONDS} s for all servers at once; only plain CNAME records, not even NS and SOA; ` +
      `a zone that changed within ${PROCESSING_SECONDS} s refuses the next change; hosts ask anew each time`,
  };
  readonly #zones = new Map<string, Zone>();
  readonly #changes = new Map<string, Change>();
  readonly #timers = new Set<Timer>();

  constructor(
    private readonly clock: Clock,
    private readonly resolver: NameResolver,
  ) {}

  has(zoneId: string): boolean {
    return this.#zones.has(zoneId);
  }

  /** Makes an empty zone. @param domain with or without its last dot */
  addZone(id: string, domain: string): void {
    this.#zones.set(id, { id, domain: plain(domain), records: new Map(), changedAt: Number.NEGATIVE_INFINITY });
  }

  /** A record that is in force at once: the world as it was before. */
  addRecord(zoneId: string, name: string, value: string, ttl: number): void {
    this.#zone(zoneId).records.set(plain(name), { name: plain(name), value, ttl });
    this.resolver.setAlias(plain(name), plain(value), ttl);
  }

  /** What a zone says now, propagated or not. */
  records(zoneId: string): readonly Cname[] {
    return [...this.#zone(zoneId).records.values()];
  }

  /** What has not spread yet, never will. */
  close(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  readonly operations = {
    ListResourceRecordSets: operation(
      z.strictObject({
        HostedZoneId: hostedZoneId,
        StartRecordName: domainName.optional(),
        StartRecordType: z.literal('CNAME').optional(),
        MaxItems: z.number().int().min(1).default(300),
      }),
      {
        invalid: 'InvalidInput',
        authorize: ({ HostedZoneId }) => [
          { action: 'route53:ListResourceRecordSets', resource: zoneArn(HostedZoneId) },
        ],
        perform: ({ HostedZoneId, StartRecordName, StartRecordType, MaxItems }) => {
          if (StartRecordType !== undefined && StartRecordName === undefined)
            throw new AwsError('InvalidInput', 'StartRecordType needs StartRecordName');
          const start = StartRecordName === undefined ? '' : sortKey(plain(StartRecordName));
          const all = [...this.#zone(HostedZoneId).records.values()]
            .map((record) => ({ ...record, key: sortKey(record.name) }))
            .filter(({ key }) => key >= start)
            .sort((a, b) => (a.key < b.key ? -1 : 1));
          // "If you specify a value greater than 300, Route 53 returns only the first 300" (Route 53 API).
          const most = Math.min(MaxItems, 300);
          const next = all[most];
          return {
            ResourceRecordSets: all.slice(0, most).map(({ name, value, ttl }) => ({
              Name: `${escaped(name)}.`,
              Type: 'CNAME',
              TTL: ttl,
              ResourceRecords: [{ Value: value }],
            })),
            IsTruncated: next !== undefined,
            ...(next === undefined ? {} : { NextRecordName: `${escaped(next.name)}.`, NextRecordType: 'CNAME' }),
            MaxItems: most,
          };
        },
      },
    ),
    ChangeResourceRecordSets: operation(
      z.strictObject({
        HostedZoneId: hostedZoneId,
        ChangeBatch: z.strictObject({
          Comment: z.string().max(256).optional(),
          Changes: z.array(changeSchema).min(1).max(1000),
        }),
      }),
      {
        invalid: 'InvalidInput',
        authorize: ({ HostedZoneId, ChangeBatch: { Changes } }) => [
          {
            action: 'route53:ChangeResourceRecordSets',
            resource: zoneArn(HostedZoneId),
            context: {
              'route53:ChangeResourceRecordSetsNormalizedRecordNames': Changes.map(({ ResourceRecordSet }) =>
                escaped(plain(ResourceRecordSet.Name)),
              ),
              'route53:ChangeResourceRecordSetsRecordTypes': Changes.map(
                ({ ResourceRecordSet }) => ResourceRecordSet.Type,
              ),
              'route53:ChangeResourceRecordSetsActions': Changes.map(({ Action }) => Action),
            },
          },
        ],
        perform: ({ HostedZoneId, ChangeBatch: { Changes, Comment } }) => this.#change(HostedZoneId, Changes, Comment),
      },
    ),
    GetChange: operation(z.strictObject({ Id: z.string().transform((id) => id.replace(/^\/change\//, '')) }), {
      invalid: 'InvalidInput',
      authorize: ({ Id }) => [{ action: 'route53:GetChange', resource: `arn:aws:route53:::change/${Id}` }],
      perform: ({ Id }) => {
        const change = this.#changes.get(Id);
        if (change === undefined) throw new AwsError('NoSuchChange', `Could not find resource with ID: ${Id}`, 404);
        return { ChangeInfo: described(change) };
      },
    }),
  };

  #change(zoneId: string, changes: readonly RecordChange[], comment: string | undefined): object {
    const zone = this.#zone(zoneId);
    if (this.clock.elapsed() - zone.changedAt < PROCESSING_SECONDS * 1000) {
      const message = 'The request was rejected because Route 53 was still processing a prior request.';
      throw new AwsError('PriorRequestNotComplete', message);
    }
    // All or nothing (Route 53 API, ChangeResourceRecordSets).
    zone.records = changed(zone, changes);
    zone.changedAt = this.clock.elapsed();
    const change: Change = {
      id: `C${randomBytes(10).toString('hex').toUpperCase()}`,
      submittedAt: new Date(this.clock.now().at),
      comment,
      status: 'PENDING',
    };
    this.#changes.set(change.id, change);
    const touched = changes.map(({ ResourceRecordSet }) => plain(ResourceRecordSet.Name));
    const said = touched.map((name) => [name, zone.records.get(name)] as const);
    const timer = this.clock.after(
      PROPAGATION_SECONDS * 1000,
      () => {
        this.#timers.delete(timer);
        for (const [name, record] of said) {
          if (record === undefined) this.resolver.remove(name);
          else this.resolver.setAlias(name, plain(record.value), record.ttl);
        }
        change.status = 'INSYNC';
      },
      { background: true },
    );
    this.#timers.add(timer);
    return { ChangeInfo: described(change) };
  }

  #zone(id: string): Zone {
    const zone = this.#zones.get(id);
    if (zone === undefined) throw new AwsError('NoSuchHostedZone', `No hosted zone found with ID: ${id}`, 404);
    return zone;
  }
}

/** The zone's records after the changes, in their order. @throws AwsError InvalidChangeBatch, all or nothing */
function changed(zone: Zone, changes: readonly RecordChange[]): Map<string, Cname> {
  const records = new Map(zone.records);
  const seen = new Set<string>();
  for (const { Action, ResourceRecordSet: set } of changes) {
    const name = plain(set.Name);
    const shown = `${escaped(name)}.`;
    if (set.Type !== 'CNAME') throw new NotSimulatedError(`A record of type ${set.Type} (${shown}) is not simulated`);
    if (name !== zone.domain && !name.endsWith(`.${zone.domain}`))
      throw refused(`RRSet with DNS name ${shown} is not permitted in zone ${zone.domain}.`);
    if (name === zone.domain)
      throw refused(`RRSet of type CNAME with DNS name ${shown} is not permitted at apex in zone ${zone.domain}.`);
    if (seen.has(`${Action} ${name}`))
      throw refused(
        `The request contains an invalid set of changes for a resource record set '${Action} CNAME ${shown}'`,
      );
    seen.add(`${Action} ${name}`);
    const [{ Value: value }] = set.ResourceRecords;
    const known = records.get(name);
    if (Action === 'CREATE' && known !== undefined)
      throw refused(`Tried to create resource record set [name='${shown}', type='CNAME'] but it already exists`);
    if (Action === 'DELETE' && known === undefined)
      throw refused(`Tried to delete resource record set [name='${shown}', type='CNAME'] but it was not found`);
    if (Action === 'DELETE' && (known?.ttl !== set.TTL || plain(known.value) !== plain(value)))
      throw refused(
        `Tried to delete resource record set [name='${shown}', type='CNAME'] but the values provided do not match the current values`,
      );
    if (Action === 'DELETE') records.delete(name);
    else records.set(name, { name, value, ttl: set.TTL });
  }
  return records;
}

const refused = (message: string): AwsError => new AwsError('InvalidChangeBatch', `[${message}]`);

function described({ id, status, submittedAt, comment }: Change): object {
  return {
    Id: `/change/${id}`,
    Status: status,
    SubmittedAt: submittedAt,
    ...(comment === undefined ? {} : { Comment: comment }),
  };
}

const zoneArn = (id: string): string => `arn:aws:route53:::hostedzone/${id}`;
