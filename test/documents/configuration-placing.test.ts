import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { DOCUMENT_EXIT, documents } from '../../contract/documents';
import { certificates, ConfiguredHost, names, OLD, TODAY, type Certificates } from './support/configured';
import { containing, matching } from './support/match';

let pairs: Certificates;
let host: ConfiguredHost;
beforeAll(() => {
  pairs = certificates();
});
beforeEach(() => {
  host = new ConfiguredHost(pairs);
});
afterEach(() => {
  host.host.remove();
});

describe('place-configuration', () => {
  test('places every file with the mode it had, secrets of today, and keeps what it replaced', async () => {
    const ran = await host.placed(host.store('v2'));
    expect(ran).toMatchObject({ code: 0 });
    const { before } = documents['place-configuration'].result.parse(ran.line);
    expect(host.everything()).toEqual({
      ...host.sound,
      environment: 'PORT=3000\nSESSION_SECRET="to\'day\\$s \\"value\\""\n# end\n',
    });
    expect(names.map((name) => host.mode(name))).toEqual(['640', '600', '640', '600', '640', '640']);
    expect(ran.line).toMatchObject({
      version: 'v2',
      services: [{ name: 'app', was: 'active', is: 'active' }, { name: 'nginx' }],
    });
    const where = host.at('kept/run-1/configuration');
    expect(Object.fromEntries(names.map((name) => [name, fs.readFileSync(path.join(where, name), 'utf8')]))).toEqual(
      OLD,
    );
    expect(JSON.parse(fs.readFileSync(path.join(where, 'kept.json'), 'utf8'))).toMatchObject({
      run: 'run-1',
      expires: '2026-12-07',
      files: before,
    });
    expect((fs.statSync(path.dirname(where)).mode & 0o777).toString(8)).toBe('700');
    // The value is read by the shell and by systemd as it is in the secret.
    const sourced = execFileSync('bash', ['-c', `. ${host.place('environment')}; printf %s "$SESSION_SECRET"`], {
      encoding: 'utf8',
    });
    expect(sourced).toBe(TODAY);
    expect(host.host.read('calls')).toContain('restart app\nreload-or-restart nginx\n');
    expect(host.beside()).toEqual([]);
  });

  test('again it is the same, and keeps what the first call replaced', async () => {
    const version = host.store('v2');
    await host.placed(version);
    const first = host.everything();
    expect(await host.placed(version)).toMatchObject({ code: 0 });
    expect(host.everything()).toEqual(first);
    expect(fs.readFileSync(host.at('kept/run-1/configuration/network'), 'utf8')).toBe(OLD.network);
  });

  test('a secret that the stored file does not name is there all the same', async () => {
    await host.placed(host.store('v2', { environment: 'PORT=3000\n' }));
    expect(host.read('environment')).toMatch(/^PORT=3000\nSESSION_SECRET="to'day/);
  });

  test('a file behind a symbolic link is replaced where it lies', async () => {
    const elsewhere = host.at('elsewhere.json');
    fs.renameSync(host.place('application'), elsewhere);
    fs.symlinkSync(elsewhere, host.place('application'));
    await host.placed(host.store('v2'));
    expect(fs.readFileSync(elsewhere, 'utf8')).toBe(host.sound.application);
    expect(fs.lstatSync(host.place('application')).isSymbolicLink()).toBe(true);
  });

  test('where health never comes everything is put back, and it says so by its code', async () => {
    host.host.write('sick', '');
    const ran = await host.placed(host.store('v2'));
    expect(ran).toMatchObject({
      code: DOCUMENT_EXIT.unhealthy,
      stdout: '',
      stderr: matching(/status 500.*in force again/s),
    });
    // The rotated secret does not come back with its file.
    expect(host.everything()).toEqual({ ...OLD, environment: host.read('environment') });
    expect(host.read('environment')).toMatch(/^PORT=1\nSESSION_SECRET="to'day/);
    expect(names.map((name) => host.mode(name))).toEqual(['640', '600', '640', '600', '640', '640']);
    expect(host.beside()).toEqual([]);
  });

  test('one answer is not health', async () => {
    host.host.program(
      'curl',
      'echo asked >>"$STATE/asked"; [ $(($(wc -l <"$STATE/asked") % 3)) = 1 ] || { printf "\\n502"; exit 22; }; printf "\\n200"',
    );
    expect(await host.placed(host.store('v2'))).toMatchObject({ code: DOCUMENT_EXIT.unhealthy });
  });

  test('a unit that does not restart has everything put back', async () => {
    host.host.write(
      'units/app.on-restart',
      'grep -q 3000 "$STATE/root/var/www/app/config/production.json" || exit 0; echo failed >"$file"; exit 1',
    );
    const ran = await host.placed(host.store('v2'));
    expect(ran).toMatchObject({ code: 9, stderr: containing('systemctl restart app failed') });
    expect(host.read('application')).toBe(OLD.application);
    expect(host.host.read('units/app')).toBe('active\n');
  });

  test('a unit that has died too often with the old files starts with the new ones, and gets the old ones back', async () => {
    const tooOften = () => {
      host.host.write('units/app', 'failed\n');
      host.host.write('units/app.too-often', '');
    };
    tooOften();
    expect(await host.placed(host.store('v2'))).toMatchObject({ code: 0 });
    expect(host.host.read('units/app')).toBe('active\n');
    tooOften();
    expect((await host.putBack()).putBack).toContain('application');
    expect(host.host.read('units/app')).toBe('active\n');
  });

  test('a unit that did not run before need not run with the files as they were', async () => {
    host.host.write('units/app', 'failed\n');
    host.host.write('units/app.on-restart', 'echo failed >"$file"; exit 1');
    expect(await host.placed(host.store('v2'))).toMatchObject({ code: 9 });
    expect(host.read('application')).toBe(OLD.application);
  });

  test('a version that is not sound changes nothing', async () => {
    expect(await host.placed(host.store('bad', { application: '{' }))).toMatchObject({
      code: 1,
      stderr: containing('not sound any more'),
    });
    expect(host.everything()).toEqual(OLD);
    expect(fs.existsSync(host.at('kept'))).toBe(false);
  });

  test('where one file cannot be written none is replaced', async () => {
    fs.rmSync(path.dirname(host.place('network')) + '/ssl', { recursive: true });
    expect(await host.placed(host.store('v2'))).toMatchObject({ code: 1, stderr: containing('does not exist') });
    expect({ ...host.everything() }).toEqual({ ...OLD, tls: undefined, 'tls-key': undefined });
    expect(host.host.read('calls')).not.toContain('restart');
  });
});

describe('put-back-configuration', () => {
  test('puts back what the run replaced, and again changes nothing', async () => {
    fs.rmSync(host.place('network'));
    await host.placed(host.store('v2'));
    const ran = await host.putBack();
    expect(ran.putBack).toEqual(names);
    expect(fs.existsSync(host.place('network'))).toBe(false);
    expect(host.read('application')).toBe(OLD.application);
    expect(host.read('tls-key')).toBe(OLD['tls-key']);
    expect(names.filter((name) => name !== 'network').map((name) => host.mode(name))).toEqual([
      '640',
      '600',
      '640',
      '600',
      '640',
    ]);
    host.host.write('calls', '');
    expect((await host.putBack()).putBack).toEqual([]);
    expect(host.host.read('calls')).not.toContain('restart');
    expect(host.beside()).toEqual([]);
  });

  test('units are restarted also where a call before it was killed between the files and the units', async () => {
    await host.placed(host.store('v2'));
    await host.putBack();
    host.host.write('calls', '');
    fs.writeFileSync(host.at('kept/run-1/configuration/restart'), '');
    await host.putBack();
    expect(host.host.read('calls')).toBe('region eu-west-1\nrestart app\nrestart nginx\n');
  });

  test('a secret that was rotated since is not resurrected', async () => {
    await host.placed(host.store('v2'));
    host.rotate('tomorrow');
    await host.putBack();
    expect(host.read('environment')).toBe('PORT=1\nSESSION_SECRET=tomorrow\n');
  });

  test('a run that replaced nothing has nothing to put back', async () => {
    expect(await host.putBack()).toMatchObject({ putBack: [], services: [] });
    expect(host.everything()).toEqual(OLD);
  });
});
