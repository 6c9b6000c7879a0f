import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
  type QueryCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { callAws } from './aws-errors';
import { client } from './clients';

/** A table with the keys `pk` and `sk`. All reads are consistent: what decides about a lease or a journal is never stale. */
export interface Key {
  readonly pk: string;
  readonly sk: string;
}
export type Item = Record<string, unknown>;

/** A condition or an update in DynamoDB's language, with its `#names` and `:values`. */
export interface Statement {
  readonly expression: string;
  readonly names?: Record<string, string>;
  readonly values?: Item;
}

let made: DynamoDBDocumentClient | undefined;
const documents = () =>
  (made ??= DynamoDBDocumentClient.from(client(DynamoDBClient), { marshallOptions: { removeUndefinedValues: true } }));

function optional(condition: Statement | undefined) {
  if (condition === undefined) return {};
  return {
    ConditionExpression: condition.expression,
    ...(condition.names === undefined ? {} : { ExpressionAttributeNames: condition.names }),
    ...(condition.values === undefined ? {} : { ExpressionAttributeValues: condition.values }),
  };
}

/** The condition that nothing is there under the key yet. */
export const ABSENT: Statement = { expression: 'attribute_not_exists(pk)' };

/** One item, or undefined. */
export async function getItem(table: string, key: Key): Promise<Item | undefined> {
  const { Item: item } = await callAws(`dynamodb:GetItem ${table}`, () =>
    documents().send(new GetCommand({ TableName: table, Key: { pk: key.pk, sk: key.sk }, ConsistentRead: true })),
  );
  return item;
}

class ConditionFailed extends Error {}

/** Says whether the condition held; anything else that goes wrong is thrown. */
async function decided(action: string, call: () => Promise<unknown>): Promise<boolean> {
  try {
    await callAws(action, call, {
      // A call that is repeated after a lost answer may find its own write: callers look at what is there first.
      ConditionalCheckFailedException: (cause) => new ConditionFailed(action, { cause }),
    });
    return true;
  } catch (error) {
    if (error instanceof ConditionFailed) return false;
    throw error;
  }
}

/** Puts an item; false where the condition did not hold. */
export function putItem(table: string, item: Key & Item, condition?: Statement): Promise<boolean> {
  return decided(`dynamodb:PutItem ${table}`, () =>
    documents().send(new PutCommand({ TableName: table, Item: item, ...optional(condition) })),
  );
}

/** Updates an item; false where the condition did not hold. Names and values of update and condition share one space. */
export function updateItem(table: string, key: Key, update: Statement, condition?: string): Promise<boolean> {
  return decided(`dynamodb:UpdateItem ${table}`, () =>
    documents().send(
      new UpdateCommand({
        TableName: table,
        Key: { pk: key.pk, sk: key.sk },
        UpdateExpression: update.expression,
        ...(condition === undefined ? {} : { ConditionExpression: condition }),
        ...(update.names === undefined ? {} : { ExpressionAttributeNames: update.names }),
        ...(update.values === undefined ? {} : { ExpressionAttributeValues: update.values }),
      }),
    ),
  );
}

/** Deletes an item, where it is there. */
export async function deleteItem(table: string, key: Key): Promise<void> {
  await callAws(`dynamodb:DeleteItem ${table}`, () =>
    documents().send(new DeleteCommand({ TableName: table, Key: { pk: key.pk, sk: key.sk } })),
  );
}

export interface QueryOptions {
  /** Only sort keys that begin so. */
  readonly prefix?: string;
  /** Only sort keys up to and with this one. */
  readonly upTo?: string;
  readonly backwards?: boolean;
}

/** All items under a partition key, in the order of their sort keys, a page at a time. */
export async function* queryItems(table: string, pk: string, options: QueryOptions = {}): AsyncGenerator<Item> {
  const { prefix, upTo } = options;
  const input: QueryCommandInput = {
    TableName: table,
    ConsistentRead: true,
    ScanIndexForward: options.backwards !== true,
    KeyConditionExpression: [
      'pk = :pk',
      ...(prefix === undefined ? [] : ['begins_with(sk, :prefix)']),
      ...(upTo === undefined ? [] : ['sk <= :upTo']),
    ].join(' AND '),
    ExpressionAttributeValues: {
      ':pk': pk,
      ...(prefix === undefined ? {} : { ':prefix': prefix }),
      ...(upTo === undefined ? {} : { ':upTo': upTo }),
    },
  };
  let from: Item | undefined;
  do {
    const start = from;
    const page = await callAws(`dynamodb:Query ${table}`, () =>
      documents().send(new QueryCommand({ ...input, ...(start === undefined ? {} : { ExclusiveStartKey: start }) })),
    );
    yield* page.Items ?? [];
    from = page.LastEvaluatedKey;
  } while (from !== undefined);
}

/** The same as a list. */
export async function queryAll(table: string, pk: string, options: QueryOptions = {}): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of queryItems(table, pk, options)) items.push(item);
  return items;
}
