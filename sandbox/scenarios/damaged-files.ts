/** Somebody's clean-up script runs in the wrong folder. */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Check } from '../../contract/run';
import type { Host } from '../hosts';
import { filesOn, type RealHost } from '../real-host';
import { NothingToDamageError, sandboxOf, type Scenario, type World } from './scenario';

/** Of the application's own files; what it is built from and what it runs are damaged alike. */
const OVERWRITTEN_SHARE = 0.15;
const DELETED_SHARE = 0.1;
const LOCKED_SHARE = 0.1;

/** Path in the volume to what an entry is: kind, mode and content. */
export type Files = ReadonlyMap<string, string>;

/** Every entry of a folder with a digest of what it is, by its path in it. */
export function filesIn(folder: string, at = ''): Map<string, string> {
  const found = new Map<string, string>();
  for (const entry of fs.readdirSync(path.join(folder, at), { withFileTypes: true })) {
    const name = path.join(at, entry.name);
    const place = path.join(folder, name);
    const mode = (fs.lstatSync(place).mode & 0o7777).toString(8);
    if (entry.isSymbolicLink()) found.set(name, `link to ${fs.readlinkSync(place)}`);
    else if (entry.isDirectory()) {
      found.set(name, `folder ${mode}`);
      for (const [inner, digest] of filesIn(folder, name)) found.set(inner, digest);
    } else found.set(name, `file ${mode} ${createHash('sha256').update(fs.readFileSync(place)).digest('hex')}`);
  }
  return found;
}

/** What differs between two looks, in words. */
export function differences(then: Files, now: Files): string[] {
  const names = [...new Set([...then.keys(), ...now.keys()])].sort();
  return names.flatMap((name) => {
    const [was, is] = [then.get(name), now.get(name)];
    if (was === is) return [];
    return [`${name} ${was === undefined ? 'is new' : is === undefined ? 'is missing' : 'is another'}`];
  });
}

function volumeOf(world: World): string {
  const { volume } = sandboxOf(world).description;
  if (volume === undefined) throw new NothingToDamageError('the description has no volume');
  return volume.mountPoint;
}

/** What a run keeps of what it replaced is no file of the application. */
const KEPT = /^\.lifeboat-files(\/|$)/;

/** By host. */
export async function lookAtFiles(world: World): Promise<Map<string, Files>> {
  const { hosts, realHosts } = sandboxOf(world);
  const found = new Map<string, Files>(hosts.map((host) => [host.id, filesIn(host.path(volumeOf(world)))]));
  for (const host of realHosts) found.set(host.id, await filesOn(host, volumeOf(world)));
  return new Map([...found].map(([id, files]) => [id, new Map([...files].filter(([name]) => !KEPT.test(name)))]));
}

/** What is done to the application's files, by their paths in the volume; `locked` are unreadable to all. */
interface Damage {
  readonly written: ReadonlyMap<string, string>;
  readonly deleted: readonly string[];
  readonly locked: readonly string[];
  readonly words: string;
}

