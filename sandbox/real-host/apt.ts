import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { RealHostUnavailable } from './errors';
import { step } from './step';

const source = z.object({
  uri: z.string().min(1),
  suite: z.string().min(1),
  component: z.string().min(1),
  /** Empty where apt's own keyrings say. */
  signedBy: z.string(),
});

/** A line of sources.list, as apt on this computer knows it. */
export type Source = z.infer<typeof source>;

/** `bookworm` */
export function codename(): string {
  const found = /^VERSION_CODENAME=(.+)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  if (found === undefined || !/^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'))) {
    throw new RealHostUnavailable(
      'this computer is not Debian: /etc/os-release says so. The image is made from its own mirrors',
    );
  }
  return found;
}

/** Where apt on this computer finds Debian's own release, its updates and security fixes. */
export async function debianSources(release: string): Promise<readonly Source[]> {
  const format = '$(CREATED_BY)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(SIGNED_BY)';
  const listed = await step('apt-get', ['indextargets', '--format', format]);
  const all = listed
    .split('\n')
    .filter((line) => line.startsWith('Packages|'))
    .map((line) => {
      const [, uri, suite, component, signedBy = ''] = line.split('|');
      // Where the source names no key, apt leaves the word as it stands.
      return source.parse({ uri, suite, component, signedBy: signedBy.startsWith('$') ? '' : signedBy });
    });
  const wanted = [release, `${release}-updates`, `${release}-security`];
  const found = all.filter(({ suite, component }) => wanted.includes(suite) && component === 'main');
  if (!found.some(({ suite }) => suite === release)) {
    throw new RealHostUnavailable(
      `apt on this computer has no source for ${release} main: see /etc/apt/sources.list.d`,
    );
  }
  return found;
}

/** The backports of a release: on the same mirror as the release itself. */
export function backportsOf(release: string, sources: readonly Source[]): Source {
  const own = sources.find(({ suite }) => suite === release);
  if (own === undefined) throw new TypeError('the sources have the release itself');
  return { ...own, suite: `${release}-backports` };
}

export const sourceLine = ({ uri, suite, component, signedBy }: Source): string =>
  `deb ${signedBy === '' ? '' : `[signed-by=${signedBy}] `}${uri} ${suite} ${component}`;

/** How apt on this computer downloads (proxies, certificates, checks), for an apt with settings of its own. */
export async function acquireSettings(): Promise<readonly string[]> {
  const dumped = await step('apt-config', ['dump']);
  return dumped.split('\n').filter((line) => /^Acquire::[A-Za-z:/.-]+ ".*";$/.test(line));
}
