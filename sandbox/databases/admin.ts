/** The superuser's connection over the cluster's socket. */
import { Client } from 'pg';
import * as z from 'zod';
import { ADMIN } from './configuration';

export class Admin {
  constructor(private readonly client: Client) {}

  /** Runs one statement and parses each row. */
  async query<T>(row: z.ZodType<T>, sql: string, values: readonly unknown[] = []): Promise<T[]> {
    const result = await this.client.query<Record<string, unknown>>(sql, [...values]);
    return z.array(row).parse(result.rows);
  }

  /** Runs a statement that always has exactly one row. */
  async one<T>(row: z.ZodType<T>, sql: string, values: readonly unknown[] = []): Promise<T> {
    const rows = await this.query(row, sql, values);
    return z.tuple([row]).parse(rows)[0];
  }

  /** Runs statements without a result; several at once, separated by semicolons, are one transaction. */
  async execute(sql: string): Promise<void> {
    await this.client.query(sql);
  }
}

/** Connects, works, disconnects. The server may be killed meanwhile: the work then rejects. */
export async function withAdmin<T>(
  server: { readonly socketFolder: string; readonly port: number },
  database: string,
  work: (admin: Admin) => Promise<T>,
): Promise<T> {
  const client = new Client({
    host: server.socketFolder,
    port: server.port,
    user: ADMIN,
    database,
    ssl: false,
    application_name: 'sandbox',
    options: '-c datestyle=ISO -c timezone=UTC', // whatever the cluster is set to, the driver parses ISO dates only
    connectionTimeoutMillis: 10_000,
  });
  // Without a listener a server killed between two queries would end this process; the next query rejects anyway.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(new Admin(client));
  } finally {
    await client.end();
  }
}
