import {
  AddTagsToResourceCommand,
  CopyDBSnapshotCommand,
  CreateDBSnapshotCommand,
  DescribeDBInstancesCommand,
  DescribeDBSnapshotsCommand,
  ModifyDBInstanceCommand,
  RDSClient,
  RebootDBInstanceCommand,
  RemoveTagsFromResourceCommand,
  RestoreDBInstanceFromDBSnapshotCommand,
  RestoreDBInstanceToPointInTimeCommand,
  type DBInstance,
  type DBSnapshot,
  type Tag,
} from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { awsError, described } from './world';

/** Just enough of RDS: instances and snapshots that a test puts there and moves on by hand; calls are remembered. */
export function fakeRds() {
  const mock = mockClient(RDSClient);
  const instances = new Map<string, DBInstance>();
  const snapshots = new Map<string, DBSnapshot>();

  /** What a test lets happen instead of the next call of a command. */
  const once = new Map<string, () => never>();
  const unless =
    <I, O>(command: string, otherwise: (input: I) => O) =>
    (input: I): O => {
      const instead = once.get(command);
      once.delete(command);
      return instead === undefined ? otherwise(input) : instead();
    };

  const byArn = (arn: string): DBInstance | DBSnapshot | undefined =>
    [...instances.values()].find((each) => each.DBInstanceArn === arn) ??
    [...snapshots.values()].find((each) => each.DBSnapshotArn === arn);
  const existing = (identifier: string) => {
    const found = instances.get(identifier);
    if (found === undefined) throw awsError('DBInstanceNotFoundFault');
    return found;
  };
  const restored = (identifier: string, tags: Tag[]) => {
    if (instances.has(identifier)) throw awsError('DBInstanceAlreadyExistsFault');
    const creating = described(identifier, { DBInstanceStatus: 'creating', TagList: tags });
    delete creating.Endpoint;
    instances.set(identifier, creating);
    return {};
  };

  function reset() {
    mock.reset();
    instances.clear();
    snapshots.clear();
    once.clear();
    mock.on(DescribeDBInstancesCommand).callsFake((input: { DBInstanceIdentifier?: string }) => ({
      DBInstances:
        input.DBInstanceIdentifier === undefined ? [...instances.values()] : [existing(input.DBInstanceIdentifier)],
    }));
    mock
      .on(DescribeDBSnapshotsCommand)
      .callsFake((input: { DBSnapshotIdentifier?: string; DBInstanceIdentifier?: string }) => {
        if (input.DBSnapshotIdentifier === undefined) {
          return {
            DBSnapshots: [...snapshots.values()].filter(
              (each) => each.DBInstanceIdentifier === input.DBInstanceIdentifier,
            ),
          };
        }
        const found = snapshots.get(input.DBSnapshotIdentifier);
        if (found === undefined) throw awsError('DBSnapshotNotFoundFault');
        return { DBSnapshots: [found] };
      });
    mock.on(ModifyDBInstanceCommand).callsFake((input: { DBInstanceIdentifier: string }) => {
      existing(input.DBInstanceIdentifier);
      return {};
    });
    mock.on(RebootDBInstanceCommand).resolves({});
    mock.on(AddTagsToResourceCommand).callsFake((input: { ResourceName: string; Tags: Tag[] }) => {
      const on = byArn(input.ResourceName);
      if (on === undefined) throw awsError('InvalidParameterValue');
      const keys = input.Tags.map(({ Key }) => Key);
      on.TagList = [...(on.TagList ?? []).filter(({ Key }) => !keys.includes(Key)), ...input.Tags];
      return {};
    });
    mock.on(RemoveTagsFromResourceCommand).callsFake((input: { ResourceName: string; TagKeys: string[] }) => {
      const on = byArn(input.ResourceName);
      if (on === undefined) throw awsError('InvalidParameterValue');
      on.TagList = (on.TagList ?? []).filter(({ Key }) => !input.TagKeys.includes(Key ?? ''));
      return {};
    });
    mock
      .on(RestoreDBInstanceToPointInTimeCommand)
      .callsFake(
        unless('restore', (input: { TargetDBInstanceIdentifier: string; Tags: Tag[] }) =>
          restored(input.TargetDBInstanceIdentifier, input.Tags),
        ),
      );
    mock
      .on(RestoreDBInstanceFromDBSnapshotCommand)
      .callsFake((input: { DBInstanceIdentifier: string; DBSnapshotIdentifier: string; Tags: Tag[] }) => {
        if (!snapshots.has(input.DBSnapshotIdentifier)) throw awsError('DBSnapshotNotFoundFault');
        return restored(input.DBInstanceIdentifier, input.Tags);
      });
    const addSnapshot = (identifier: string, tags: Tag[]) => {
      if (snapshots.has(identifier)) throw awsError('DBSnapshotAlreadyExistsFault');
      snapshots.set(identifier, {
        DBSnapshotIdentifier: identifier,
        DBSnapshotArn: `arn:aws:rds:us-east-1:123456789012:snapshot:${identifier}`,
        Status: 'creating',
        PercentProgress: 10,
        TagList: tags,
      });
      return {};
    };
    mock
      .on(CreateDBSnapshotCommand)
      .callsFake(
        unless('snapshot', (input: { DBSnapshotIdentifier: string; Tags: Tag[] }) =>
          addSnapshot(input.DBSnapshotIdentifier, input.Tags),
        ),
      );
    mock
      .on(CopyDBSnapshotCommand)
      .callsFake((input: { TargetDBSnapshotIdentifier: string; Tags: Tag[] }) =>
        addSnapshot(input.TargetDBSnapshotIdentifier, input.Tags),
      );
  }

  return {
    mock,
    instances,
    snapshots,
    reset,
    /** The next restore to a moment, or the next snapshot, does this instead. */
    insteadOf: (command: 'restore' | 'snapshot', act: () => never) => void once.set(command, act),
    /** Puts an instance there, or changes one. */
    put(identifier: string, more: DBInstance = {}) {
      instances.set(identifier, { ...(instances.get(identifier) ?? described(identifier)), ...more });
    },
    putSnapshot(identifier: string, more: DBSnapshot = {}) {
      snapshots.set(identifier, {
        DBSnapshotIdentifier: identifier,
        DBSnapshotArn: identifier.startsWith('arn:')
          ? identifier
          : `arn:aws:rds:us-east-1:123456789012:snapshot:${identifier}`,
        Status: 'available',
        SnapshotCreateTime: new Date('2026-11-22T03:00:00Z'),
        ...snapshots.get(identifier),
        ...more,
      });
    },
    tags: (identifier: string) =>
      Object.fromEntries((instances.get(identifier)?.TagList ?? []).map(({ Key, Value }) => [Key ?? '', Value])),
    /** Of each look at snapshots. */
    regions: () =>
      mock.commandCalls(DescribeDBSnapshotsCommand).map(async ({ thisValue }) => {
        if (!(thisValue instanceof RDSClient)) throw new Error('not called on a client of RDS');
        return await thisValue.config.region();
      }),
    modified: () => mock.commandCalls(ModifyDBInstanceCommand).map((call) => call.args[0].input),
  };
}
