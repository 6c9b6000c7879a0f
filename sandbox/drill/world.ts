import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { SkippingClock } from '../../asl';
import { type Description } from '../../contract/description';
import {
  admitServers,
  AddressPool as ServerAddresses,
  CertificateAuthority,
  Cluster,
  createDatabase,
  createLogin,
  createMaster,
  findPostgres,
  type Address,
  type Postgres,
  type RestoreProgress,
} from '../databases';
import { type CliServices, type Host } from '../hosts';
import { AddressPool, defaultHealthCheck, LoadBalancer, NameResolver, TargetGroup, type Exchange } from '../network';
import { currentImage, NameServer, type RealHost } from '../real-host';
import { discard, keepFolder, scratchFolder } from '../scratch';
import { AutoScaling } from '../services/auto-scaling/service';
import { ElasticLoadBalancing } from '../services/elastic-load-balancing/service';
import { endpointOf, type Instance } from '../services/rds/instance';
import { Rds } from '../services/rds/service';
import { Ec2 } from '../services/ec2/service';
import { Route53 } from '../services/route53';
import { type FileArchives } from './archives';
import { type ConfigurationStore } from './configuration';
import { StoredInfrastructure } from './infrastructure';
import { Instances, type DrillHost } from './instances';
import { sourceAttributes } from './source-attributes';
import { serverName, startServer, SUPERUSER } from './self-hosted';

/** How many hosts the application has. */
const HOSTS = 2;
/** For so long nobody judges the health of a host that was launched, seconds (the console's default). */
const GRACE_SECONDS = 300;
/** The version of the SSM agent on them: the first one with ENV_VAR is 3.3.2746.0. */
export const AGENT_VERSION = '3.3.3050.0';

interface Parts {
  readonly rds: Rds;
  readonly route53: Route53;
  readonly autoScaling: AutoScaling;
  readonly ec2: Ec2;
  readonly balancer: LoadBalancer;
  readonly targets: TargetGroup;
  /** The instance that the application had when the world was built; none where its database is self-hosted. */
  readonly source: Instance | undefined;
  readonly authority: CertificateAuthority;
}

export interface Passwords {
  readonly master: string;
  /** With which sessions are signed. */
  readonly session: string;
  readonly logins: ReadonlyMap<string, string>;
}

/**
 * What Lifeboat protects and does not deploy: network, names, hosts, load balancer, database. Built from the description
 * that the stack stores. Everything in it is real processes on loopback, and ends with this process.
 */
export class World {
  readonly clock: SkippingClock;
  readonly resolver: NameResolver;
  readonly elb = new ElasticLoadBalancing();
  /** From what the hosts are provisioned. */
  readonly infrastructure: StoredInfrastructure;
  /** Simulated hosts. */
  readonly hosts: Host[] = [];
  /** A drill on a real host has that one instead. */
  readonly realHosts: RealHost[] = [];
  /** Answers of the load balancer, for the metrics that alarms watch. */
  readonly exchanges: Exchange[] = [];
  readonly passwords: Passwords;
  /** The bucket with the versions of the hosts' configuration; there once the stack is deployed. */
  configuration: ConfigurationStore | undefined;
  /** The bucket with archives of the application's files; there once the stack is deployed. */
  archives: FileArchives | undefined;
  /** Folders that closing could not remove in time. */
  left: readonly string[] = [];
  /** Hears how far a real restore is. */
  onRestore: (instance: string, progress: RestoreProgress) => void = () => undefined;
  readonly #addresses: AddressPool;
  #serverAddresses: ServerAddresses | undefined;
  /** Where hosts ask for names. */
  #names: string | undefined;
  #isLost = false;
  #parts: Parts | undefined;
  #instances: Instances | undefined;
  /** Where there are real hosts. */
  #nameServer: NameServer | undefined;
  /** Gives the source's address back. */
  #release: () => Promise<void> = () => Promise.resolve();
  /** The source's server, also where the world around it could not be built. */
  #cluster: Cluster | undefined;
  #databaseHost: Host | undefined;

  private constructor(
    readonly description: Description,
    readonly folder: string,
    readonly postgres: Postgres,
    /** The region in which the application's database lies, where this is another one beside it: one clock, one DNS, one account. */
    readonly beside: World | undefined,
  ) {
    this.clock = beside?.clock ?? new SkippingClock();
    this.resolver = beside?.resolver ?? new NameResolver();
    this.#addresses = beside === undefined ? new AddressPool() : beside.#addresses;
    const password = () => randomBytes(18).toString('base64url');
    this.passwords = beside?.passwords ?? {
      master: password(),
      session: password(),
      logins: new Map(description.database.logins.map(({ role }) => [role, password()])),
    };
    this.infrastructure = new StoredInfrastructure(this);
  }