/** Chooses among the files of one host which are overwritten, deleted, and made unreadable. */
function choose(id: string, files: Files, random: () => number): Damage {
  const names = [...files].filter(([name, what]) => what.startsWith('file ') && !/(^|\/)\.git\//.test(name));
  const written = new Map<string, string>();
  const [deleted, locked]: [string[], string[]] = [[], []];
  for (const [name] of names) {
    const chance = random();
    if (chance < OVERWRITTEN_SHARE) written.set(name, `x${createHash('sha256').update(name).digest('hex')}\n`);
    else if (chance < OVERWRITTEN_SHARE + DELETED_SHARE) deleted.push(name);
    else if (chance < OVERWRITTEN_SHARE + DELETED_SHARE + LOCKED_SHARE) locked.push(name);
  }
  const words = `${id}: ${written.size} files overwritten, ${deleted.length} deleted, ${locked.length} locked, one added`;
  // What users see of it, whatever chance does: the program that is served.
  const [main] = names.map(([name]) => name).filter((name) => /(^|\/)dist\/main\.js$/.test(name));
  if (main === undefined) throw new NothingToDamageError(`host ${id} has no dist/main.js`);
  written.set(main, 'process.exit(1);\n');
  written.set('leftover.tmp', 'x'.repeat(10_000));
  return { written, deleted: deleted.filter((name) => name !== main), locked, words };
}

/** @returns what was done, in words */
function damage(host: Host, mountPoint: string, random: () => number): string {
  const place = (name: string): string => path.join(host.path(mountPoint), name);
  const { written, deleted, locked, words } = choose(host.id, filesIn(host.path(mountPoint)), random);
  for (const name of deleted) fs.rmSync(place(name));
  for (const name of locked) fs.chmodSync(place(name), 0o000);
  for (const [name, text] of written) fs.writeFileSync(place(name), text);
  return words;
}

/** The same on a real machine, where only root's own commands come. @returns what was done, in words */
async function damageMachine(
  host: RealHost,
  mountPoint: string,
  services: string,
  random: () => number,
): Promise<string> {
  const { written, deleted, locked, words } = choose(host.id, await filesOn(host, mountPoint), random);
  const quoted = (name: string): string => `'${name.replaceAll("'", `'\\''`)}'`;
  const script = [
    ...['set -eu', `cd ${quoted(mountPoint)}`],
    ...deleted.map((name) => `rm ${quoted(name)}`),
    ...locked.map((name) => `chmod 000 ${quoted(name)}`),
    ...[...written].map(([name, text]) => `printf %s ${quoted(text)} >${quoted(name)}`),
    `systemctl restart ${services}`,
  ];
  const { exitCode, stderr } = await host.run(script.join('\n'), {}, { timeoutSeconds: 600 });
  if (exitCode !== 0) throw new NothingToDamageError(`the files of ${host.id} were not damaged: ${stderr}`);
  return words;
}

/** What the files were, of each sandbox, when nothing had happened to them. */
const before = new WeakMap<object, Map<string, Files>>();

/** Takes a snapshot as an operator would, and remembers every file by its hash. */
export async function prepareSnapshot(world: World): Promise<void> {
  if (world.operate === undefined) throw new NothingToDamageError('nobody can take a snapshot here');
  await world.operate({ plan: 'take-snapshot' });
  await rememberFiles(world);
}

/**
 * Remembers every file by its hash: what they are now is what they have to become again.
 * @param like where all hosts get the files of one
 */
export async function rememberFiles(world: World, like?: Host): Promise<void> {
  const now = await lookAtFiles(world);
  const wanted = like === undefined ? undefined : now.get(like.id);
  before.set(sandboxOf(world), new Map([...now].map(([id, files]) => [id, wanted ?? files])));
}

/** Every file of every host by its hash, held against what they were when the snapshot was taken. */
export async function compareFiles(world: World): Promise<Check[]> {
  const then = before.get(sandboxOf(world));
  return [...(await lookAtFiles(world))].map(([id, now]) => {
    const was = then?.get(id);
    const found = was === undefined ? ['nobody looked before'] : differences(was, now);
    return {
      name: `files of ${id}`,
      status: found.length === 0 ? 'passed' : 'failed',
      expected: `${was?.size ?? 0} entries as they were when nothing had happened: kind, mode, SHA-256`,
      actual:
        found.length === 0
          ? `${now.size} entries, none differs`
          : `${found.length} differ: ${found.slice(0, 5).join(', ')}`,
      evidence: 'the sandbox, looking at the disk of the host',
    };
  });
}

/** Files are overwritten, deleted and locked on every host, and the services are restarted by somebody who hopes that it helps. */
export const damagedFiles: Scenario = {
  name: 'damaged-files',
  title: 'Files of the application are overwritten, deleted and locked on every host',
  plan: 'file-system-rollback',
  prepare: prepareSnapshot,
  inject: async (world) => {
    const { hosts, realHosts, description } = sandboxOf(world);
    const at = new Date();
    const words = hosts.map((host) => damage(host, volumeOf(world), world.random));
    for (const host of hosts) await host.systemctl('restart', ...description.hosts.services);
    const services = description.hosts.services.join(' ');
    for (const host of realHosts) words.push(await damageMachine(host, volumeOf(world), services, world.random));
    return { at, what: words.join('; ') };
  },
  look: compareFiles,
};

/** There is no snapshot yet; nothing is broken. */
export const noSnapshotYet: Scenario = {
  name: 'no-snapshot-yet',
  title: 'There is no snapshot to go back to',
  plan: 'take-snapshot',
  inject: async (world) => {
    before.set(sandboxOf(world), await lookAtFiles(world));
    return { at: new Date(), what: 'nothing: the files are whole, and no snapshot of them is there' };
  },
  look: async (world) => {
    const { allHosts, description } = sandboxOf(world);
    const group = description.volume?.volumeGroup ?? '';
    const looks = allHosts.map(async (host): Promise<Check> => {
      const { stdout } = await host.run(
        `lvs --noheadings --nosuffix --units b -o lv_name,origin,lv_snapshot_invalid ${group}`,
      );
      const taken = stdout.split('\n').filter((line) => line.trim().startsWith('lifeboat-'));
      return {
        name: `snapshot on ${host.id}`,
        status: taken.length === 1 ? 'passed' : 'failed',
        expected: 'one snapshot, valid',
        actual: taken.join('; ').trim() || 'none',
        evidence: 'lvs on the host',
      };
    });
    return [...(await Promise.all(looks)), ...(await compareFiles(world))];
  },
};
