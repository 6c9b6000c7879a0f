import { APPLICATION_NAME, startPostgres, systemPostgres, type Server } from './postgres';
import { Host } from './host';

const bin = systemPostgres();

/** `describe` where there is a system PostgreSQL; elsewhere a loud skip, counted by Jest. */
export const withPostgres = (name: string, tests: () => void): void => {
  if (bin === undefined) {
    process.stderr.write(`SKIPPED: ${name}: no PostgreSQL server in /usr/lib/postgresql\n`);
    describe.skip(`${name} (no PostgreSQL server in /usr/lib/postgresql)`, tests);
  } else describe(name, tests);
};

export const PASSWORDS = { master: "m'as\\ter", app: 'app "quoted" $HOME', reports: 'reports-password' } as const;

/** A server as RDS sets one up: rdsadmin is the superuser, the master is none, logins are the application's. */
export class World {
  readonly host: Host;
  readonly #secrets: Readonly<Record<keyof typeof PASSWORDS, string>>;
  #databases = 0;

  private constructor(readonly server: Server) {
    this.host = new Host(server.bin);
    this.#secrets = {
      master: this.host.secret('master', PASSWORDS.master),
      app: this.host.secret('app', PASSWORDS.app),
      reports: this.host.secret('reports', PASSWORDS.reports),
    };
    this.host.write(`names/${APPLICATION_NAME}`, '127.0.0.1\n');
  }

  static async start(settings?: Readonly<Record<string, string>>): Promise<World> {
    if (bin === undefined) throw new Error('no PostgreSQL');
    const world = new World(await startPostgres(bin, settings));
    const literal = (text: string): string => `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
    await world.server.admin(
      'postgres',
      `CREATE ROLE master LOGIN CREATEROLE CREATEDB PASSWORD ${literal(PASSWORDS.master)};
       GRANT pg_monitor, pg_signal_backend, pg_read_all_data TO master;
       CREATE ROLE app LOGIN PASSWORD ${literal(PASSWORDS.app)};
       CREATE ROLE reports LOGIN PASSWORD ${literal(PASSWORDS.reports)};`,
    );
    const [version] = await world.server.admin('postgres', 'SHOW server_version_num');
    if (Number(version?.['server_version_num']) >= 160000)
      await world.server.admin('postgres', 'GRANT app, reports TO master WITH ADMIN TRUE, INHERIT FALSE, SET FALSE');
    return world;
  }

  /** A new database with the application's tables, and its name. */
  async database(): Promise<string> {
    this.#databases += 1;
    const name = `interview_${this.#databases}`;
    await this.server.admin('postgres', `CREATE DATABASE ${name} OWNER master`);
    await this.server.admin(
      name,
      `CREATE TABLE users (id bigserial PRIMARY KEY, email text, name text);
       CREATE TABLE evaluations (id bigserial PRIMARY KEY, user_id bigint, score integer, feedback text);
       CREATE TABLE schema_migrations (version text PRIMARY KEY);
       INSERT INTO schema_migrations VALUES ('1.1.0'), ('1.2.0');
       INSERT INTO users (email, name) SELECT 'u' || n || '@example', 'User ' || n FROM generate_series(1, 20) AS n;
       INSERT INTO evaluations (user_id, score, feedback) SELECT 1 + n % 20, n, '' FROM generate_series(1, 100) AS n;
       GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO app, reports;
       GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO app, reports;`,
    );
    return name;
  }

  arn(role: keyof typeof PASSWORDS): string {
    return this.#secrets[role];
  }

  login(role: keyof typeof PASSWORDS): string {
    return `${role}=${this.#secrets[role]}`;
  }

  connection(database: string): Record<string, string> {
    return {
      Address: APPLICATION_NAME,
      Port: String(this.server.port),
      Database: database,
      SslMode: 'verify-full',
      CaFile: this.server.caFile,
      MasterSecretArn: this.#secrets.master,
    };
  }

  async stop(): Promise<void> {
    await this.server.stop();
    this.host.remove();
  }
}
