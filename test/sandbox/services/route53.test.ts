import {
  ChangeResourceRecordSetsCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
} from '@aws-sdk/client-route-53';
import { VirtualClock } from '../../../asl';
import { isInSync, lookupCname, putCname } from '../../../lambdas/gateways/dns';
import { NameResolver } from '../../../sandbox/network';
import { Route53 } from '../../../sandbox/services/route53';
import { Commands, unknownToIam } from './commands';

const ZONE = 'Z0123456789ABCDEFGHIJ';

describe('simulated Route 53', () => {
  let clock: VirtualClock;
  let resolver: NameResolver;
  let route53: Route53;
  let commands: Commands;
  beforeEach(() => {
    clock = new VirtualClock({ byHand: true });
    resolver = new NameResolver();
    route53 = new Route53(clock, resolver);
    route53.addZone(ZONE, 'Shop.internal.');
    route53.addRecord(ZONE, 'db.shop.internal', 'One.rds.example', 60);
    resolver.set('one.rds.example', ['127.0.0.1']);
    resolver.set('two.rds.example', ['127.0.0.2']);
    commands = new Commands(route53);
  });
  afterEach(async () => {
    expect(await unknownToIam(commands.permissions)).toEqual([]);
    commands.close();
    route53.close();
    clock.close();
  });

  const put = (name: string, value: string) =>
    commands.run(() => putCname(ZONE, name, { value, ttlSeconds: 30 }, 'lifeboat'));
  const change = (...changes: [string, string, string, number?, string?][]) =>
    commands.run(() =>
      new Route53Client().send(
        new ChangeResourceRecordSetsCommand({
          HostedZoneId: ZONE,
          ChangeBatch: {
            Changes: changes.map(([Action, Name, Value, TTL = 60, Type = 'CNAME']) => ({
              // A word that is none of the three is the point of one test.
              Action: Action === 'CREATE' || Action === 'DELETE' ? Action : 'UPSERT',
              ResourceRecordSet: { Name, Type: Type === 'A' ? 'A' : 'CNAME', TTL, ResourceRecords: [{ Value }] },
            })),
          },
        }),
      ),
    );

  it('answers with a change when it is in sync, and says it at once', async () => {
    const id = await put('DB.shop.internal.', 'two.rds.example.');
    expect(await commands.run(() => lookupCname(`/hostedzone/${ZONE}`, 'db.shop.internal'))).toEqual({
      value: 'two.rds.example',
      ttlSeconds: 30,
    });
    await clock.advance(44_000);
    expect(await commands.run(() => isInSync(id))).toBe(false);
    expect(resolver.resolve('db.shop.internal').addresses).toEqual(['127.0.0.1']);
    await clock.advance(1000);
    expect(await commands.run(() => isInSync(`/change/${id}`))).toBe(true);
    expect(resolver.resolve('db.shop.internal')).toMatchObject({ addresses: ['127.0.0.2'], ttlSeconds: 30 });
  });

  it('spreads each change as it was made, not as the zone is by then', async () => {
    await put('db.shop.internal', 'two.rds.example');
    await clock.advance(20_000);
    await put('db.shop.internal', 'one.rds.example');
    await clock.advance(25_000);
    expect(resolver.resolve('db.shop.internal').addresses).toEqual(['127.0.0.2']);
    await clock.advance(20_000);
    expect(resolver.resolve('db.shop.internal').addresses).toEqual(['127.0.0.1']);
  });

  it('refuses a second change of a zone while it works on the first', async () => {
    await put('db.shop.internal', 'two.rds.example');
    await expect(put('db.shop.internal', 'one.rds.example')).rejects.toMatchObject({ name: 'ThrottledError' });
    await clock.advance(1000);
    await put('db.shop.internal', 'one.rds.example');
  });

  it.each<[string, [string, string, string, number?, string?][], string, RegExp]>([
    ['another zone', [['UPSERT', 'db.other', 'x.y']], 'InvalidChangeBatch', /not permitted in zone shop.internal/],
    ['the apex', [['UPSERT', 'shop.internal', 'x.y']], 'InvalidChangeBatch', /at apex/],
    ['what is there', [['CREATE', 'db.shop.internal', 'x.y']], 'InvalidChangeBatch', /already exists/],
    ['what is not there', [['DELETE', 'no.shop.internal', 'x.y']], 'InvalidChangeBatch', /not found/],
    ['other values', [['DELETE', 'db.shop.internal', 'x.y']], 'InvalidChangeBatch', /do not match/],
    [
      'the same twice',
      [
        ['UPSERT', 'db.shop.internal', 'x.y'],
        ['UPSERT', 'db.shop.internal', 'z.y'],
      ],
      'InvalidChangeBatch',
      /invalid set of changes/,
    ],
    ['no name', [['UPSERT', 'a..shop.internal', 'x.y']], 'InvalidInput', /domain name/],
    ['another type', [['UPSERT', 'a.shop.internal', '10.0.0.1', 60, 'A']], 'NotSimulatedError', /type A/],
  ])('refuses %s and changes nothing', async (_what, changes, name, message) => {
    const refused = change(['UPSERT', 'new.shop.internal', 'x.y'], ...changes);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toMatchObject({ name });
    expect(route53.records(ZONE)).toEqual([{ name: 'db.shop.internal', value: 'One.rds.example', ttl: 60 }]);
  });

  it('takes changes of a batch in their order', async () => {
    await change(['DELETE', 'db.shop.internal', 'One.rds.example'], ['CREATE', 'db.shop.internal', 'two.rds.example']);
    expect(route53.records(ZONE)).toEqual([{ name: 'db.shop.internal', value: 'two.rds.example', ttl: 60 }]);
  });

  it('lists by labels from the right, escaped, page by page', async () => {
    await change(['CREATE', '*.shop.internal', 'x.y'], ['CREATE', 'a.b.shop.internal', 'x.y']);
    const list = (given: object) =>
      commands.run(() => new Route53Client().send(new ListResourceRecordSetsCommand({ HostedZoneId: ZONE, ...given })));
    const all = await list({});
    expect(all.ResourceRecordSets?.map(({ Name }) => Name)).toEqual([
      '\\052.shop.internal.',
      'a.b.shop.internal.',
      'db.shop.internal.',
    ]);
    expect(await list({ StartRecordName: 'b.shop.internal', MaxItems: 1 })).toMatchObject({
      ResourceRecordSets: [{ Name: 'a.b.shop.internal.' }],
      IsTruncated: true,
      NextRecordName: 'db.shop.internal.',
      NextRecordType: 'CNAME',
    });
    expect(await commands.run(() => lookupCname(ZONE, 'c.shop.internal'))).toBeNull();
    await expect(list({ StartRecordType: 'CNAME' })).rejects.toMatchObject({ name: 'InvalidInput' });
    await expect(list({ HostedZoneId: 'Z0' })).rejects.toMatchObject({ name: 'NoSuchHostedZone' });
  });
});
