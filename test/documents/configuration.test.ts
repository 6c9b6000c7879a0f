import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { DOCUMENT_EXIT } from '../../contract/documents';
import { certificates, ConfiguredHost, names, OLD, type Certificates } from './support/configured';
import { containing } from './support/match';

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

describe('inspect-configuration', () => {
  test('says of each file its hash, mode and owner, and of each secret whether it is of today', async () => {
    const found = (await host.inspect()).result();
    const hash = execFileSync('sha256sum', { input: OLD.application, encoding: 'utf8' }).slice(0, 64);
    expect(found).toMatchObject({
      files: { application: { digest: hash, mode: '640' }, environment: { mode: '600' } },
      secretsCurrent: { SESSION_SECRET: false },
      backup: { writtenAt: null, missing: names },
    });
    // Without the secret's line: its hash would tell a short secret.
    const plain = execFileSync('sha256sum', { input: 'PORT=1\n', encoding: 'utf8' }).slice(0, 64);
    expect(found.files['environment']?.digest).toBe(plain);
  });

  test('a file that is not there has no hash; the folder of backups is as old as its newest file', async () => {
    fs.rmSync(host.place('network'));
    host.backUp();
    const at = new Date('2026-11-20T10:00:00Z');
    for (const name of names) fs.utimesSync(host.at(`backup/${name}.stored`), at, at);
    expect((await host.inspect()).result()).toMatchObject({
      files: { network: { digest: null, mode: '', changedAt: null } },
      backup: { writtenAt: '2026-11-20T10:00:00Z', missing: [] },
    });
  });

  test('a secret that cannot be read is named', async () => {
    fs.rmSync(host.at('secrets/session-a1b2c3'));
    expect((await host.inspect()).ran).toMatchObject({
      code: 1,
      stderr: containing(`the secret ${host.arn} cannot be read`),
    });
  });
});

describe('stage-configuration', () => {
  test('checks each version, and leaves everything as it was', async () => {
    const { result } = await host.stage(host.store('v2'), host.store('v1', { network: '10.0.0.6 db\n' }));
    const { versions } = result();
    expect(versions).toMatchObject([
      { version: 'v2', problem: null, words: 'sound' },
      { version: 'v1', problem: null },
    ]);
    expect(versions[0]?.files['network']).not.toBe(versions[1]?.files['network']);
    expect(versions[0]?.files['nginx']).toBe(versions[1]?.files['nginx']);
    expect(host.everything()).toEqual(OLD);
    expect(host.beside()).toEqual([]);
    expect(host.host.read('calls')).not.toMatch(/restart|start /);
  });

  test.each([
    [
      'JSON that ends too early',
      { application: '{"port": 30' },
      'invalid',
      20,
      'application (application.stored) is no valid JSON',
    ],
    ['JSON that is no object', { application: '[]' }, 'invalid', 20, 'it is no object'],
    [
      'an entry without a name',
      { environment: 'PORT=1\noops\n' },
      'invalid',
      20,
      'environment.stored), line 2: no entry',
    ],
    ['an empty env file', { environment: '# nothing\n' }, 'invalid', 20, 'is empty'],
    ['a host without a name', { network: '10.0.0.1\n' }, 'invalid', 20, 'line 1: no address with names'],
    ['no certificate', { tls: 'nothing' }, 'invalid', 20, 'is no certificate in PEM'],
    ['no key', { 'tls-key': 'nothing' }, 'invalid', 20, 'is no private key'],
    [
      'a directive that nginx does not know',
      { nginx: 'broken;\n' },
      'web-server-refused',
      23,
      'unknown directive "broken" in /etc/nginx/nginx.conf:1',
    ],
  ] as const)('%s is found and named, without its contents', async (_what, change, problem, code, words) => {
    const { ran } = await host.stage(host.store('bad', change));
    expect(ran).toMatchObject({ code, stdout: '', stderr: containing(words) });
    expect(host.everything()).toEqual(OLD);
    const both = (await host.stage(host.store('bad', change), host.store('good'))).result();
    expect(both.versions).toMatchObject([
      { version: 'bad', problem, words: containing(words) },
      { version: 'good', problem: null },
    ]);
  });

  test.each([
    ['expired', 'expired on'],
    ['early', 'is not valid before'],
  ] as const)('a certificate that is %s is refused', async (name, words) => {
    expect((await host.stage(host.store('bad', pairs[name]))).ran).toMatchObject({
      code: DOCUMENT_EXIT.certificateExpired,
      stderr: containing(words),
    });
  });

  test("a key that is another certificate's is refused", async () => {
    const { ran } = await host.stage(host.store('bad', { 'tls-key': pairs.other['tls-key'] }));
    expect(ran).toMatchObject({
      code: DOCUMENT_EXIT.keyMismatch,
      stderr: containing('is not the key of the certificate tls'),
    });
    expect(ran.stderr).not.toContain('PRIVATE');
  });

  test('a version without a file is not taken', async () => {
    expect((await host.stage(host.store('half', {}, ['network']))).ran).toMatchObject({
      code: 20,
      stderr: containing('has no file network'),
    });
  });

  test('nginx reads the stored file by each of its names: Debian has links in sites-enabled', async () => {
    fs.mkdirSync(host.at('root/etc/nginx/sites-enabled'));
    fs.symlinkSync(host.place('nginx'), host.at('root/etc/nginx/sites-enabled/site'));
    // What is in force is what nginx would refuse; the stored one is sound.
    fs.writeFileSync(host.place('nginx'), 'broken;\n');
    const { ran } = await host.stage(host.store('v2'));
    expect(ran).toMatchObject({ code: 0 });
    expect(fs.readFileSync(host.place('nginx'), 'utf8')).toBe('broken;\n');
  });

  test('nginx is asked about the stored certificates, not those in force', async () => {
    fs.rmSync(host.place('tls'));
    fs.rmSync(host.place('tls-key'));
    expect((await host.stage(host.store('v1'))).ran).toMatchObject({ code: 0 });
  });

  test('an object that cannot be read fails with the permission that is needed', async () => {
    expect((await host.stage('v9=application:gone')).ran).toMatchObject({
      code: 1,
      stderr: containing('needs s3:GetObjectVersion'),
    });
  });

  test('without a bucket it is the folder of backups', async () => {
    host.backUp();
    const versions = `backup=${names.map((name) => `${name}:x`).join(',')}`;
    const run = async () => await host.staged(host.stored([versions], ''));
    expect((await run()).result().versions).toMatchObject([{ version: 'backup', problem: null }]);
    fs.rmSync(host.at('backup/nginx.stored'));
    expect((await run()).ran).toMatchObject({ code: 20, stderr: containing('there is no nginx.stored in') });
  });

  test('a path that leads elsewhere is refused', async () => {
    const Files = 'application|json|/var/www/../../etc/passwd|a.json|';
    expect((await host.staged({ ...host.stored([host.store('v1')]), Files })).ran).toMatchObject({
      code: 1,
      stderr: containing('with . or .. in it'),
    });
  });
});
