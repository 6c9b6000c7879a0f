import { changeKinds, type JournalEntry } from '../../contract/changes';
import type { Description } from '../../contract/description';
import { NoWayBackError } from '../../contract/errors';
import type { Check, Decision } from '../../contract/run';
import { releaseIn } from '../../contract/user-data';
import { proofs } from '../application/proven';
import { templateVersion } from '../gateways/launch-templates';
import { sightings } from '../gateways/release-evidence';

const releaseOf = ({ before, target }: JournalEntry) => ({
  ...changeKinds.release.before.parse(before),
  ...changeKinds.release.target.parse(target),
});

/** The hosts of a change whose release was not healthy before it, with that release: they keep the new one (lambdas/changes/release.ts). */
function deadBefore(entry: JournalEntry): string[] {
  const { hosts, serving } = releaseOf(entry);
  return hosts
    .filter((host) => serving[host]?.healthy !== true)
    .map((host) => `${host} (${serving[host]?.release ?? 'nothing known'})`);
}

const becauseDead = (hosts: readonly string[]) =>
  `what ran there before was not healthy, and a dead release is not put back: ${hosts.join(', ')}`;

/**
 * What of a walk can be gone: a release that was not healthy is not put back, and where none goes back new instances go on
 * booting what the hosts serve.
 * @throws NoWayBackError where nothing is left of it
 */
export function withoutTheDead(of: string, walk: readonly JournalEntry[]) {
  const releases = walk.filter(({ kind }) => kind === 'release');
  const dead = new Map(releases.map((entry) => [entry.key, deadBefore(entry)]));
  const stays = releases.filter((entry) => dead.get(entry.key)?.length === releaseOf(entry).hosts.length);
  const follows = stays.length > 0 && stays.length === releases.length;
  const leaving = (entry: JournalEntry) => stays.includes(entry) || (follows && entry.kind === 'group-launch-template');
  const alternatives: Decision['alternatives'] = walk.flatMap((entry) => {
    const hosts = dead.get(entry.key) ?? [];
    if (hosts.length > 0) return [{ choice: entry.key, because: becauseDead(hosts) }];
    return leaving(entry) ? [{ choice: entry.key, because: 'new instances boot what the hosts serve' }] : [];
  });
  const going = walk.filter((entry) => !leaving(entry));
  if (going.length === 0) {
    throw new NoWayBackError(
      `Of ${of} nothing can be taken back: ${becauseDead([...dead.values()].flat())}. Nothing was changed. To have it all the same, start {"plan": "application-rollback", "release": "<its tag>"}.`,
    );
  }
  return { going, alternatives };
}

/** Releases that hosts will serve again, and that instances will boot from again. */
async function releasesBefore(walk: readonly JournalEntry[], { launchTemplate }: Description): Promise<string[]> {
  const found: string[] = [];
  for (const entry of walk) {
    if (entry.kind === 'release') {
      const { hosts, serving } = releaseOf(entry);
      found.push(...hosts.flatMap((host) => (serving[host]?.healthy === true ? [serving[host].release] : [])));
    } else if (entry.kind === 'instance-refresh') {
      const { templateId, version } = changeKinds[entry.kind].before.parse(entry.before);
      const { userData } = await templateVersion(templateId, version);
      found.push(releaseIn(userData, launchTemplate.releaseVariable) ?? `of version ${version} of ${templateId}`);
    }
  }
  return [...new Set(found)];
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
  return releases.map((release) => {
    const { probes = 0, lastTrouble = null } = known.find((each) => each.release === release) ?? {};
    return {
      name: `the release that will run again, ${release}, is known healthy`,
      status: probes >= needed ? 'passed' : 'not-checkable',
      expected: `${needed} probes on end that found it healthy`,
      actual: `${probes}${lastTrouble === null ? '' : `; ${lastTrouble}`}`,
      evidence: 'the release probe',
    };
  });
}
