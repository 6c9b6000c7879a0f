import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as http from 'node:http';
import { DOCUMENT_EXIT, documents } from '../../contract/documents';
import { Host } from './support/host';
import { containing, matching } from './support/match';

const portOf = (server: http.Server): number => {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('not listening');
  return address.port;
};

let host: Host;
beforeEach(() => {
  host = new Host();
  host.write('units/nginx', 'active\n');
  host.write('units/interview-app', 'active\n');
});
afterEach(() => {
  host.remove();
});
const Services = 'nginx interview-app';

describe('stop-services', () => {
  const stop = (services = Services) => host.run('stop-services', { Services: services });

  test('stops in the order given and says what was and what is; again changes nothing', async () => {
    const unit = (name: string, was: string) => ({ name, was, is: 'inactive' });
    expect(documents['stop-services'].result.parse((await stop()).line)).toEqual({
      services: [unit('nginx', 'active'), unit('interview-app', 'active')],
    });
    expect(host.read('calls')).toBe('stop nginx\nstop interview-app\n');
    expect((await stop()).line).toEqual({
      services: [unit('nginx', 'inactive'), unit('interview-app', 'inactive')],
    });
  });

  test('a unit that failed is stopped, too', async () => {
    host.write('units/nginx.on-stop', 'echo failed >"$file"');
    expect((await stop('nginx')).line).toEqual({ services: [{ name: 'nginx', was: 'active', is: 'failed' }] });
  });

  test('an unknown unit is named before anything is stopped', async () => {
    expect(await stop('nginx nowhere')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: containing('there is no unit nowhere'),
    });
    expect(host.read('calls')).toBe('');
  });

  test('a unit that cannot be stopped fails by name', async () => {
    host.write('units/nginx.on-stop', 'echo active >"$file"; exit 1');
    expect(await stop()).toMatchObject({ code: 1, stderr: containing('could not stop nginx') });
  });

  test("a unit that another one's stop starts again is not stopped", async () => {
    host.write('units/interview-app.on-stop', 'echo active >"$STATE/units/nginx"');
    expect(await stop()).toMatchObject({
      code: 1,
      stdout: '',
      stderr: containing('nginx is still active'),
    });
  });
});

describe('start-services', () => {
  const start = () => host.run('start-services', { Services: 'interview-app nginx' });
  beforeEach(() => {
    host.write('units/nginx', 'inactive\n');
    host.write('units/interview-app', 'inactive\n');
  });

  test('starts in the order given and watches them', async () => {
    const unit = (name: string) => ({ name, was: 'inactive', is: 'active' });
    expect(documents['start-services'].result.parse((await start()).line)).toEqual({
      services: [unit('interview-app'), unit('nginx')],
    });
    expect(host.read('calls')).toBe('start interview-app\nstart nginx\nsleep 1\nsleep 1\nsleep 1\n');
  });

  test.each([
    ['ends', 'failed', 'interview-app is failed'],
    ['is about to be started again', 'activating', 'interview-app is activating'],
  ])('one that %s right after its start fails', async (_, state, said) => {
    host.write('on-sleep', `echo ${state} >"$STATE/units/interview-app"`);
    expect(await start()).toMatchObject({ code: 1, stdout: '', stderr: containing(said) });
  });

  test('one that died and was started again by systemd fails', async () => {
    host.write('units/interview-app.pid', '100\n');
    host.write('on-sleep', 'echo 200 >"$STATE/units/interview-app.pid"');
    expect(await start()).toMatchObject({ code: 1, stderr: containing('died within 1 s') });
  });

  test('one that systemctl cannot start fails with its name', async () => {
    host.write('units/nginx.on-start', 'echo failed >"$file"; exit 1');
    expect(await start()).toMatchObject({ code: 1, stderr: containing('could not start nginx') });
  });
});

