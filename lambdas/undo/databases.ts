import { changeKinds, type JournalEntry } from '../../contract/changes';
import type { DatabaseDescription } from '../../contract/description';
import { NoWayBackError } from '../../contract/errors';
import { probeParameters } from '../integrity/checks';

interface Place {
  readonly address: string;
  readonly port: number;
}

const probeAt = (database: DatabaseDescription, { address, port }: Place) =>
  probeParameters({ ...database, address, port }, null);

/**
 * The database that a run put into service, and the one that it replaced; null where it put none there.
 * @throws NoWayBackError where the replaced one could not be reached when the run fenced it
 */
export function databasesOf(runId: string, walk: readonly JournalEntry[], database: DatabaseDescription) {
  const replaced = walk.some(({ kind }) => kind === 'database-replacement');
  const isInService = walk.some(({ pointOfNoReturn }) => pointOfNoReturn);
  if (!replaced || !isInService) return null;
  const fence = walk.find(({ kind }) => kind === 'database-fence');
  if (fence === undefined) {
    throw new NoWayBackError(
      `The database that ${runId} replaced could not be reached then, so nobody fenced it from inside: it cannot serve again.`,
    );
  }
  const { address, port } = changeKinds['database-fence'].target.parse(fence.target).connection;
  const before = { address, port };
  // By rename the name leads to the replacement; by record the record does.
  const record = walk.find(({ kind }) => kind === 'dns-record');
  const serving = {
    address: record === undefined ? database.address : changeKinds['dns-record'].target.parse(record.target).value,
    port: database.port,
  };
  return { serving, before, probeServing: probeAt(database, serving), probeBefore: probeAt(database, before) };
}
