import './quiet';
import type { AddressInfo } from 'node:net';
import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ResourceNotFoundException,
} from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';

const NAMES = ['runs', 'evidence'];
let stop: (() => Promise<void>) | undefined;
let client: DynamoDBClient;

/** Starts a DynamoDB of its own on a loopback port; `emptyTables` makes both tables anew. */
export async function startTables(): Promise<void> {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  // As in sandbox/services/dynamodb.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const { port } =
    typeof address === 'object' && address !== null ? address : ({ port: 0 } satisfies Partial<AddressInfo>);
  process.env['AWS_ENDPOINT_URL_DYNAMODB'] = `http://127.0.0.1:${port}`;
  client = new DynamoDBClient({ maxAttempts: 5 });
  stop = async () => {
    client.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
}

async function isThere(TableName: string): Promise<boolean> {
  try {
    await client.send(new DescribeTableCommand({ TableName }));
    return true;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return false;
    throw error;
  }
}

export async function emptyTables(): Promise<void> {
  for (const TableName of NAMES) {
    await client.send(new DeleteTableCommand({ TableName })).catch(() => undefined);
    // It is deleted a moment after the answer.
    while (await isThere(TableName));
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
}

export const stopTables = async (): Promise<void> => stop?.();
