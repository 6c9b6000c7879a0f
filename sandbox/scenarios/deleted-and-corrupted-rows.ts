/** Somebody with the application's login clears up in the wrong database. */
import * as z from 'zod';
import { type Admin, NothingToDamageError, type Scenario, type Struck, type World } from './scenario';

const DELETED_SHARE = 0.3;
const DELETED_USERS_SHARE = 0.02;
/** Of the evaluations, by age: the oldest fifth is overwritten. */
const CORRUPTED_SHARE = 0.2;

const count = z.object({ count: z.coerce.number() });

/**
 * Three transactions, as a session of mistakes has them: a random third of the evaluations deleted; the oldest fifth of
 * what is left overwritten with scores out of range and scrambled feedback, with the check that was in the way dropped;
 * users deleted with foreign keys switched off, so that references break.
 */
export const deletedAndCorruptedRows: Scenario = {
  name: 'deleted-and-corrupted-rows',
  title: 'Rows are deleted and overwritten by mistake',
  plan: 'database-recovery',
  inject: damage,
};

/** @throws NothingToDamageError */
export async function damage({ database, random, spare }: World): Promise<Struck> {
  return database.cluster.withAdmin(database.name, async (admin) => {
    await admin.one(z.object({}), 'SELECT setseed($1)', [random() * 2 - 1]);
    let deleted = 0;
    const first = await transaction(admin, database.login, async () => {
      deleted = await changed(
        admin,
        'DELETE FROM public.evaluations WHERE random() < $1 AND id <> ALL($2::bigint[]) RETURNING 1',
        [DELETED_SHARE, spare.evaluations],
      );
    });
    let corrupted = 0;
    await transaction(admin, database.login, async () => {
      await admin.execute('ALTER TABLE public.evaluations DROP CONSTRAINT IF EXISTS evaluations_score_check');
      corrupted = await changed(
        admin,
        `UPDATE public.evaluations
            SET score = 101 + (random() * 800)::int, feedback = reverse(feedback) || md5(random()::text)
          WHERE id <= (SELECT percentile_disc($1::float8) WITHIN GROUP (ORDER BY id) FROM public.evaluations)
            AND id <> ALL($2::bigint[]) RETURNING 1`,
        [CORRUPTED_SHARE, spare.evaluations],
      );
    });
    let users = 0;
    await transaction(
      admin,
      database.login,
      async () => {
        users = await changed(
          admin,
          'DELETE FROM public.users WHERE random() < $1 AND id <> ALL($2::bigint[]) RETURNING 1',
          [DELETED_USERS_SHARE, spare.users],
        );
      },
      // Foreign keys are triggers, which a replica's session does not fire; RDS lets the master set it.
      'SET LOCAL session_replication_role = replica',
    );
    if (deleted + corrupted === 0) throw new NothingToDamageError('there are no evaluations to damage');
    const what = `${deleted} evaluations and ${users} users were deleted, and ${corrupted} evaluations overwritten`;
    return { at: first, what };
  });
}

export async function changed(admin: Admin, statement: string, values: readonly unknown[]): Promise<number> {
  return (await admin.one(count, `WITH changed AS (${statement}) SELECT count(*) FROM changed`, values)).count;
}

/** @returns when it was committed, by PostgreSQL's own record */
export async function transaction(
  admin: Admin,
  login: string,
  work: () => Promise<void>,
  preparation = '',
): Promise<Date> {
  await admin.execute('BEGIN');
  try {
    if (preparation !== '') await admin.execute(preparation);
    await admin.one(z.object({}), `SELECT set_config('role', $1, true)`, [login]);
    await work();
    const { id } = await admin.one(z.object({ id: z.string() }), 'SELECT pg_current_xact_id()::text AS id');
    await admin.execute('COMMIT');
    const { at } = await admin.one(
      z.object({ at: z.date() }),
      'SELECT pg_xact_commit_timestamp($1::text::xid8::xid) AS at',
      [id],
    );
    return at;
  } catch (error) {
    await admin.execute('ROLLBACK');
    throw error;
  }
}
