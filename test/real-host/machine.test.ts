import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { currentImage, type RealHost } from '../../sandbox/real-host';
import { endMachines, HEALTHY, restore, servedAgain, withMachine } from './stage';

withMachine('the machine', () => {
  let machine: RealHost;
  beforeEach(async () => {
    machine = await restore();
  });
  afterEach(endMachines);

  test('serves, has the right time, and reaches no other computer', async () => {
    expect(await servedAgain(machine)).toBe(HEALTHY);
    expect(Math.abs(Number(await machine.look('/bin/date', '+%s')) * 1000 - Date.now())).toBeLessThan(5000);
    expect(await machine.look('/sbin/ip', 'route', 'show', 'default')).toBe('');
    expect(await machine.look('/bin/findmnt', '-no', 'SOURCE', '/var/www')).toBe('/dev/mapper/vg0-interview--app');
  });

  test('a command has the environment of the agent and its own, a folder of its own, and no HOME', async () => {
    const ran = await machine.run('pwd; env | sort; echo "it is $SSM_Name"; exit 3', { SSM_Name: "a'b $HOME" });
    expect(ran).toMatchObject({ exitCode: 3, signal: null, timedOut: false, stderr: '' });
    expect(ran.stdout).toMatch(/^\/var\/lib\/amazon\/ssm\/[0-9a-f-]{36}$/m);
    expect(ran.stdout).not.toMatch(/^HOME=/m);
    expect(ran.stdout).toContain("it is a'b $HOME\n");
    expect(await machine.look('/bin/ls', '/var/lib/amazon/ssm')).toBe('');
  });

  test("a command's first line chooses its interpreter", async () => {
    expect((await machine.run('#!/usr/bin/env node\nconsole.log([1, 2].length)')).stdout).toBe('2\n');
  });

  test('when its time is over, its whole process group is killed', async () => {
    const ran = await machine.run('echo begun; sleep 4711 & sleep 4711; echo never', {}, { timeoutSeconds: 3 });
    expect(ran).toMatchObject({ exitCode: null, signal: 'SIGKILL', timedOut: true, stdout: 'begun\n' });
    const left = await machine.run('pgrep -f "^sleep 4711" || echo none');
    expect(left.stdout).toBe('none\n');
  });

  test('a background process that it leaves behind does not hold it', async () => {
    const ran = await machine.run('sleep 4712 & echo done', {}, { timeoutSeconds: 60 });
    expect(ran).toMatchObject({ exitCode: 0, timedOut: false, stdout: 'done\n' });
  });

  test('a cancelled command is killed', async () => {
    const cancel = new AbortController();
    const running = machine.run('sleep 4713', {}, { signal: cancel.signal });
    cancel.abort();
    expect(await running).toMatchObject({ exitCode: null, cancelled: true, timedOut: false });
  });

  test('what one machine writes, the next one does not see; nor does the image', async () => {
    await machine.run('rm -rf /var/www/interview-app; sync; echo damaged >/etc/damaged');
    const next = await restore();
    expect(await next.look('/bin/ls', '/etc/damaged').catch(() => 'not there')).toBe('not there');
    expect(await servedAgain(next)).toBe(HEALTHY);
  });

  test('pulled out of the socket it keeps what was on its disks, and boots', async () => {
    await machine.run('echo kept >/var/www/kept; sync');
    await machine.crash();
    expect(machine.running).toBe(false);
    await machine.start();
    expect(await machine.look('/bin/cat', '/var/www/kept')).toBe('kept');
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });
});

withMachine('processes', () => {
  afterEach(endMachines);

  test('QEMU ends with its parent, even if that is killed', async () => {
    const parent = spawn(process.execPath, ['--import', 'tsx', join(__dirname, 'parent.ts')], {
      stdio: ['pipe', 'pipe', 'inherit'],
      cwd: join(__dirname, '..', '..'),
    });
    const pid = await new Promise<string>((resolve, reject) => {
      createInterface({ input: parent.stdout }).once('line', resolve);
      parent.once('exit', () => {
        reject(new Error('the parent ended by itself'));
      });
    });
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toContain(currentImage().memory);
    const gone = new Promise((resolve) => parent.once('exit', resolve));
    parent.kill('SIGKILL');
    await gone;
    for (let attempt = 0; attempt < 100 && existsSync(`/proc/${pid}`); attempt += 1)
      await new Promise((resolve) => setTimeout(resolve, 100));
    expect(existsSync(`/proc/${pid}`)).toBe(false);
  });
});
