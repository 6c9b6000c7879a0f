import * as z from 'zod';
import { ChangeConflictError, UndoFailedError } from '../../contract/errors';
import { isInSync, lookupCname, plainName, putCname, type Cname } from '../gateways/dns';
import { parse } from '../runtime/parse';
import { defineChange, type Change } from './define';
import type { Need } from './rehearse';

type DnsRecord = Change<'dns-record'>;

const same = (one: Cname, other: Cname) =>
  plainName(one.value) === plainName(other.value) && one.ttlSeconds === other.ttlSeconds;
const words = (record: Cname | null) =>
  record === null ? 'no plain CNAME' : `${record.value} (${record.ttlSeconds} s)`;

/** Route 53 ListResourceRecordSets. @throws ChangeConflictError where the name has no plain CNAME */
async function read(target: DnsRecord['target']) {
  const record = await lookupCname(target.hostedZoneId, target.name);
  if (record === null) {
    throw new ChangeConflictError(`${target.name} is no plain CNAME in the zone ${target.hostedZoneId}.`);
  }
  return record;
}

/**
 * Route 53 ListResourceRecordSets, ChangeResourceRecordSets (UPSERT).
 * @throws ChangeConflictError where somebody else has changed the record since it was read
 */
async function apply({ run, target, before }: DnsRecord) {
  const wanted = { value: target.value, ttlSeconds: target.ttlSeconds };
  const now = await lookupCname(target.hostedZoneId, target.name);
  if (now === null || (!same(now, before) && !same(now, wanted))) {
    throw new ChangeConflictError(
      `${target.name} was ${words(before)} and is now ${words(now)}: not this run's doing.`,
    );
  }
  const changeId = await putCname(target.hostedZoneId, target.name, wanted, `lifeboat ${run.id}`);
  return { changeId };
}

const idSchema = z.object({ changeId: z.string() });
/** Null where the record was found as before. */
const undoSchema = z.object({ undoChangeId: z.string().nullable() });

const synchronised = async (changeId: string) =>
  (await isInSync(changeId)) ? { done: true } : { done: false, progress: `Route 53 spreads ${changeId}` };

/** Route 53 GetChange. Resolvers may keep the old record for `previousTtlSeconds` more, counted from the change. */
async function confirm({ detail, before }: DnsRecord) {
  const outcome = await synchronised(parse(idSchema, detail, 'the ids of changes').changeId);
  return outcome.done ? { done: true, detail: { previousTtlSeconds: before.ttlSeconds } } : outcome;
}

/**
 * Route 53 ListResourceRecordSets, ChangeResourceRecordSets (UPSERT of the record before).
 * @throws UndoFailedError where the record is neither this run's nor the one before: somebody else's decision stands
 */
async function undo({ run, target, before }: DnsRecord) {
  const now = await lookupCname(target.hostedZoneId, target.name);
  if (now !== null && same(now, before)) return { undoChangeId: null };
  if (now === null || !same(now, { value: target.value, ttlSeconds: target.ttlSeconds })) {
    throw new UndoFailedError(`${target.name} is ${words(now)}, which this run did not set; it was ${words(before)}.`);
  }
  return { undoChangeId: await putCname(target.hostedZoneId, target.name, before, `lifeboat ${run.id}, taken back`) };
}

/** Route 53 GetChange. */
async function confirmUndo({ detail }: DnsRecord) {
  const { undoChangeId } = parse(undoSchema, detail, 'the ids of changes');
  return undoChangeId === null ? { done: true } : await synchronised(undoChangeId);
}

const needs = ({ hostedZoneId, name }: DnsRecord['target']): Need[] => {
  const zone = `arn:aws:route53:::hostedzone/${hostedZoneId}`;
  return [
    {
      actions: ['route53:ChangeResourceRecordSets'],
      resource: zone,
      context: {
        'route53:ChangeResourceRecordSetsNormalizedRecordNames': [name],
        'route53:ChangeResourceRecordSetsRecordTypes': ['CNAME'],
        'route53:ChangeResourceRecordSetsActions': ['UPSERT'],
      },
    },
    { actions: ['route53:GetChange'], resource: 'arn:aws:route53:::change/C0000000000000' },
  ];
};

export const handler = defineChange('dns-record', { read, apply, confirm, undo, confirmUndo, oneCall: true, needs });
