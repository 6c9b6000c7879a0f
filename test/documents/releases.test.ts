import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { DOCUMENT_EXIT, documents } from '../../contract/documents';
import { Host } from './support/host';
import { containing } from './support/match';

let host: Host;
let where: { Folder: string; Releases: string };
const at = (...names: string[]): string => path.join(host.state, ...names);

const git = (folder: string, ...args: string[]): string =>
  execFileSync('git', ['-C', folder, '-c', 'user.name=t', '-c', 'user.email=t@example', ...args], {
    stdio: 'pipe',
    encoding: 'utf8',
  });

/** A version of an application that builds itself by copying a file, in a repository of its own. */
function commit(tag: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(at('repository', name), text);
  git(at('repository'), 'add', '--all');
  git(at('repository'), 'commit', '-q', '-m', tag);
  git(at('repository'), 'tag', '-a', '-m', tag, tag);
}
const manifest = (build: string, version = '1.0.0') =>
  JSON.stringify({ name: 'a', version, private: true, scripts: { build } });
const lock = JSON.stringify({
  name: 'a',
  version: '1.0.0',
  lockfileVersion: 3,
  requires: true,
  packages: { '': { name: 'a', version: '1.0.0' } },
});
const BUILD = "node -e \"require('fs').cpSync('source', 'built')\"";

beforeEach(() => {
  host = new Host();
  where = { Folder: at('app'), Releases: at('releases') };
  fs.mkdirSync(at('repository'));
  git(at('repository'), 'init', '-q', '-b', 'main');
  commit('v1', {
    'package.json': manifest(BUILD),
    'package-lock.json': lock,
    source: 'one',
    '.gitignore': 'built\nconfig\n.env\n',
  });
  commit('v2', { source: 'two', 'release.json': '{ "schema": { "minimum": "1.2.0", "maximum": "1.10.0" } }' });
  commit('broken', { 'package.json': manifest('exit 3') });
  git(at('repository'), 'checkout', '-q', 'v2');
  fs.mkdirSync(where.Releases);
  git(where.Releases, 'clone', '-q', at('repository'), 'v1');
  git(at('releases/v1'), 'checkout', '-q', 'v1');
  fs.symlinkSync('releases/v1', where.Folder);
  fs.writeFileSync(at('releases/v1/built'), 'one');
  fs.mkdirSync(at('releases/v1/config'));
  fs.writeFileSync(at('releases/v1/config/production.json'), '{}');
  fs.writeFileSync(at('releases/v1/.env'), 'A=1\n', { mode: 0o600 });
  host.write('units/app', 'active\n');
  host.write('units/app.pid', '100\n');
  host.program(
    'npm',
    'exec /usr/bin/env -i PATH="$PATH" HOME="$STATE" npm_config_offline=true $(PATH=${PATH#*:} command -v npm) "$@"',
  );
});
afterEach(() => {
  host.remove();
});

describe('inspect-release', () => {
  const inspect = () =>
    host.run('inspect-release', {
      ...where,
      HealthUrl: 'http://localhost:3000/h',
      MetricsUrl: 'http://localhost:3000/m',
    });

  test('the release, its folder, its figures, and what is kept', async () => {
    fs.mkdirSync(at('releases/v0'));
    host.program(
      'curl',
      'case "$*" in *http_code*) printf 200 ;; *) echo \'{"requests": 12, "errors":3, "latencyMs":{"p50":1,"p95":20.5}, "routes":{"a":{"requests":1}}}\' ;; esac',
    );
    expect(documents['inspect-release'].result.parse((await inspect()).line)).toEqual({
      release: 'v1',
      folder: 'v1',
      commit: git(at('releases/v1'), 'rev-parse', 'HEAD').trim(),
      status: 200,
      metrics: { requests: 12, errors: 3, p95Milliseconds: 20.5 },
      kept: ['v0'],
      missingTools: [],
    });
  });

  test('an application that does not answer, in a folder that is no link', async () => {
    fs.rmSync(where.Folder);
    fs.renameSync(at('releases/v1'), where.Folder);
    host.program('curl', 'printf 000; exit 7');
    expect((await inspect()).line).toMatchObject({ release: 'v1', folder: null, status: 0, metrics: null });
  });
});

describe('find-release', () => {
  const find = (Release: string, Artefacts = '') => host.run('find-release', { ...where, Release, Artefacts });

  test('a tag that the host knows, with the schema that it needs', async () => {
    expect((await find('v2')).line).toEqual({
      release: 'v2',
      known: true,
      schema: { minimum: '1.2.0', maximum: '1.10.0' },
    });
    expect((await find('v1')).line).toMatchObject({ known: true, schema: null });
  });

  test('a tag that only the repository knows, and one that nobody does', async () => {
    commit('v3', { source: 'three' });
    expect((await find('v3')).line).toEqual({ release: 'v3', known: false, schema: null });
    expect(await find('v9')).toMatchObject({
      code: DOCUMENT_EXIT.releaseMissing,
      stderr: containing('nor its repository knows'),
    });
  });

  test('an unknown tag while the repository is out of reach', async () => {
    fs.renameSync(at('repository'), at('gone'));
    expect(await find('v3')).toMatchObject({
      code: DOCUMENT_EXIT.releaseMissing,
      stderr: containing('cannot be reached'),
    });
  });
});

