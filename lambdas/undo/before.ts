import { changeKinds, type JournalEntry } from '../../contract/changes';
import type { Description } from '../../contract/description';
import type { Check } from '../../contract/run';
import { releaseIn } from '../../contract/user-data';
import { proofs } from '../application/proven';
import { templateVersion } from '../gateways/launch-templates';
import { sightings } from '../gateways/release-evidence';

/** A release that will run again. */
interface Again {
  readonly release: string;
  /** Hosts on which it was not healthy when the run changed it. */
  readonly dead: readonly string[];
}

/** Releases that hosts will serve again, and that instances will boot from again. */
async function releasesBefore(walk: readonly JournalEntry[], { launchTemplate }: Description): Promise<Again[]> {
  const found: { release: string; dead: string | null }[] = [];
  for (const entry of walk) {
    if (entry.kind === 'release') {
      const { serving } = changeKinds.release.before.parse(entry.before);
      const { hosts } = changeKinds.release.target.parse(entry.target);
      for (const host of hosts) {
        const was = serving[host];
        if (was !== undefined) found.push({ release: was.release, dead: was.healthy ? null : host });
      }
    } else if (entry.kind === 'instance-refresh') {
      const { templateId, version } = changeKinds[entry.kind].before.parse(entry.before);
      const { userData } = await templateVersion(templateId, version);
      const release = releaseIn(userData, launchTemplate.releaseVariable) ?? `of version ${version} of ${templateId}`;
      found.push({ release, dead: null });
    }
  }
  return [...new Set(found.map(({ release }) => release))].map((release) => ({
    release,
    dead: found.flatMap((each) => (each.release === release && each.dead !== null ? [each.dead] : [])),
  }));
}

/**
 * Whether what will run again was ever known to live: where it was not, the undo may find that out only by trying, and then
 * makes again what it had taken back. Nothing where no release changes.
 */
export async function knownBefore(walk: readonly JournalEntry[], description: Description): Promise<Check[]> {
  const releases = await releasesBefore(walk, description);
  if (releases.length === 0) return [];
  const needed = description.releases.provenProbes;
  const known = await proofs(sightings(), needed);
  return releases.map(({ release, dead }) => {
    const { probes = 0, lastTrouble = null } = known.find((each) => each.release === release) ?? {};
    const trouble = dead.length > 0 ? `it was not healthy on ${dead.join(', ')} when the run began` : lastTrouble;
    return {
      name: `the release that will run again, ${release}, is known healthy`,
      status: probes >= needed && dead.length === 0 ? 'passed' : 'not-checkable',
      expected: `${needed} probes on end that found it healthy`,
      actual: `${probes}${trouble === null ? '' : `; ${trouble}`}`,
      evidence: 'the release probe',
    };
  });
}
