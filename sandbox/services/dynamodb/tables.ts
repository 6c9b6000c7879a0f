import { type AddressInfo } from 'node:net';
import { type Server } from 'node:http';
import {
  type AttributeValue,
  type CreateTableCommandInput,
  CreateTableCommand,
  DeleteItemCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
  BatchGetItemCommand,
  BatchWriteItemCommand,
} from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import * as z from 'zod';
import { keyPermissions } from '../keys';
import { operation } from '../operation';
import { type Place, regionalArn } from '../place';
import { AwsError, type Operation, type Permission, type SimulatedService } from '../service';

interface Table {
  readonly arn: string;
  readonly keyArn: string | undefined;
  /** Name of the partition key's attribute, which the condition key dynamodb:LeadingKeys speaks of. */
  readonly partitionKey: string;
}

const names = z.record(z.string(), z.string()).optional();
const values = z.record(z.string(), z.custom<AttributeValue>()).optional();
const item = z.record(z.string(), z.custom<AttributeValue>());
const common = {
  TableName: z.string(),
  ExpressionAttributeNames: names,
  ReturnConsumedCapacity: z.literal('NONE').optional(),
};
const writing = {
  ...common,
  ExpressionAttributeValues: values,
  ConditionExpression: z.string().optional(),
  ReturnValues: z.enum(['NONE', 'ALL_OLD', 'UPDATED_OLD', 'ALL_NEW', 'UPDATED_NEW']).optional(),
};
const reading = {
  ...common,
  ConsistentRead: z.boolean().optional(),
  ProjectionExpression: z.string().optional(),
};
const searching = {
  ...reading,
  IndexName: z.string().optional(),
  ExpressionAttributeValues: values,
  FilterExpression: z.string().optional(),
  Limit: z.number().optional(),
  ExclusiveStartKey: item.optional(),
  Select: z.enum(['ALL_ATTRIBUTES', 'ALL_PROJECTED_ATTRIBUTES', 'SPECIFIC_ATTRIBUTES', 'COUNT']).optional(),
};

/** What every call on a table may have, as far as permissions depend on it. */
interface OnTable {
  TableName: string;
  IndexName?: string | undefined;
  Key?: z.infer<typeof item> | undefined;
  Item?: z.infer<typeof item> | undefined;
}

/** DynamoDB by dynalite, on a loopback port of its own. */
export class Tables implements SimulatedService {
  readonly name = 'DynamoDB';
  readonly standIn = {
    name: 'Amazon DynamoDB',
    instead: 'dynalite on a loopback port: conditions, indexes and item limits as DynamoDB has them',
    differs: 'no transactions, no streams, items do not expire, capacity is not limited',
  };
  readonly #tables = new Map<string, Table>();
  readonly operations: Readonly<Record<string, Operation>>;

