import type { Host } from './commands';

/** Holds two versions of the agent against each other number by number: negative where `one` is older. */
export function compareVersions(one: string, other: string): number {
  const numbers = (version: string) => version.split('.').map((part) => Number.parseInt(part, 10) || 0);
  const left = numbers(one);
  const right = numbers(other);
  for (let place = 0; place < Math.max(left.length, right.length); place += 1) {
    const difference = (left[place] ?? 0) - (right[place] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

export const isOnline = (host: Host): boolean => host.ping === 'Online';

/** Whether the agent hands parameters to scripts as environment variables; an unknown version counts as too old. */
export const isNewEnough = (host: Host, minimum: string): boolean => compareVersions(host.agentVersion, minimum) >= 0;
