import type { ReleaseSighting } from '../../contract/tasks/releases';

/** What the evidence says of one release. */
export interface Proof {
  readonly release: string;
  /** The most probes on end that found every host serving it, and well. */
  readonly probes: number;
  /** When it was last known healthy: the last of the newest stretch that was long enough, else of the longest; null for none. */
  readonly until: string | null;
  /** Why the last probe that did not pass did not. */
  readonly lastTrouble: string | null;
}

const releaseOf = ({ hosts }: ReleaseSighting): string | null => {
  const [first, ...others] = new Set(hosts.map(({ release }) => release));
  return first !== undefined && others.length === 0 ? first : null;
};

/**
 * Reads the evidence, newest first: each release by when it was last seen, with its longest stretch of probes that found
 * every host serving it well. A probe that saw another release, or trouble, ends a stretch.
 * @param needed how many probes are long enough
 */
export async function proofs(evidence: AsyncIterable<ReleaseSighting>, needed: number): Promise<Proof[]> {
  const found = new Map<string, { best: number; until: string | null; trouble: string | null }>();
  let stretch = { release: '', probes: 0, until: '' };
  for await (const sighting of evidence) {
    for (const { release, healthy, because, host } of sighting.hosts) {
      const known = found.get(release) ?? { best: 0, until: null, trouble: null };
      if (!healthy) known.trouble ??= `at ${sighting.takenAt} on ${host}: ${because}`;
      found.set(release, known);
    }
    const release = releaseOf(sighting);
    const passed = release !== null && sighting.hosts.every(({ healthy }) => healthy);
    if (!passed) {
      stretch = { release: '', probes: 0, until: '' };
      continue;
    }
    stretch =
      stretch.release === release
        ? { ...stretch, probes: stretch.probes + 1 }
        : { release, probes: 1, until: sighting.takenAt };
    const known = found.get(release);
    if (known !== undefined && stretch.probes > known.best) {
      // The newest comes first: once it is long enough, no older one says more of when the release was healthy.
      if (known.best < needed) known.until = stretch.until;
      known.best = stretch.probes;
    }
  }
  return [...found].map(([release, { best, until, trouble }]) => ({
    release,
    probes: best,
    until,
    lastTrouble: trouble,
  }));
}
