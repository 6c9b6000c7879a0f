import { ConfigurationMissingError, RolledBackAlreadyError } from '../../contract/errors';
import type { Examined, InForce } from '../../contract/documents';
import type { Decision, RecoveryRequest } from '../../contract/run';
import type { ConfigurationVersion, StoredConfiguration } from '../../contract/tasks/configuration';

export interface Situation {
  readonly request: RecoveryRequest;
  readonly stored: StoredConfiguration;
  /** What the first host found of each candidate, in their order. */
  readonly examined: readonly Examined[];
  readonly hosts: readonly { readonly host: string; readonly result: InForce }[];
  /** Rollbacks of the configuration, the newest first. */
  readonly earlier: readonly { readonly run: string; readonly at: string; readonly to: string }[];
}

export interface Choice {
  readonly chosen: ConfigurationVersion;
  readonly reason: string;
  readonly alternatives: Decision['alternatives'];
}

/** Whether a host has exactly these files, secrets apart. */
const isInForce = ({ files }: Examined, { files: has }: InForce): boolean =>
  Object.entries(files).every(([name, digest]) => has[name]?.digest === digest);

/** The newest of the candidates that any host has in force; -1 where none has. */
function newestInForce({ examined, hosts }: Situation): number {
  return examined.findIndex((version) => hosts.some(({ result }) => isInForce(version, result)));
}

/** Entries whose value is not their secret's of today: a rotated secret that somebody resurrected. */
function oldSecrets({ hosts }: Situation): string {
  const old = new Set(
    hosts.flatMap(({ result }) => Object.entries(result.secretsCurrent).flatMap(([name, is]) => (is ? [] : [name]))),
  );
  return old.size === 0 ? '' : `; not of today in force: ${[...old].join(', ')}`;
}

/**
 * Recovery takes the newest sound version that the moment allows; rollback the newest sound one before what is in force, or,
 * where what is in force was never stored, the newest sound one. A version that was named is taken if it is sound.
 * @throws ConfigurationMissingError where nothing sound is left; RolledBackAlreadyError where the version in force is the one
 * that the last rollback went back to, and none is named
 */
export function choose(situation: Situation): Choice {
  const { request, stored, examined } = situation;
  const found = newestInForce(situation);
  const back = request.plan === 'configuration-rollback';
  const asked = request.configurationVersion !== undefined || request.restoreTime !== undefined;
  // What is in force, and what is newer, is not before it.
  const from = back && !asked ? found + 1 : 0;
  const alternatives: Decision['alternatives'] = [...stored.passedOver];
  const [last] = situation.earlier;
  if (back && !asked && last !== undefined && last.to === examined[found]?.version) {
    throw new RolledBackAlreadyError(
      `${last.run} went back to version ${last.to} at ${last.at}, and that is in force. To go further back name it with configurationVersion; there are ${examined.map(({ version }) => version).join(', ')}. Nothing was changed.`,
    );
  }
  let chosen: ConfigurationVersion | undefined;
  for (const [index, { version, problem, words }] of examined.entries()) {
    if (index < from) {
      const because = index === found ? 'it is in force' : 'it is newer than what is in force';
      alternatives.push({ choice: version, because });
    } else if (problem !== null) alternatives.push({ choice: version, because: `not sound: ${words}` });
    else if (chosen === undefined) chosen = stored.candidates.find((candidate) => candidate.version === version);
    else alternatives.push({ choice: version, because: 'a newer sound one is there' });
  }
  if (chosen === undefined) {
    const words = alternatives.map(({ choice, because }) => `${choice}: ${because}`).join('; ');
    throw new ConfigurationMissingError(
      `no version of the configuration can be taken. ${stored.because}. ${words}. Name one with configurationVersion`,
    );
  }
  const inForce = found === -1 ? 'what is in force is none of them' : `${examined[found]?.version ?? ''} is in force`;
  const skipped = alternatives.filter(({ because }) => because.startsWith('not sound: ')).length;
  const skips = skipped === 0 ? '' : `; ${skipped} that ${skipped === 1 ? 'is' : 'are'} not sound passed over`;
  return { chosen, reason: `${stored.because}; ${inForce}${skips}${oldSecrets(situation)}`, alternatives };
}
