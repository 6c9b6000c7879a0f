import { createHash } from 'node:crypto';
import * as z from 'zod';
import { TAGS } from '../../contract/environment';
import { ChangeNotConfirmedError, ContractViolationError, HostUnfitError } from '../../contract/errors';
import type { RunRef } from '../../contract/run';
import { attachVolume, createVolume, detachVolume, volumesById, volumesThere, type EbsVolume } from '../gateways/ebs';
import { parse } from '../runtime/parse';
import { beginChain, beginChainWhereverPossible, failureOf, progressSchema, walkChain, type ChainOf } from './chain';
import { defineChange, expiry, tagsOfRun, type Change } from './define';
import { documentNeeds, ownArn } from './rehearse';
import { volumeOf } from './volume-parameters';

type Made = Change<'files-volume'>;

/** A restored volume is loaded from S3 as it is read: e2fsck reads all of its tables. */
const CHECK_SECONDS = 7200;
const RELEASE_SECONDS = 300;

const idsSchema = z.record(z.string(), z.string()).default({});
const hostsSchema = z.array(progressSchema).nullish();
const attemptSchema = z.number().int().default(0);

function sourceOf({ source }: Made['target']) {
  if (source.kind !== 'ebs-snapshot')
    throw new ContractViolationError(`a volume of EBS is not made from ${source.kind}`);
  return source;
}

/** EC2 DescribeVolumes: the disks of the hosts. @throws HostUnfitError where one is attached to no host of those */
async function read(target: Made['target']) {
  const { disks } = sourceOf(target);
  const found = await volumesById(Object.values(disks));
  const one = (host: string) => {
    const id = disks[host];
    const volume = found.find(
      ({ VolumeId, Attachments }) => VolumeId === id && Attachments.some(({ InstanceId }) => InstanceId === host),
    );
    if (volume === undefined)
      throw new HostUnfitError(`${id ?? 'no disk'} is not attached to ${host}. Nothing was changed.`);
    const { VolumeId: volumeId, AvailabilityZone: zone, VolumeType: type, Iops = null, Throughput = null } = volume;
    return { volumeId, zone, type, iops: Iops, throughput: Throughput };
  };
  return { disks: Object.fromEntries(target.hosts.map((host) => [host, one(host)])) };
}

/** EC2 CreateVolume for each host, in its zone and like the disk that it has. */
async function apply({ run, key, target, before }: Made) {
  const { snapshotId } = sourceOf(target);
  const ids: Record<string, string> = {};
  for (const host of target.hosts) {
    const like = before.disks[host];
    if (like === undefined) throw new ContractViolationError(`the disk of ${host} was not read`);
    ids[host] = await createVolume(like, {
      snapshotId,
      token: createHash('sha256').update(`${run.id}/${key}/${host}`).digest('hex').slice(0, 64),
      tags: { ...tagsOfRun(run), [TAGS.change]: key, [TAGS.expires]: expiry(target.keepReplacedDays) },
    });
  }
  return { ids, importing: null };
}

/** Document import-volume, on each host its own. */
const taking =
  ({ target }: Made, ids: Readonly<Record<string, string>>): ChainOf =>
  (host) => [
    {
      document: 'import-volume',
      parameters: { ...volumeOf(target.volume), Volume: ids[host] ?? '', Aside: target.aside },
      seconds: CHECK_SECONDS,
    },
  ];
const releasing =
  ({ target }: Made, ids: Readonly<Record<string, string>>): ChainOf =>
  (host) => [
    {
      document: 'release-volume',
      parameters: { VolumeGroup: target.volume.volumeGroup, Volume: ids[host] ?? '', Aside: target.aside },
      seconds: RELEASE_SECONDS,
    },
  ];

const attachment = (volume: EbsVolume | undefined, host: string) =>
  volume?.Attachments.find(({ InstanceId }) => InstanceId === host)?.State;

/** So often a volume may not be listed before it counts as gone: what is made is known everywhere within seconds (EC2 API, Eventual consistency). */
const UNSEEN = 4;

/** @throws ChangeNotConfirmedError where a volume is in error, or gone for good */
function requireThere(
  volume: EbsVolume | undefined,
  of: { id: string; host: string; snapshot: string; unseen: number },
) {
  const { id, host, snapshot, unseen } = of;
  if (volume?.State === 'error') throw new ChangeNotConfirmedError(`${id} of ${host} is error.`);
  if (volume === undefined && unseen >= UNSEEN)
    throw new ChangeNotConfirmedError(
      `${id} of ${host} was made and is gone again: so EC2 does where the key of ${snapshot} cannot be used (it is disabled, or no right on it was given: name it in the description's kmsKeyArns). Nothing was stopped.`,
    );
}