  private constructor(
    private readonly place: Place,
    private readonly server: Server,
    private readonly client: DynamoDBClient,
  ) {
    this.operations = {
      GetItem: this.#onTable('GetItem', z.strictObject({ ...reading, Key: item }), (input) =>
        client.send(new GetItemCommand(input)),
      ),
      PutItem: this.#onTable('PutItem', z.strictObject({ ...writing, Item: item }), (input) =>
        client.send(new PutItemCommand(input)),
      ),
      DeleteItem: this.#onTable('DeleteItem', z.strictObject({ ...writing, Key: item }), (input) =>
        client.send(new DeleteItemCommand(input)),
      ),
      UpdateItem: this.#onTable(
        'UpdateItem',
        z.strictObject({ ...writing, Key: item, UpdateExpression: z.string() }),
        (input) => client.send(new UpdateItemCommand(input)),
      ),
      Query: this.#onTable(
        'Query',
        z.strictObject({ ...searching, KeyConditionExpression: z.string(), ScanIndexForward: z.boolean().optional() }),
        (input) => client.send(new QueryCommand(input)),
      ),
      Scan: this.#onTable('Scan', z.strictObject(searching), (input) => client.send(new ScanCommand(input))),
      BatchGetItem: operation(
        z.strictObject({
          RequestItems: z.record(
            z.string(),
            z.strictObject({ Keys: z.array(item), ConsistentRead: z.boolean().optional() }),
          ),
        }),
        {
          authorize: ({ RequestItems }) =>
            Object.keys(RequestItems).flatMap((name) => this.#permissions('BatchGetItem', name)),
          perform: async (input) => await answer(client.send(new BatchGetItemCommand(input))),
        },
      ),
      BatchWriteItem: operation(
        z.strictObject({
          RequestItems: z.record(
            z.string(),
            z.array(
              z.union([
                z.strictObject({ PutRequest: z.strictObject({ Item: item }) }),
                z.strictObject({ DeleteRequest: z.strictObject({ Key: item }) }),
              ]),
            ),
          ),
        }),
        {
          authorize: ({ RequestItems }) =>
            Object.keys(RequestItems).flatMap((name) => this.#permissions('BatchWriteItem', name)),
          perform: async (input) => await answer(client.send(new BatchWriteItemCommand(input))),
        },
      ),
      DescribeTable: this.#onTable('DescribeTable', z.strictObject({ TableName: z.string() }), async (input) => {
        const { Table } = await client.send(new DescribeTableCommand(input));
        return { Table: { ...Table, TableArn: this.#table(input.TableName).arn } };
      }),
    };
  }

  /**
   * Starts dynalite.
   * @param exempt takes the raw client out of the interceptor
   */
  static async open(place: Place, exempt: (client: object) => void): Promise<Tables> {
    const server: Server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
    // Node ends a connection that was idle for 5 s. Server and client share a process here: one that is busy then picks the
    // connection that the other has just ended, and a call fails by a reset that DynamoDB had no part in.
    server.keepAliveTimeout = 0;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    server.unref();
    const address: AddressInfo | string | null = server.address();
    if (address === null || typeof address === 'string') throw new TypeError('A TCP server has an address and a port');
    const client = new DynamoDBClient({
      endpoint: `http://127.0.0.1:${address.port}`,
      region: place.region,
      credentials: { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' },
      maxAttempts: 1,
    });
    exempt(client);
    return new Tables(place, server, client);
  }

  /** Makes a table, ready for use when this resolves. Returns its ARN. */
  async create(input: CreateTableCommandInput & { TableName: string }, keyArn: string | undefined): Promise<string> {
    await this.client.send(new CreateTableCommand(input));
    for (let status: string | undefined; status !== 'ACTIVE';) {
      status = (await this.client.send(new DescribeTableCommand({ TableName: input.TableName }))).Table?.TableStatus;
    }
    const arn = regionalArn(this.place, 'dynamodb', `table/${input.TableName}`);
    const partitionKey = input.KeySchema?.find(({ KeyType }) => KeyType === 'HASH')?.AttributeName ?? '';
    this.#tables.set(input.TableName, { arn, keyArn, partitionKey });
    return arn;
  }

  async close(): Promise<void> {
    this.client.destroy();
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.server.close(() => {
        resolve();
      });
    });
  }

  #onTable<S extends z.ZodType<OnTable>>(
    action: string,
    schema: S,
    perform: (input: z.infer<S>) => Promise<object>,
  ): Operation {
    return operation(schema, {
      authorize: (input) => this.#permissions(action, input.TableName, input.IndexName, input.Key ?? input.Item),
      perform: async (input) => {
        this.#table(input.TableName);
        return await answer(perform(input));
      },
    });
  }

  /** @param key of the one item that the call is about; where there is none, what it leads to is not known */
  #permissions(action: string, tableName: string, indexName?: string, key?: z.infer<typeof item>): Permission[] {
    const table = this.#tables.get(tableName);
    const leading = key?.[table?.partitionKey ?? '']?.S;
    const arn = table?.arn ?? regionalArn(this.place, 'dynamodb', `table/${tableName}`);
    return [
      {
        action: `dynamodb:${action}`,
        resource: indexName === undefined ? arn : `${arn}/index/${indexName}`,
        ...(leading === undefined ? {} : { context: { 'dynamodb:LeadingKeys': [leading] } }),
      },
      ...(action === 'DescribeTable' ? [] : keyPermissions(table?.keyArn, ['Decrypt'])),
    ];
  }

  #table(name: string): Table {
    const table = this.#tables.get(name);
    if (table === undefined) {
      throw new AwsError('ResourceNotFoundException', `Requested resource not found: Table: ${name} not found`);
    }
    return table;
  }
}

/** What the raw client answered, without the metadata that the interceptor adds itself. */
async function answer(sent: Promise<object>): Promise<object> {
  const output = { ...(await sent) };
  Reflect.deleteProperty(output, '$metadata');
  return output;
}
