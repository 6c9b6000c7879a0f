import { join } from 'node:path';
import {
  type Address,
  type Archive,
  type Cluster,
  type ClusterOptions,
  type Fault,
  follow,
  latestRestorableTime,
  promote,
  restore,
  type RestoreProgress,
  restoreSnapshot,
  setRolePassword,
  takeBaseBackup,
} from '../../databases';
import { AwsError } from '../service';
import { type Attributes, DEFAULT_SECURITY_GROUP } from './attributes';
import { Background, type Failure } from './background';
import { KnownGroups } from './groups';
import { arnOf, backupArnOf, endpointOf, type Instance, newResourceId } from './instance';
import { type RdsOptions, takes } from './options';
import { type Snapshot, Snapshots } from './snapshots';

/** An instance that was there before. */
export type Adopted = Pick<
  Instance,
  'identifier' | 'attributes' | 'tags' | 'cluster' | 'masterUsername' | 'databaseName'
>;

type Origin = { readonly archive: Archive; readonly target: Date } | { readonly snapshotFolder: string };

/** Nobody listens there: a security group that lets nobody in gives no answer, and this refuses. */
const NOWHERE = '127.255.255.254';

/** What RDS does behind its API: instances with their states, over real clusters. */
export class ControlPlane {
  readonly instances = new Map<string, Instance>();
  readonly snapshots: Snapshots;
  readonly groups: KnownGroups;
  /** A fault that the next restore meets, for drills; the system under test never knows. */
  nextRestoreFault: Fault | undefined;
  /** The account's, as AWS gives them at first; told, and not enforced. */
  readonly quotas = { instances: 40, storageGiB: 100_000, snapshots: 100 };
  /** RDS of the same account in other regions. */
  readonly peers = new Map<string, ControlPlane>();
  /** Automated backups that are replicated to this region, by their ARN here: of instances of other regions. */
  readonly replicated = new Map<string, Instance>();
  /** The region is gone: nothing of it answers. */
  lost = false;
  /** Deleted instances whose automated backups were kept. */
  readonly #retained: Instance[] = [];
  readonly #background: Background;
  /** The last of what an instance has to do; each begins after the one before. */
  readonly #queues = new WeakMap<Instance, Promise<unknown>>();
  /** New names of instances that are about to be renamed. */
  readonly #reserved = new Set<string>();
  readonly #addresses = new Set<Address>();

  constructor(readonly options: RdsOptions) {
    this.#background = new Background(options.clock);
    this.snapshots = new Snapshots(options, this.#background);
    this.groups = new KnownGroups(options.postgres.major, options.closedSecurityGroupIds);
  }

  /** What went wrong after an answer, oldest first. */
  get failures(): readonly Failure[] {
    return this.#background.failures;
  }

  /** Whether anything is still on its way. */
  get busy(): boolean {
    return this.#background.busy;
  }

  /** Takes over an instance whose cluster runs, with a first base backup. Its groups exist from now on. */
  async adopt(given: Adopted): Promise<Instance> {
    this.groups.add(given.attributes);
    const instance = this.#made({ ...given, status: 'available' });
    if (instance.cluster !== undefined) await this.#firstBackup(instance, instance.cluster);
    this.#reachable(instance);
    return instance;
  }

  /** A replica that was there before, here, of an instance of another region. */
  async adoptReplica(
    given: Omit<Adopted, 'cluster' | 'masterUsername' | 'databaseName'>,
    source: Instance,
  ): Promise<Instance> {
    this.groups.add(given.attributes);
    const { masterUsername, databaseName } = source;
    const instance = this.#made({ ...given, masterUsername, databaseName, cluster: undefined, status: 'available' });
    instance.follows = source;
    await this.#follow(instance, source);
    this.#reachable(instance);
    return instance;
  }

  /** Backups of an instance of another region that are replicated here, as somebody has asked RDS to before. */
  adoptReplicatedBackups(source: Instance): string {
    const arn = backupArnOf({ ...source, region: this.options.region });
    this.replicated.set(arn, source);
    return arn;
  }

  /** Begins a replica: the instance is there at once, as `creating`. */
  beginReplica(source: Instance, identifier: string, attributes: Attributes, tags: Map<string, string>): Instance {
    this.requireFree(identifier);
    this.groups.require(attributes);
    const { masterUsername, databaseName } = source;
    const given = { identifier, attributes, tags, masterUsername, databaseName, cluster: undefined };
    const instance = this.#made({ ...given, status: 'creating' });
    instance.follows = source;
    this.#background.run(
      `replicating ${source.identifier} to ${identifier}`,
      async () => {
        await this.#follow(instance, source);
        await this.passes(takes.creating);
        this.#reachable(instance);
        instance.status = 'available';
      },
      (error) => {
        fail(instance, error, 'failed');
      },
    );
    return instance;
  }

