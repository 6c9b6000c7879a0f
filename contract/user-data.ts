/**
 * What a new instance boots with: a launch template's user data has one line `<variable>=<tag>` that names the release which
 * the instance installs. Lifeboat reads and replaces that line, and nothing else of it.
 */
const RELEASE_TAG = '[A-Za-z0-9][A-Za-z0-9._-]{0,127}';

const line = (variable: string): RegExp => new RegExp(`^((?:export )?${variable}=)(["']?)(${RELEASE_TAG})\\2$`, 'gm');

/** The release that a user data names; null where no line does, or more than one. @param userData as text */
export function releaseIn(userData: string, variable: string): string | null {
  const found = [...userData.matchAll(line(variable))];
  return found.length === 1 ? (found[0]?.[3] ?? null) : null;
}

/** The same user data with another release; null where it does not name exactly one, or the tag is none. */
export function withRelease(userData: string, variable: string, tag: string): string | null {
  if (releaseIn(userData, variable) === null || !new RegExp(`^${RELEASE_TAG}$`).test(tag)) return null;
  return userData.replace(
    line(variable),
    (_all, assignment: string, quote: string) => assignment + quote + tag + quote,
  );
}
