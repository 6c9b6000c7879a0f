import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { documents } from '../../../contract/documents';
import { withPostgres, World } from './database';
import { systemPostgres } from './postgres';

const hasTools = ['pg_dump', 'pg_restore'].every((tool) => fs.existsSync(path.join(systemPostgres() ?? '/', tool)));

/** `describe` where there is a PostgreSQL with pg_dump and pg_restore; elsewhere a loud skip, counted by Jest. */
export const withTools = (name: string, tests: () => void): void => {
  if (hasTools) withPostgres(name, tests);
  else {
    process.stderr.write(`SKIPPED: ${name}: pg_dump and pg_restore are missing (Debian: postgresql-client)\n`);
    describe.skip(`${name} (no pg_dump, no pg_restore)`, tests);
  }
};

export const HOUR = 3600;
export type Format = 'plain' | 'custom' | 'directory';
/** What a nightly backup in that format is called. */
export const named = (letter: string, format: Format): string =>
  ({ plain: `db_${letter}.sql.gz`, custom: `db_${letter}.dump`, directory: `db_${letter}` })[format];

/** A server of one's own with its backups: each test has a database and a folder of its own. */
export class Backups {
  readonly now = Math.floor(Date.now() / 1000);
  #folders = 0;

  private constructor(
    readonly world: World,
    readonly major: string,
    public database = '',
    public folder = '',
  ) {}

  static async start(): Promise<Backups> {
    const world = await World.start({ max_prepared_transactions: '4' });
    // As on a server of one's own: the master is a superuser, which restores what others own.
    await world.server.admin('postgres', 'ALTER ROLE master SUPERUSER');
    const [version] = await world.server.admin('postgres', 'SHOW server_version_num');
    return new Backups(world, String(Math.floor(Number(version?.['server_version_num']) / 10000)));
  }

  async fresh(): Promise<void> {
    this.database = await this.world.database();
    this.#folders += 1;
    this.folder = path.join(this.world.host.state, `backup-${this.#folders}`);
    fs.mkdirSync(this.folder);
    for (const name of ['df', 'pg_dump', 'pg_restore']) {
      if (fs.existsSync(path.join(this.world.host.state, 'bin', name))) this.world.host.forget(name);
    }
  }

  /** So many seconds ago, as a document takes it. */
  ago(seconds: number): string {
    return `${new Date((this.now - seconds) * 1000).toISOString().slice(0, 19)}Z`;
  }

  /** A dump by the real pg_dump over the server's socket, finished so many seconds ago. */
  dump(name: string, seconds: number, format: Format = 'plain'): string {
    const file = path.join(this.folder, name);
    const { server } = this.world;
    const connection = [
      '-h',
      path.dirname(server.caFile),
      '-p',
      String(server.port),
      '-U',
      'rdsadmin',
      '-d',
      this.database,
    ];
    const run = (...more: string[]) => execFileSync(path.join(server.bin, 'pg_dump'), [...connection, ...more]);
    if (format === 'plain') fs.writeFileSync(file, gzipSync(run('-F', 'p')));
    else run('-F', format === 'custom' ? 'c' : 'd', '-f', file);
    this.age(name, seconds);
    return file;
  }

  age(name: string, seconds: number): void {
    const file = path.join(this.folder, name);
    const inside = fs.statSync(file).isDirectory() ? fs.readdirSync(file).map((one) => path.join(file, one)) : [];
    for (const one of [...inside, file]) fs.utimesSync(one, this.now - seconds, this.now - seconds);
  }

  rewrite(name: string, seconds: number, change: (sql: string) => string): void {
    const file = path.join(this.folder, name);
    fs.writeFileSync(file, gzipSync(change(gunzipSync(fs.readFileSync(file)).toString())));
    this.age(name, seconds);
  }

  cut(name: string, seconds: number): void {
    const file = path.join(this.folder, name);
    fs.truncateSync(file, Math.floor((fs.statSync(file).size * 2) / 3));
    this.age(name, seconds);
  }

  find(more: Record<string, string> = {}) {
    return this.world.host.run('find-backup', {
      ...this.world.connection(this.database),
      BackupFolder: this.folder,
      NotAfter: '',
      OnlyBackup: '',
      SafetyBackup: 'no',
      ...more,
    });
  }

  async found(more: Record<string, string> = {}) {
    const ran = await this.find(more);
    expect(ran).toMatchObject({ code: 0 });
    return documents['find-backup'].result.parse(ran.line);
  }

  /** Over the server's socket, as superuser. */
  admin(database: string, sql: string): Promise<Record<string, unknown>[]> {
    return this.world.server.admin(database, sql);
  }
}
