import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { findPostgresClients } from '../../../sandbox/hosts/stand-ins';
import { AddressPool, freePort } from '../../../sandbox/network';

/** PostgreSQL refuses to run as root: then it runs as the user of that name. */
function identity(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const [uid, gid] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' })));
  return { uid: uid ?? 0, gid: gid ?? 0 };
}

/** A real server of the installed PostgreSQL on an address of its own, with a password and a certificate. */
export class PostgresServer {
  readonly user = 'postgres';
  readonly password = 'p w"d';
  address = '';
  port = 0;
  readonly folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'lifeboat-postgres-')));
  readonly #pool = new AddressPool();
  #process: ChildProcess | undefined;

  get certificate(): string {
    return path.join(this.folder, 'server.crt');
  }

  /** `name` is the one in the certificate. */
  async open(name: string): Promise<void> {
    const bin = findPostgresClients();
    if (bin === undefined) throw new Error('This test wants an installed PostgreSQL');
    this.address = await this.#pool.claim();
    this.port = await freePort(this.address);
    const user = identity();
    const own = (file: string): void => {
      if (user !== undefined) fs.chownSync(file, user.uid, user.gid);
    };
    fs.chmodSync(this.folder, 0o755);
    own(this.folder);
    const data = path.join(this.folder, 'data');
    const passwordFile = path.join(this.folder, 'password');
    fs.writeFileSync(passwordFile, this.password);
    own(passwordFile);
    const run = { cwd: this.folder, stdio: 'ignore', ...user } as const;
    execFileSync(
      path.join(bin, 'initdb'),
      ['-D', data, '-U', this.user, '-A', 'scram-sha-256', '--pwfile', passwordFile, '-N', '--no-locale', '-E', 'UTF8'],
      run,
    );
    const key = path.join(this.folder, 'server.key');
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-days',
        '2',
        '-subj',
        `/CN=${name}`,
        '-addext',
        `subjectAltName=DNS:${name}`,
        '-keyout',
        key,
        '-out',
        this.certificate,
      ],
      { stdio: 'ignore' },
    );
    fs.chmodSync(key, 0o600);
    own(key);
    const settings = {
      listen_addresses: this.address,
      port: String(this.port),
      unix_socket_directories: '',
      fsync: 'off',
      ssl: 'on',
      ssl_cert_file: this.certificate,
      ssl_key_file: key,
    };
    const server = spawn(
      path.join(bin, 'postgres'),
      ['-D', data, ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])],
      { cwd: this.folder, stdio: ['ignore', 'ignore', 'pipe'], ...user },
    );
    this.#process = server;
    for await (const chunk of server.stderr) if (String(chunk).includes('ready to accept connections')) break;
  }

  async close(): Promise<void> {
    const server = this.#process;
    if (server?.exitCode === null) {
      const ended = once(server, 'exit');
      server.kill('SIGINT');
      await ended;
    }
    await this.#pool.close();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}