  /**
   * @param answers the hosts' calls of AWS, by their role
   * @param note says what is being built
   * @param options.realHost one host that is a real machine, instead of simulated ones
   * @param options.hosts how many; @param options.beside the region in which the database lies, for a second region
   */
  static async build(
    description: Description,
    answers: CliServices,
    hostRoleArn: string,
    note: (text: string) => void,
    options: { readonly realHost?: boolean | undefined; readonly hosts?: number; readonly beside?: World } = {},
  ): Promise<World> {
    const { realHost = false, hosts = HOSTS, beside } = options;
    const postgres = await findPostgres();
    const folder = beside === undefined ? scratchFolder('drill') : join(beside.folder, 'beside');
    mkdirSync(folder, { recursive: true });
    await admitServers(folder);
    const world = new World(description, folder, postgres, beside);
    try {
      await world.#buildDatabase(note);
      // Under emulation a second one would take this computer's other core from everything else.
      await world.#buildHosts(answers, hostRoleArn, note, realHost, realHost ? 1 : hosts);
      return world;
    } catch (error) {
      await world.close();
      throw error;
    }
  }

  get rds(): Rds {
    return this.#built.rds;
  }
  get route53(): Route53 {
    return this.#built.route53;
  }
  get autoScaling(): AutoScaling {
    return this.#built.autoScaling;
  }
  get ec2(): Ec2 {
    return this.#built.ec2;
  }
  get balancer(): LoadBalancer {
    return this.#built.balancer;
  }
  /** The described target group: the one of its name, where it was made again. */
  get targets(): TargetGroup {
    return this.elb.targetGroup(this.description.loadBalancer.targetGroupArn) ?? this.#built.targets;
  }
  /** The instance that the application had when the world was built. */
  get source(): Instance {
    const source = this.#built.source ?? this.beside?.source;
    if (source === undefined) throw new TypeError('the database is self-hosted: there is no instance');
    return source;
  }
  /** The server that the application's database lay on when the world was built. */
  get cluster(): Cluster {
    const cluster = this.#cluster ?? this.beside?.cluster;
    if (cluster === undefined) throw new TypeError('the world is not built yet');
    return cluster;
  }
  get masterUsername(): string {
    return this.beside?.masterUsername ?? this.#built.source?.masterUsername ?? SUPERUSER;
  }
  /** The host of a self-hosted database. */
  get databaseHost(): Host | undefined {
    return this.#databaseHost;
  }
  get authority(): CertificateAuthority {
    return this.#built.authority;
  }

  get allHosts(): readonly DrillHost[] {
    return [...this.hosts, ...this.realHosts];
  }

