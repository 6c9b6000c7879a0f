import { changeKinds, type JournalEntry } from '../../contract/changes';
import type { DatabaseDescription } from '../../contract/description';
import { NoWayBackError } from '../../contract/errors';
import { probeParameters } from '../integrity/checks';

interface Place {
  readonly address: string;
  readonly port: number;
  readonly name: string;
}

const probeAt = (database: DatabaseDescription, place: Place) => probeParameters({ ...database, ...place }, null);

/** By rename the name leads to the replacement; by record the record does. */
function instancesOf(walk: readonly JournalEntry[], database: DatabaseDescription, fence: JournalEntry) {
  const { address, port } = changeKinds['database-fence'].target.parse(fence.target).connection;
  // The public record may have been moved as well.
  const record = walk.find(
    ({ kind, target }) =>
      kind === 'dns-record' && changeKinds['dns-record'].target.parse(target).name === database.address,
  );
  const { name } = database;
  return {
    before: { address, port, name },
    serving: {
      address: record === undefined ? database.address : changeKinds['dns-record'].target.parse(record.target).value,
      port: database.port,
      name,
    },
  };
}

/** On a server of one's own the copy has taken the name, and the one before has another. */
function namesOf(swap: JournalEntry) {
  const { connection, kept } = changeKinds['database-swap'].target.parse(swap.target);
  const { address, port, name } = connection;
  return { before: { address, port, name: kept }, serving: { address, port, name } };
}

/**
 * The database that a run put into service, and the one that it replaced; null where it put none there.
 * @throws NoWayBackError where there was none before, or it could not be reached when the run fenced it
 */
export function databasesOf(runId: string, walk: readonly JournalEntry[], database: DatabaseDescription) {
  const swap = walk.find(({ kind }) => kind === 'database-swap');
  const replaces = ['database-replacement', 'region-traffic'];
  const replaced = swap !== undefined || walk.some(({ kind }) => replaces.includes(kind));
  const isInService = walk.some(({ pointOfNoReturn }) => pointOfNoReturn);
  if (!replaced || !isInService) return null;
  const fence = walk.find(({ kind }) => kind === 'database-fence');
  if (fence === undefined) {
    throw new NoWayBackError(
      swap === undefined
        ? `The database that ${runId} replaced could not be reached then, so nobody fenced it from inside: it cannot serve again.`
        : `There was no database when ${runId} put one there: nothing is left to go back to.`,
    );
  }
  const { serving, before } = swap === undefined ? instancesOf(walk, database, fence) : namesOf(swap);
  return { serving, before, probeServing: probeAt(database, serving), probeBefore: probeAt(database, before) };
}
