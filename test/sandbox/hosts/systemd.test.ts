import * as fs from 'node:fs';
import { type Host } from '../../../sandbox/hosts';
import { Fixture, until, writeUnit } from './fixture';

const fixture = new Fixture();
let host: Host;

beforeAll(async () => {
  await fixture.open();
  host = await fixture.host();
});
afterAll(() => fixture.close());

const service = (lines: string): string => `[Service]\n${lines}\n`;
const log = (name: string): string => fs.readFileSync(host.path(`/var/log/${name}.log`), 'utf8');

/** `systemctl` as a script of a host calls it: `[exit code, standard output, standard error]`. */
async function systemctl(words: string): Promise<[number | null, string, string]> {
  const { exitCode, stdout, stderr } = await host.run(`systemctl ${words}`);
  return [exitCode, stdout, stderr];
}

/** Exit codes and words are those of systemctl(1) and of its source (systemd 252); no running systemd was asked. */
describe('systemctl', () => {
  it('starts, shows and stops a service', async () => {
    writeUnit(host, 'web.service', `[Unit]\nDescription=The web\n${service('ExecStart=/usr/bin/sleep 600')}`);
    expect(await systemctl('is-active web')).toEqual([3, 'inactive\n', '']);
    expect(await systemctl('start web')).toEqual([0, '', '']);
    expect(await systemctl('is-active web.service')).toEqual([0, 'active\n', '']);
    expect(await systemctl('is-active --quiet web')).toEqual([0, '', '']);
    const { pid } = await host.unitReaches(({ name }) => name === 'web.service');
    expect(await systemctl('show web -p MainPID --value')).toEqual([0, `${pid}\n`, '']);
    const [code, status] = await systemctl('status web --no-pager');
    expect(code).toBe(0);
    expect(status).toMatch(/^● web\.service - The web\n.*\n {5}Active: active \(running\)/);
    expect(await systemctl('stop web')).toEqual([0, '', '']);
    expect(await systemctl('show web --property=ActiveState,SubState,Result')).toEqual([
      0,
      'ActiveState=inactive\nSubState=dead\nResult=success\n',
      '',
    ]);
    expect((await systemctl('status web'))[0]).toBe(3);
  });

  it('says by its codes that there is no such unit', async () => {
    expect(await systemctl('start none')).toEqual([
      5,
      '',
      'Failed to start none.service: Unit none.service not found.\n',
    ]);
    expect(await systemctl('stop none')).toEqual([
      5,
      '',
      'Failed to stop none.service: Unit none.service not loaded.\n',
    ]);
    expect(await systemctl('is-active none')).toEqual([4, 'inactive\n', '']);
    expect(await systemctl('status none')).toEqual([4, '', 'Unit none.service could not be found.\n']);
    expect(await systemctl('show none -p LoadState')).toEqual([0, 'LoadState=not-found\n', '']);
    expect((await systemctl('enable none'))[0]).toBe(1);
  });

  it('refuses verbs, options and settings that it does not know', async () => {
    expect((await systemctl('isolate rescue.target'))[0]).toBe(64);
    expect((await systemctl('start web --job-mode=fail'))[0]).toBe(64);
    writeUnit(host, 'odd.service', service('ExecStart=/usr/bin/sleep 1\nPrivateTmp=yes'));
    const [code, , error] = await systemctl('start odd');
    expect(code).toBe(6);
    expect(error).toContain("does not know 'PrivateTmp'");
  });

  it('is failed when the main process fails, also when its program is missing', async () => {
    writeUnit(host, 'bad.service', service('ExecStart=/bin/sh -c "exit 9"'));
    expect(await systemctl('start bad')).toEqual([0, '', '']);
    await host.unitReaches(({ name, active }) => name === 'bad.service' && active === 'failed');
    expect(await systemctl('show bad -p Result,ExecMainStatus --value')).toEqual([0, 'exit-code\n9\n', '']);
    expect((await systemctl('is-failed bad'))[0]).toBe(0);
    expect((await systemctl('status bad'))[0]).toBe(3);
    await systemctl('reset-failed bad');
    expect((await systemctl('is-active bad'))[1]).toBe('inactive\n');
    writeUnit(host, 'missing.service', service('ExecStart=/opt/nothing/here'));
    await systemctl('start missing');
    await host.unitReaches(({ name, active }) => name === 'missing.service' && active === 'failed');
    expect((await systemctl('show missing -p ExecMainStatus --value'))[1]).toBe('203\n');
  });

  it('fails the job when ExecStartPre, the folder or an environment file fails', async () => {
    writeUnit(host, 'pre.service', service('ExecStartPre=/bin/false\nExecStart=/usr/bin/sleep 600'));
    const [code, , error] = await systemctl('start pre');
    expect(code).toBe(1);
    expect(error).toMatch(/^Job for pre\.service failed because the control process exited with error code\.\n/);
    writeUnit(host, 'resources.service', service('EnvironmentFile=/etc/none\nExecStart=/usr/bin/sleep 600'));
    expect((await systemctl('start resources'))[0]).toBe(1);
    expect((await systemctl('show resources -p Result --value'))[1]).toBe('resources\n');
  });

  it('restarts what fails, until it was started too often', async () => {
    writeUnit(host, 'flap.service', service('ExecStart=/bin/false\nRestart=on-failure\nRestartSec=10ms'));
    await systemctl('start flap');
    const state = await host.unitReaches(({ name, active }) => name === 'flap.service' && active === 'failed');
    expect(state.result).toBe('start-limit-hit');
    expect((await systemctl('show flap -p NRestarts --value'))[1]).toBe('5\n');
    expect((await systemctl('start flap'))[0]).toBe(1);
  });

  it('restarts what is killed, and not what ends well', async () => {
    writeUnit(host, 'again.service', service('ExecStart=/usr/bin/sleep 600\nRestart=on-failure\nRestartSec=10ms'));
    await systemctl('start again');
    const { pid } = await host.unitReaches(({ name, active }) => name === 'again.service' && active === 'active');
    process.kill(pid, 'SIGKILL');
    await host.unitReaches((state) => state.name === 'again.service' && state.active === 'active' && state.pid !== pid);
    await systemctl('stop again');
    writeUnit(host, 'once.service', service('ExecStart=/bin/true\nRestart=on-failure'));
    await systemctl('start once');
    await host.unitReaches(({ name, active }) => name === 'once.service' && active === 'inactive');
  });

  it('kills what does not stop in time, with its children', async () => {
    const script = `trap '' TERM; echo ready; while true; do sleep 0.05; done`;
    writeUnit(host, 'stubborn.service', service(`ExecStart=/bin/bash -c "${script}"\nTimeoutStopSec=200ms`));
    await systemctl('start stubborn');
    await until(() => log('stubborn').includes('ready'));
    expect((await systemctl('stop stubborn'))[0]).toBe(0);
    expect((await systemctl('show stubborn -p ActiveState,Result'))[1]).toBe('ActiveState=failed\nResult=timeout\n');
  });

  it('waits for a oneshot, and keeps it active with RemainAfterExit', async () => {
    writeUnit(
      host,
      'shot.service',
      service(`Type=oneshot\nExecStart=/bin/sh -c "sleep 0.1; touch $\{TMPDIR}/shot"\nRemainAfterExit=yes`),
    );
    expect((await systemctl('start shot'))[0]).toBe(0);
    expect(fs.existsSync(host.path('/tmp/shot'))).toBe(true);
    expect((await systemctl('is-active shot'))[1]).toBe('active\n');
    writeUnit(host, 'noshot.service', service('Type=oneshot\nExecStart=/bin/false'));
    expect((await systemctl('start noshot'))[0]).toBe(1);
  });

  it('passes the environment, from the unit and from files, read anew at each start', async () => {
    fs.writeFileSync(host.path('/etc/app.env'), '# a comment\nFROM_FILE="one two"\n');
    writeUnit(
      host,
      'env.service',
      service(
        'Type=oneshot\nEnvironment=A=1 "B=two words" DIR=/var/www/x\nEnvironmentFile=/etc/app.env\nEnvironmentFile=-/etc/none.env\nExecStart=/bin/sh -c "echo $A,$B,$DIR,$FROM_FILE"',
      ),
    );
    await systemctl('start env');
    fs.writeFileSync(host.path('/etc/app.env'), 'FROM_FILE=changed\n');
    await systemctl('start env');
    expect(log('env')).toBe(
      `1,two words,${host.path('/var/www/x')},one two\n1,two words,${host.path('/var/www/x')},changed\n`,
    );
  });

  it('reads a changed unit file only after daemon-reload', async () => {
    writeUnit(host, 'edited.service', service('Type=oneshot\nExecStart=/bin/echo old'));
    await systemctl('start edited');
    writeUnit(host, 'edited.service', service('Type=oneshot\nExecStart=/bin/echo new'));
    expect((await systemctl('start edited'))[2]).toContain("Run 'systemctl daemon-reload'");
    await systemctl('daemon-reload');
    expect((await systemctl('start edited'))[2]).toBe('');
    expect(log('edited')).toBe('old\nold\nnew\n');
  });

  it('reloads only what says how', async () => {
    writeUnit(host, 'plain.service', service('ExecStart=/usr/bin/sleep 600'));
    await systemctl('start plain');
    expect(await systemctl('reload plain')).toEqual([
      3,
      '',
      'Failed to reload plain.service: Job type reload is not applicable for unit plain.service.\n',
    ]);
    const script = `trap 'echo reloaded' HUP; echo ready; while true; do sleep 0.02; done`;
    writeUnit(host, 'hup.service', service(`ExecStart=/bin/bash -c "${script}"\nExecReload=/bin/kill -HUP $MAINPID`));
    expect((await systemctl('reload hup'))[0]).toBe(1);
    await systemctl('start hup');
    await until(() => log('hup').includes('ready'));
    expect((await systemctl('reload hup'))[0]).toBe(0);
    await until(() => log('hup').includes('reloaded'));
  });

  it('enables and disables', async () => {
    writeUnit(
      host,
      'boot.service',
      `${service('ExecStart=/usr/bin/sleep 600')}[Install]\nWantedBy=multi-user.target\n`,
    );
    expect(await systemctl('is-enabled boot')).toEqual([1, 'disabled\n', '']);
    expect((await systemctl('enable --now boot'))[0]).toBe(0);
    expect(await systemctl('is-enabled boot')).toEqual([0, 'enabled\n', '']);
    expect((await systemctl('is-active boot none'))[0]).toBe(0);
    expect((await systemctl('disable --now boot'))[0]).toBe(0);
    expect((await systemctl('is-active boot'))[1]).toBe('inactive\n');
  });

  it('fails a unit that a fault was injected into, until it is repaired', async () => {
    writeUnit(host, 'faulty.service', service('ExecStart=/usr/bin/sleep 600'));
    await host.breakUnit('faulty.service');
    await systemctl('start faulty');
    await host.unitReaches(({ name, active }) => name === 'faulty.service' && active === 'failed');
    await host.repairUnit('faulty.service');
    await systemctl('start faulty');
    expect((await systemctl('is-active faulty'))[1]).toBe('active\n');
  });
});
