/** What the tests of this room share: both sources of PostgreSQL, a folder, an authority, and the clean-up. */
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, type ClientConfig } from 'pg';
import {
  AddressPool,
  admitServers,
  CertificateAuthority,
  Cluster,
  type ClusterOptions,
  findPostgres,
  type Postgres,
} from '../../../sandbox/databases';
import { embeddedPackage } from '../../../sandbox/databases/embedded';

export const SOURCES = ['system', 'embedded'] as const;
export type Source = (typeof SOURCES)[number];

export function isHere(source: Source): boolean {
  if (source === 'embedded') return embeddedPackage() !== undefined;
  const folders = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql') : [];
  const onPath = (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, 'initdb')));
  return folders.length > 0 || onPath;
}

/** The same tests for each source; one that is not on the machine shows as skipped, with the reason in its name. */
export function describeEachSource(title: string, tests: (source: Source) => void): void {
  for (const source of SOURCES) {
    if (isHere(source))
      describe(`${title}, ${source} PostgreSQL`, () => {
        tests(source);
      });
    else
      describe.skip(`${title}, ${source} PostgreSQL: SKIPPED, it is not on this machine`, () => {
        tests(source);
      });
  }
}

export const PASSWORD = "it's; 'quoted' \\ and $1 %f";

/** A folder with clusters in it; `dispose` stops and removes all. */
export class Site {
  private readonly clusters: Cluster[] = [];
  private count = 0;

  private constructor(
    readonly folder: string,
    readonly postgres: Postgres,
    readonly authority: CertificateAuthority,
    readonly pool: AddressPool,
  ) {}

  static async make(source: Source): Promise<Site> {
    // A quote, a space and a percent sign: what paths of laptops contain and shells trip over.
    const folder = await mkdtemp(join(tmpdir(), "life'boat 5%f-"));
    await admitServers(folder);
    const authority = await CertificateAuthority.create(folder);
    return new Site(folder, await findPostgres({ source }), authority, new AddressPool({ network: '127.0.9' }));
  }

  async options(extra: Partial<ClusterOptions> = {}): Promise<ClusterOptions> {
    this.count += 1;
    const name = `c${this.count}`;
    return {
      folder: join(this.folder, name),
      postgres: this.postgres,
      address: await this.pool.take(),
      names: [`${name}.databases.example`],
      authority: this.authority,
      ...extra,
    };
  }

  async cluster(extra: Partial<ClusterOptions> = {}): Promise<Cluster> {
    return this.keep(await Cluster.create(await this.options(extra)));
  }

  keep(cluster: Cluster): Cluster {
    this.clusters.push(cluster);
    return cluster;
  }

  async dispose(): Promise<void> {
    for (const cluster of this.clusters) await cluster.destroy();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Connects as a client of the application would: TCP, TLS verified, password. */
export async function login(cluster: Cluster, config: ClientConfig): Promise<Client> {
  const { host, port } = cluster.options.address;
  const client = new Client({
    host,
    port,
    password: PASSWORD,
    ssl: { ca: cluster.options.authority.certificate, servername: cluster.options.names[0] },
    ...config,
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

export async function sql(cluster: Cluster, database: string, statement: string): Promise<void> {
  await cluster.withAdmin(database, (admin) => admin.execute(statement));
}

/** Processes whose command line or environment names a folder. */
export async function processesOf(folder: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return line.includes(folder) && Number(pid) !== process.pid ? [Number(pid)] : [];
    }),
  );
  return found.flat();
}