  /** The hosts as EC2 has them: booted, launched from a template, terminated. */
  get instances(): Instances {
    if (this.#instances === undefined) throw new TypeError('the world has no hosts yet');
    return this.#instances;
  }

  get #built(): Parts {
    if (this.#parts === undefined) throw new TypeError('the world is not built yet');
    return this.#parts;
  }

  async #buildDatabase(note: (text: string) => void): Promise<void> {
    const { description, folder, postgres, clock, resolver } = this;
    const { database } = description;
    note(`PostgreSQL ${postgres.version} (${postgres.source})`);
    const { beside } = this;
    const authority = beside?.authority ?? (await CertificateAuthority.create(join(folder, 'authority')));
    const known = beside === undefined ? undefined : beside.#serverAddresses;
    const addresses = known ?? new ServerAddresses({ port: database.port });
    this.#serverAddresses = addresses;
    const rds = new Rds({
      account: description.account,
      region: description.region,
      clock,
      folder: join(folder, 'rds'),
      postgres,
      authority,
      addresses,
      resolver,
      closedSecurityGroupIds: [database.fenceSecurityGroupId],
      onRestore: (instance, progress) => {
        this.onRestore(instance, progress);
      },
    });
    mkdirSync(join(folder, 'rds'), { recursive: true });
    await admitServers(join(folder, 'rds'));
    const source = beside === undefined ? await this.#startDatabase(rds, authority, addresses) : undefined;
    if (beside !== undefined) {
      rds.plane.peers.set(beside.description.region, beside.rds.plane);
      beside.rds.plane.peers.set(description.region, rds.plane);
    }
    const route53 = beside?.route53 ?? new Route53(clock, resolver);
    route53.addZone(database.hostedZoneId, database.address.split('.').slice(1).join('.'));
    const leadsTo =
      database.engine === 'self-hosted'
        ? serverName(description)
        : endpointOf({ identifier: database.instanceIdentifier, region: description.region });
    route53.addRecord(database.hostedZoneId, database.address, leadsTo, database.recordTtlSeconds);

    const { publicRecord } = description;
    if (!route53.has(publicRecord.hostedZoneId))
      route53.addZone(publicRecord.hostedZoneId, publicRecord.name.split('.').slice(1).join('.'));
    route53.addRecord(publicRecord.hostedZoneId, publicRecord.name, publicRecord.value, publicRecord.ttlSeconds);

    const targets = new TargetGroup('targets', clock, { ...defaultHealthCheck, path: '/api/health' });
    const defaultAction = { kind: 'forward', groups: [{ group: targets, weight: 1 }] } as const;
    const balancer = await LoadBalancer.open({
      address: await this.#addresses.claim(),
      port: 0,
      defaultAction,
      onExchange: (exchange) => this.exchanges.push(exchange),
    });
    this.elb.addListener(description.loadBalancer.listenerArn, balancer, defaultAction);
    this.elb.addTargetGroup(description.loadBalancer.targetGroupArn, targets);
    const place = { partition: 'aws', account: description.account, region: description.region };
    const ec2 = new Ec2(place, clock);
    const autoScaling = new AutoScaling(place, clock, ec2.launchTemplates);
    this.#parts = { rds, route53, autoScaling, ec2, balancer, targets, source, authority };
  }

