/** Somebody deploys a release that answers its health check and fails its users. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as z from 'zod';
import type { Check } from '../../contract/run';
import { awaitHealthy, createRepository, deployRelease, releasesFolder } from '../applications/interview-drills';
import type { Host } from '../hosts';
import { NothingToDamageError, sandboxOf, type Scenario, type World } from './scenario';

/** Fails most writes and is slow (sandbox/applications/interview-drills/repository/versions.json). */
const BAD = 'v1.3.0-test';
/** As often as a release has to be seen healthy in the drill environment, and once more. */
const LOOKS = 4;

async function look({ lookAtReleases }: World, times: number): Promise<void> {
  if (lookAtReleases === undefined) throw new NothingToDamageError('nobody looks at the releases');
  for (let at = 0; at < times; at += 1) await lookAtReleases();
}

/** As a pipeline would, on all hosts. */
export async function deployEverywhere(world: World, tag: string): Promise<void> {
  const { hosts } = sandboxOf(world);
  await Promise.all(hosts.map((host) => deployRelease(host, tag)));
  await Promise.all(hosts.map((host) => awaitHealthy(host, 30)));
}

async function deployBad(world: World) {
  const at = new Date();
  await deployEverywhere(world, BAD);
  return { at, what: `${BAD} was deployed to every host: healthy by its own word, and most writes fail` };
}

/** The bad release takes the place of one that served well for long. */
export const badRelease: Scenario = {
  name: 'bad-release',
  title: 'A bad release is deployed to every host',
  plan: 'application-recovery',
  prepare: (world) => look(world, LOOKS),
  inject: deployBad,
  look: (world) => lookAtHosts(world, 'v1.3.0'),
};

/**
 * v1.2.0 served well for long, v1.3.0 was hardly seen, then came the bad one: its predecessor by git is not the release to
 * go back to.
 */
export const badReleaseAfterAnother: Scenario = {
  name: 'bad-release-after-another',
  title: 'A bad release is deployed right after one that nobody knows yet',
  plan: 'application-rollback',
  async prepare(world) {
    await deployEverywhere(world, 'v1.2.0');
    await look(world, LOOKS);
    await deployEverywhere(world, 'v1.3.0');
    await look(world, 1);
  },
  inject: deployBad,
  look: (world) => lookAtHosts(world, 'v1.2.0'),
};

/** Not part of a release: configuration, and what git keeps. */
const apart = /^(\.git\/|\.env\.production$|config\/production\.json$)/;

/** Each file of a folder with its digest. */
function digests(folder: string): Map<string, string> {
  const files = fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .filter((name) => !apart.test(name));
  return new Map(
    files.map((name) => [
      name,
      createHash('sha256')
        .update(fs.readFileSync(path.join(folder, name)))
        .digest('hex'),
    ]),
  );
}

/** The release as a fresh checkout builds it, by nobody who has anything to do with the hosts. */
function freshBuild(folder: string, tag: string): Map<string, string> {
  fs.rmSync(folder, { recursive: true, force: true });
  const repository = createRepository(path.join(folder, 'repository'));
  const checkout = path.join(folder, 'checkout');
  execFileSync('git', ['clone', '-q', '--branch', tag, repository, checkout], { stdio: 'pipe' });
  execFileSync(process.execPath, [path.join(checkout, 'scripts', 'build.js')], { cwd: checkout, stdio: 'pipe' });
  return digests(checkout);
}

const healthSchema = z.object({ status: z.string(), version: z.string() });

async function served(host: Host): Promise<string> {
  const { address, port } = host.endpoint(80);
  try {
    const response = await fetch(`http://${address}:${port}/api/health`, { signal: AbortSignal.timeout(5000) });
    const { status, version } = healthSchema.parse(await response.json());
    return `${version}, ${status}`;
  } catch (error) {
    return String(error);
  }
}

/** What each host serves, and its files against a fresh checkout's build. */
export async function lookAtHosts(world: World, tag: string): Promise<Check[]> {
  const sandbox = sandboxOf(world);
  const fresh = freshBuild(path.join(sandbox.folder, 'fresh'), tag);
  const checks: Check[] = [];
  for (const host of sandbox.hosts) {
    const link = host.path(sandbox.description.hosts.folder);
    const folder = fs.realpathSync(link);
    const found = digests(folder);
    const different = [...new Set([...fresh.keys(), ...found.keys()])].filter(
      // npm's own note of what it installed; nothing of the release.
      (name) => fresh.get(name) !== found.get(name) && !name.startsWith('node_modules/'),
    );
    const expected = `${tag.replace(/^v/, '')}, healthy`;
    const actual = await served(host);
    checks.push(
      {
        name: `${host.id} serves ${tag}`,
        status: actual === expected ? 'passed' : 'failed',
        expected,
        actual,
        evidence: 'the health address of the host, asked through its nginx',
      },
      {
        name: `the files of ${host.id} are those of ${tag}`,
        status:
          different.length === 0 && path.dirname(folder) === fs.realpathSync(host.path(releasesFolder))
            ? 'passed'
            : 'failed',
        expected: `${fresh.size} files by their digests`,
        actual: different.length === 0 ? `${found.size} files, none different` : `different: ${different.join(', ')}`,
        evidence: `sha256 of every file in ${path.basename(folder)}, against a fresh checkout's build`,
      },
    );
  }
  return checks;
}
