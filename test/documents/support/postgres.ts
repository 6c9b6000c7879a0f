import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { Client } from 'pg';

/** Debian's newest server, with every client program. */
export function systemPostgres(): string | undefined {
  const base = '/usr/lib/postgresql';
  const versions = fs.existsSync(base) ? fs.readdirSync(base).sort((a, b) => Number(b) - Number(a)) : [];
  return versions
    .map((version) => path.join(base, version, 'bin'))
    .find((bin) => ['initdb', 'postgres', 'psql'].every((program) => fs.existsSync(path.join(bin, program))));
}

/** The name on the server's certificate: how the application knows the database. */
export const APPLICATION_NAME = 'db.app.test';
/** The superuser, as on RDS. */
const SUPERUSER = 'rdsadmin';

export interface Server {
  readonly bin: string;
  readonly port: number;
  readonly caFile: string;
  /** Everything that the server has logged. */
  log(): string;
  /** Runs as superuser. */
  admin(database: string, sql: string): Promise<Record<string, unknown>[]>;
  /** A session that stays open until the caller ends it; its loss is no error. */
  session(database: string, user: string, password?: string): Promise<Client>;
  stop(): Promise<void>;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const port = 20000 + Math.floor(Math.random() * 12000); // below 32768, where outgoing connections begin
    const probe = net.createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') freePort().then(resolve, reject);
      else reject(error);
    });
    probe.listen(port, '127.0.0.1', () => {
      probe.close(() => {
        resolve(port);
      });
    });
  });
}

/** Starts a server of its own on loopback, with TLS. PostgreSQL refuses root: then it runs as the system's `postgres`. */
export async function startPostgres(bin: string, settings: Readonly<Record<string, string>> = {}): Promise<Server> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lifeboat-documents-'));
  const data = path.join(folder, 'data');
  const number = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  const identity = process.getuid?.() === 0 ? { uid: number('-u'), gid: number('-g') } : {};
  const own = (file: string): void => {
    if (identity.uid !== undefined) fs.chownSync(file, identity.uid, identity.gid);
  };
  fs.chmodSync(folder, 0o755);
  own(folder);
  execFileSync(
    path.join(bin, 'initdb'),
    ['-D', data, '-U', SUPERUSER, '-E', 'UTF8', '--locale=C', '--auth=trust', '--no-sync'],
    { ...identity, cwd: folder, stdio: 'pipe' },
  );
  const [key, caFile] = [path.join(folder, 'server.key'), path.join(folder, 'ca.pem')];
  const subject = ['-subj', `/CN=${APPLICATION_NAME}`, '-addext', `subjectAltName=DNS:${APPLICATION_NAME}`];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', caFile, ...subject],
    { stdio: 'pipe' },
  );
  fs.chmodSync(key, 0o600);
  own(key);
  fs.writeFileSync(
    path.join(data, 'pg_hba.conf'),
    `local all ${SUPERUSER} trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n`,
  );
  const port = await freePort();
  const options = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: folder,
    ssl: 'on',
    ssl_cert_file: caFile,
    ssl_key_file: key,
    fsync: 'off',
    lc_messages: 'C',
    log_min_error_statement: 'panic',
    ...settings,
  };
  const logFile = path.join(folder, 'log');
  const output = fs.openSync(logFile, 'a');
  const child: ChildProcess = spawn(
    path.join(bin, 'postgres'),
    ['-D', data, ...Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    { ...identity, cwd: folder, stdio: ['ignore', output, output] },
  );
  fs.closeSync(output);
  const exited = new Promise<void>((resolve) =>
    child.once('exit', () => {
      resolve();
    }),
  );

  const client = async (database: string, user: string, password?: string): Promise<Client> => {
    const remote = { host: '127.0.0.1', password, ssl: { rejectUnauthorized: false } };
    const opened = new Client({ port, user, database, ...(password === undefined ? { host: folder } : remote) });
    opened.on('error', () => undefined); // its end is looked at by the test
    await opened.connect();
    return opened;
  };
  const server: Server = {
    bin,
    port,
    caFile,
    log: () => fs.readFileSync(logFile, 'utf8'),
    session: (database, user, password) => client(database, user, password),
    async admin(database, sql) {
      const admin = await client(database, SUPERUSER);
      try {
        const answer = await admin.query<Record<string, unknown>>(sql);
        return Array.isArray(answer) ? [] : answer.rows;
      } finally {
        await admin.end();
      }
    },
    async stop() {
      child.kill('SIGINT'); // "fast shutdown"
      await exited;
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    await ready(logFile, exited);
  } catch (error) {
    const said = server.log();
    await server.stop();
    throw new Error(`PostgreSQL did not start: ${said}`, { cause: error });
  }
  return server;
}

/** Resolves when the server says that it accepts connections. */
async function ready(logFile: string, exited: Promise<void>): Promise<void> {
  const watching = new AbortController();
  const said = (): boolean => fs.readFileSync(logFile, 'utf8').includes('ready to accept connections');
  const watched = async (): Promise<void> => {
    const watcher = fs.promises.watch(logFile, { signal: watching.signal });
    if (said()) return;
    for await (const { eventType } of watcher) if (eventType === 'change' && said()) return;
  };
  try {
    await Promise.race([
      watched(),
      exited.then(() => {
        throw new Error('it ended');
      }),
    ]);
  } finally {
    watching.abort();
  }
}