describe('prepare-release', () => {
  const prepare = (Release: string, Artefacts = '') =>
    host.run('prepare-release', { ...where, Release, Artefacts, Carried: 'config/production.json .env missing' });
  const untouched = () => {
    expect(fs.readlinkSync(where.Folder)).toBe('releases/v1');
    expect(host.read('calls')).toBe('');
    expect(fs.readdirSync(where.Releases).filter((name) => name.startsWith('.preparing'))).toEqual([]);
  };

  test('builds beside what serves, with its configuration; again it is found as it was', async () => {
    const ran = await prepare('v2');
    expect(documents['prepare-release'].result.parse(ran.line)).toEqual({
      release: 'v2',
      folder: 'v2',
      commit: git(at('repository'), 'rev-parse', 'v2^{commit}').trim(),
      built: true,
      fetched: true,
      schema: { minimum: '1.2.0', maximum: '1.10.0' },
    });
    expect(host.read('releases/v2/built')).toBe('two');
    expect(host.read('releases/v2/config/production.json')).toBe('{}');
    expect(fs.statSync(at('releases/v2/.env')).mode & 0o777).toBe(0o600);
    expect(git(at('releases/v2'), 'remote', 'get-url', 'origin').trim()).toBe(at('repository'));
    untouched();
    expect((await prepare('v2')).line).toMatchObject({ built: false, folder: 'v2' });
  });

  test('a folder whose files were changed since is left, and another one built', async () => {
    await prepare('v2');
    fs.writeFileSync(at('releases/v2/built'), 'spoilt');
    expect((await prepare('v2')).line).toMatchObject({ built: true, folder: 'v2.2' });
    expect(host.read('releases/v2.2/built')).toBe('two');
    expect(host.read('releases/v2/built')).toBe('spoilt');
    // What serves was not built by this document, so that nobody knows how its files should be.
    expect((await prepare('v1')).line).toMatchObject({ built: true, folder: 'v1.2' });
    untouched();
  });

  test('a tag that does not exist', async () => {
    expect(await prepare('v9')).toMatchObject({ code: DOCUMENT_EXIT.releaseMissing, stdout: '' });
    untouched();
  });

  test('a build that fails leaves nothing behind', async () => {
    expect(await prepare('broken')).toMatchObject({
      code: DOCUMENT_EXIT.buildFailed,
      stderr: containing('npm run build of broken failed'),
    });
    expect(fs.existsSync(at('releases/broken'))).toBe(false);
    untouched();
  });

  test('no room on the disk', async () => {
    host.program('df', 'printf "Filesystem 1K-blocks Used Available\\n/dev/x 100 99 1\\n"');
    expect(await prepare('v2')).toMatchObject({ code: DOCUMENT_EXIT.diskFull, stderr: containing('0 MB are free') });
    untouched();
  });

  test('a repository out of reach: a known tag is built from what the host has', async () => {
    fs.renameSync(at('repository'), at('gone'));
    expect((await prepare('v2')).line).toMatchObject({ built: true, fetched: false });
  });

  test('a folder that is no link to a release is refused', async () => {
    fs.rmSync(where.Folder);
    fs.mkdirSync(where.Folder);
    expect(await prepare('v2')).toMatchObject({ code: 1, stderr: containing("is no link to a release's folder") });
  });

  test('an artefact whose digest is its own is unpacked; any other is not', async () => {
    fs.mkdirSync(at('bucket'));
    fs.mkdirSync(at('made'));
    fs.writeFileSync(at('made/built'), 'made elsewhere');
    execFileSync('tar', ['-czf', at('bucket/v5.tar.gz'), '-C', at('made'), '.']);
    const digest = execFileSync('sha256sum', [at('bucket/v5.tar.gz')], { encoding: 'utf8' });
    fs.writeFileSync(at('bucket/v5.tar.gz.sha256'), digest);
    host.program(
      'aws',
      '[ "$1 $2 $3" = "s3 cp --only-show-errors" ] || exit 252; from=$STATE/bucket/${4##*/}; [ -e "$from" ] || { echo 404 >&2; exit 1; }; if [ "$5" = - ]; then cat "$from"; else cp "$from" "$5"; fi',
    );
    expect((await prepare('v5', 's3://bucket/a')).line).toMatchObject({ built: true, commit: digest.slice(0, 64) });
    expect(host.read('releases/v5/built')).toBe('made elsewhere');
    fs.writeFileSync(at('bucket/v6.tar.gz'), 'something else');
    fs.writeFileSync(at('bucket/v6.tar.gz.sha256'), digest);
    expect(await prepare('v6', 's3://bucket/a')).toMatchObject({
      code: DOCUMENT_EXIT.buildFailed,
      stderr: containing('it is not unpacked'),
    });
    expect(await prepare('v7', 's3://bucket/a')).toMatchObject({ code: DOCUMENT_EXIT.releaseMissing });
    untouched();
  });
});