  async #startDatabase(
    rds: Rds,
    authority: CertificateAuthority,
    addresses: ServerAddresses,
  ): Promise<Instance | undefined> {
    const address = await addresses.take();
    this.#release = async () => {
      await addresses.release(address);
    };
    if (this.description.database.engine === 'rds') return await this.#startInstance(rds, address);
    await this.#startServer(authority, address);
    return undefined;
  }

  /**
   * A replica, in this region, of the database beside it, by the name that the description says.
   * @param promoted it follows nothing any more: what the region had before it was lost
   */
  async replicate({ promoted }: { readonly promoted: boolean }): Promise<Instance> {
    const { description, rds, beside } = this;
    if (beside === undefined) throw new TypeError('there is one region only');
    const attributes = { ...sourceAttributes(description), ...(promoted ? {} : { BackupRetentionPeriod: 0 }) };
    const replica = await rds.plane.adoptReplica(
      { identifier: description.database.instanceIdentifier, attributes, tags: new Map(beside.source.tags) },
      beside.source,
    );
    if (promoted) await rds.plane.detach(replica);
    return replica;
  }

  /** The region is gone: its servers, its hosts, its load balancer, and every API. Its disks are kept for whoever counts. */
  async lose(): Promise<void> {
    this.#isLost = true;
    this.rds.plane.lost = true;
    await this.#cluster?.kill();
    await this.#stop();
  }

  async #startInstance(rds: Rds, address: Address): Promise<Instance> {
    const { description } = this;
    const { database } = description;
    const cluster = await Cluster.create(rds.plane.clusterOptions(database.instanceIdentifier, address));
    this.#cluster = cluster;
    await createMaster(cluster, { name: 'lifeboat_master', password: this.passwords.master });
    for (const [name, password] of this.passwords.logins)
      await createLogin(cluster, { name, password }, 'lifeboat_master');
    await createDatabase(cluster, database.name, 'lifeboat_master');
    await grantSchema(cluster, database.name, [...this.passwords.logins.keys()]);
    // What an operator grants once so that the probe may count every table (docs/operating.md).
    await cluster.withAdmin(database.name, (admin) => admin.execute('GRANT pg_read_all_data TO lifeboat_master'));
    return await rds.plane.adopt({
      identifier: database.instanceIdentifier,
      attributes: sourceAttributes(description),
      tags: new Map([
        ['application', description.application],
        ['environment', description.environment],
        ['owner', 'team-data'],
      ]),
      cluster,
      masterUsername: 'lifeboat_master',
      databaseName: database.name,
    });
  }

  async #startServer(authority: CertificateAuthority, address: Address): Promise<void> {
    const { description, folder, postgres, passwords } = this;
    const cluster = await startServer({
      description,
      folder,
      postgres,
      authority,
      address,
      master: passwords.master,
      logins: passwords.logins,
      started: (server) => {
        this.#cluster = server;
      },
    });
    await grantSchema(cluster, description.database.name, [...passwords.logins.keys()]);
    this.resolver.set(serverName(description), [address.host]);
  }

  async #buildHosts(
    answers: CliServices,
    role: string,
    note: (text: string) => void,
    realHost: boolean,
    hosts: number,
  ): Promise<void> {
    const known = this.beside === undefined ? undefined : this.beside.#names;
    const resolver = known ?? (await this.resolver.serve());
    this.#names = resolver;
    const { description, folder, authority, postgres } = this;
    const { key, value } = description.hosts.tag;
    this.ec2.volumes.folder = join(folder, 'ebs');
    this.ec2.volumes.machines = {
      machine: (id) => this.hosts.find((host) => host.id === id),
      tags: () => ({ [key]: value }),
    };
    this.#instances = new Instances(this.hosts, this.realHosts, {
      description,
      folder,
      claimAddress: () => this.#addresses.claim(),
      resolver,
      role,
      answers,
      postgresClients: postgres.tools.psql === undefined ? null : postgres.bin,
      authority: authority.certificate,
      disks: this.ec2.volumes,
      ...(realHost ? { real: { image: currentImage(), nameServer: await this.#serveNames() } } : {}),
    });
    for (let number = 0; number < hosts; number += 1) {
      const id = `i-${randomBytes(8).toString('hex')}${number}`.slice(0, 19);
      note(`host ${id}`);
      await this.#instances.boot(id);
    }
    if (description.database.selfHosted !== undefined) {
      note('the host of the database');
      this.#databaseHost = await this.#instances.bootDatabaseHost();
    }
  }

  async #serveNames(): Promise<string> {
    this.#nameServer = await NameServer.open(this.resolver, await this.#addresses.claim());
    return this.#nameServer.endpoint;
  }

  /** Hosts become targets and members of the group once the application serves on them. */
  putIntoService(): void {
    const { targetGroupArn } = this.description.loadBalancer;
    for (const host of this.allHosts) this.infrastructure.targetsOf(targetGroupArn)?.register(host.id);
    this.autoScaling.addGroup({
      name: this.description.autoScalingGroup,
      instances: this.allHosts.map(({ id }) => id),
      unhealthy: () =>
        this.targets
          .targets()
          .filter(({ state }) => state === 'unhealthy')
          .map(({ id }) => id),
      terminate: async (id) => {
        await this.instances.terminate(id);
      },
      launchTemplate: { id: this.description.launchTemplate.id, version: '1' },
      launch: async (launch) => {
        await this.instances.launch(launch);
      },
      healthCheckGraceSeconds: GRACE_SECONDS,
      targetGroups: [targetGroupArn],
      targetsOf: (arn) => this.infrastructure.targetsOf(arn),
    });
    this.infrastructure.adopt();
  }

  async #stop(): Promise<void> {
    this.#parts?.autoScaling.close();
    await Promise.all([
      ...[...this.hosts, this.#databaseHost].map((host) => host?.crash()),
      ...this.realHosts.map((host) => host.destroy()),
    ]);
    await this.#parts?.balancer.close();
    this.elb.close();
  }

  /** Stops every process and, unless it is to be kept, removes every file. */
  async close(keep = false): Promise<void> {
    if (!this.#isLost) await this.#stop();
    this.#parts?.route53.close();
    await this.#nameServer?.close();
    if (this.#parts?.source === undefined) await this.#cluster?.stop('immediate');
    await this.#parts?.rds.plane.close();
    // The rest is the first region's.
    if (this.beside !== undefined) return;
    await this.resolver.close();
    await this.#addresses.close();
    await this.#release();
    this.clock.close();
    if (keep) keepFolder(this.folder);
    else this.left = await discard(this.folder);
  }
}

/** The application's login works in the public schema, which since PostgreSQL 15 nobody may by default. */
async function grantSchema(cluster: Cluster, database: string, roles: readonly string[]): Promise<void> {
  await cluster.withAdmin(database, async (admin) => {
    for (const role of roles) await admin.execute(`GRANT USAGE, CREATE ON SCHEMA public TO "${role}"`);
  });
}
