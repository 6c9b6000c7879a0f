import { DOCUMENT_EXIT, documents } from '../../contract/documents';
import { type RealHost } from '../../sandbox/real-host';
import { endMachines, HEALTHY, restore, runDocument, served, servedAgain, withMachine } from './stage';

const Services = 'nginx interview-app';
const Folder = '/var/www/interview-app';
const health = { HealthUrl: 'http://127.0.0.1/api/health', Attempts: '120', SecondsBetween: '1' };

withMachine('services', () => {
  let machine: RealHost;
  beforeEach(async () => {
    machine = await restore();
  });
  afterEach(endMachines);

  const state = async (unit: string): Promise<string> =>
    await machine.look('/bin/systemctl', 'show', '-p', 'ActiveState', '--value', unit);

  /** A drop-in for the application's unit. */
  const dropIn = async (text: string): Promise<void> => {
    await machine.write('/etc/systemd/system/interview-app.service.d/test.conf', `[Service]\n${text}\n`);
    await machine.look('/bin/systemctl', 'daemon-reload');
  };
  const noDropIn = async (): Promise<void> => {
    await machine.look('/bin/rm', '/etc/systemd/system/interview-app.service.d/test.conf');
    await machine.look('/bin/systemctl', 'daemon-reload');
  };

  test('inspect-host tells the services, the release, and that nothing is missing', async () => {
    const ran = await runDocument(machine, 'inspect-host', { Services: `${Services} no-such-unit`, Folder });
    expect(ran).toMatchObject({ code: 0 });
    const result = documents['inspect-host'].result.parse(ran.line);
    expect(result).toMatchObject({
      services: { nginx: 'active', 'interview-app': 'active', 'no-such-unit': 'not-found' },
      release: 'v1.3.0',
      missingTools: [],
    });
    const free = await machine.look('/bin/df', '--output=avail', '-BM', Folder);
    expect(result.freeMegabytes).toBe(Number(/(\d+)M/.exec(free)?.[1]));
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });

  test('stop-services, twice, then start-services and check-health: the application is gone and serves again', async () => {
    const stopped = await runDocument(machine, 'stop-services', { Services });
    expect(documents['stop-services'].result.parse(stopped.line).services).toEqual([
      { name: 'nginx', was: 'active', is: 'inactive' },
      { name: 'interview-app', was: 'active', is: 'inactive' },
    ]);
    expect(await state('nginx')).toBe('inactive');
    expect(await machine.run('pgrep -x nginx || pgrep -x node || echo none')).toMatchObject({ stdout: 'none\n' });
    expect(await served(machine)).toBe('nothing');
    expect(await runDocument(machine, 'stop-services', { Services })).toMatchObject({ code: 0 });

    const started = await runDocument(machine, 'start-services', { Services: 'interview-app nginx' });
    expect(documents['start-services'].result.parse(started.line).services).toEqual([
      { name: 'interview-app', was: 'inactive', is: 'active' },
      { name: 'nginx', was: 'inactive', is: 'active' },
    ]);
    const healthy = await runDocument(machine, 'check-health', health);
    expect(documents['check-health'].result.parse(healthy.line)).toMatchObject({ status: 200 });
    expect(await servedAgain(machine)).toBe(HEALTHY);
    expect(await runDocument(machine, 'start-services', { Services: 'interview-app nginx' })).toMatchObject({
      code: 0,
    });
  });

  test('check-health says 502 while the application is down behind nginx, and exits with its own code', async () => {
    await machine.look('/bin/systemctl', 'stop', 'interview-app');
    const ran = await runDocument(machine, 'check-health', { ...health, Attempts: '2' });
    expect(ran).toMatchObject({ code: DOCUMENT_EXIT.unhealthy, line: undefined });
    expect(ran.stderr).toContain('the last status was 502');
    expect(await served(machine)).toBe('502');
  });

  test('a unit that fails to start: start-services fails by its name, and the one before it runs', async () => {
    await machine.look('/bin/systemctl', 'stop', 'nginx', 'interview-app');
    await dropIn('ExecStartPre=/bin/false\nRestart=no');
    const ran = await runDocument(machine, 'start-services', { Services: 'nginx interview-app' });
    expect(ran).toMatchObject({ code: 1, line: undefined });
    expect(ran.stderr).toContain('systemctl could not start interview-app');
    expect([await state('nginx'), await state('interview-app')]).toEqual(['active', 'failed']);
    expect(await served(machine)).toBe('502');

    await noDropIn();
    expect(await runDocument(machine, 'start-services', { Services })).toMatchObject({ code: 0 });
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });

  test('a unit that starts and dies, and is started by systemd again and again: start-services fails', async () => {
    await machine.look('/bin/systemctl', 'stop', 'interview-app');
    await dropIn('ExecStart=\nExecStart=/bin/sh -c "sleep 1; exit 1"');
    const ran = await runDocument(machine, 'start-services', { Services: 'interview-app' });
    expect(ran).toMatchObject({ code: 1, line: undefined });
    expect(ran.stderr).toMatch(/interview-app (is (activating|failed)|on host died)/);
    expect(await served(machine)).toBe('502');

    await noDropIn();
    await machine.look('/bin/systemctl', 'reset-failed', 'interview-app');
    expect(await runDocument(machine, 'start-services', { Services: 'interview-app' })).toMatchObject({ code: 0 });
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });

  test('a unit that ignores stop is killed by systemd after its time, and stop-services says that it failed', async () => {
    await dropIn('ExecStart=\nExecStart=/bin/sh -c "trap : TERM; while :; do sleep 1; done"\nTimeoutStopSec=3');
    await machine.look('/bin/systemctl', 'restart', 'interview-app');
    const ran = await runDocument(machine, 'stop-services', { Services });
    expect(ran).toMatchObject({ code: 0 });
    expect(documents['stop-services'].result.parse(ran.line).services).toEqual([
      { name: 'nginx', was: 'active', is: 'inactive' },
      { name: 'interview-app', was: 'active', is: 'failed' },
    ]);
    expect(await machine.run('pgrep -f "trap : TERM" | grep -v $$ || echo none')).toMatchObject({ stdout: 'none\n' });

    await noDropIn();
    expect(await runDocument(machine, 'start-services', { Services })).toMatchObject({ code: 0 });
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });

  test('a unit that ignores stop for longer than the document may run: timed out, and nothing pretends to have stopped', async () => {
    await dropIn('ExecStart=\nExecStart=/bin/sh -c "trap : TERM; while :; do sleep 1; done"\nTimeoutStopSec=300');
    await machine.look('/bin/systemctl', 'restart', 'interview-app');
    const ran = await runDocument(machine, 'stop-services', { Services: 'interview-app', ExecutionTimeout: '5' });
    expect(ran).toMatchObject({ code: undefined, timedOut: true, line: undefined });
    expect(await state('interview-app')).toBe('deactivating');
  });

  test('nginx with a broken configuration: start-services fails, the old nginx is gone; put right, it serves', async () => {
    const site = '/etc/nginx/sites-available/default';
    const before = await machine.look('/bin/cat', site);
    await machine.write(site, 'server { listen 80 default_server; no_such_directive on; }\n');
    await machine.look('/bin/systemctl', 'stop', 'nginx');
    const ran = await runDocument(machine, 'start-services', { Services: 'interview-app nginx' });
    expect(ran).toMatchObject({ code: 1, line: undefined });
    expect(ran.stderr).toContain('systemctl could not start nginx');
    expect(await state('nginx')).toBe('failed');
    expect(await served(machine)).toBe('nothing');

    await machine.write(site, `${before}\n`);
    expect(await runDocument(machine, 'start-services', { Services: 'interview-app nginx' })).toMatchObject({
      code: 0,
    });
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });

  test('a service that does not exist: nothing is stopped', async () => {
    const ran = await runDocument(machine, 'stop-services', { Services: 'nginx no-such-unit' });
    expect(ran).toMatchObject({ code: 1, line: undefined });
    expect(ran.stderr).toContain('there is no unit no-such-unit');
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });
});
