/** Roles and databases in the manner of RDS, made over the superuser's socket. */
import { escapeIdentifier, escapeLiteral } from 'pg';
import type { Cluster } from './cluster';
import { ADMIN_DATABASE } from './configuration';
import { scramVerifier } from './password';

/** The group that RDS puts its master user into. */
export const MASTER_GROUP = 'rds_superuser';

export interface Login {
  readonly name: string;
  /** Printable ASCII. */
  readonly password: string;
}

/** CREATEROLE may act only on roles that it has ADMIN on, and only since this version. */
const ADMIN_OPTION_NEEDED = 16;

/**
 * The master user: not a superuser, but it creates databases and roles, ends other sessions and reads all statistics,
 * and the `postgres` database is its own. Everything beyond is refused to it, as on RDS.
 */
export async function createMaster(cluster: Cluster, login: Login): Promise<void> {
  const name = escapeIdentifier(login.name);
  await cluster.withAdmin(ADMIN_DATABASE, (admin) =>
    admin.execute(`
      CREATE ROLE ${MASTER_GROUP} NOLOGIN;
      GRANT pg_monitor, pg_signal_backend, pg_checkpoint TO ${MASTER_GROUP} WITH ADMIN OPTION;
      CREATE ROLE ${name} LOGIN NOSUPERUSER CREATEDB CREATEROLE PASSWORD ${verifier(login)} VALID UNTIL 'infinity';
      GRANT ${MASTER_GROUP} TO ${name};
      ALTER DATABASE postgres OWNER TO ${name};
      ALTER DATABASE template1 OWNER TO ${name}`),
  );
}

/**
 * An ordinary login, such as the application's.
 * @param administrator the role that would have created it on RDS and may therefore change and drop it: the master
 */
export async function createLogin(cluster: Cluster, login: Login, administrator?: string): Promise<void> {
  const name = escapeIdentifier(login.name);
  const statements = [`CREATE ROLE ${name} LOGIN PASSWORD ${verifier(login)}`];
  if (administrator !== undefined && cluster.options.postgres.major >= ADMIN_OPTION_NEEDED) {
    // Exactly what PostgreSQL grants by itself when a CREATEROLE role creates another.
    statements.push(`GRANT ${name} TO ${escapeIdentifier(administrator)} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`);
  }
  await cluster.withAdmin(ADMIN_DATABASE, (admin) => admin.execute(statements.join(';')));
}

/** A superuser that may log in with a password: what a self-hosted server has (`postgres`), and RDS never. */
export async function createSuperuser(cluster: Cluster, login: Login): Promise<void> {
  await cluster.withAdmin(ADMIN_DATABASE, (admin) =>
    admin.execute(`CREATE ROLE ${escapeIdentifier(login.name)} LOGIN SUPERUSER PASSWORD ${verifier(login)}`),
  );
}

/** Changes a role's password ("modify master password"); sessions that are open stay open. */
export async function setRolePassword(cluster: Cluster, role: string, password: string): Promise<void> {
  const statement = `ALTER ROLE ${escapeIdentifier(role)} PASSWORD ${verifier({ name: role, password })}`;
  await cluster.withAdmin(ADMIN_DATABASE, (admin) => admin.execute(statement));
}

/** An empty database; on RDS its owner is the master. */
export async function createDatabase(cluster: Cluster, name: string, owner: string): Promise<void> {
  const statement = `CREATE DATABASE ${escapeIdentifier(name)} OWNER ${escapeIdentifier(owner)}`;
  await cluster.withAdmin(ADMIN_DATABASE, (admin) => admin.execute(statement));
}

function verifier(login: Login): string {
  return escapeLiteral(scramVerifier(login.password));
}
