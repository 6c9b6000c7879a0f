import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { RealHostUnavailable } from './errors';

/** Programs of this computer, and Debian's packages that have them. */
const toBuild = {
  'apt-get': 'apt',
  'apt-config': 'apt',
  'dpkg-deb': 'dpkg',
  dpkg: 'dpkg',
  perl: 'perl',
  tar: 'tar',
  chroot: 'coreutils',
  git: 'git',
  'mkfs.ext4': 'e2fsprogs',
  setpriv: 'util-linux',
  npm: 'npm',
} as const;
const toRun = { setpriv: 'util-linux' } as const;

const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];

export function findProgram(name: string): string | undefined {
  return folders
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

function missing(programs: Readonly<Record<string, string>>): string[] {
  const absent = Object.entries(programs).filter(([name]) => findProgram(name) === undefined);
  const wanted = [...new Set(absent.map(([, debian]) => debian))];
  return absent.length === 0
    ? []
    : [`${absent.map(([name]) => name).join(', ')} not found: apt-get install ${wanted.join(' ')}`];
}

/** What keeps this computer from restoring a machine, as sentences; none where it can. */
export function neededToRun(): string[] {
  if (process.platform !== 'linux') return [`a real host needs Linux, this is ${process.platform}`];
  return missing(toRun);
}

/** What keeps this computer from building the image, as sentences; none where it can. */
export function neededToBuild(): string[] {
  if (process.platform !== 'linux') return neededToRun();
  const root =
    process.getuid?.() === 0 ? [] : ['the image is built as root (mmdebstrap changes its root folder): sudo'];
  const architecture = process.arch === 'x64' ? [] : [`the image is for x86-64, this computer is ${process.arch}`];
  return [...root, ...architecture, ...missing(toBuild)];
}

/** @throws RealHostUnavailable */
export function requireAll(needs: readonly string[]): void {
  if (needs.length > 0) throw new RealHostUnavailable(needs.join('; '));
}
