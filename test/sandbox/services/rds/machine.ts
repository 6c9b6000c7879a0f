/** What the tests of RDS share: a real source instance under simulated RDS, and the clean-up. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { SkippingClock } from '../../../../asl';
import {
  AddressPool,
  admitServers,
  CertificateAuthority,
  Cluster,
  createDatabase,
  createMaster,
  findPostgres,
} from '../../../../sandbox/databases';
import { NameResolver } from '../../../../sandbox/network';
import { type Attributes } from '../../../../sandbox/services/rds/attributes';
import { endpointOf, type Instance } from '../../../../sandbox/services/rds/instance';
import { Rds } from '../../../../sandbox/services/rds/service';
import { isHere } from '../../databases/machine';
import { ACCOUNT, Commands, eventually, REGION } from '../commands';

/** The same tests, skipped by name where the machine has no PostgreSQL. */
export function describeWithPostgres(title: string, tests: () => void): void {
  if (isHere('system') || isHere('embedded')) describe(title, tests);
  else describe.skip(`${title}: SKIPPED, there is no PostgreSQL on this machine`, tests);
}

export const PASSWORD = 'first-Password1';
export const FENCE = 'sg-0fe2ce0000000000f';
export const OPEN = 'sg-0d1e2f3a4b5c6d7e8';

/** Nothing in it is what a restore falls to. */
export const attributes: Attributes = {
  DBInstanceClass: 'db.m7g.large',
  StorageType: 'gp3',
  AllocatedStorage: 100,
  MaxAllocatedStorage: 500,
  MultiAZ: true,
  PubliclyAccessible: false,
  AutoMinorVersionUpgrade: false,
  CopyTagsToSnapshot: true,
  DeletionProtection: true,
  IAMDatabaseAuthenticationEnabled: true,
  BackupRetentionPeriod: 14,
  PreferredBackupWindow: '03:00-03:30',
  PreferredMaintenanceWindow: 'sun:04:00-sun:04:30',
  MonitoringInterval: 60,
  MonitoringRoleArn: `arn:aws:iam::${ACCOUNT}:role/rds-monitoring-role`,
  PerformanceInsightsEnabled: true,
  PerformanceInsightsRetentionPeriod: 31,
  CACertificateIdentifier: 'rds-ca-rsa4096-g1',
  NetworkType: 'IPV4',
  DBSubnetGroupName: 'shop-production',
  DBParameterGroupName: 'shop-postgres',
  OptionGroupName: 'default:postgres-15',
  VpcSecurityGroupIds: [OPEN],
  EnabledCloudwatchLogsExports: ['postgresql', 'upgrade'],
};

export class Site {
  readonly commands: Commands;

  private constructor(
    readonly folder: string,
    readonly clock: SkippingClock,
    readonly resolver: NameResolver,
    readonly authority: CertificateAuthority,
    readonly rds: Rds,
    readonly source: Instance,
  ) {
    this.commands = new Commands(rds);
  }

  static async make(): Promise<Site> {
    const folder = await mkdtemp(join(tmpdir(), 'lifeboat-rds-'));
    const home = join(folder, 'rds');
    await mkdir(home);
    await admitServers(folder);
    await admitServers(home);
    const clock = new SkippingClock();
    const resolver = new NameResolver();
    const authority = await CertificateAuthority.create(join(folder, 'authority'));
    const addresses = new AddressPool({ network: '127.0.10' });
    const postgres = await findPostgres();
    const given = { account: ACCOUNT, region: REGION, folder: home, closedSecurityGroupIds: [FENCE] };
    const rds = new Rds({ ...given, clock, postgres, authority, addresses, resolver });
    const cluster = await Cluster.create(rds.plane.clusterOptions('shop', await addresses.take()));
    await createMaster(cluster, { name: 'shop_master', password: PASSWORD });
    await createDatabase(cluster, 'shop', 'shop_master');
    await cluster.withAdmin('shop', (admin) =>
      admin.execute('CREATE TABLE orders (name text); GRANT ALL ON orders TO shop_master'),
    );
    const source = await rds.plane.adopt({
      identifier: 'shop',
      attributes,
      tags: new Map([['owner', 'team-data']]),
      cluster,
      masterUsername: 'shop_master',
      databaseName: 'shop',
    });
    return new Site(folder, clock, resolver, authority, rds, source);
  }

  /** Commits a row. */
  async insert(instance: Instance, name: string): Promise<void> {
    await instance.cluster?.withAdmin('shop', (admin) => admin.execute(`INSERT INTO orders VALUES ('${name}')`));
  }

  /** As the application would: by the endpoint's name, over TLS, its name verified. */
  async login(instance: Instance, password = PASSWORD): Promise<Client> {
    const name = endpointOf(instance);
    const [host] = this.resolver.resolve(name).addresses;
    const client = new Client({
      host,
      port: instance.cluster?.options.address.port,
      user: 'shop_master',
      database: 'shop',
      password,
      ssl: { ca: this.authority.certificate, servername: name },
      connectionTimeoutMillis: 5000,
    });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  async names(client: Client): Promise<unknown[]> {
    const { rows } = await client.query<Record<string, unknown>>('SELECT name FROM orders ORDER BY name');
    return rows.map(({ name }) => name);
  }

  /** Lets time pass until the instance has a status and nothing is pending; returns it and the statuses on the way. */
  async reaches(instance: Instance, status: string): Promise<string[]> {
    const seen: string[] = [];
    await eventually(this.clock, `${instance.identifier} ${status}`, () => {
      if (seen.at(-1) !== instance.status) seen.push(instance.status);
      return instance.status === status && instance.pending.length === 0 ? true : undefined;
    });
    return seen;
  }

  /** Lets time pass until the logs have been uploaded past this real moment: skipped time is no real time. */
  async uploaded(instance: Instance, past: Date): Promise<Date> {
    const look = () => {
      const { latestRestorable: latest } = instance;
      return latest !== undefined && latest > past ? latest : undefined;
    };
    return await eventually(this.clock, 'an upload', look, 1_000_000);
  }

  async close(): Promise<void> {
    this.commands.close();
    await this.rds.plane.close();
    await this.source.cluster?.destroy();
    this.clock.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
