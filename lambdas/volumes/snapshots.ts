import type { InspectedVolume } from '../../contract/documents';

export interface Inspected {
  readonly host: string;
  readonly result: InspectedVolume;
}

/** What a merge rewrites is read and written once, and what was there before is kept first: three times at 20 MiB a second. */
const MEBIBYTES_A_SECOND = 20 / 3;

/** The snapshot of that name on each host. */
export const found = (name: string, inspected: readonly Inspected[]) =>
  inspected.map(({ host, result }) => ({ host, snapshot: result.snapshots.find((one) => one.name === name) }));

/** Which snapshots come into question: the one that is named, whoever took it; else Lifeboat's, taken until a moment. */
export interface Wanted {
  readonly named: boolean;
  readonly until: string | undefined;
}

/** Why a snapshot cannot be gone back to, in words; null where it can. Hosts of one application have to have the same files. */
export function problem(name: string, { named, until }: Wanted, inspected: readonly Inspected[]): string | null {
  for (const { host, snapshot } of found(name, inspected)) {
    if (snapshot === undefined) return `${host} has none of that name`;
    if (!snapshot.sound) return `it has overflowed on ${host}`;
    if (named) continue;
    if (snapshot.kind !== 'snapshot')
      return snapshot.kind === 'safety' ? 'it keeps what a rollback overwrote' : 'Lifeboat did not take it';
    if (until !== undefined && Date.parse(snapshot.takenAt) > Date.parse(until)) return `it was taken after ${until}`;
  }
  return null;
}

/** The moment of a snapshot: the last of its hosts'. */
export function takenAt(name: string, inspected: readonly Inspected[]): string {
  const moments = found(name, inspected).flatMap(({ snapshot }) => snapshot?.takenAt ?? []);
  return moments.sort((one, other) => Date.parse(other) - Date.parse(one))[0] ?? '';
}

/** All that any host has, newest first. */
export const names = (inspected: readonly Inspected[]): string[] =>
  [...new Set(inspected.flatMap(({ result }) => result.snapshots.map((one) => one.name)))].sort(
    (one, other) => Date.parse(takenAt(other, inspected)) - Date.parse(takenAt(one, inspected)),
  );

/** Host to the MiB that merging it rewrites. */
export const rewrites = (name: string, inspected: readonly Inspected[]): Record<string, number> =>
  Object.fromEntries(found(name, inspected).map(({ host, snapshot }) => [host, snapshot?.usedMegabytes ?? 0]));

/** How long the slowest host merges. */
export const mergeSeconds = (megabytes: Readonly<Record<string, number>>): number =>
  Math.ceil(Math.max(...Object.values(megabytes)) / MEBIBYTES_A_SECOND);

/** Hosts on which a snapshot is being merged. */
export const mergingOn = (inspected: readonly Inspected[]): string[] =>
  inspected.filter(({ result }) => result.merging).map(({ host }) => host);
