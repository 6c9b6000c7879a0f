import type { DatabaseDescription, IntegrityCheck } from '../../contract/description';
import type { DocumentParameters, IntegrityMeasure } from '../../contract/documents';

/** What `Checks` of the document may hold of a key; `|` would begin a rule (contract/documents.ts). */
const passable = /^[A-Za-z0-9_:,.=>@+-]+$/;

/** One table as the document reads it: table:key:columns[:known through][|references=…][|range=…]. */
function itemOf(check: IntegrityCheck, through: string | undefined): string {
  const known = through !== undefined && passable.test(through) ? `:${through}` : '';
  const { references, range } = check;
  return [
    `${check.table}:${check.key}:${check.columns.join(',')}${known}`,
    ...(references === undefined ? [] : [`references=${references.column}>${references.table}.${references.key}`]),
    ...(range === undefined ? [] : [`range=${range.column}>${range.minimum}..${range.maximum}`]),
  ].join('|');
}

/** Each look, seconds: below the probe's execution time-out of 300 s (statemachines/integrity-probe.ts). */
const LOOK_SECONDS = 240;

/**
 * The parameters of `probe-integrity` for the application's database.
 * @param lastPass the measure up to whose highest keys rows and checksums are taken again, where there is one.
 */
export function probeParameters(
  database: DatabaseDescription,
  lastPass: IntegrityMeasure | null,
): Record<keyof DocumentParameters<'probe-integrity'>, string> {
  const known = new Map(lastPass?.tables.map(({ table, through }) => [table, through]) ?? []);
  return {
    Address: database.address,
    Port: String(database.port),
    Database: database.name,
    SslMode: database.sslMode,
    CaFile: database.caFile,
    MasterSecretArn: database.masterSecretArn,
    StatementTimeoutSeconds: String(LOOK_SECONDS),
    SchemaVersion: `${database.schemaVersion.table}.${database.schemaVersion.column}`,
    Checks: database.integrityChecks.map((check) => itemOf(check, known.get(check.table))).join(' '),
  };
}
