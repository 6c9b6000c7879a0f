import { join } from 'node:path';
import { type Description } from '../../contract/description';
import {
  type Address,
  type CertificateAuthority,
  Cluster,
  createDatabase,
  createLogin,
  createSuperuser,
  type Postgres,
} from '../databases';

/** The superuser of a server of one's own, whose password the master's secret has. */
export const SUPERUSER = 'postgres';

/** The name of the database's host in its zone, to which the application's name for the database leads. */
export const serverName = ({ database }: Description): string =>
  ['database-1', ...database.address.split('.').slice(1)].join('.');

/** PostgreSQL on a host of one's own, as somebody who runs it set it up: no RDS, its own superuser. */
export async function startServer(given: {
  readonly description: Description;
  readonly folder: string;
  readonly postgres: Postgres;
  readonly authority: CertificateAuthority;
  readonly address: Address;
  readonly master: string;
  readonly logins: ReadonlyMap<string, string>;
  /** Hears of the server as soon as it runs, so that it is stopped whatever comes after. */
  readonly started: (cluster: Cluster) => void;
}): Promise<Cluster> {
  const { description, folder, postgres, authority, address, master, logins, started } = given;
  const { database } = description;
  const cluster = await Cluster.create({
    folder: join(folder, 'server'),
    postgres,
    authority,
    address,
    names: [database.address, serverName(description)],
  });
  started(cluster);
  await createSuperuser(cluster, { name: SUPERUSER, password: master });
  for (const [name, password] of logins) await createLogin(cluster, { name, password });
  await createDatabase(cluster, database.name, SUPERUSER);
  return cluster;
}
