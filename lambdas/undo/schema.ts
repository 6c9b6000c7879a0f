import { changeKinds, type JournalEntry } from '../../contract/changes';
import type { DatabaseDescription } from '../../contract/description';
import { probeParameters } from '../integrity/checks';

/**
 * The snapshot that has what a run's migrations have dropped, from before them; null where the run undid no migration.
 * Migrations could be applied again, and would bring back tables and columns, not what was in them.
 */
export function snapshotBehind(walk: readonly JournalEntry[]): string | null {
  const rolledBack = walk.find(({ kind }) => kind === 'schema');
  return rolledBack === undefined ? null : changeKinds.schema.target.parse(rolledBack.target).snapshot;
}

/** The database in service, by the name that the application uses; what it is replaced by is not there yet. */
export function presentDatabase(database: DatabaseDescription) {
  const { address, port, name } = database;
  return {
    serving: { address, port, name },
    before: null,
    probeServing: probeParameters(database, null),
    probeBefore: null,
  };
}
