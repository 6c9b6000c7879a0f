import { EvidenceMissingError, HostUnfitError } from '../../contract/errors';
import type { InspectedRelease } from '../../contract/documents';
import type { Decision, RecoveryRequest } from '../../contract/run';
import { releaseTasks } from '../../contract/tasks/releases';
import { sightings } from '../gateways/release-evidence';
import { batchesOf } from '../run/batches';
import { recordDecision } from '../run/journal';
import { handler as task } from '../runtime/handler';
import { proofs, type Proof } from './proven';
import { judgeRelease } from './release-health';

interface Serving {
  readonly release: string;
  readonly folder: string;
  readonly healthy: boolean;
}

interface Choice {
  readonly release: string;
  readonly reason: string;
  readonly alternatives: Decision['alternatives'];
}

/** @throws EvidenceMissingError where no release is known healthy, naming what is known of each */
export function chooseRelease(given: {
  readonly request: RecoveryRequest;
  readonly purpose: 'recover' | 'roll-back' | 'rebuild';
  readonly needed: number;
  readonly serving: Readonly<Record<string, Serving>>;
  readonly known: readonly Proof[];
}): Choice {
  const { request, purpose, needed, serving, known } = given;
  const running = new Set(Object.values(serving).map(({ release }) => release));
  const well = Object.values(serving).every(({ healthy }) => healthy);
  const words = ({ probes, until, lastTrouble }: Proof) =>
    `${probes} of ${needed} probes on end found it healthy${until === null ? '' : `, the last at ${until}`}` +
    (lastTrouble === null ? '' : `; ${lastTrouble}`);
  const excluded = (proof: Proof): string | null => {
    if (proof.probes < needed) return words(proof);
    // Where everything is rebuilt nothing serves well, whatever the release: that says nothing against it.
    if (purpose === 'rebuild' || !running.has(proof.release)) return null;
    if (purpose === 'roll-back') return 'it is what runs now';
    return well && running.size === 1 ? null : 'it runs now, and not every host serves it well';
  };
  const others = (but: string | null) =>
    known
      .filter(({ release }) => release !== but)
      .map((proof) => ({
        choice: proof.release,
        because: excluded(proof) ?? `${but ?? 'what was chosen'} was healthy later; ${words(proof)}`,
      }));

  if (request.release !== undefined) {
    const proof = known.find(({ release }) => release === request.release);
    const says = proof === undefined ? 'no probe ever saw it' : words(proof);
    return {
      release: request.release,
      reason: `asked for by the operator; ${says}`,
      alternatives: others(request.release),
    };
  }
  // Both a good and a bad release may run, and neither is "the one before".
  const mixed = purpose === 'roll-back' && running.size > 1;
  // What was healthy last, not what was seen last: a release may have been deployed, and taken back, in between.
  const [chosen] = mixed
    ? []
    : known
        .filter((proof) => excluded(proof) === null)
        .toSorted((one, other) => (other.until ?? '').localeCompare(one.until ?? ''));
  if (chosen === undefined) {
    const list = known.map((proof) => `${proof.release}: ${excluded(proof) ?? words(proof)}`).join('; ');
    throw new EvidenceMissingError(
      (mixed ? `The hosts run different releases (${[...running].join(', ')}). ` : 'No release is known healthy. ') +
        `Say which one to run: {"release": "v1.2.0"}. ${list === '' ? 'No probe has seen any yet.' : `Known: ${list}.`}`,
    );
  }
  return {
    release: chosen.release,
    reason: `the newest release known healthy${purpose === 'roll-back' ? ' before the one that runs' : ''}: ${words(chosen)}`,
    alternatives: others(chosen.release),
  };
}

/** @throws HostUnfitError where a host's folder is no link, or a tool is missing */
function folderOf(host: string, { folder, missingTools }: InspectedRelease): string {
  if (missingTools.length > 0)
    throw new HostUnfitError(`${host} lacks ${missingTools.join(', ')}. Nothing was changed.`);
  if (folder !== null) return folder;
  throw new HostUnfitError(
    `On ${host} the application's folder is no link to a release in releases.folder: make it one (docs/operating.md, Releases). Nothing was changed.`,
  );
}

/** Chooses the release, says in which batches the hosts change, and records the choice with what else there was. */
export const handler = task(
  releaseTasks['release-choose'],
  async ({ run, request, purpose, releases, serviceLevels, inspected }) => {
    const now = new Date().toISOString();
    const serving = Object.fromEntries(
      inspected.map(({ host, result }): [string, Serving] => [
        host,
        {
          release: result.release,
          folder: folderOf(host, result),
          healthy: judgeRelease(result, serviceLevels).healthy,
        },
      ]),
    );
    // What probes said while the fault was at work already is no evidence of anything good.
    const known = await proofs(sightings(request.incident.fault), releases.provenProbes);
    const { release, reason, alternatives } = chooseRelease({
      request,
      purpose,
      needed: releases.provenProbes,
      serving,
      known,
    });
    const runs = [
      ...new Set(Object.values(serving).map((each) => `${each.release} (${each.healthy ? 'healthy' : 'not healthy'})`)),
    ];
    await recordDecision(run.id, {
      at: now,
      subject: 'release',
      choice: release,
      reason: `${reason}; now runs ${runs.join(', ')}`,
      alternatives,
    });
    return {
      release,
      reason,
      serving,
      batches: batchesOf(
        inspected.map(({ host }) => host),
        releases.batchSize,
      ),
    };
  },
);
