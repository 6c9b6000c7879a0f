import { join } from 'node:path';
import { type Clock } from '../../../asl';
import {
  type Address,
  type AddressPool,
  Archive,
  type CertificateAuthority,
  type ClusterOptions,
  type Fault,
  latestRestorableTime,
  type Postgres,
  restore,
  type RestoreProgress,
  restoreSnapshot,
  setRolePassword,
  takeBaseBackup,
  takeSnapshot,
} from '../../databases';
import { type NameResolver } from '../../network';
import { AwsError } from '../service';
import { type Attributes } from './attributes';
import { arnOf, endpointOf, type Instance, newResourceId } from './instance';

/**
 * How long RDS takes for its own part, seconds, skipped where nothing works meanwhile. Rounded up from the times that the
 * RDS guide and its users report for small instances; what depends on the data (copying, replaying) is real.
 */
export const takes = {
  creating: 300,
  backingUp: 60,
  modifying: 60,
  resettingMasterCredentials: 30,
  rebooting: 40,
  renaming: 90,
  snapshot: 120,
  securityGroups: 10,
  /** A change that was asked for does not show in the status at once. */
  untilStatusShows: 5,
  /** "RDS uploads transaction logs to Amazon S3 every five minutes" (RDS guide, Restoring to a specified time). */
  logUpload: 300,
} as const;

export interface Snapshot {
  readonly identifier: string;
  readonly arn: string;
  readonly of: string;
  readonly folder: string;
  readonly tags: Map<string, string>;
  readonly attributes: Attributes;
  readonly masterUsername: string;
  readonly databaseName: string;
  status: 'creating' | 'available' | 'failed';
  takenAt: Date | undefined;
}

export interface RdsOptions {
  readonly account: string;
  readonly region: string;
  readonly clock: Clock;
  /** Where clusters and snapshots are kept. */
  readonly folder: string;
  readonly postgres: Postgres;
  readonly authority: CertificateAuthority;
  readonly addresses: AddressPool;
  readonly resolver: NameResolver;
  /** A security group behind which nobody reaches the instance. */
  readonly closedSecurityGroupIds: readonly string[];
  readonly onRestore?: (instance: string, progress: RestoreProgress) => void;
}

type Origin = { readonly archive: Archive; readonly target: Date | 'latest' } | { readonly snapshotFolder: string };

/** Nobody listens there: a security group that lets nobody in gives no answer, and this refuses. */
const NOWHERE = '127.255.255.254';

/** What RDS does behind its API: instances with their states, over real clusters. */
export class ControlPlane {
  readonly instances = new Map<string, Instance>();
  readonly snapshots = new Map<string, Snapshot>();
  /** A fault that the next restore meets, for drills; the system under test never knows. */
  nextRestoreFault: Fault | undefined;
  readonly #timers = new Set<{ cancel(): void }>();
  readonly #working = new Set<Promise<void>>();
  #closed = false;

  constructor(readonly options: RdsOptions) {}

  /** An instance that was there before: its cluster runs and is taken over with a first base backup. */
  async adopt(
    given: Omit<
      Instance,
      | 'resourceId'
      | 'region'
      | 'account'
      | 'status'
      | 'pending'
      | 'parameterStatus'
      | 'securityGroupStatus'
      | 'latestRestorable'
      | 'failure'
      | 'createdAt'
    >,
  ): Promise<Instance> {
    const { account, region, clock } = this.options;
    const instance: Instance = {
      ...given,
      account,
      region,
      resourceId: newResourceId(),
      status: 'available',
      createdAt: new Date(clock.now().at),
      pending: new Map(),
      parameterStatus: 'in-sync',
      securityGroupStatus: 'active',
      latestRestorable: undefined,
      failure: undefined,
    };
    this.instances.set(instance.identifier, instance);
    if (instance.cluster !== undefined) await takeBaseBackup(instance.cluster);
    await this.#uploadLogs(instance);
    this.#reachable(instance);
    this.#keepUploading(instance);
    return instance;
  }

