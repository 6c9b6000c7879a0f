/** Somebody's clean-up script runs in the wrong folder. */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Check } from '../../contract/run';
import type { Host } from '../hosts';
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
export const lookAtFiles = (world: World): Map<string, Files> =>
  new Map(
    sandboxOf(world).hosts.map((host) => [
      host.id,
      new Map([...filesIn(host.path(volumeOf(world)))].filter(([name]) => !KEPT.test(name))),
    ]),
  );

/** Files of the application on one host are overwritten, deleted, and made unreadable to all. @returns in words */
function damage(host: Host, mountPoint: string, random: () => number): string {
  const folder = host.path(mountPoint);
  const names = [...filesIn(folder)].filter(([name, what]) => what.startsWith('file ') && !/(^|\/)\.git\//.test(name));
  const counts = { overwritten: 0, deleted: 0, locked: 0 };
  for (const [name] of names) {
    const chance = random();
    const place = path.join(folder, name);
    if (chance < OVERWRITTEN_SHARE) {
      fs.writeFileSync(place, `x${createHash('sha256').update(name).digest('hex')}\n`);
      counts.overwritten += 1;
    } else if (chance < OVERWRITTEN_SHARE + DELETED_SHARE) {
      fs.rmSync(place);
      counts.deleted += 1;
    } else if (chance < OVERWRITTEN_SHARE + DELETED_SHARE + LOCKED_SHARE) {
      fs.chmodSync(place, 0o000);
      counts.locked += 1;
    }
  }
  // What users see of it, whatever chance does: the program that is served.
  const [main] = names.map(([name]) => name).filter((name) => /(^|\/)dist\/main\.js$/.test(name));
  if (main === undefined) throw new NothingToDamageError(`host ${host.id} has no dist/main.js in ${mountPoint}`);
  fs.writeFileSync(path.join(folder, main), 'process.exit(1);\n');
  fs.writeFileSync(path.join(folder, 'leftover.tmp'), 'x'.repeat(10_000));
  const { overwritten, deleted, locked } = counts;
  return `${host.id}: ${overwritten} files overwritten, ${deleted} deleted, ${locked} locked, one added`;
}

/** What the files were, of each sandbox, when nothing had happened to them. */
const before = new WeakMap<object, Map<string, Files>>();

/** Takes a snapshot as an operator would, and remembers every file by its hash. */
export async function prepareSnapshot(world: World): Promise<void> {
  if (world.operate === undefined) throw new NothingToDamageError('nobody can take a snapshot here');
  await world.operate({ plan: 'take-snapshot' });
  rememberFiles(world);
}

/**
 * Remembers every file by its hash: what they are now is what they have to become again.
 * @param like where all hosts get the files of one
 */
export function rememberFiles(world: World, like?: Host): void {
  const now = lookAtFiles(world);
  const wanted = like === undefined ? undefined : now.get(like.id);
  before.set(sandboxOf(world), new Map([...now].map(([id, files]) => [id, wanted ?? files])));
}

/** Every file of every host by its hash, held against what they were when the snapshot was taken. */
export function compareFiles(world: World): Check[] {
  const then = before.get(sandboxOf(world));
  return [...lookAtFiles(world)].map(([id, now]) => {
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
    const { hosts, description } = sandboxOf(world);
    const at = new Date();
    const words = hosts.map((host) => damage(host, volumeOf(world), world.random));
    for (const host of hosts) await host.systemctl('restart', ...description.hosts.services);
    return { at, what: words.join('; ') };
  },
  look: (world) => Promise.resolve(compareFiles(world)),
};

/** There is no snapshot yet; nothing is broken. */
export const noSnapshotYet: Scenario = {
  name: 'no-snapshot-yet',
  title: 'There is no snapshot to go back to',
  plan: 'take-snapshot',
  inject: (world) => {
    before.set(sandboxOf(world), lookAtFiles(world));
    return Promise.resolve({ at: new Date(), what: 'nothing: the files are whole, and no snapshot of them is there' });
  },
  look: async (world) => {
    const { hosts, description } = sandboxOf(world);
    const group = description.volume?.volumeGroup ?? '';
    const looks = hosts.map(async (host): Promise<Check> => {
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
    return [...(await Promise.all(looks)), ...compareFiles(world)];
  },
};
