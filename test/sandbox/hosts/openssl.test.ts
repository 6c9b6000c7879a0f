import { execFileSync, spawnSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const standIn = join(__dirname, '../../../sandbox/hosts/stand-ins/openssl.cjs');

/** Runs the stand-in without any openssl of the system. */
function openssl(args: readonly string[], input = '') {
  return spawnSync(process.execPath, [standIn, ...args], {
    input,
    encoding: 'utf8',
    env: { PATH: '', LIFEBOAT_OPENSSL: 'stand-in' },
  });
}

const derivation = (salt: string, iterations = 4096) =>
  `enc -aes-256-cbc -pbkdf2 -iter ${iterations} -md sha256 -S ${salt} -P -pass stdin`.split(' ');

describe('openssl of a host without openssl', () => {
  // As OpenSSL 3.0 answers.
  it('derives the key that openssl derives', () => {
    const { status, stdout } = openssl(derivation('00112233445566AA', 1), 'correct horse\n');
    expect(status).toBe(0);
    expect(stdout).toBe(
      'salt=00112233445566AA\nkey=4FA388090E9D3DDD9C39D43B72F196C9CD83FA44AC82489830997B615313B7B5\niv =C3647B5DCE2ABD1DDBCA61A9066ABDEA\n',
    );
  });

  it('refuses everything else by name', () => {
    const { status, stderr } = openssl(['dgst', '-sha256'], '');
    expect(status).toBe(64);
    expect(stderr).toContain('openssl: not simulated by this sandbox: dgst -sha256');
  });

  it('answers as the openssl of this machine', () => {
    let real: string;
    try {
      real = execFileSync('openssl', derivation('a1b2c3d4e5f60718'), { input: 'päss wörd!\n', encoding: 'utf8' });
    } catch {
      return; // No openssl here: the fixed answer above stands for it.
    }
    expect(openssl(derivation('a1b2c3d4e5f60718'), 'päss wörd!\n').stdout.replaceAll(' ', '')).toBe(
      real.replaceAll(' ', ''),
    );
  });
});

/** Of OpenSSL 3.0, by hand: `openssl ca -selfsign -startdate 20260203040506Z -enddate 20270304050607Z`. Its key was thrown away. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBFjCBvAIBATAKBggqhkjOPQQDAjAXMRUwEwYDVQQDDAxob3N0LmV4YW1wbGUw
HhcNMjYwMjAzMDQwNTA2WhcNMjcwMzA0MDUwNjA3WjAXMRUwEwYDVQQDDAxob3N0
LmV4YW1wbGUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQxNGngp0TBSQUB9i3Z
KQQw/4oQr0a7b+jzJf06pLfPKnwkgQ5nemUgqcFl3W2HPPMQMs277G/eiApTllhO
sp2dMAoGCCqGSM49BAMCA0kAMEYCIQCrap1DNBBne0ImDD5cEjRaXuqDM+n4UYO/
I0ITSqnrHwIhAKnO+LACYxQftxY3IZTXQp26XdsneA0lLGJqEluOcOgB
-----END CERTIFICATE-----
`;
const PUBLIC = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEMTRp4KdEwUkFAfYt2SkEMP+KEK9G
u2/o8yX9OqS3zyp8JIEOZ3plIKnBZd1thzzzEDLNu+xv3ogKU5ZYTrKdnQ==
-----END PUBLIC KEY-----
`;

describe('certificates and keys, where the host has no openssl', () => {
  let folder: string;
  const file = (name: string): string => join(folder, name);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const own = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' });
  const pkcs8 = { type: 'pkcs8', format: 'pem' } as const;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'lifeboat-openssl-'));
    writeFileSync(file('tls.crt'), CERTIFICATE);
    writeFileSync(file('tls.key'), privateKey.export(pkcs8));
    writeFileSync(file('locked.key'), privateKey.export({ ...pkcs8, cipher: 'aes-256-cbc', passphrase: 'secret' }));
    writeFileSync(file('empty'), '');
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  const asked = (line: string, name: string) => [...line.split(' '), file(name)];
  const questions: readonly (readonly [string, string, string])[] = [
    ['x509 -noout -in', 'tls.crt', ''],
    ['x509 -noout -startdate -in', 'tls.crt', 'notBefore=Feb  3 04:05:06 2026 GMT\n'],
    ['x509 -noout -enddate -in', 'tls.crt', 'notAfter=Mar  4 05:06:07 2027 GMT\n'],
    ['x509 -noout -pubkey -in', 'tls.crt', PUBLIC],
    ['pkey -pubout -in', 'tls.key', String(own)],
  ];
  const faults: readonly (readonly [string, string])[] = [
    ['x509 -noout -in', 'tls.key'],
    ['x509 -noout -in', 'empty'],
    ['x509 -noout -enddate -in', 'missing'],
    ['pkey -pubout -in', 'tls.crt'],
    ['pkey -pubout -in', 'locked.key'],
    ['pkey -pubout -in', 'missing'],
  ];

  it.each(questions)('openssl %s %s', (line, name, answer) => {
    expect(openssl(asked(line, name))).toMatchObject({ status: 0, stdout: answer, stderr: '' });
  });

  it.each(faults)('openssl %s %s ends with 1 and says nothing of what is in it', (line, name) => {
    const { status, stdout, stderr } = openssl(asked(line, name));
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain(`Could not read ${file(name)}`);
    expect(stderr).not.toContain('BEGIN');
  });

  it.each(['x509 -noout -text -in', 'x509 -startdate -in', 'x509 -noout -startdate -enddate -in', 'pkey -in'])(
    'openssl %s is refused by name',
    (line) => {
      const { status, stderr } = openssl(asked(line, 'tls.crt'));
      expect(status).toBe(64);
      expect(stderr).toContain(`openssl: not simulated by this sandbox: ${line}`);
    },
  );

  it('answers as the openssl of this machine', () => {
    if (spawnSync('openssl', ['version']).status !== 0) return; // No openssl here: the fixed answers above stand for it.
    const real = (line: string, name: string) =>
      spawnSync('openssl', asked(line, name), { encoding: 'utf8', input: '' });
    for (const [line, name, answer] of questions) expect(real(line, name)).toMatchObject({ status: 0, stdout: answer });
    for (const [line, name] of faults) expect(real(line, name)).toMatchObject({ status: 1, stdout: '' });
  });
});
