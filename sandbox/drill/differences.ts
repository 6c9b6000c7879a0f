import * as z from 'zod';
import { TAGS } from '../../contract/environment';
import { described, type Footprint } from './footprint';

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
    .filter(([name, is]) => name.startsWith('disk vol-') && is.includes(`"InstanceId":"${host}"`))
    .toSorted(([, one], [, other]) => deviceOf(one).localeCompare(deviceOf(other)))
    .flatMap(([name]) => name.replace('disk ', ''));

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

const instanceSchema = z.looseObject({
  resourceId: z.string(),
  tags: z.array(z.tuple([z.string(), z.string()])),
});
/** By identifier. */
const instancesOf = (footprint: Footprint) =>
  new Map(
    Object.entries(footprint).flatMap(([name, is]) => {
      const [, identifier] = /^instance (.*)$/.exec(name) ?? [];
      return identifier === undefined ? [] : [[identifier, instanceSchema.parse(JSON.parse(is))] as const];
    }),
  );
/** What names the run that made an instance; that it expires would be a difference. */
const ofRuns: readonly string[] = [TAGS.run, TAGS.environment];

/**
 * Where the data of before comes back by a restore, another instance serves: as if it had the identifier and the resource id of
 * the one whose place it took, and were not tagged with its run. That one is known as replaced, and is kept. Settings, status, every
 * other tag, content, who may connect, the record and the alarms have to be the same. Only for what restores a database, and only
 * where the record leads to the copy, or the copy has the name.
 */
export function inTheInstancesPlace(before: Footprint, now: Footprint, recordName: string): Footprint {
  const [then, today] = [instancesOf(before), instancesOf(now)];
  const record = now[`record ${recordName}`] ?? '';
  const [place, ...others] = [...then].filter(([identifier]) => !identifier.startsWith('lifeboat-'));
  if (place === undefined || others.length > 0) return now;
  const [was, { resourceId: old }] = place;
  const named = today.get(was);
  const copy =
    named !== undefined && named.resourceId !== old
      ? // By rename the name went over to it.
        ([was, named] as const)
      : [...today].find(([identifier]) => !then.has(identifier) && record.includes(`"${identifier}.`));
  if (copy === undefined) return now;
  const [is, { resourceId: other, tags, ...more }] = copy;
  const put = (text: string) => text.replaceAll(is, was).replaceAll(other, old);
  return Object.fromEntries(
    Object.entries(now).map(([name, text]) => {
      const [, identifier = ''] = /^instance (.*)$/.exec(name) ?? [];
      if (today.get(identifier)?.resourceId === old)
        return [`instance lifeboat-replaced ${identifier}`, text.replaceAll(old, `${old}-replaced`)];
      if (name.startsWith(`database ${old}`)) return [name.replace(old, `${old}-replaced`), text];
      if (identifier !== is) return [put(name), put(text)];
      const own = tags.filter(([key]) => !ofRuns.includes(key));
      return [`instance ${was}`, put(described({ ...more, resourceId: other, tags: own }))];
    }),
  );
}

/** What a stored template says of the sizes of an Auto Scaling group is provisioned, and stays (contract/undo.ts): those alone are as before. */
export function asProvisioned(before: Footprint, now: Footprint): Footprint {
  const name = 'DescribeAutoScalingGroups';
  const [then = '', today = ''] = [before[name], now[name]];
  const sizes = ['DesiredCapacity', 'MaxSize', 'MinSize'];
  const put = sizes.reduce((text, size) => {
    const was = new RegExp(`"${size}":\\d+`).exec(then)?.[0];
    return was === undefined ? text : text.replace(new RegExp(`"${size}":\\d+`), was);
  }, today);
  return { ...now, [name]: put };
}

const groupArn = (group = '') => /"TargetGroupArn":"([^"]+)"/.exec(group)?.[1];

/** A target group that is deleted and made again has the same name and another ARN: that alone is as before. */
export function underItsName(before: Footprint, now: Footprint): Footprint {
  const pairs = Object.keys(before).flatMap((name) => {
    const [was, is] = name.startsWith('target group ') ? [groupArn(before[name]), groupArn(now[name])] : [];
    return was === undefined || is === undefined || was === is ? [] : [[is, was] as const];
  });
  const put = (text: string): string => pairs.reduce((put, [is, was]) => put.replaceAll(is, was), text);
  return Object.fromEntries(Object.entries(now).map(([name, text]) => [name, put(text)]));
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
