import {
  ChangeResourceRecordSetsCommand,
  GetChangeCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
} from '@aws-sdk/client-route-53';
import * as z from 'zod';
import { parse } from '../runtime/parse';
import { callAws } from './aws-errors';
import { client } from './clients';

/** Route 53: records of one name. */

/** A plain CNAME: one value, no routing policy. */
export interface Cname {
  readonly value: string;
  readonly ttlSeconds: number;
}

/** Names as Route 53 and RDS write them, made comparable: lower case, no last dot. */
export const plainName = (name: string): string => name.toLowerCase().replace(/\.$/, '');

/**
 * The plain CNAME of a name, or null where there is none: nothing at all, another type, an alias, or a record with a
 * routing policy (Route 53 ListResourceRecordSets).
 */
export async function lookupCname(hostedZoneId: string, name: string): Promise<Cname | null> {
  const answer = await callAws(`route53:ListResourceRecordSets ${hostedZoneId}`, () =>
    client(Route53Client).send(
      // The listing begins at this name and type, so the first record is the one or there is none.
      new ListResourceRecordSetsCommand({
        HostedZoneId: hostedZoneId,
        StartRecordName: name,
        StartRecordType: 'CNAME',
        MaxItems: 1,
      }),
    ),
  );
  const record = answer.ResourceRecordSets?.[0];
  if (record?.Type !== 'CNAME' || plainName(record.Name ?? '') !== plainName(name)) return null;
  if (record.SetIdentifier !== undefined || record.ResourceRecords?.length !== 1) return null;
  const value = record.ResourceRecords[0]?.Value;
  return value === undefined || record.TTL === undefined ? null : { value: plainName(value), ttlSeconds: record.TTL };
}

/**
 * Makes the name's CNAME this one, whatever it was (Route 53 ChangeResourceRecordSets, UPSERT).
 * @returns the change's id, for isInSync
 */
export async function putCname(hostedZoneId: string, name: string, record: Cname, comment: string): Promise<string> {
  const answer = await callAws(`route53:ChangeResourceRecordSets ${hostedZoneId} ${name}`, () =>
    client(Route53Client).send(
      new ChangeResourceRecordSetsCommand({
        HostedZoneId: hostedZoneId,
        ChangeBatch: {
          Comment: comment,
          Changes: [
            {
              Action: 'UPSERT',
              ResourceRecordSet: {
                Name: name,
                Type: 'CNAME',
                TTL: record.ttlSeconds,
                ResourceRecords: [{ Value: record.value }],
              },
            },
          ],
        },
      }),
    ),
  );
  return parse(z.string().min(1), answer.ChangeInfo?.Id, 'the id of a Route 53 change').replace(/^\/change\//, '');
}

/** Whether all of Route 53's servers answer with the change (Route 53 GetChange). */
export async function isInSync(changeId: string): Promise<boolean> {
  const answer = await callAws(`route53:GetChange ${changeId}`, () =>
    client(Route53Client).send(new GetChangeCommand({ Id: changeId })),
  );
  return answer.ChangeInfo?.Status === 'INSYNC';
}