  clusterOptions(identifier: string, address: Address): ClusterOptions {
    const { folder, postgres, authority, region } = this.options;
    return {
      folder: join(folder, 'instances', identifier),
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

  byResourceId(resourceId: string): Instance | undefined {
    return [...this.instances.values()].find((instance) => instance.resourceId === resourceId);
  }

  /** The instance behind a state that takes changes; refused otherwise, as RDS does. */
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

  /** Begins a restore: the instance is there at once, as `creating`; its cluster comes when the data is in place. */
  beginRestore(
    source: { attributes: Attributes; masterUsername: string; databaseName: string },
    identifier: string,
    attributes: Attributes,
    tags: Map<string, string>,
    origin: Origin,
  ): Instance {
    if (this.instances.has(identifier))
      throw new AwsError('DBInstanceAlreadyExistsFault', 'DB instance already exists');
    const { account, region, clock } = this.options;
    const instance: Instance = {
      identifier,
      account,
      region,
      resourceId: newResourceId(),
      status: 'creating',
      attributes,
      tags,
      cluster: undefined,
      masterUsername: source.masterUsername,
      databaseName: source.databaseName,
      createdAt: new Date(clock.now().at),
      pending: new Map(),
      parameterStatus: 'in-sync',
      securityGroupStatus: 'active',
      latestRestorable: undefined,
      failure: undefined,
    };
    this.instances.set(identifier, instance);
    this.#inBackground(() => this.#restore(instance, origin));
    return instance;
  }

  async #restore(instance: Instance, origin: Origin): Promise<void> {
    const { addresses, clock, onRestore } = this.options;
    const fault = this.nextRestoreFault;
    this.nextRestoreFault = undefined;
    try {
      instance.cluster = await clock.work(async () => {
        const common = {
          into: this.clusterOptions(instance.identifier, await addresses.take()),
          onProgress: (progress: RestoreProgress) => onRestore?.(instance.identifier, progress),
          ...(fault === undefined ? {} : { fault }),
        };
        const restored =
          'archive' in origin
            ? await restore({ ...common, ...origin })
            : await restoreSnapshot({ ...common, ...origin });
        return restored.cluster;
      });
    } catch (error) {
      instance.failure = error instanceof Error ? error.message : String(error);
      instance.status = 'failed';
      return;
    }
    await this.#passes(takes.creating);
    instance.status = 'backing-up';
    this.#reachable(instance);
    if (instance.attributes.BackupRetentionPeriod > 0 && instance.cluster !== undefined) {
      const { cluster } = instance;
      await clock.work(() => takeBaseBackup(cluster));
      await this.#uploadLogs(instance);
      this.#keepUploading(instance);
    }
    await this.#passes(takes.backingUp);
    instance.status = 'available';
  }

  /** Runs `make` after the status has shown for `seconds`; what is pending is shown until then. */
  change(instance: Instance, status: string, seconds: number, make: () => void | Promise<void>): void {
    this.#inBackground(async () => {
      await this.#passes(takes.untilStatusShows);
      instance.status = status;
      await this.options.clock.work(async () => {
        await make();
      });
      await this.#passes(seconds);
      instance.pending.clear();
      instance.status = 'available';
    });
  }

  async setMasterPassword(instance: Instance, password: string): Promise<void> {
    if (instance.cluster !== undefined) await setRolePassword(instance.cluster, instance.masterUsername, password);
  }

  /** The endpoint follows the identifier; the instance restarts, and open connections end. */
  async rename(instance: Instance, to: string): Promise<void> {
    this.options.resolver.remove(endpointOf(instance));
    this.instances.delete(instance.identifier);
    instance.identifier = to;
    this.instances.set(to, instance);
    await instance.cluster?.stop();
    await instance.cluster?.rename([endpointOf(instance)]);
    await instance.cluster?.start();
    this.#reachable(instance);
  }

  async reboot(instance: Instance): Promise<void> {
    await instance.cluster?.stop();
    await instance.cluster?.start();
    instance.parameterStatus = 'in-sync';
  }

  setSecurityGroups(instance: Instance, groups: readonly string[]): void {
    instance.attributes.VpcSecurityGroupIds = [...groups];
    instance.securityGroupStatus = 'adding';
    this.#inBackground(async () => {
      await this.#passes(takes.securityGroups);
      // Open connections go on: a security group is asked when one is made.
      this.#reachable(instance);
      instance.securityGroupStatus = 'active';
    });
  }

  beginSnapshot(instance: Instance, identifier: string, tags: Map<string, string>): Snapshot {
    if (this.snapshots.has(identifier)) {
      throw new AwsError(
        'DBSnapshotAlreadyExistsFault',
        `Cannot create the snapshot because a snapshot with the identifier ${identifier} already exists.`,
      );
    }
    const { region, account, folder, clock } = this.options;
    const snapshot: Snapshot = {
      identifier,
      arn: `arn:aws:rds:${region}:${account}:snapshot:${identifier}`,
      of: instance.identifier,
      folder: join(folder, 'snapshots', identifier),
      tags,
      attributes: { ...instance.attributes },
      masterUsername: instance.masterUsername,
      databaseName: instance.databaseName,
      status: 'creating',
      takenAt: undefined,
    };
    this.snapshots.set(identifier, snapshot);
    const { cluster } = instance;
    this.#inBackground(async () => {
      if (cluster === undefined) {
        snapshot.status = 'failed';
        return;
      }
      const backup = await clock.work(() => takeSnapshot(cluster, snapshot.folder));
      await this.#passes(takes.snapshot);
      snapshot.takenAt = backup.endedAt;
      snapshot.status = 'available';
    });
    return snapshot;
  }

  archiveOf(instance: Instance): Archive {
    if (instance.cluster === undefined)
      throw new AwsError('PointInTimeRestoreNotEnabledFault', `${instance.identifier} has no automated backups`);
    return instance.cluster.archive;
  }

  /** Stops every server and timer. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    await Promise.all([...this.instances.values()].map(({ cluster }) => cluster?.stop('immediate')));
  }

  /** Whether anything is still on its way. */
  get busy(): boolean {
    return this.#working.size > 0;
  }

  #reachable(instance: Instance): void {
    if (instance.cluster === undefined) return;
    const closed = instance.attributes.VpcSecurityGroupIds.every((id) =>
      this.options.closedSecurityGroupIds.includes(id),
    );
    this.options.resolver.set(endpointOf(instance), [closed ? NOWHERE : instance.cluster.options.address.host], 5);
  }

  #keepUploading(instance: Instance): void {
    this.#later(takes.logUpload, async () => {
      await this.#uploadLogs(instance);
      this.#keepUploading(instance);
    });
  }

  async #uploadLogs(instance: Instance): Promise<void> {
    const { cluster } = instance;
    if (cluster?.running !== true) return;
    instance.latestRestorable = await this.options.clock.work(() => latestRestorableTime(cluster));
  }

  #later(seconds: number, action: () => Promise<void>): void {
    if (this.#closed) return;
    const timer = this.options.clock.after(
      seconds * 1000,
      () => {
        this.#timers.delete(timer);
        this.#inBackground(action);
      },
      { background: true },
    );
    this.#timers.add(timer);
  }

  #passes(seconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.#later(seconds, () => {
        resolve();
        return Promise.resolve();
      });
    });
  }

  #inBackground(action: () => Promise<void>): void {
    const work = action().catch((error: unknown) => {
      // A server that was stopped under it, at the end of the sandbox, is no failure.
      if (!this.#closed) throw error;
    });
    this.#working.add(work);
    void work.finally(() => this.#working.delete(work));
  }
}