  /** Makes a replica an instance of its own: it reboots on the way, and is backed up. */
  promote(instance: Instance): void {
    const { clock } = this.options;
    this.change(instance, { status: 'modifying' }, async () => {
      const { cluster } = instance;
      if (cluster === undefined) throw new TypeError(`${instance.identifier} has no server`);
      instance.promotedAt = (await clock.work(() => promote(cluster))) ?? undefined;
      await this.passes(takes.promoting);
      instance.status = 'rebooting';
      await this.#restart(instance, takes.rebooting);
      instance.follows = undefined;
      instance.status = 'backing-up';
      await this.#firstBackup(instance, cluster);
      await this.passes(takes.backingUp);
    });
  }

  /** The same at once: what was promoted long ago. */
  async detach(instance: Instance): Promise<void> {
    const { cluster } = instance;
    if (cluster === undefined) throw new TypeError(`${instance.identifier} has no server`);
    await promote(cluster);
    instance.follows = undefined;
    await this.#firstBackup(instance, cluster);
  }

  async #follow(instance: Instance, source: Instance): Promise<void> {
    const { addresses, clock } = this.options;
    const primary = source.cluster;
    if (primary === undefined) throw new TypeError(`${source.identifier} has no server`);
    const address = await clock.work(() => addresses.take());
    this.#addresses.add(address);
    const into = this.clusterOptions(instance.identifier, address, instance.resourceId);
    instance.cluster = await clock.work(() => follow(primary, { into, signal: this.#background.signal }));
    if (this.#background.signal.aborted) await instance.cluster.stop('immediate');
  }

  /** Of a cluster for `adopt`. @param folder inside the plane's own; an identifier can be used again, a folder cannot */
  clusterOptions(identifier: string, address: Address, folder = identifier): ClusterOptions {
    const { postgres, authority, region } = this.options;
    return {
      folder: join(this.options.folder, 'instances', folder),
      postgres,
      authority,
      address,
      names: [endpointOf({ identifier, region })],
      settings: { track_commit_timestamp: 'on', max_connections: '60', shared_buffers: '64MB' },
      archiveSeconds: 5,
    };
  }

  get(identifier: string): Instance {
    const instance = this.instances.get(identifier.toLowerCase());
    if (instance === undefined)
      throw new AwsError('DBInstanceNotFoundFault', `DBInstance ${identifier} not found.`, 404);
    return instance;
  }

  byArn(arn: string): Instance | undefined {
    return [...this.instances.values()].find((instance) => arnOf(instance) === arn);
  }

  /** Instances with automated backups: those that are there, and deleted ones whose backups were kept. */
  backedUp(): readonly Instance[] {
    const there = [...this.instances.values()].filter(({ attributes }) => attributes.BackupRetentionPeriod > 0);
    return [...there, ...this.#retained];
  }

  /** The instance in a state that takes changes; refused otherwise, as RDS does. */
  modifiable(identifier: string): Instance {
    const instance = this.get(identifier);
    if (instance.status !== 'available') {
      throw new AwsError(
        'InvalidDBInstanceStateFault',
        `Instance ${identifier} cannot be modified as its status overrides the request. It is ${instance.status}.`,
      );
    }
    return instance;
  }

  /** @throws AwsError DBInstanceAlreadyExistsFault where an instance has the name or is about to */
  requireFree(identifier: string): void {
    if (this.instances.has(identifier) || this.#reserved.has(identifier))
      throw new AwsError('DBInstanceAlreadyExistsFault', 'DB instance already exists');
  }

  /** Begins a restore: the instance is there at once, as `creating`; its cluster comes when the data is in place. */
  beginRestore(
    source: Pick<Instance, 'masterUsername' | 'databaseName'>,
    identifier: string,
    attributes: Attributes,
    tags: Map<string, string>,
    origin: Origin,
  ): Instance {
    this.requireFree(identifier);
    this.groups.require(attributes);
    const { masterUsername, databaseName } = source;
    const given = { identifier, attributes, tags, masterUsername, databaseName, cluster: undefined };
    const instance = this.#made({ ...given, status: 'creating' });
    this.#background.run(
      `restoring ${identifier}`,
      () => this.#restore(instance, origin),
      // "RDS can't do a point-in-time restore" (RDS guide, instance status); of a snapshot it says `failed`.
      (error) => {
        fail(instance, error, 'archive' in origin ? 'incompatible-restore' : 'failed');
      },
    );
    return instance;
  }

  async #restore(instance: Instance, origin: Origin): Promise<void> {
    const { addresses, clock, onRestore } = this.options;
    const fault = this.nextRestoreFault;
    this.nextRestoreFault = undefined;
    const address = await clock.work(() => addresses.take());
    this.#addresses.add(address);
    const options = {
      into: this.clusterOptions(instance.identifier, address, instance.resourceId),
      onProgress: (progress: RestoreProgress) => onRestore?.(instance.identifier, progress),
      signal: this.#background.signal,
      ...(fault === undefined ? {} : { fault }),
    };
    try {
      const restored = await clock.work(() =>
        'archive' in origin ? restore({ ...options, ...origin }) : restoreSnapshot({ ...options, ...origin }),
      );
      instance.cluster = restored.cluster;
    } catch (error) {
      this.#addresses.delete(address);
      await addresses.release(address);
      throw error;
    }
    const { cluster } = instance;
    // Closed when the server was up already and nobody knew of it yet.
    if (this.#background.signal.aborted) await cluster.stop('immediate');
    await this.#background.passes(takes.creating);
    this.#reachable(instance);
    if (instance.attributes.BackupRetentionPeriod > 0) {
      instance.status = 'backing-up';
      await this.#firstBackup(instance, cluster);
      await this.#background.passes(takes.backingUp);
    }
    instance.status = 'available';
  }

  /**
   * Makes a change after what was asked for before: the status shows after a moment, and what is pending from now until the
   * change is made. An instance whose change fails is `failed`.
   */
  change(
    instance: Instance,
    { status, pending = {} }: { readonly status: string; readonly pending?: Readonly<Record<string, unknown>> },
    make: () => Promise<void>,
  ): void {
    instance.pending.push(pending);
    const done = (): void => {
      instance.pending.splice(instance.pending.indexOf(pending), 1);
    };
    this.#background.run(
      `${instance.identifier}: ${status}`,
      () =>
        this.#inTurn(instance, async () => {
          await this.passes(takes.untilStatusShows);
          instance.status = status;
          await make();
          done();
          instance.status = 'available';
        }),
      (error) => {
        done();
        fail(instance, error, 'failed');
      },
    );
  }

  /** Time that passes before RDS is done. */
  passes(seconds: number): Promise<void> {
    return this.#background.passes(seconds);
  }

  async setMasterPassword(instance: Instance, password: string): Promise<void> {
    const { cluster, masterUsername } = instance;
    if (cluster !== undefined) await this.options.clock.work(() => setRolePassword(cluster, masterUsername, password));
    await this.passes(takes.resettingMasterCredentials);
  }

  /** Keeps a name for an instance that is about to get it. */
  reserve(identifier: string): void {
    this.requireFree(identifier);
    this.#reserved.add(identifier);
  }

  /** The endpoint follows the identifier; the server is down meanwhile, and open connections end. */
  async rename(instance: Instance, to: string): Promise<void> {
    this.options.resolver.remove(endpointOf(instance));
    this.instances.delete(instance.identifier);
    this.#reserved.delete(to);
    instance.identifier = to;
    this.instances.set(to, instance);
    await this.#restart(instance, takes.renaming, (cluster) => cluster.rename([endpointOf(instance)]));
    this.#reachable(instance);
  }

  /** The server is down meanwhile. */
  async reboot(instance: Instance): Promise<void> {
    await this.#restart(instance, takes.rebooting);
    instance.parameterStatus = 'in-sync';
  }

  setSecurityGroups(instance: Instance, groups: readonly string[]): void {
    const wanted = [...groups];
    const now = instance.securityGroups;
    const kept = [...now].map(([id, status]) => [id, wanted.includes(id) ? status : 'removing'] as const);
    const added = wanted.filter((id) => now.get(id) !== 'active').map((id) => [id, 'adding'] as const);
    instance.attributes.VpcSecurityGroupIds = wanted;
    instance.securityGroups = new Map([...kept, ...added]);
    this.#background.run(`${instance.identifier}: security groups`, async () => {
      await this.passes(takes.securityGroups);
      if (instance.attributes.VpcSecurityGroupIds !== wanted) return; // asked for others meanwhile
      // Open connections go on: a security group is asked when one is made.
      this.#reachable(instance);
      instance.securityGroups = active(wanted);
    });
  }

  /** Begins a manual snapshot; the instance is `backing-up` meanwhile. */
  beginSnapshot(instance: Instance, identifier: string, tags: Map<string, string>): Snapshot {
    const snapshot = this.snapshots.begin(instance, this.options.region, identifier, tags);
    this.change(instance, { status: 'backing-up' }, async () => {
      // A snapshot that fails harms nobody but itself.
      await this.snapshots.take(snapshot, instance).catch((error: unknown) => {
        this.#background.note(`taking the snapshot ${identifier}`, error);
      });
    });
    return snapshot;
  }

  /** A snapshot in another region that was there before: what a schedule of copies has left. */
  async adoptSnapshot(instance: Instance, region: string, identifier: string): Promise<Snapshot> {
    const snapshot = this.snapshots.begin(instance, region, identifier, new Map());
    await this.snapshots.take(snapshot, instance, 0);
    return snapshot;
  }

  /**
   * Deletes an instance, as somebody by mistake would; no operation of the system under test does.
   * @param retainAutomatedBackups without it they are gone as well, which is DeleteDBInstance's default
   * @throws AwsError InvalidParameterCombination where it is protected
   */
  async delete(instance: Instance, { retainAutomatedBackups = false } = {}): Promise<void> {
    if (instance.attributes.DeletionProtection) {
      const message = 'Cannot delete protected DB Instance, please disable deletion protection and try again.';
      throw new AwsError('InvalidParameterCombination', message);
    }
    this.instances.delete(instance.identifier);
    this.options.resolver.remove(endpointOf(instance));
    instance.status = 'deleting';
    if (retainAutomatedBackups) this.#retained.push(instance);
    await this.options.clock.work(async () => await instance.cluster?.stop('immediate'));
  }

  /** Stops every server, timer and restore, and waits until nothing is on its way. */
  async close(): Promise<void> {
    await this.#background.close();
    const known = [...this.instances.values(), ...this.#retained];
    await Promise.all(known.map(async ({ cluster }) => await cluster?.stop('immediate')));
    await Promise.all([...this.#addresses].map((address) => this.options.addresses.release(address)));
    this.#addresses.clear();
  }

  #made(given: Adopted & Pick<Instance, 'status'>): Instance {
    const { account, region, clock, postgres } = this.options;
    const instance: Instance = {
      ...given,
      attributes: { ...given.attributes },
      account,
      region,
      resourceId: newResourceId(),
      engineVersion: postgres.version,
      createdAt: new Date(clock.now().at),
      pending: [],
      parameterStatus: 'in-sync',
      securityGroups: active(given.attributes.VpcSecurityGroupIds),
      latestRestorable: undefined,
      follows: undefined,
      promotedAt: undefined,
      failure: undefined,
    };
    this.instances.set(instance.identifier, instance);
    return instance;
  }

  /** Work on one instance, after what was asked for before. */
  async #inTurn(instance: Instance, work: () => Promise<void>): Promise<void> {
    const before = this.#queues.get(instance) ?? Promise.resolve();
    // A failure before is told by whoever asked for that.
    const mine = before.then(work, work);
    this.#queues.set(instance, mine);
    await mine;
  }

  async #restart(
    { cluster }: Instance,
    seconds: number,
    meanwhile: (cluster: Cluster) => Promise<void> = () => Promise.resolve(),
  ): Promise<void> {
    const { clock } = this.options;
    if (cluster === undefined) return;
    await clock.work(async () => {
      await cluster.stop();
      await meanwhile(cluster);
    });
    await this.passes(seconds);
    await clock.work(() => cluster.start());
  }

  /** Where the name leads: to the server, or nowhere behind groups that let nobody in. */
  #reachable(instance: Instance): void {
    if (instance.cluster === undefined || this.byArn(arnOf(instance)) !== instance) return;
    const shut = [DEFAULT_SECURITY_GROUP, ...this.options.closedSecurityGroupIds];
    const closed = instance.attributes.VpcSecurityGroupIds.every((id) => shut.includes(id));
    this.options.resolver.set(endpointOf(instance), [closed ? NOWHERE : instance.cluster.options.address.host], 5);
  }

  /** What point-in-time restores need: a base backup, and logs uploaded from now on. */
  async #firstBackup(instance: Instance, cluster: Cluster): Promise<void> {
    if (instance.attributes.BackupRetentionPeriod === 0) return;
    await this.options.clock.work(() => takeBaseBackup(cluster, { signal: this.#background.signal }));
    await this.#uploadLogs(instance, cluster);
    this.#keepUploading(instance, cluster);
  }

  #keepUploading(instance: Instance, cluster: Cluster): void {
    this.#background.repeat(`${instance.identifier}: log upload`, takes.logUpload, async () => {
      try {
        await this.#inTurn(instance, () => this.#uploadLogs(instance, cluster));
      } catch (error) {
        // A server that is down uploads nothing.
        if (cluster.running) throw error;
      }
    });
  }

  async #uploadLogs(instance: Instance, cluster: Cluster): Promise<void> {
    if (!cluster.running) return;
    instance.latestRestorable = await this.options.clock.work(() => latestRestorableTime(cluster));
  }
}

const active = (groups: readonly string[]): Map<string, 'active'> => new Map(groups.map((id) => [id, 'active']));

function fail(instance: Instance, error: Error, status: string): void {
  instance.failure = error.message;
  instance.status = status;
}
