import * as fs from 'node:fs';
import * as path from 'node:path';

/** A program that is not the real one, for the report. */
export interface StandIn {
  readonly name: string;
  readonly why: string;
}

const programs = {
  systemctl: 'systemd cannot run once per simulated host: a service manager per host runs the same unit files for real',
  nginx: 'a reverse proxy in Node reads the same nginx.conf; nginx need not be installed',
  curl: "the system's curl where there is one, with names resolved by the sandbox and localhost meaning the host",
  openssl:
    "the system's openssl where there is one; otherwise in Node: a password's key derivation, a certificate's dates and key; nothing else",
  getent: "answers from the host's own /etc/hosts and the sandbox's zones",
  aws: 'reads a secret or an object by the host’s instance role from the simulated services; nothing else',
} as const;

/** PostgreSQL's clients that find their server by PGHOST. */
const clients = [
  'psql',
  'pg_dump',
  'pg_dumpall',
  'pg_restore',
  'pg_isready',
  'pg_basebackup',
  'createdb',
  'dropdb',
  'vacuumdb',
  'reindexdb',
];

/** LVM2 and what belongs to it. */
const volumePrograms = [
  ...['lvs', 'vgs', 'pvs', 'lvcreate', 'lvconvert', 'lvchange', 'lvremove', 'vgchange', 'vgrename', 'vgimportclone'],
  ...['vgimportdevices', 'lvmdevices'],
  ...['findmnt', 'blkid', 'lsblk', 'e2fsck'],
];

/** Would act on the real computer, as root perhaps: refused by name. */
const refused = [
  ...['lvdisplay', 'lvextend', 'lvreduce', 'lvrename', 'vgcreate', 'dmsetup', 'fsck', 'mkfs', 'mount', 'umount'],
  ...['shutdown', 'reboot', 'poweroff', 'halt', 'init', 'journalctl', 'service', 'iptables', 'nft', 'ip', 'crontab'],
  ...['apt', 'apt-get', 'dnf', 'yum', 'terraform', 'docker', 'wget', 'ssh', 'scp', 'rsync', 'su', 'useradd'],
];

/** Every stand-in of a host, and why there is one. */
export function standIns(): readonly StandIn[] {
  return [
    ...Object.entries(programs).map(([name, why]) => ({ name, why })),
    {
      name: clients.join(', '),
      why: 'the installed programs with names resolved by the sandbox; psql has a stand-in over the pg driver where PostgreSQL’s clients are missing',
    },
    {
      name: volumePrograms.join(', '),
      why: 'a volume is a folder, a snapshot a real copy of its files, merging puts them back one by one; mounting is renaming. No device mapper, no file system: chunks are counted from what differs, e2fsck says what the sandbox tells it to',
    },
    {
      name: 'sudo',
      why: 'a host’s processes run as one user already: it only resets the environment and runs the rest',
    },
    { name: refused.join(', '), why: 'refused by name with exit code 64: they would act on the real computer' },
    { name: 'SSM agent', why: 'runs a script in a process group of its own, as the agent does' },
    { name: 'npm, git', why: 'real, but npm is offline and git speaks to local repositories only' },
    {
      name: 'paths',
      why: 'a host’s folders (/var/www, /backup, /etc, …) lie under its root; parameters and unit files are mapped',
    },
  ];
}

const shell = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** Writes the programs into a folder that comes first on the host's PATH. */
export function installStandIns(folder: string): void {
  fs.mkdirSync(folder, { recursive: true });
  const source = path.join(__dirname, 'stand-ins');
  const write = (name: string, command: string): void => {
    fs.writeFileSync(path.join(folder, name), `#!/bin/sh\n${command}\n`, { mode: 0o755 });
  };
  const node = (file: string, ...args: string[]): string =>
    `exec ${[process.execPath, path.join(source, file), ...args].map(shell).join(' ')} "$@"`;
  for (const name of Object.keys(programs)) write(name, node(`${name}.cjs`));
  for (const name of volumePrograms) write(name, node('volumes.cjs', name));
  for (const name of clients) write(name, node('libpq.cjs', name));
  write('sudo', `exec bash ${shell(path.join(source, 'sudo.sh'))} "$@"`);
  for (const name of refused) {
    write(name, `echo "${name}: not simulated by this sandbox: it would act on the real computer" >&2\nexit 64`);
  }
}

/** Folder of PostgreSQL's client programs: Debian's newest, otherwise where `psql` is on the PATH. */
export function findPostgresClients(): string | undefined {
  const base = '/usr/lib/postgresql';
  const versions = fs.existsSync(base) ? fs.readdirSync(base).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...versions.map((version) => path.join(base, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(path.delimiter),
  ];
  return folders.find((folder) => fs.existsSync(path.join(folder, 'psql')));
}