describe('check-health', () => {
  const answers: number[] = [];
  let asked = 0;
  const server = http.createServer((_, response) => {
    response.statusCode = answers[asked] ?? 500;
    if (response.statusCode === 302) response.setHeader('location', '/');
    asked += 1;
    response.end('ok');
  });
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
  afterAll(() => new Promise((resolve) => server.close(resolve)));
  const check = (statuses: number[], attempts: string, url?: string) => {
    answers.splice(0, Infinity, ...statuses);
    asked = 0;
    const HealthUrl = url ?? `http://127.0.0.1:${portOf(server)}/api/health`;
    return host.run('check-health', { HealthUrl, Attempts: attempts, SecondsBetween: '07' });
  };

  test('waits until it answers 200', async () => {
    const ran = await check([503, 302, 200, 503], '008');
    expect(documents['check-health'].result.parse(ran.line)).toMatchObject({ status: 200, attempts: 3 });
    expect(host.read('calls')).toBe('sleep 7\nsleep 7\n');
    expect(ran.stderr).toContain('status 503');
  });

  test('gives up after the attempts with code 9, without a last wait', async () => {
    expect(await check([500, 404, 200], '2')).toMatchObject({
      code: DOCUMENT_EXIT.unhealthy,
      stdout: '',
      stderr: matching(/did not answer 200 in 2 attempts .* last status was 404/),
    });
    expect(host.read('calls')).toBe('sleep 7\n');
  });

  test("nobody listening is unhealthy, not curl's code 7", async () => {
    const idle = http.createServer();
    await new Promise<void>((resolve) => idle.listen(0, '127.0.0.1', resolve));
    const port = portOf(idle);
    await new Promise((resolve) => idle.close(resolve));
    const ran = await check([], '1', `http://127.0.0.1:${port}/`);
    expect(ran).toMatchObject({ code: DOCUMENT_EXIT.unhealthy, stderr: matching(/onnect/) });
  });

  test('no attempt at all is a mistake', async () => {
    expect(await check([200], '0')).toMatchObject({ code: 1, stderr: containing('at least 1') });
  });
});

describe('inspect-host', () => {
  const inspect = (folder: string) => host.run('inspect-host', { Services: `${Services} nowhere`, Folder: folder });

  test('states, release, free disk and missing tools', async () => {
    const ran = await inspect(host.state);
    const result = documents['inspect-host'].result.parse(ran.line);
    expect(result.services).toEqual({ nginx: 'active', 'interview-app': 'active', nowhere: 'not-found' });
    expect(result.release).toBe('unknown');
    expect(result.freeMegabytes).toBeGreaterThan(0);
    expect(result.missingTools).toEqual([]);
  });

  test('the release is what git describes', async () => {
    const git = (...args: string[]) =>
      execFileSync('git', ['-C', host.state, '-c', 'user.name=t', '-c', 'user.email=t@example', ...args], {
        stdio: 'pipe',
      });
    git('init', '-q');
    git('commit', '-q', '--allow-empty', '-m', 'x');
    git('tag', 'v1.2.0');
    expect((await inspect(host.state)).line).toMatchObject({ release: 'v1.2.0' });
    // The folder as a link to a release's own, as it is on hosts.
    fs.symlinkSync(host.state, `${host.state}.link`);
    expect((await inspect(`${host.state}.link`)).line).toMatchObject({ release: 'v1.2.0' });
    fs.rmSync(`${host.state}.link`);
  });

  test('tools that are not there are named', async () => {
    host.only('bash', 'df', 'tail', 'uname', 'mktemp', 'rm', 'cat', 'grep');
    host.forget('aws', 'openssl', 'sudo');
    expect((await inspect(host.state)).line).toMatchObject({
      missingTools: ['aws', 'openssl', 'od', 'sudo'],
      release: 'unknown',
    });
  });

  test.each([
    ['that does not know -pbkdf2', 'echo "enc: Unknown option -pbkdf2" >&2; exit 1'],
    ['that gives no key', 'echo done'],
  ])('an openssl %s is missing', async (_what, program) => {
    host.program('openssl', program);
    expect((await inspect(host.state)).line).toMatchObject({ missingTools: ['openssl with -pbkdf2'] });
  });

  test('a missing folder is named', async () => {
    expect(await inspect('/nowhere/app')).toMatchObject({
      code: 1,
      stderr: containing('/nowhere/app does not exist'),
    });
  });
});