describe('switch-release', () => {
  const turn = (Target: string, RequireHealth = 'yes') =>
    host.run('switch-release', {
      ...where,
      Target,
      Services: 'app',
      HealthUrl: 'http://localhost:3000/h',
      Attempts: '2',
      SecondsBetween: '1',
      RequireHealth,
    });
  /** The application answers as the release that the link leads to does. */
  const healthy = (...releases: string[]) => {
    host.program(
      'curl',
      `case " ${releases.join(' ')} " in *" $(basename "$(readlink "$STATE/app")") "*) printf '\\n200' ;; *) printf '\\n503'; exit 22 ;; esac`,
    );
  };
  beforeEach(() => {
    fs.mkdirSync(at('releases/v2'));
  });

  test('turns the link at once, restarts, and is healthy; again disturbs nobody', async () => {
    healthy('v1', 'v2');
    expect(documents['switch-release'].result.parse((await turn('v2')).line)).toEqual({
      was: 'v1',
      is: 'v2',
      healthy: true,
      restarted: true,
    });
    expect(fs.readlinkSync(where.Folder)).toBe('releases/v2');
    expect((await turn('v2')).line).toMatchObject({ was: 'v2', restarted: false });
    expect(host.read('calls').match(/restart/g)).toHaveLength(1);
  });

  test('a host that never becomes healthy is put back, and the error says so', async () => {
    healthy('v1');
    expect(await turn('v2')).toMatchObject({
      code: DOCUMENT_EXIT.unhealthy,
      stdout: '',
      stderr: containing('The host was put back: it serves v1 and is healthy'),
    });
    expect(fs.readlinkSync(where.Folder)).toBe('releases/v1');
    expect(host.read('calls').match(/restart/g)).toHaveLength(2);
  });

  test('what has died too often is started all the same, and so is the one before it', async () => {
    healthy('v1');
    host.write('units/app.too-often', '');
    // The new one dies until systemd starts it no more.
    host.write('units/app.on-restart', 'case "$(readlink "$STATE/app")" in *v2) : >"$file.too-often" ;; esac');
    expect(await turn('v2')).toMatchObject({
      code: DOCUMENT_EXIT.unhealthy,
      stderr: containing('did not become healthy: http://localhost:3000/h did not answer 200'),
    });
    expect(fs.readlinkSync(where.Folder)).toBe('releases/v1');
    expect((await turn('v1')).line).toMatchObject({ restarted: false });
  });

  test('put back to one that is not healthy either, both are told', async () => {
    healthy();
    expect(await turn('v2')).toMatchObject({
      code: DOCUMENT_EXIT.unhealthy,
      stderr: containing('does not become healthy either'),
    });
  });

  test('where health is not required, it is told', async () => {
    healthy();
    expect((await turn('v2', 'no')).line).toMatchObject({ is: 'v2', healthy: false });
    expect(fs.readlinkSync(where.Folder)).toBe('releases/v2');
  });

  test('a process that dies after it had answered is not healthy', async () => {
    healthy('v1', 'v2');
    host.write(
      'on-sleep',
      'case "$(readlink "$STATE/app")" in *v2) echo $RANDOM$RANDOM >"$STATE/units/app.pid" ;; esac',
    );
    expect(await turn('v2')).toMatchObject({ code: DOCUMENT_EXIT.unhealthy, stderr: containing('died within 2 s') });
  });

  test('files that are not those that were built, a folder that is not there, an unknown unit: nothing is changed', async () => {
    healthy('v1', 'v2');
    expect(await turn('v3')).toMatchObject({ code: DOCUMENT_EXIT.releaseMissing });
    host.write('releases/v2/built', 'x');
    host.write('releases/.v2.sha256', `${'0'.repeat(64)}  ./built\n`);
    expect(await turn('v2')).toMatchObject({ code: 1, stderr: containing('are not those that were built') });
    fs.rmSync(at('units/app'));
    expect(await turn('v2')).toMatchObject({ code: 1, stderr: containing('there is no unit app') });
    expect(fs.readlinkSync(where.Folder)).toBe('releases/v1');
    expect(host.read('calls')).toBe('');
  });
});
