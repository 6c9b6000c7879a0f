import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { backportsOf, sourceLine, type Source } from './apt';
import { ImageBuildFailed, RealHostUnavailable } from './errors';
import { step } from './step';

/** Programs that are unpacked beside the image: nothing is installed on this computer. */
export interface Tools {
  readonly folder: string;
  /** With their own programs and libraries in front. */
  readonly environment: NodeJS.ProcessEnv;
}

export const toolsIn = (folder: string): Tools => {
  const libraries = ['usr/lib/x86_64-linux-gnu', 'lib/x86_64-linux-gnu'].map((place) => join(folder, place));
  const programs = ['usr/bin', 'usr/sbin'].map((place) => join(folder, place));
  return {
    folder,
    environment: {
      ...process.env,
      LD_LIBRARY_PATH: libraries.join(':'),
      PATH: [...programs, process.env['PATH'] ?? '', '/usr/sbin', '/sbin'].join(':'),
    },
  };
};

/**
 * Downloads QEMU and mmdebstrap, with the libraries that this computer lacks, by apt with lists of its own, and unpacks
 * them. QEMU 10 is in the backports; where those cannot be had, the release's own is taken.
 * @throws RealHostUnavailable where apt can download nothing
 */
export async function unpackTools(
  folder: string,
  release: string,
  sources: readonly Source[],
  log: string,
  note: (text: string) => void,
): Promise<Tools> {
  const apt = join(folder, 'apt');
  for (const place of ['lists/partial', 'archives/partial', 'sources'])
    mkdirSync(join(apt, place), { recursive: true });
  const options = [
    ...['Dir::Etc::SourceList=/dev/null', `Dir::Etc::SourceParts=${join(apt, 'sources')}`],
    ...[`Dir::State::Lists=${join(apt, 'lists')}`, `Dir::Cache::Archives=${join(apt, 'archives')}`],
    ...['Dir::Cache::pkgcache=', 'Dir::Cache::srcpkgcache=', 'Debug::NoLocking=1'],
    // apt's own user cannot enter a folder of root; it would blame the signature.
    'APT::Sandbox::User=root',
  ].flatMap((option) => ['-o', option]);
  const wanted = ['qemu-system-x86', 'mmdebstrap'];
  const get = (...args: string[]): Promise<string> => step('apt-get', [...options, ...args], { log });
  const fetch = async (from: readonly Source[], target: string): Promise<void> => {
    writeFileSync(join(apt, 'sources', 'lifeboat.list'), `${from.map(sourceLine).join('\n')}\n`);
    await get('update', '-q', '--error-on=any');
    await get('install', '-q', '-y', '--download-only', '--no-install-recommends', '-t', target, ...wanted);
  };
  const backports = backportsOf(release, sources);
  try {
    await fetch([...sources, backports], backports.suite);
  } catch (error) {
    if (!(error instanceof ImageBuildFailed)) throw error;
    note(`${backports.suite} cannot be had from this computer's mirror, so QEMU is ${release}'s own`);
    await fetch(sources, release).catch((cause: unknown) => {
      if (!(cause instanceof ImageBuildFailed)) throw cause;
      throw new RealHostUnavailable(`apt on this computer downloads nothing: ${cause.message}`, { cause });
    });
  }
  const archives = readdirSync(join(apt, 'archives')).filter((name) => name.endsWith('.deb'));
  for (const name of archives) await step('dpkg-deb', ['-x', join(apt, 'archives', name), folder], { log });
  rmSync(apt, { recursive: true, force: true });
  const tools = toolsIn(folder);
  // Installed already, apt downloaded nothing: then the program is the computer's own.
  if (!existsSync(join(folder, 'usr/bin/qemu-system-x86_64'))) note('QEMU is the one that is installed');
  return tools;
}

/** `10.0.2` */
export async function qemuVersion(tools: Tools): Promise<string> {
  const said = await step('qemu-system-x86_64', ['--version'], { environment: tools.environment });
  return /version (\d+\.\d+\.\d+)/.exec(said)?.[1] ?? 'unknown';
}
