/** A migration turns out to be wrong, with the release that needed it taken back already. */
import * as z from 'zod';
import type { Check } from '../../contract/run';
import { deployEverywhere } from './bad-release';
import { NothingToDamageError, sandboxOf, type Scenario, type World } from './scenario';

const TABLES = `SELECT count(*)::int AS count FROM pg_tables WHERE schemaname = 'public' AND tablename = 'reviews'`;
const VERSION = `SELECT version FROM public.schema_migrations ORDER BY string_to_array(version, '.')::int[] DESC LIMIT 1`;
const count = z.object({ count: z.number() });
const newest = z.object({ version: z.string() });

/** v1.2.0 runs on schema 1.3.0, of which it knows nothing, not even how to undo it. */
export const wrongMigration: Scenario = {
  name: 'wrong-migration',
  title: 'A migration was wrong, and has to be undone',
  plan: 'schema-rollback',
  request: { schemaVersion: '1.2.0' },
  removes: [{ table: 'public.schema_migrations', key: '1.3.0' }],
  prepare: (world) => deployEverywhere(world, 'v1.2.0'),
  inject: async ({ database }: World) => {
    const at = new Date();
    await database.cluster.withAdmin(database.name, async (admin) => {
      if ((await admin.one(count, TABLES)).count === 0) throw new NothingToDamageError('there is no table reviews');
      // What users made with the release that is gone: rows that keep evaluations from being removed.
      await admin.execute(
        `INSERT INTO public.reviews (evaluation_id, reviewer_id, agrees) SELECT id, user_id, false FROM public.evaluations ORDER BY id LIMIT 50`,
      );
    });
    return { at, what: 'reviews turn out to be wrong, and 50 of them were written; schema 1.3.0 has to go' };
  },
  look: lookAtSchema,
};

/** The schema, and that nothing else went with it. */
async function lookAtSchema(world: World): Promise<Check[]> {
  const { database } = world;
  const evidence = 'the database itself, by nobody of the system under test';
  return await database.cluster.withAdmin(database.name, async (admin) => {
    const { version } = await admin.one(newest, VERSION);
    const tables = (await admin.one(count, TABLES)).count;
    const members = await admin.one(
      count,
      `SELECT count(*)::int AS count FROM pg_auth_members AS m WHERE pg_get_userbyid(m.roleid) = '${database.login}'
        AND pg_has_role(m.member, m.roleid, 'USAGE')`,
    );
    const check = (name: string, expected: string, actual: string): Check => ({
      name,
      status: actual === expected ? 'passed' : 'failed',
      expected,
      actual,
      evidence,
    });
    const { description, rds } = sandboxOf(world);
    const snapshots = rds.plane.snapshots
      .in(description.region)
      .filter(({ identifier }) => identifier.includes('-safety-'));
    return [
      check('the schema is the earlier one', '1.2.0', version),
      check('what the migration had made is gone', '0 tables', `${tables} tables`),
      check('what is gone is in a snapshot', '1 safety snapshots', `${snapshots.length} safety snapshots`),
      check("the master has not kept the owner's rights", '0 members', `${members.count} members`),
    ];
  });
}
