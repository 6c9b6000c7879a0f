/** A real database with the application's tables and some rows, and the small application over it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Pool } from 'pg';
import * as z from 'zod';
import { fillDatabase } from '../../../sandbox/applications/interview-drills';
import { type Cluster, createDatabase, createMaster } from '../../../sandbox/databases';
import { type Place } from '../../../sandbox/observer';
import { isHere, PASSWORD, Site, sql, SOURCES } from '../databases/machine';
import { type Content, type Store } from './application';

export const DATABASE = 'interview_app';
export const MASTER = 'app_master';

const source = SOURCES.find(isHere);

/** With whichever PostgreSQL there is; without one the tests show as skipped, with the reason in the name. */
export function describeWithPostgres(title: string, tests: (makeSite: () => Promise<Site>) => void): void {
  if (source === undefined) {
    describe.skip(`${title}: SKIPPED, there is no PostgreSQL on this machine`, () => {
      tests(() => Promise.reject(new Error('no PostgreSQL')));
    });
  } else {
    describe(`${title}, ${source} PostgreSQL`, () => {
      tests(() => Site.make(source));
    });
  }
}

export const placeOf = (cluster: Cluster): Place => ({ cluster, database: DATABASE });

const migrations = join(__dirname, '../../../sandbox/applications/interview-drills/repository');

/** A filled database: 5,000 users, 500 questions, and evaluations. */
export async function makeDatabase(site: Site, evaluations: number): Promise<Cluster> {
  const cluster = await site.cluster();
  await createMaster(cluster, { name: MASTER, password: PASSWORD });
  await createDatabase(cluster, DATABASE, MASTER);
  const up = [
    'v1.0.0/migrations/1.0.0',
    'v1.1.0/migrations/1.1.0',
    'v1.2.0/migrations/1.2.0',
    'v1.3.0/migrations/1.3.0',
  ];
  const pool = new DatabaseStore(cluster);
  for (const file of up) {
    await sql(cluster, DATABASE, `SET ROLE ${MASTER}; ${readFileSync(join(migrations, `${file}.up.sql`), 'utf8')}`);
  }
  const client = await pool.pool.connect();
  await fillDatabase(client, { evaluations });
  client.release();
  await pool.end();
  return cluster;
}

const made = z.tuple([z.object({ id: z.coerce.number(), transaction: z.string() })]);
const read = z.array(
  z.object({ userId: z.coerce.number(), questionId: z.coerce.number(), score: z.number(), feedback: z.string() }),
);

/** As the sample application does it, over TLS with a password. */
export class DatabaseStore implements Store {
  readonly pool: Pool;
  /** Its answer comes after the commit, or never. */
  afterCommit: () => Promise<void> = () => Promise.resolve();

  constructor(cluster: Cluster) {
    const { host, port } = cluster.options.address;
    const ssl = { ca: cluster.options.authority.certificate, servername: cluster.options.names[0] };
    this.pool = new Pool({ host, port, ssl, user: MASTER, password: PASSWORD, database: DATABASE, max: 8 });
    this.pool.on('error', () => undefined);
  }

  end(): Promise<void> {
    return this.pool.end();
  }

  async healthy(): Promise<boolean> {
    await this.pool.query('SELECT 1');
    return true;
  }

  async read(id: number): Promise<Content | undefined> {
    const { rows } = await this.pool.query(
      `SELECT user_id AS "userId", question_id AS "questionId", score, feedback FROM evaluations WHERE id = $1`,
      [id],
    );
    return read.parse(rows)[0];
  }

  async write(given: Content): Promise<{ id: number; transaction: string } | undefined> {
    const result = await this.pool
      .query(
        `INSERT INTO evaluations (user_id, question_id, score, feedback) VALUES ($1, $2, $3, $4)
         RETURNING id, pg_current_xact_id() AS transaction`,
        [given.userId, given.questionId, given.score, given.feedback],
      )
      .catch((error: unknown) => {
        if (z.object({ code: z.string().regex(/^2[23]/) }).safeParse(error).success) return undefined;
        throw error;
      });
    if (result === undefined) return undefined;
    await this.afterCommit();
    return made.parse(result.rows)[0];
  }
}
