import { createServer } from 'node:net';
import { CreateTableCommand, DeleteItemCommand, DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import type { DBInstance } from '@aws-sdk/client-rds';
import dynalite from 'dynalite';
import type { ChangeKind, ChangeResult, ChangeTarget, InstanceSettings } from '../../../contract/changes';
import { TAGS, environmentVariables } from '../../../contract/environment';
import type { RunRef } from '../../../contract/run';
import { openRun, setRun } from '../../../lambdas/gateways/runs';
import { takeLease } from '../../../lambdas/run/lease';

/** What the tests of these rooms stand on: tables in dynalite, a run with its lease, an instance as RDS describes it. */

const freePort = () =>
  new Promise<number>((resolve, reject) => {
    const server = createServer();
    server.once('error', reject).listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  });

/** Starts the tables and points the functions' environment at them. @returns what stops them */
export async function startTables(): Promise<() => Promise<void>> {
  const port = await freePort();
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  // As in sandbox/services/dynamodb.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${port}`,
    POWERTOOLS_LOG_LEVEL: 'SILENT',
    POWERTOOLS_METRICS_DISABLED: 'true',
    [environmentVariables.environment]: 'drill',
    [environmentVariables.runsTable]: 'runs',
    [environmentVariables.evidenceTable]: 'evidence',
    [environmentVariables.reportBucket]: 'reports',
  });
  const client = new DynamoDBClient({});
  for (const TableName of ['runs', 'evidence']) {
    await client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [
          { AttributeName: 'pk', AttributeType: 'S' },
          { AttributeName: 'sk', AttributeType: 'S' },
        ],
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
      }),
    );
  }
  client.destroy();
  return () =>
    new Promise<void>((resolve) => {
      server.close(() => {
        resolve();
      });
    });
}

/** The same around all tests of a file. */
export function withTables(): void {
  let stop: (() => Promise<void>) | undefined;
  beforeAll(async () => {
    stop = await startTables();
  });
  afterAll(async () => stop?.());
}

/** Forgets every probe: evidence belongs to an environment, not to a run. */
export async function forgetEvidence(): Promise<void> {
  const client = new DynamoDBClient({});
  const { Items: items = [] } = await client.send(
    new ScanCommand({ TableName: 'evidence', ProjectionExpression: 'pk, sk' }),
  );
  for (const Key of items) await client.send(new DeleteItemCommand({ TableName: 'evidence', Key }));
  client.destroy();
}

let runs = 0;
/** A run that holds the lease of an environment; the lease before is overwritten by giving it back first. */
export async function newRun(release: (runId: string) => Promise<boolean>): Promise<RunRef> {
  await release(`run-${runs}`);
  runs += 1;
  return await takeLease({ id: `run-${runs}`, plan: 'database-recovery', environment: 'drill', mode: 'live' });
}

/** Ends it as far as another run can tell, and gives that one the lease: it may take back what the first one did. */
export async function undoOf(run: RunRef, release: (runId: string) => Promise<boolean>): Promise<RunRef> {
  const { id, environment, plan } = run;
  const startedAt = new Date().toISOString();
  await openRun({ id, environment, executionArn: `arn:${id}`, startedAt, input: {} });
  await setRun(id, { plan });
  return await newRun(release);
}

export const settings: InstanceSettings = {
  DBInstanceClass: 'db.t4g.medium',
  StorageType: 'gp3',
  AllocatedStorage: 100,
  Iops: 3000,
  StorageThroughput: 125,
  MaxAllocatedStorage: 500,
  MultiAZ: true,
  PubliclyAccessible: false,
  AutoMinorVersionUpgrade: true,
  CopyTagsToSnapshot: true,
  DeletionProtection: true,
  IAMDatabaseAuthenticationEnabled: false,
  BackupRetentionPeriod: 7,
  PreferredBackupWindow: '03:00-03:30',
  PreferredMaintenanceWindow: 'sun:05:00-sun:05:30',
  MonitoringInterval: 60,
  MonitoringRoleArn: 'arn:aws:iam::123456789012:role/monitoring',
  PerformanceInsightsEnabled: true,
  PerformanceInsightsRetentionPeriod: 7,
  PerformanceInsightsKMSKeyId: 'arn:aws:kms:us-east-1:123456789012:key/k',
  CACertificateIdentifier: 'rds-ca-rsa2048-g1',
  NetworkType: 'IPV4',
  DBSubnetGroupName: 'database',
  DBParameterGroupName: 'app-postgres16',
  OptionGroupName: 'default:postgres-16',
  VpcSecurityGroupIds: ['sg-0aaaaaaaaaaaaaaaa'],
  EnabledCloudwatchLogsExports: ['postgresql'],
  Port: 5432,
  Tags: { application: 'orders' },
};

/** An instance as DescribeDBInstances has it, with those settings. */
export function described(identifier: string, more: DBInstance = {}): DBInstance {
  const { Tags, Port, DBSubnetGroupName, DBParameterGroupName, OptionGroupName, VpcSecurityGroupIds, ...same } =
    settings;
  return {
    ...same,
    DBInstanceIdentifier: identifier,
    DBInstanceArn: `arn:aws:rds:us-east-1:123456789012:db:${identifier}`,
    DbiResourceId: `db-${identifier}`,
    DBInstanceStatus: 'available',
    Endpoint: { Address: `${identifier}.abc.us-east-1.rds.amazonaws.com`, Port },
    DBSubnetGroup: { DBSubnetGroupName },
    DBParameterGroups: [{ DBParameterGroupName, ParameterApplyStatus: 'in-sync' }],
    OptionGroupMemberships: [{ OptionGroupName, Status: 'in-sync' }],
    VpcSecurityGroups: VpcSecurityGroupIds.map((id) => ({ VpcSecurityGroupId: id, Status: 'active' })),
    TagList: Object.entries(Tags).map(([Key, Value]) => ({ Key, Value })),
    LatestRestorableTime: new Date('2026-11-23T02:10:00Z'),
    ...more,
  };
}

export const ownTag = (run: RunRef) => ({ Key: TAGS.run, Value: run.id });

/** An error as an SDK client throws it. */
export function awsError(name: string, message = name, httpStatusCode = 400): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode } });
}
export const denied = () => awsError('AccessDeniedException', 'not allowed');
export const unavailable = () => awsError('InternalFailure', 'try again', 500);

type Handler = (event: unknown) => Promise<ChangeResult>;

/** The four verbs of one change. */
export function verbs<K extends ChangeKind>(handler: Handler, run: RunRef, key: string) {
  return {
    apply: (target: ChangeTarget<K>, more: Record<string, unknown> = {}) =>
      handler({ verb: 'apply', run, key, target, ...more }),
    confirm: () => handler({ verb: 'confirm', run, key }),
    undo: () => handler({ verb: 'undo', run, key }),
    confirmUndo: () => handler({ verb: 'confirm-undo', run, key }),
  };
}
