import type { BackupSource, DatabaseConnection } from '../../contract/changes';
import type { Description } from '../../contract/description';
import type { FoundBackup, IntegrityMeasure } from '../../contract/documents';
import { expression, path, variable, type Expression, type Input } from '../../contract/expressions';
import { description } from '../fragments/values';

/** The variables of the plans of a self-hosted database, with their types. */
export const databaseHosts = variable<string[]>('databaseHosts');
export const wanted = variable<{ notAfter: string; only: string; because: string }>('wanted');
export const found = variable<FoundBackup>('found');
export const source = variable<BackupSource>('source');
export const predictedLossSeconds = variable<number>('predictedLossSeconds');
export const grantees = variable<string[]>('grantees');

/** The one host with the server, as documents are sent to it. */
export const databaseHost = expression<string>('$databaseHosts[0]');
export const onDatabaseHost = expression<string[]>('[$databaseHosts[0]]');
/** The hosts' description, with the tag of the database's own. */
export const databaseHostTag = expression<Description['hosts']>(
  "$merge([$description.hosts, {'tag': $description.database.selfHosted.tag}])",
);
export const backupFolder = path<string>('$description.database.selfHosted.backupFolder');

/** Keys of the plans' changes in the journal. */
export const keys = {
  fence: 'fence-database',
  safety: 'safety-backup',
  side: 'restore-beside',
  swap: 'give-the-name',
} as const;

/**
 * A name that follows from the run: at most 63 characters (PostgreSQL, identifiers), with a digest so that two runs never
 * share one.
 */
function named(prefix: string): Expression<string> {
  const readable = "$replace($substring($replace($lowercase($run.id), /[^a-z0-9]+/, '_'), 0, 24), /^_|_$/, '')";
  return expression<string>(
    `($readable := ${readable}; 'lifeboat_${prefix}_' & ($readable = '' ? '' : $readable & '_') & $substring($hash($run.id, 'SHA-256'), 0, 8))`,
  );
}
export const side = named('side');
/** What the replaced database is called from the swap on. */
export const kept = named('old');
export const safetyName = named('before');

const { database } = description;

/** The database by the application's name for it, or another one on its server. */
export function connectionTo(name: Input<string> = database.name): Input<DatabaseConnection> {
  const { address, port, sslMode, caFile, masterSecretArn } = database;
  return { address, port, name, sslMode, caFile, masterSecretArn };
}

/** The same as parameters of a document. */
export function parametersFor(name: Expression<string> = database.name) {
  return {
    Address: database.address,
    Port: expression<string>('$string($description.database.port)'),
    Database: name,
    SslMode: database.sslMode,
    CaFile: database.caFile,
    MasterSecretArn: database.masterSecretArn,
  };
}

export const measure = variable<IntegrityMeasure>('measure');
