import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Description } from '../../contract/description';
import { releaseIn } from '../../contract/user-data';
import {
  configureApplication,
  installApplication,
  ProvisioningFailed,
  type ApplicationSetup,
} from '../applications/interview-drills';
import { type CliServices, Host, type HostVolume } from '../hosts';
import { RealHost, type Image } from '../real-host';
import { type Launch } from '../services/auto-scaling/service';
import { type TemplateData } from '../services/ec2/launch-templates';
import { type Volumes } from '../services/ec2/volumes';

/** A simulated instance, or a real machine (docs/real-host.md). */
export type DrillHost = Host | RealHost;
const newId = (): string => `i-${randomBytes(9).toString('hex').slice(0, 17)}`;

/** What all hosts of a world have in common. */
export interface Site {
  readonly description: Description;
  readonly folder: string;
  readonly claimAddress: () => Promise<string>;
  readonly resolver: string;
  readonly role: string;
  /** What of AWS the hosts' role is answered. */
  readonly answers: CliServices;
  /** Folder of PostgreSQL's client programs; `null` for none. */
  readonly postgresClients: string | null;
  /** Text of the certificate of the authority that the databases' are signed by. */
  readonly authority: string;
  /** The disks of simulated hosts. */
  readonly disks: Volumes;
  /** Hosts are real machines, restored from this image; they ask this name server, `address:port`. */
  readonly real?: { readonly image: Image; readonly nameServer: string };
}

/** The instances of a world: booted by hand before a drill, and by Auto Scaling from a launch template in its midst. */
export class Instances {
  /** How the application is put on a host; undefined until it is provisioned for the first time. */
  setup: Omit<ApplicationSetup, 'tag' | 'migrate'> | undefined;
  #booted = 0;
  /** What user data could not do: the instance runs, without an application that answers. */
  readonly failures: { readonly id: string; readonly error: Error }[] = [];

  constructor(
    /** Of the world; those which Auto Scaling launches are added, those which it terminates are taken away. */
    private readonly hosts: Host[],
    private readonly realHosts: RealHost[],
    private readonly site: Site,
  ) {}

  async boot(id = newId()): Promise<DrillHost> {
    const { real, claimAddress, role, answers } = this.site;
    const { getSecretValue } = answers;
    if (real !== undefined) {
      const machine = await RealHost.boot({
        id,
        address: await claimAddress(),
        role,
        ...(getSecretValue === undefined ? {} : { getSecretValue }),
        ...real,
      });
      this.realHosts.push(machine);
      return machine;
    }
    const host = await this.#bootSimulated(id);
    const volume = volumeOf(this.site.description);
    if (volume !== undefined) {
      // One zone after the other, as a group spreads its instances.
      const zone = `${this.site.description.region}${'ab'.charAt((this.#booted += 1) % 2)}`;
      const disk = this.site.disks.adopt({ instance: id, zone, device: '/dev/sdf', gibibytes: 8 });
      await host.addVolume({ ...volume, disk });
    }
    this.hosts.push(host);
    return host;
  }

  /** The host of a self-hosted database: none of the application's, and no target. */
  async bootDatabaseHost(): Promise<Host> {
    const host = await this.#bootSimulated(newId());
    await this.trust(host);
    return host;
  }

  async #bootSimulated(id: string): Promise<Host> {
    const { folder, claimAddress, resolver, role, answers, postgresClients } = this.site;
    return await Host.boot({
      id,
      root: join(folder, 'hosts', id),
      address: await claimAddress(),
      resolver,
      role,
      ...answers,
      postgresClients,
      ports: [80, 443, 3000],
    });
  }

  /** Puts the authority of the databases' certificates where the description says that hosts have it. */
  async trust(host: DrillHost): Promise<void> {
    const { caFile } = this.site.description.database;
    if (host instanceof RealHost) {
      await host.write(caFile, this.site.authority);
      return;
    }
    const file = host.path(caFile);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, this.site.authority);
  }

  /** What EC2 does with a launch: a host, and its user data. User data that fails leaves an instance that runs. */
  async launch({ instanceId, userData }: Launch): Promise<void> {
    const host = await this.boot(instanceId);
    await this.trust(host);
    const { releaseVariable } = this.site.description.launchTemplate;
    try {
      const tag = releaseIn(userData, releaseVariable);
      if (tag === null)
        throw new ProvisioningFailed(`The user data of ${instanceId} has no one line ${releaseVariable}=…`);
      if (this.setup === undefined) throw new ProvisioningFailed('there is no application to install yet');
      // Whether it is healthy is for the load balancer to find out.
      await this.install(host, { ...this.setup, tag, healthSeconds: 0 });
    } catch (error) {
      if (!(error instanceof ProvisioningFailed)) throw error;
      this.failures.push({ id: instanceId, error });
    }
  }

  /** Puts the application on a host; on a real one it is there, and is pointed at the sandbox's database. */
  async install(host: DrillHost, setup: ApplicationSetup): Promise<void> {
    await (host instanceof RealHost ? configureApplication(host, setup) : installApplication(host, setup));
  }

  /** Ends an instance: its processes and its disk. */
  async terminate(id: string): Promise<void> {
    for (const list of [this.hosts, this.realHosts]) {
      const at = list.findIndex((host) => host.id === id);
      const [host] = at < 0 ? [] : list.splice(at, 1);
      await host?.destroy();
    }
    this.site.disks.forget(id);
  }
}

/** Room for the application's files and a few snapshots, little enough that a full volume group can be reached. */
function volumeOf({ volume }: Description): HostVolume | undefined {
  if (volume === undefined) return undefined;
  const { volumeGroup, logicalVolume, mountPoint, mountUnit } = volume;
  return { group: volumeGroup, groupMegabytes: 8192, name: logicalVolume, megabytes: 2048, mountPoint, mountUnit };
}

/** The role of the hosts' instance profile: the application's, not Lifeboat's. */
export const hostRoleName = ({ application, environment }: { application: string; environment: string }): string =>
  `${application}-${environment}-host`;

/** What the application's operators have written into a launch template: the release that instances install. */
export function templateData(description: Description, release: string): TemplateData {
  const { releaseVariable } = description.launchTemplate;
  const userData = `#!/bin/bash\n# What a new instance installs.\n${releaseVariable}=${release}\ninstall-release "$${releaseVariable}"\n`;
  return {
    ImageId: 'ami-0a1b2c3d4e5f60718',
    InstanceType: 'm7g.large',
    IamInstanceProfile: { Name: hostRoleName(description) },
    SecurityGroupIds: ['sg-0d1e2f3a4b5c6d7e8'],
    TagSpecifications: (['instance', 'volume'] as const).map((ResourceType) => ({
      ResourceType,
      Tags: [{ Key: description.hosts.tag.key, Value: description.hosts.tag.value }],
    })),
    UserData: Buffer.from(userData).toString('base64'),
  };
}