/** Available, attached, taken in: one step of each host at a time. @throws ChangeNotConfirmedError, SnapshotUnsoundError */
async function confirm(change: Made) {
  const { run, key, target, detail } = change;
  const ids = parse(idsSchema, detail['ids'], `the volumes of ${key}`);
  const begun = parse(hostsSchema, detail['importing'], `how far ${key} is`);
  if (begun !== undefined && begun !== null) {
    const { hosts, ended, words } = await walkChain({ run, key }, taking(change, ids), begun);
    const failure = failureOf(hosts);
    if (ended && failure !== null) throw failure;
    return ended
      ? { done: true, detail: { importing: hosts } }
      : { done: false, progress: words, detail: { importing: hosts } };
  }
  const found = await volumesThere(Object.values(ids));
  const unseen =
    found.length < target.hosts.length ? parse(attemptSchema, detail['unseen'], `how often of ${key}`) + 1 : 0;
  const states: string[] = [];
  for (const host of target.hosts) {
    const id = ids[host] ?? 'the volume';
    const volume = found.find(({ VolumeId }) => VolumeId === id);
    requireThere(volume, { id, host, snapshot: sourceOf(target).snapshotId, unseen });
    if (volume?.State === 'available') await attachVolume(volume.VolumeId, host, target.deviceName);
    if (attachment(volume, host) !== 'attached') states.push(`${id} is ${volume?.State ?? 'not listed'}`);
  }
  if (states.length > 0) return { done: false, progress: states.join(', '), detail: { unseen } };
  return {
    done: false,
    progress: 'taking the volumes in',
    detail: { importing: await beginChain({ run, key: `${key}-import` }, taking(change, ids), target.hosts) },
  };
}

/** Document release-volume on every host that got one; then they are detached. They are kept until they expire. */
async function undo(change: Made) {
  const { run, key, detail, target } = change;
  const undoAttempt = parse(attemptSchema, detail['undoAttempt'], `the attempts at taking back ${key}`) + 1;
  const ids = parse(idsSchema, detail['ids'], `the volumes of ${key}`);
  const made = await volumesThere(Object.values(ids));
  const hosts = target.hosts.filter(
    (host) =>
      attachment(
        made.find(({ VolumeId }) => VolumeId === ids[host]),
        host,
      ) !== undefined,
  );
  const sending = { run, key: `${key}-undo-${undoAttempt}` };
  return { undoAttempt, releasing: await beginChainWhereverPossible(sending, releasing(change, ids), hosts) };
}

const releasedSchema = z.object({ 'release-volume': z.object({ state: z.string() }) });

async function confirmUndo(change: Made) {
  const { run, key, detail } = change;
  const undoAttempt = parse(attemptSchema, detail['undoAttempt'], `the attempts at taking back ${key}`);
  const ids = parse(idsSchema, detail['ids'], `the volumes of ${key}`);
  const begun = parse(hostsSchema, detail['releasing'], `how far taking back ${key} is`) ?? [];
  const sending = { run, key: `${key}-undo-${undoAttempt}` };
  const { hosts, ended, words } = await walkChain(sending, releasing(change, ids), begun);
  const failure = failureOf(hosts);
  if (!ended) return { done: false, progress: words, detail: { releasing: hosts } };
  // A host that serves from its new disk keeps it.
  const free = hosts.filter(({ said }) => releasedSchema.safeParse(said).data?.['release-volume'].state !== 'in-use');
  const found = await volumesThere(free.flatMap(({ host }) => ids[host] ?? []));
  const states: string[] = [];
  for (const { host, error } of free) {
    const volume = found.find(({ VolumeId }) => VolumeId === ids[host]);
    if (volume === undefined || error !== null || volume.State === 'available') continue;
    if (attachment(volume, host) === 'attached') await detachVolume(volume.VolumeId, host);
    states.push(`${volume.VolumeId} is ${volume.State}`);
  }
  if (states.length > 0) return { done: false, progress: states.join(', '), detail: { releasing: hosts } };
  if (failure !== null) throw failure;
  return { done: true, detail: { releasing: hosts } };
}

async function needs(target: Made['target'], run: RunRef) {
  const context = { [`aws:ResourceTag/${TAGS.environment}`]: run.environment };
  return [
    ...(await documentNeeds(run, ['import-volume', 'release-volume'], target.hosts)),
    {
      actions: ['ec2:CreateVolume'],
      resource: ownArn('ec2', 'volume/*'),
      context: { [`aws:RequestTag/${TAGS.environment}`]: run.environment },
    },
    { actions: ['ec2:AttachVolume', 'ec2:DetachVolume'], resource: ownArn('ec2', 'volume/*'), context },
  ];
}

export const handler = defineChange('files-volume', { read, apply, confirm, undo, confirmUndo, oneCall: false, needs });
