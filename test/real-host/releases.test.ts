import { DOCUMENT_EXIT, documents } from '../../contract/documents';
import { type RealHost } from '../../sandbox/real-host';
import { connection, endMachines, HEALTHY, restore, runDocument, served, servedAgain, sql, withMachine } from './stage';

const where = { Folder: '/var/www/interview-app', Releases: '/var/www/releases' };
const health = { HealthUrl: 'http://127.0.0.1/api/health' };
const MetricsUrl = 'http://127.0.0.1/api/metrics';
const Carried = 'config/production.json .env.production';
const REPOSITORY = '/srv/git/interview-drills';
/** Megabytes that are free, for a shell. */
const free = '$(df --output=avail -m /var/www | tail -n 1)';
/** A build without the check of each file, for which Node starts a dozen times. */
const QUICK = 'rm -rf dist; cp -r src dist; printf {\\"version\\":\\"1.3.1\\",\\"commit\\":\\"0\\"} >dist/build.json';

withMachine('releases', () => {
  let machine: RealHost;
  beforeEach(async () => {
    machine = await restore();
  });
  afterEach(endMachines);

  const shell = async (script: string): Promise<string> => {
    const { exitCode, stdout, stderr } = await machine.run(script);
    if (exitCode !== 0) throw new Error(`"${script}" ended with ${String(exitCode)}: ${stderr}`);
    return stdout.trim();
  };
  /** A new release in the repository, which the host's own clone does not know yet. */
  const commit = async (tag: string, build: string): Promise<void> => {
    const git = `git -C ${REPOSITORY} -c user.name=developer -c user.email=developer@example.com`;
    await machine.write(
      `${REPOSITORY}/package.json`,
      `${JSON.stringify({ name: 'interview-drills', version: tag.slice(1), private: true, scripts: { build } })}\n`,
    );
    await shell(`cd ${REPOSITORY} && rm package-lock.json && cat >package-lock.json <<'JSON'
${JSON.stringify({ name: 'interview-drills', version: tag.slice(1), lockfileVersion: 3, requires: true, packages: { '': { name: 'interview-drills', version: tag.slice(1) } } })}
JSON
${git} commit -q -a -m ${tag} && ${git} tag -a -m ${tag} ${tag}`);
  };
  const find = (Release: string) => runDocument(machine, 'find-release', { ...where, Release, Artefacts: '' });
  const prepare = (Release: string) =>
    runDocument(machine, 'prepare-release', { ...where, Release, Artefacts: '', Carried });
  const switchTo = (Target: string, more: Readonly<Record<string, string>> = {}) =>
    runDocument(machine, 'switch-release', {
      ...{ ...where, ...health, Target, Services: 'interview-app' },
      ...{ Attempts: '120', SecondsBetween: '1', RequireHealth: 'yes', ...more },
    });
  const releases = () => shell(`ls -A ${where.Releases}`);

  test('inspect-release and the measures tell what serves and how well; its own tests pass as its own user', async () => {
    const inspected = await runDocument(machine, 'inspect-release', { ...where, ...health, MetricsUrl });
    expect(documents['inspect-release'].result.parse(inspected.line)).toMatchObject({
      ...{ release: 'v1.3.0', folder: 'v1.3.0', status: 200, kept: [], missingTools: [] },
      commit: await shell(`git -C ${REPOSITORY} rev-parse v1.3.0^{commit}`),
    });
    const ran = await runDocument(machine, 'measure-application', { ...health, MetricsUrl, Requests: '10' });
    const measured = documents['measure-application'].result.parse(ran.line);
    expect(measured).toMatchObject({ health: { status: 200 }, requests: 10, failed: 0, metrics: { problem: '' } });
    expect(measured.milliseconds).toHaveLength(10);
    const tests = { Tests: 'test:critical', ConsistencyScript: 'scripts/validate-data-consistency.sh' };
    const tested = await runDocument(machine, 'test-application', { Folder: where.Folder, ...tests });
    const { tests: own, consistency } = documents['test-application'].result.parse(tested.line);
    for (const { ran: isRun, exitCode, tail } of [own, consistency]) {
      if (!isRun || exitCode !== 0) throw new Error(`the application's own test ended with ${exitCode}: ${tail}`);
    }
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });

  test('the schema goes back by a release that knows the way, as the application’s user; the application says what it lacks', async () => {
    const SchemaVersion = 'schema_migrations.version';
    const inspected = await runDocument(machine, 'inspect-schema', { ...connection, SchemaVersion });
    const { versions } = documents['inspect-schema'].result.parse(inspected.line);
    expect(versions).toEqual(['1.3.0', '1.2.0', '1.1.0', '1.0.0']);
    const listed = await runDocument(machine, 'list-releases', {
      ...{ ...where, Applied: versions.join(' '), Version: '1.2.0' },
    });
    const { serving, releases: known } = documents['list-releases'].result.parse(listed.line);
    expect(serving).toEqual({ release: 'v1.3.0', schema: { minimum: '1.3.0', maximum: null } });
    expect(known.filter(({ undoes }) => undoes).map(({ release }) => release)).toEqual(['v1.3.0-test', 'v1.3.0']);

    const back = (Version: string, Target = 'v1.3.0') =>
      runDocument(machine, 'rollback-schema', {
        ...{ ...connection, SchemaVersion, Releases: where.Releases, Target, Version },
      });
    expect(await back('1.1.5')).toMatchObject({ code: 1, line: undefined });
    expect(await back('1.2.0', 'v9.9.9')).toMatchObject({ code: DOCUMENT_EXIT.releaseMissing, line: undefined });
    expect(await servedAgain(machine)).toBe(HEALTHY);
    expect((await back('1.2.0')).line).toEqual({ was: '1.3.0', is: '1.2.0', undone: ['1.3.0'] });
    expect((await back('1.2.0')).line).toMatchObject({ undone: [] });
    expect(await sql(machine, "SELECT to_regclass('reviews') IS NULL, pg_has_role('master', 'app', 'MEMBER')")).toBe(
      't|f',
    );
    expect(await served(machine)).toBe('503');
    await shell(`cd ${where.Folder} && runuser -u www-data -- scripts/migrate.sh up`);
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });

  test('a release that the host does not know yet is built beside the one that serves, put in its place, and taken back', async () => {
    await commit('v1.3.1', QUICK);
    expect((await find('v1.3.1')).line).toMatchObject({ known: false });
    const prepared = await prepare('v1.3.1');
    expect(documents['prepare-release'].result.parse(prepared.line)).toMatchObject({
      ...{ folder: 'v1.3.1', built: true, fetched: true },
      commit: await shell(`git -C ${REPOSITORY} rev-parse HEAD`),
    });
    expect(await servedAgain(machine)).toBe(HEALTHY);
    expect(
      await shell(`stat -c '%U %a' ${where.Releases}/v1.3.1/.env.production ${where.Releases}/v1.3.1/dist/main.js`),
    ).toBe('www-data 600\nwww-data 644');
    expect((await prepare('v1.3.1')).line).toMatchObject({ folder: 'v1.3.1', built: false });
    expect((await find('v1.3.1')).line).toMatchObject({ known: true });

    expect((await switchTo('v1.3.1')).line).toEqual({ was: 'v1.3.0', is: 'v1.3.1', healthy: true, restarted: true });
    expect(await servedAgain(machine)).toBe('200 1.3.1');
    expect((await switchTo('v1.3.1')).line).toMatchObject({ was: 'v1.3.1', restarted: false });
    expect((await switchTo('v1.3.0')).line).toMatchObject({ was: 'v1.3.1', is: 'v1.3.0', healthy: true });
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });

  test('a tag that does not exist: both documents say so, and nothing is there that was not', async () => {
    expect(await find('v9.9.9')).toMatchObject({ code: DOCUMENT_EXIT.releaseMissing, line: undefined });
    const ran = await prepare('v9.9.9');
    expect(ran).toMatchObject({ code: DOCUMENT_EXIT.releaseMissing, line: undefined });
    expect(ran.stderr).toContain('does not know the tag, fetched: true');
    expect(await switchTo('v9.9.9')).toMatchObject({ code: DOCUMENT_EXIT.releaseMissing, line: undefined });
    expect(await releases()).toBe('v1.3.0');
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });

  test('a build that fails, since it fills the disk: what it made is removed, and what serves goes on', async () => {
    await commit('v1.3.2', 'dd if=/dev/zero of=big bs=1M');
    // Room for a release, and little more: it need not write two gigabytes to fill the disk.
    await shell(`fallocate -l "$((${free} - 100))M" /var/www/much`);
    const before = Number(await shell(`echo ${free}`));
    const ran = await prepare('v1.3.2');
    expect(ran).toMatchObject({ code: DOCUMENT_EXIT.buildFailed, line: undefined });
    expect(ran.stderr).toMatch(/No space left on device[^]*npm run build of v1.3.2 failed/);
    expect(await releases()).toBe('v1.3.0');
    expect(Number(await shell(`echo ${free}`))).toBeGreaterThan(before - 5);
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });

  test('a disk without room for a release: nothing is begun', async () => {
    // All that is free but one megabyte.
    await shell(`fallocate -l "$((${free} - 1))M" /var/www/much`);
    const ran = await prepare('v1.2.0');
    expect(ran).toMatchObject({ code: DOCUMENT_EXIT.diskFull, line: undefined });
    expect(ran.stderr).toMatch(/no room for a release in \/var\/www\/releases on host: [01] MB are free/);
    expect(await releases()).toBe('v1.3.0');
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });

  test('health that never comes: the host is put back to what it served, and it says so', async () => {
    await shell(
      `cd ${where.Releases} && cp -a v1.3.0 v1.3.3 && echo 'setInterval(() => undefined, 1000)' >v1.3.3/dist/main.js`,
    );
    const ran = await switchTo('v1.3.3', { Attempts: '12', SecondsBetween: '2' });
    expect(ran).toMatchObject({ code: DOCUMENT_EXIT.unhealthy, line: undefined });
    expect(ran.stderr).toContain('The host was put back: it serves v1.3.0 and is healthy');
    expect(await shell(`readlink ${where.Folder}`)).toBe('releases/v1.3.0');
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });
});
