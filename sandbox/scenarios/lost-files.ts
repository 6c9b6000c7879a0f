/** Somebody encrypts the application's files; what there is to have them back from is another matter each time. */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Host } from '../hosts';
import { compareFiles, filesIn, rememberFiles } from './damaged-files';
import { NothingToDamageError, sandboxOf, type Injected, type Scenario, type World } from './scenario';

const HOUR = 3_600_000;

function placesOf(world: World): { readonly folder: string; readonly backups: string } {
  const { volume, files } = sandboxOf(world).description;
  if (volume === undefined) throw new NothingToDamageError('the description has no volume');
  return { folder: volume.mountPoint, backups: files.backupFolder };
}

/** As a nightly job writes it. @returns where it lies */
async function backUp(host: Host, world: World, name: string, at: Date): Promise<string> {
  const { folder, backups } = placesOf(world);
  const { exitCode, stderr } = await host.run(
    '#!/bin/bash\nset -e\nmkdir -p "$backups"\ntar -C "$folder" -czf "$backups/$name" .\n',
    { folder, backups, name },
    { timeoutSeconds: 120 },
  );
  if (exitCode !== 0) throw new NothingToDamageError(`host ${host.id} could not be backed up: ${stderr}`);
  const file = host.path(`${backups}/${name}`);
  fs.utimesSync(file, at, at);
  return file;
}

const ago = (hours: number) => new Date(Date.now() - hours * HOUR);
const GOOD = 'files_20261122_021500.tar.gz';

/** A sound archive of an hour ago on every host, and a newer one that was cut off, as a full disk leaves it. */
export async function prepareBackups(world: World): Promise<void> {
  const { backups } = placesOf(world);
  for (const host of sandboxOf(world).hosts) {
    const file = await backUp(host, world, GOOD, ago(1));
    const cut = host.path(`${backups}/files_20261123_021500.tar.gz`);
    fs.copyFileSync(file, cut);
    fs.truncateSync(cut, Math.floor(fs.statSync(cut).size / 2));
  }
  await rememberFiles(world);
}

/** Archives in the bucket alone: an overwritten one, whose earlier version is sound. */
export async function prepareBucket(world: World): Promise<void> {
  const sandbox = sandboxOf(world);
  const [host] = sandbox.hosts;
  if (host === undefined || sandbox.archives === undefined)
    throw new NothingToDamageError('there is no bucket of archives');
  const file = await backUp(host, world, GOOD, ago(1));
  await sandbox.archives.put(`nightly/${GOOD}`, fs.readFileSync(file), ago(1));
  await sandbox.archives.put(`nightly/${GOOD}`, Buffer.from('pay'), ago(0.5));
  fs.rmSync(file);
  await rememberFiles(world, host);
}

/** Every file but git's own is another one, under another name. @returns in words */
function encrypt(host: Host, folder: string): string {
  const root = host.path(folder);
  const names = [...filesIn(root)].filter(([name, what]) => what.startsWith('file ') && !/(^|\/)\.git\//.test(name));
  for (const [name] of names) {
    const place = path.join(root, name);
    fs.writeFileSync(`${place}.locked`, createHash('sha256').update(name).digest());
    fs.rmSync(place);
  }
  fs.writeFileSync(path.join(root, 'READ_ME'), 'pay\n');
  return `${host.id}: ${names.length} files encrypted`;
}

async function inject(world: World): Promise<Injected> {
  const { hosts, description } = sandboxOf(world);
  const { folder } = placesOf(world);
  const at = new Date();
  const words = hosts.map((host) => encrypt(host, folder));
  for (const host of hosts) await host.systemctl('restart', ...description.hosts.services);
  return { at, what: words.join('; ') };
}

export const lostFiles: Scenario = {
  name: 'lost-files',
  title: "The application's files are encrypted on every host; each has an archive, and a newer one that was cut off",
  plan: 'file-system-recovery',
  prepare: prepareBackups,
  inject,
  look: compareFiles,
};

export const lostFilesAndBackups: Scenario = {
  name: 'lost-files-and-backups',
  title: "The application's files are encrypted on every host, and what is left is an earlier version in a bucket",
  plan: 'file-system-recovery',
  prepare: prepareBucket,
  inject,
  look: compareFiles,
};

/** Every night a snapshot of the disk of one host is taken. */
export async function prepareDisk(world: World): Promise<void> {
  const sandbox = sandboxOf(world);
  const [host] = sandbox.hosts;
  const tag = sandbox.description.files.snapshotTag;
  const { volumes } = sandbox.ec2;
  const disk = [...volumes.volumes.values()].find(({ attachment }) => attachment?.instance === host?.id);
  if (host === undefined || disk === undefined || tag === undefined)
    throw new NothingToDamageError('there is no disk of which a snapshot could be taken');
  await volumes.take(disk.id, { [tag.key]: tag.value }, ago(1));
  await rememberFiles(world, host);
}

export const lostVolume: Scenario = {
  name: 'lost-volume',
  title: "The application's files are encrypted on every host, and there is a snapshot of one host's disk",
  plan: 'file-system-recovery',
  prepare: prepareDisk,
  inject,
  look: compareFiles,
};
