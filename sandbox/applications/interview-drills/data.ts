/** What `pg`'s Client and Pool have in common. */
export interface Queryable {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
}

export interface Filled {
  readonly users: number;
  readonly questions: number;
  readonly evaluations: number;
}

export interface FillOptions {
  /** Number of evaluations; 100,000 are some 115 MB with their indexes. */
  readonly evaluations?: number;
  /** The newest evaluation's time; they go back from there, one every ten seconds. */
  readonly until?: Date;
}

/** About 850 characters, so that a row stays in its page and a hundred thousand make a hundred megabytes. */
const feedback = `(ARRAY['Clear structure','Good trade-offs','Missed an edge case','Asked the right questions','Needs practice'])
    [1 + (random() * 4)::int] || '. ' || repeat(md5(n::text || random()::text) || ' ', 25)`;

/**
 * Fills a migrated, empty database on the server itself. The same options give the same rows, byte by byte, since
 * random() is seeded in the same session: pass a Client, not a Pool.
 */
export async function fillDatabase(client: Queryable, options: FillOptions = {}): Promise<Filled> {
  const filled = { users: 5000, questions: 500, evaluations: options.evaluations ?? 100_000 };
  const until = options.until ?? new Date();
  await client.query('BEGIN');
  await client.query('SELECT setseed(0.42)');
  // A parallel plan would draw the random numbers in another order each time.
  await client.query('SET LOCAL max_parallel_workers_per_gather = 0');
  await client.query(
    `INSERT INTO users (email, name, created_at)
     SELECT 'user' || n || '@example.com', 'User ' || n, $2::timestamptz - interval '400 days'
     FROM generate_series(1, $1::int) n`,
    [filled.users, until],
  );
  await client.query(
    `INSERT INTO questions (topic, text)
     SELECT (ARRAY['algorithms','databases','design','networks','behaviour'])[1 + n % 5],
       'Question ' || n || ': ' || md5(n::text)
     FROM generate_series(1, $1::int) n`,
    [filled.questions],
  );
  await client.query(
    `INSERT INTO evaluations (user_id, question_id, score, feedback, created_at)
     SELECT 1 + (random() * ($1::int - 1))::int, 1 + (random() * ($2::int - 1))::int, (random() * 100)::int, ${feedback},
       $4::timestamptz - ($3::int - n) * interval '10 seconds'
     FROM generate_series(1, $3::int) n`,
    [filled.users, filled.questions, filled.evaluations, until],
  );
  await client.query('COMMIT');
  await client.query('ANALYZE');
  return filled;
}
