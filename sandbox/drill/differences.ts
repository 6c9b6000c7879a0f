import type { Footprint } from './footprint';

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
