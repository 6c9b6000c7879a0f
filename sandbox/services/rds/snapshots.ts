import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type BaseBackup, takeSnapshot } from '../../databases';
import { AwsError } from '../service';
import { type Attributes } from './attributes';
import { type Background } from './background';
import { type Instance } from './instance';
import { type RdsOptions, takes } from './options';

export interface Snapshot {
  readonly identifier: string;
  readonly region: string;
  readonly arn: string;
  /** The instance's identifier when it was taken. */
  readonly of: string;
  readonly folder: string;
  readonly tags: Map<string, string>;
  readonly attributes: Attributes;
  readonly masterUsername: string;
  readonly databaseName: string;
  readonly engineVersion: string;
  readonly port: number;
  /** What it is a copy of. */
  readonly source: Snapshot | undefined;
  status: 'creating' | 'available' | 'failed';
  /** The end of what it holds. */
  takenAt: Date | undefined;
  /** The same, except for a copy. */
  createdAt: Date | undefined;
}

const run = promisify(execFile);

/** Manual snapshots, of every region: a name is taken once a region. */
export class Snapshots {
  readonly #byArn = new Map<string, Snapshot>();

  constructor(
    private readonly options: RdsOptions,
    private readonly background: Background,
  ) {}

  in(region: string): readonly Snapshot[] {
    return [...this.#byArn.values()].filter((snapshot) => snapshot.region === region);
  }

  /** By its name in a region, or by its ARN. */
  find(region: string, nameOrArn: string): Snapshot | undefined {
    return this.#byArn.get(nameOrArn) ?? this.#byArn.get(this.#arn(region, nameOrArn));
  }

  /** @throws AwsError DBSnapshotNotFoundFault */
  get(region: string, nameOrArn: string): Snapshot {
    const snapshot = this.find(region, nameOrArn);
    if (snapshot === undefined)
      throw new AwsError('DBSnapshotNotFoundFault', `DBSnapshot not found: ${nameOrArn}`, 404);
    return snapshot;
  }

  /** One that can be restored or copied. @throws AwsError DBSnapshotNotFoundFault, InvalidDBSnapshotStateFault */
  available(region: string, nameOrArn: string): Snapshot {
    const snapshot = this.get(region, nameOrArn);
    if (snapshot.status !== 'available')
      throw new AwsError('InvalidDBSnapshotStateFault', `The snapshot ${snapshot.identifier} is ${snapshot.status}.`);
    return snapshot;
  }

  /** A snapshot that is being made. @throws AwsError DBSnapshotAlreadyExistsFault, InvalidDBInstanceStateFault */
  begin(instance: Instance, region: string, identifier: string, tags: Map<string, string>): Snapshot {
    const { attributes, masterUsername, databaseName, engineVersion, cluster } = instance;
    if (cluster === undefined)
      throw new AwsError('InvalidDBInstanceStateFault', `${instance.identifier} is ${instance.status}.`);
    const inherited = attributes.CopyTagsToSnapshot ? instance.tags : [];
    return this.#add(region, identifier, {
      of: instance.identifier,
      attributes: { ...attributes },
      masterUsername,
      databaseName,
      engineVersion,
      port: cluster.options.address.port,
      tags: new Map([...inherited, ...tags]),
      source: undefined,
    });
  }

  /** Copies the instance's data into it; `available` when RDS's own time for it has passed as well. */
  async take(snapshot: Snapshot, instance: Instance, seconds: number = takes.snapshot): Promise<void> {
    await this.#make(snapshot, seconds, async () => {
      const { cluster } = instance;
      if (cluster === undefined) throw new TypeError(`${instance.identifier} has no server`);
      const backup: BaseBackup = await takeSnapshot(cluster, snapshot.folder, { signal: this.background.signal });
      snapshot.takenAt = backup.endedAt;
    });
  }

  /** Begins a copy, from any region into one. @throws AwsError DBSnapshotAlreadyExistsFault */
  copy(source: Snapshot, region: string, identifier: string, tags: Map<string, string>): Snapshot {
    const { of, attributes, masterUsername, databaseName, engineVersion, port } = source;
    const common = { of, attributes, masterUsername, databaseName, engineVersion, port };
    const copy = this.#add(region, identifier, { ...common, tags, source });
    this.background.run(`copying the snapshot ${source.arn} to ${copy.arn}`, async () => {
      await this.#make(copy, takes.copying, async () => {
        // `-a` keeps the servers' account as the owner.
        await run('cp', ['-a', source.folder, copy.folder]);
        copy.takenAt = source.takenAt;
      });
    });
    return copy;
  }

  #add(
    region: string,
    identifier: string,
    given: Omit<Snapshot, 'identifier' | 'region' | 'arn' | 'folder' | 'status' | 'takenAt' | 'createdAt'>,
  ): Snapshot {
    const arn = this.#arn(region, identifier);
    if (this.#byArn.has(arn)) {
      throw new AwsError(
        'DBSnapshotAlreadyExistsFault',
        `Cannot create the snapshot because a snapshot with the identifier ${identifier} already exists.`,
      );
    }
    const folder = join(
      this.options.folder,
      'snapshots',
      `${randomBytes(4).toString('hex')}-${identifier}`.slice(0, 80),
    );
    const snapshot: Snapshot = {
      ...given,
      identifier,
      region,
      arn,
      folder,
      status: 'creating',
      takenAt: undefined,
      createdAt: undefined,
    };
    this.#byArn.set(arn, snapshot);
    return snapshot;
  }

  async #make(snapshot: Snapshot, seconds: number, work: () => Promise<void>): Promise<void> {
    const { clock } = this.options;
    try {
      await clock.work(work);
    } catch (error) {
      snapshot.status = 'failed';
      throw error;
    }
    await this.background.passes(seconds);
    snapshot.createdAt = snapshot.source === undefined ? snapshot.takenAt : new Date(clock.now().at);
    snapshot.status = 'available';
  }

  #arn(region: string, identifier: string): string {
    return `arn:aws:rds:${region}:${this.options.account}:snapshot:${identifier}`;
  }
}

/** As DescribeDBSnapshots shows it. */
export function describedSnapshot(snapshot: Snapshot): object {
  const { attributes, source } = snapshot;
  return {
    DBSnapshotIdentifier: snapshot.identifier,
    DBSnapshotArn: snapshot.arn,
    DBInstanceIdentifier: snapshot.of,
    Status: snapshot.status,
    PercentProgress: snapshot.status === 'available' ? 100 : 0,
    SnapshotType: 'manual',
    Engine: 'postgres',
    EngineVersion: snapshot.engineVersion,
    MasterUsername: snapshot.masterUsername,
    Port: snapshot.port,
    AllocatedStorage: attributes.AllocatedStorage,
    StorageType: attributes.StorageType,
    IAMDatabaseAuthenticationEnabled: attributes.IAMDatabaseAuthenticationEnabled,
    Encrypted: true,
    ...(snapshot.status !== 'available' || snapshot.createdAt === undefined
      ? {}
      : { SnapshotCreateTime: snapshot.createdAt, OriginalSnapshotCreateTime: snapshot.takenAt }),
    ...(source === undefined ? {} : { SourceDBSnapshotIdentifier: source.arn, SourceRegion: source.region }),
    TagList: [...snapshot.tags].map(([Key, Value]) => ({ Key, Value })),
  };
}
