import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';

const standIn = join(__dirname, '../../../sandbox/hosts/stand-ins/openssl.cjs');

/** Runs the stand-in without any openssl of the system. */
function openssl(args: readonly string[], input: string) {
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
