import type { ConfigurationDescription } from '../../contract/description';
import type { ConfigurationVersion } from '../../contract/tasks/configuration';
import type { ObjectVersion } from '../gateways/configuration-store';

/** Objects of one deployment are written one after the other; what lies closer together than this is one version, milliseconds. */
const TOGETHER = 60_000;

/** Every object of the configuration by the name of its file; a certificate's key has one of its own. */
export function objectsOf({ files, prefix }: ConfigurationDescription): { name: string; key: string }[] {
  return files.flatMap((file) => [
    { name: file.name, key: `${prefix}${file.key}` },
    ...(file.kind === 'certificate' ? [{ name: `${file.name}-key`, key: `${prefix}${file.privateKey.key}` }] : []),
  ]);
}

/** `2026-11-23T02:13:40Z`: S3 gives whole seconds, too. */
const second = (at: string): string => `${at.slice(0, 19)}Z`;

/** A version with the ids of the objects that were written for it. */
export interface StoredVersion extends ConfigurationVersion {
  readonly wrote: readonly string[];
}

/**
 * The versions of a configuration, newest first: what was written within a minute belongs together, and a version is every
 * object as it was when the last of them had been written. Half of a deployment is no version.
 */
export function versionsOf(configuration: ConfigurationDescription, stored: readonly ObjectVersion[]): StoredVersion[] {
  const wanted = objectsOf(configuration);
  const keys = new Set(wanted.map(({ key }) => key));
  const history = stored.filter(({ key }) => keys.has(key)).sort((one, other) => (one.at < other.at ? -1 : 1));
  const present = new Map<string, string>();
  const versions: StoredVersion[] = [];
  let wrote: string[] = [];
  for (const [index, { key, versionId, at, deleted }] of history.entries()) {
    present.set(key, deleted ? '-' : versionId);
    wrote.push(versionId);
    const next = history[index + 1];
    if (next !== undefined && Date.parse(next.at) - Date.parse(at) <= TOGETHER) continue;
    const version = second(at);
    const objects = wanted.map(({ name, key: wantedKey }) => `${name}:${present.get(wantedKey) ?? '-'}`).join(',');
    versions.unshift({ version, at: version, objects: `${version}=${objects}`, wrote });
    wrote = [];
  }
  return versions;
}
