import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { type Clock } from '../../asl';
import { type NameResolver } from '../network';
import { operation } from './operation';
import { AwsError, type SimulatedService } from './service';

/** How long Route 53's servers take to answer with a change, seconds: "generally within 60 seconds" (Route 53 guide, GetChange). */
const PROPAGATION_SECONDS = 45;

interface Cname {
  readonly name: string;
  readonly value: string;
  readonly ttl: number;
}

interface Zone {
  readonly id: string;
  readonly domain: string;
  readonly records: Map<string, Cname>;
}

const plain = (name: string): string => name.toLowerCase().replace(/\.$/, '');
const hostedZoneId = z.string().transform((id) => id.replace(/^\/hostedzone\//, ''));
const cname = z.strictObject({
  Name: z.string(),
  Type: z.literal('CNAME'),
  TTL: z.number().int().min(0).max(2147483647),
  ResourceRecords: z.array(z.strictObject({ Value: z.string().min(1) })).length(1),
});

/**
 * Route 53: CNAME records of private zones. A change is PENDING until it has reached all servers; only then do the hosts'
 * resolver answer with it.
 */
export class Route53 implements SimulatedService {
  readonly name = 'Route53';
  readonly standIn = {
    name: 'Amazon Route 53',
    instead: 'zones in memory, answered to hosts by a resolver on loopback',
    differs: `a change takes ${PROPAGATION_SECONDS} s for all servers at once; only plain CNAME records; hosts ask anew each time`,
  };
  readonly #zones = new Map<string, Zone>();
  readonly #changes = new Map<string, 'PENDING' | 'INSYNC'>();

  constructor(
    private readonly clock: Clock,
    private readonly resolver: NameResolver,
  ) {}

  /** Makes a zone with a record that is in force at once: the world as it was before. */
  addZone(id: string, domain: string): void {
    this.#zones.set(id, { id, domain: plain(domain), records: new Map() });
  }

  addRecord(zoneId: string, name: string, value: string, ttl: number): void {
    this.#zone(zoneId).records.set(plain(name), { name: plain(name), value: plain(value), ttl });
    this.resolver.setAlias(name, value, ttl);
  }

  /** What a zone says now, propagated or not. */
  records(zoneId: string): readonly Cname[] {
    return [...this.#zone(zoneId).records.values()];
  }

  readonly operations = {
    ListResourceRecordSets: operation(
      z.strictObject({
        HostedZoneId: hostedZoneId,
        StartRecordName: z.string(),
        StartRecordType: z.literal('CNAME'),
        MaxItems: z.number().int().min(1).max(300),
      }),
      {
        invalid: 'InvalidInput',
        authorize: ({ HostedZoneId }) => [
          { action: 'route53:ListResourceRecordSets', resource: zoneArn(HostedZoneId) },
        ],
        perform: ({ HostedZoneId, StartRecordName, MaxItems }) => {
          const all = [...this.#zone(HostedZoneId).records.values()]
            .sort((a, b) => reversed(a.name).localeCompare(reversed(b.name)))
            .filter(({ name }) => reversed(name) >= reversed(plain(StartRecordName)));
          return {
            ResourceRecordSets: all.slice(0, MaxItems).map(({ name, value, ttl }) => ({
              Name: `${name}.`,
              Type: 'CNAME',
              TTL: ttl,
              ResourceRecords: [{ Value: value }],
            })),
            IsTruncated: all.length > MaxItems,
            MaxItems,
          };
        },
      },
    ),
    ChangeResourceRecordSets: operation(
      z.strictObject({
        HostedZoneId: hostedZoneId,
        ChangeBatch: z.strictObject({
          Comment: z.string().max(256).optional(),
          Changes: z
            .array(z.strictObject({ Action: z.enum(['UPSERT', 'CREATE', 'DELETE']), ResourceRecordSet: cname }))
            .min(1)
            .max(1000),
        }),
      }),
      {
        invalid: 'InvalidInput',
        authorize: ({ HostedZoneId, ChangeBatch }) => [
          {
            action: 'route53:ChangeResourceRecordSets',
            resource: zoneArn(HostedZoneId),
            context: {
              'route53:ChangeResourceRecordSetsNormalizedRecordNames': ChangeBatch.Changes.map(
                ({ ResourceRecordSet }) => plain(ResourceRecordSet.Name),
              ),
              'route53:ChangeResourceRecordSetsRecordTypes': ChangeBatch.Changes.map(() => 'CNAME'),
              'route53:ChangeResourceRecordSetsActions': ChangeBatch.Changes.map(({ Action }) => Action),
            },
          },
        ],
        perform: ({ HostedZoneId, ChangeBatch }) => this.#change(HostedZoneId, ChangeBatch.Changes),
      },
    ),
    GetChange: operation(z.strictObject({ Id: z.string().transform((id) => id.replace(/^\/change\//, '')) }), {
      invalid: 'InvalidInput',
      authorize: ({ Id }) => [{ action: 'route53:GetChange', resource: `arn:aws:route53:::change/${Id}` }],
      perform: ({ Id }) => {
        const status = this.#changes.get(Id);
        if (status === undefined) throw new AwsError('NoSuchChange', `A change with id ${Id} does not exist.`, 404);
        return { ChangeInfo: { Id: `/change/${Id}`, Status: status, SubmittedAt: new Date(this.clock.now().at) } };
      },
    }),
  };

  #change(zoneId: string, changes: readonly { Action: string; ResourceRecordSet: z.infer<typeof cname> }[]): object {
    const zone = this.#zone(zoneId);
    // All or nothing: refused before the first is made (Route 53 API, ChangeResourceRecordSets).
    for (const { Action, ResourceRecordSet: set } of changes) {
      const name = plain(set.Name);
      if (name !== zone.domain && !name.endsWith(`.${zone.domain}`)) {
        throw new AwsError(
          'InvalidChangeBatch',
          `RRSet with DNS name ${name}. is not permitted in zone ${zone.domain}.`,
        );
      }
      const known = zone.records.get(name);
      if (Action === 'CREATE' && known !== undefined) {
        throw new AwsError(
          'InvalidChangeBatch',
          `Tried to create resource record set [name='${name}.', type='CNAME'] but it already exists`,
        );
      }
      const same = known?.ttl === set.TTL && known.value === plain(set.ResourceRecords[0]?.Value ?? '');
      if (Action === 'DELETE' && !same) {
        throw new AwsError(
          'InvalidChangeBatch',
          `Tried to delete resource record set [name='${name}.', type='CNAME'] but it was not found`,
        );
      }
    }
    for (const { Action, ResourceRecordSet: set } of changes) {
      const name = plain(set.Name);
      if (Action === 'DELETE') zone.records.delete(name);
      else zone.records.set(name, { name, value: plain(set.ResourceRecords[0]?.Value ?? ''), ttl: set.TTL });
    }
    const id = `C${randomBytes(10).toString('hex').toUpperCase()}`;
    this.#changes.set(id, 'PENDING');
    const touched = changes.map(({ ResourceRecordSet }) => plain(ResourceRecordSet.Name));
    this.clock.after(
      PROPAGATION_SECONDS * 1000,
      () => {
        for (const name of touched) {
          const record = zone.records.get(name);
          if (record === undefined) this.resolver.remove(name);
          else this.resolver.setAlias(name, record.value, record.ttl);
        }
        this.#changes.set(id, 'INSYNC');
      },
      { background: true },
    );
    return { ChangeInfo: { Id: `/change/${id}`, Status: 'PENDING', SubmittedAt: new Date(this.clock.now().at) } };
  }

  #zone(id: string): Zone {
    const zone = this.#zones.get(id);
    if (zone === undefined) throw new AwsError('NoSuchHostedZone', `No hosted zone found with ID: ${id}`, 404);
    return zone;
  }
}

const zoneArn = (id: string): string => `arn:aws:route53:::hostedzone/${id}`;

/** Route 53 lists names by their labels from the right. */
function reversed(name: string): string {
  return name.split('.').reverse().join('.');
}
