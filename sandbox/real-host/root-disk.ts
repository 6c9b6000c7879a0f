import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { createRepository } from '../applications/interview-drills';
import { acquireSettings, sourceLine, type Source } from './apt';
import { ImageBuildFailed } from './errors';
import {
  bootModules,
  dataMegabytes,
  guestDatabase,
  nodePackages,
  notUnpacked,
  notWanted,
  packages,
  rootMegabytes,
  volumeMegabytes,
  volumeOffset,
} from './image/contents';
import { type Image } from './image-folder';
import { findProgram } from './needs';
import { step } from './step';
import { type Tools } from './tools';

/** What mmdebstrap does, in its words, as progress. */
const told = /^I: (downloading|extracting|installing|cleaning|success)/;

interface RootDisk {
  readonly image: Image;
  readonly tools: Tools;
  readonly release: string;
  readonly sources: readonly Source[];
  readonly log: string;
  readonly note: (text: string) => void;
  /** The environment of `prepare`. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Makes the machine's disks, kernel and initial RAM disk. */
export async function makeDisks({ image, tools, release, sources, log, note, variables }: RootDisk): Promise<void> {
  const root = join(image.folder, 'root');
  const { environment } = tools;
  // Before the kernel's package makes its initial RAM disk.
  const small = `mkdir -p "$1"/etc/initramfs-tools/conf.d "$1"/usr/share/initramfs-tools/modules.d
    printf 'MODULES=list\\nCOMPRESS=zstd\\nCOMPRESSLEVEL=1\\n' >"$1"/etc/initramfs-tools/conf.d/lifeboat
    printf '%s\\n' ${bootModules.join(' ')} >"$1"/usr/share/initramfs-tools/modules.d/lifeboat`;
  const options = [
    `--essential-hook=${small}`,
    ...notUnpacked.map((path) => `--dpkgopt=path-exclude=${path}`),
    // The image is thrown away if the build is interrupted.
    '--dpkgopt=force-unsafe-io',
    ...[...(await acquireSettings()), 'APT::Install-Recommends "false";'].map((line) => `--aptopt=${line}`),
  ];
  await step(
    'mmdebstrap',
    [
      ...['--mode=root', '--variant=minbase', '--format=directory', ...options],
      ...[`--include=${packages.join(',')}`, release, root, ...sources.map(sourceLine)],
    ],
    {
      environment,
      log,
      onLine: (line) => {
        if (told.test(line)) note(`mmdebstrap: ${line.slice(3)}`);
      },
    },
  );
  furnish(root);
  // What needs no machine, but its programs.
  await step(findProgram('chroot') ?? 'chroot', [root, '/usr/lib/lifeboat/prepare'], {
    environment: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', LANG: 'C.UTF-8', ...variables },
    log,
    onLine: (line) => {
      note(`preparing: ${line}`);
    },
  });
  for (const [kind, file] of [
    ['vmlinuz-', image.kernel],
    ['initrd.img-', image.initrd],
  ] as const) {
    const found = readdirSync(join(root, 'boot')).find((name) => name.startsWith(kind));
    if (found === undefined) throw new ImageBuildFailed(`there is no /boot/${kind}… in the machine`);
    copyFileSync(join(root, 'boot', found), file);
  }
  note('writing the disks');
  const format = async (disk: string, megabytes: number, ...args: string[]): Promise<void> => {
    writeFileSync(disk, '');
    truncateSync(disk, megabytes * 1024 ** 2);
    await step('mkfs.ext4', ['-q', '-F', ...args], { environment, log });
  };
  const files = join(root, 'srv/www');
  const place = ['-E', `offset=${volumeOffset}`, image.dataDisk, `${volumeMegabytes}M`];
  await format(image.dataDisk, dataMegabytes, '-L', 'interview-app', '-d', files, ...place);
  rmSync(files, { recursive: true });
  await format(image.rootDisk, rootMegabytes, '-L', 'root', '-d', root, image.rootDisk);
  rmSync(root, { recursive: true, force: true });
}

/** Puts our own files into the machine. */
function furnish(root: string): void {
  const put = (file: string, text: string): void => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  };
  cpSync(join(__dirname, 'image', 'guest'), root, { recursive: true });
  for (const folder of ['usr/lib/lifeboat', 'usr/local/bin']) {
    for (const name of readdirSync(join(root, folder))) chmodSync(join(root, folder, name), 0o755);
  }
  put('etc/fstab', '/dev/vda / ext4 errors=remount-ro 0 1\n');
  put('etc/hostname', 'host\n');
  put('etc/hosts', `127.0.0.1 localhost\n10.0.2.15 host ${guestDatabase.address}\n`);
  put('etc/resolv.conf', '');
  // mmdebstrap's copy of this computer's sources: the machine reaches no mirror.
  rmSync(join(root, 'etc/apt/sources.list'), { force: true });
  symlinkSync('/lib/systemd/system/systemd-networkd.service', wanted(root, 'systemd-networkd.service'));
  for (const unit of notWanted) symlinkSync('/dev/null', join(root, 'etc/systemd/system', unit));
  createRepository(join(root, 'srv/git/interview-drills'));
  const npm = findProgram('npm');
  if (npm === undefined) throw new ImageBuildFailed('npm not found');
  cpSync(dirname(dirname(realpathSync(npm))), join(root, 'usr/share/nodejs/npm'), { recursive: true });
  symlinkSync('../share/nodejs/npm/bin/npm-cli.js', join(root, 'usr/bin/npm'));
  // Debian's Node looks for packages there (nodejs(1), NODE_PATH).
  const modules = dirname(dirname(require.resolve('pg/package.json')));
  for (const name of nodePackages)
    cpSync(join(modules, name), join(root, 'usr/share/nodejs', name), { recursive: true, dereference: true });
}

function wanted(root: string, unit: string): string {
  const folder = join(root, 'etc/systemd/system/multi-user.target.wants');
  mkdirSync(folder, { recursive: true });
  const link = join(folder, unit);
  if (existsSync(link)) throw new ImageBuildFailed(`${unit} is enabled already`);
  return link;
}
