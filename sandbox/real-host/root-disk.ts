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
  applicationVersion,
  dataMegabytes,
  guestDatabase,
  nodePackages,
  packages,
  rootMegabytes,
} from './image/contents';
import { type Image } from './image-folder';
import { findProgram } from './needs';
import { step } from './step';
import { type Tools } from './tools';

const notNeeded = ['/usr/share/doc/*', '/usr/share/man/*', '/usr/share/locale/*', '/usr/share/info/*'];

/** What mmdebstrap does, in its words, as progress. */
const told = /^I: (downloading|extracting|installing|cleaning|success)/;

interface RootDisk {
  readonly image: Image;
  readonly tools: Tools;
  readonly release: string;
  readonly sources: readonly Source[];
  readonly log: string;
  readonly note: (text: string) => void;
}

/** Makes the machine's disks, kernel and initial RAM disk. */
export async function makeDisks({ image, tools, release, sources, log, note }: RootDisk): Promise<void> {
  const root = join(image.folder, 'root');
  const { environment } = tools;
  const options = [
    ...notNeeded.map((path) => `--dpkgopt=path-exclude=${path}`),
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
  note('building the application');
  await buildApplication(root, log);
  for (const [kind, file] of [
    ['vmlinuz-', image.kernel],
    ['initrd.img-', image.initrd],
  ] as const) {
    const found = readdirSync(join(root, 'boot')).find((name) => name.startsWith(kind));
    if (found === undefined) throw new ImageBuildFailed(`there is no /boot/${kind}… in the machine`);
    copyFileSync(join(root, 'boot', found), file);
  }
  note('writing the disks');
  writeFileSync(image.rootDisk, '');
  truncateSync(image.rootDisk, rootMegabytes * 1024 ** 2);
  await step('mkfs.ext4', ['-q', '-F', '-L', 'root', '-d', root, image.rootDisk], { environment, log });
  rmSync(root, { recursive: true, force: true });
  writeFileSync(image.dataDisk, '');
  truncateSync(image.dataDisk, dataMegabytes * 1024 ** 2);
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
  // Timers would wake up in the middle of a test.
  for (const unit of [
    'apt-daily.timer',
    'apt-daily-upgrade.timer',
    'e2scrub_all.timer',
    'fstrim.timer',
    'man-db.timer',
  ])
    symlinkSync('/dev/null', join(root, 'etc/systemd/system', unit));
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

/**
 * As on a host, with the machine's own git, Node and npm, but before there is a machine: under emulation npm takes
 * minutes. Provisioning lays the result on the application's file system.
 */
async function buildApplication(root: string, log: string): Promise<void> {
  const folder = '/srv/interview-app';
  const quiet = ['offline', 'no-audit', 'no-fund', 'no-update-notifier', 'silent'].map((flag) => `--${flag}`).join(' ');
  const script = [
    `git clone -q /srv/git/interview-drills ${folder}`,
    `cd ${folder}`,
    `git checkout -q ${applicationVersion}`,
    `npm ci ${quiet}`,
    'npm run --silent build',
    'rm -rf /root/.npm',
  ].join(' && ');
  const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', LANG: 'C.UTF-8' };
  await step(findProgram('chroot') ?? 'chroot', [root, '/bin/sh', '-c', script], { environment, log });
}

function wanted(root: string, unit: string): string {
  const folder = join(root, 'etc/systemd/system/multi-user.target.wants');
  mkdirSync(folder, { recursive: true });
  const link = join(folder, unit);
  if (existsSync(link)) throw new ImageBuildFailed(`${unit} is enabled already`);
  return link;
}
