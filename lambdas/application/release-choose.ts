import { EvidenceMissingError, HostUnfitError, RolledBackAlreadyError } from '../../contract/errors';
import { changeKinds } from '../../contract/changes';
import type { InspectedRelease } from '../../contract/documents';
import type { Decision, RecoveryRequest } from '../../contract/run';
import { releaseTasks } from '../../contract/tasks/releases';
import { sightings } from '../gateways/release-evidence';
import { batchesOf } from '../run/batches';
import { recordDecision } from '../run/journal';
import { rollbacks, type Rollback } from '../run/rollbacks';
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

/** Where a rollback went, and from which releases. */
export interface WentBack {
  readonly run: string;
  readonly at: string;
  readonly to: string;
  readonly from: readonly string[];
}

/** Of every host that changed its release. */
export const wentBack = ({ run, settledAt, changes }: Rollback): WentBack[] =>
  changes.flatMap((change) => {
    if (change.kind !== 'release') return [];
    const to = changeKinds.release.target.parse(change.target).release;
    const { serving } = changeKinds.release.before.parse(change.before);
    return [{ run, at: settledAt, to, from: Object.values(serving).map(({ release }) => release) }];
  });

/**
 * @throws EvidenceMissingError where no release is known healthy, naming what is known of each; RolledBackAlreadyError
 * where the release that runs is the one that the last rollback went back to
 */
export function chooseRelease(given: {
  readonly request: RecoveryRequest;
  readonly purpose: 'recover' | 'roll-back' | 'rebuild';
  readonly needed: number;
  readonly serving: Readonly<Record<string, Serving>>;
  readonly known: readonly Proof[];
  /** The newest first. */
  readonly earlier: readonly WentBack[];
}): Choice {
  const { request, purpose, needed, serving, known, earlier } = given;
  const running = new Set(Object.values(serving).map(({ release }) => release));
  const well = Object.values(serving).every(({ healthy }) => healthy);
  const words = ({ probes, until, lastTrouble }: Proof) =>
    `${probes} of ${needed} probes on end found it healthy${until === null ? '' : `, the last at ${until}`}` +
    (lastTrouble === null ? '' : `; ${lastTrouble}`);
  const excluded = (proof: Proof): string | null => {
    if (proof.probes < needed) return words(proof);
    // Deployed once more, and well, it is as good as any other.
    const left = earlier.find(
      ({ from, to, at }) => from.includes(proof.release) && to !== proof.release && at > (proof.until ?? ''),
    );
    if (left !== undefined) return `${left.run} went back from it to ${left.to} at ${left.at}`;
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
  const [last] = earlier;
  // Where another release has served since, what runs was deployed, and is no rollback's doing any more.
  const servedSince = known.some(({ release, until }) => release !== last?.to && (until ?? '') > (last?.at ?? ''));
  if (purpose === 'roll-back' && last !== undefined && !servedSince && running.size === 1 && running.has(last.to)) {
    throw new RolledBackAlreadyError(
      `${last.run} went back to ${last.to} at ${last.at}, and that is what runs. To go further back say to which release: {"release": "v1.2.0"}. Known: ${others(
        last.to,
      )
        .map(({ choice, because }) => `${choice}: ${because}`)
        .join('; ')}. Nothing was changed.`,
    );
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
    const servingIf = (isWell: (result: InspectedRelease) => boolean) =>
      Object.fromEntries(
        inspected.map(({ host, result }): [string, Serving] => [
          host,
          { release: result.release, folder: folderOf(host, result), healthy: isWell(result) },
        ]),
      );
    const judged = servingIf((result) => judgeRelease(result, serviceLevels).healthy);
    // What a run that fails puts back is what lived: errors on its counters may be older than whatever is wrong now.
    const serving = servingIf(({ status }) => status === 200);
    // What probes said while the fault was at work already is no evidence of anything good.
    const known = await proofs(sightings(request.incident.fault), releases.provenProbes);
    const earlier = (await rollbacks(run.environment, ['application-rollback'])).flatMap(wentBack);
    const { release, reason, alternatives } = chooseRelease({
      request,
      purpose,
      needed: releases.provenProbes,
      serving: judged,
      known,
      earlier,
    });
    const runs = [
      ...new Set(Object.values(judged).map((each) => `${each.release} (${each.healthy ? 'healthy' : 'not healthy'})`)),
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
