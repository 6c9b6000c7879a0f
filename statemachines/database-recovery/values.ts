import type { DatabaseConnection, InstanceSettings, RecoverySource } from '../../contract/changes';
import { expression, variable, type Expression, type Input, type Path } from '../../contract/expressions';
import { description } from '../fragments/values';
import { endedStatuses } from '../../contract/tasks/database';
import type { AvailableSources, CurrentInstance } from '../../contract/tasks/database';
import type { IntegrityMeasure } from '../../contract/documents';

export { activeUnits, description, firstHost, hosts, request, run } from '../fragments/values';

/** The variables of the plan, with their types. */
export const current = variable<CurrentInstance>('current');
export const sources = variable<AvailableSources>('sources');
export const source = variable<RecoverySource>('source');
/** Time whose writes the chosen moment loses, seconds. */
export const predictedLossSeconds = variable<number>('predictedLossSeconds');
export const baselineTakenAt = variable<string | null>('baselineTakenAt');
export const baselineThrough = variable<Record<string, string>>('baselineThrough');
export const grantees = variable<string[]>('grantees');
export const endpoint = variable<{ address: string; port: number }>('endpoint');
/** Inside the branches: a variable of the outside cannot be given a value there. */
export const copyEndpoint = variable<{ address: string; port: number }>('copyEndpoint');
export const oldGrantees = variable<string[]>('oldGrantees');
export const oldTtlSeconds = variable<number>('oldTtlSeconds');
export const measure = variable<IntegrityMeasure>('measure');

/** Keys of the plan's changes in the journal. */
export const keys = {
  fence: 'fence-database',
  networkFence: 'fence-network',
  replacement: 'restore-beside',
  settings: 'carry-settings-over',
  masterLogin: 'master-login',
  record: 'move-record',
  renameOld: 'rename-replaced',
  renameNew: 'rename-replacement',
  alarms: 'alarms-follow',
  backup: 'first-backup',
  kept: 'keep-replaced',
} as const;

/**
 * A name that follows from the run, so that a policy can name it before it exists: lower-case letters, digits and single
 * hyphens, at most 63 characters (RDS, naming constraints), with a digest so that two runs never share one.
 */
function instanceName(prefix: string): Expression<string> {
  const readable = "$replace($substring($replace($lowercase($run.id), /[^a-z0-9]+/, '-'), 0, 24), /^-|-$/, '')";
  return expression<string>(
    // A run's name may have nothing in it that RDS would take.
    `($readable := ${readable}; 'lifeboat-' & $run.environment & '-${prefix}' & ($readable = '' ? '' : $readable & '-') & $substring($hash($run.id, 'SHA-256'), 0, 6))`,
  );
}
export const replacement = instanceName('');
/** Where cut-over is by rename, the old instance gives its name away and takes this one. */
export const replaced = instanceName('old-');
export const firstBackup = instanceName('first-');

/**
 * Whether the old instance can still be written to, and its log still grows: it is there, and not in a status in which RDS lets
 * nobody in (RDS guide, DB instance status). Such an instance needs no fence and no waiting, and takes no modification.
 */
export const lives = expression<boolean>(`$not($current.status in ${JSON.stringify(endedStatuses)})`);

/** The instance that serves after cut-over: by rename it has the old one's name. */
export const serving = expression<string>(
  `$description.database.cutOver = 'rename' ? $current.instanceIdentifier : ${replacement.body}`,
);
export const keptInstance = expression<string>(
  `$description.database.cutOver = 'rename' ? ${replaced.body} : $current.instanceIdentifier`,
);

/** The database at one endpoint, as documents reach it. */
export function connectionTo(at: Path<{ address: string; port: number }>): Input<DatabaseConnection> {
  const { database } = description;
  return {
    address: at.address,
    port: at.port,
    name: database.name,
    sslMode: database.sslMode,
    caFile: database.caFile,
    masterSecretArn: database.masterSecretArn,
  };
}

/** The same as parameters of a document. */
export function parametersFor(at: Path<{ address: string; port: number }>) {
  const { database } = description;
  return {
    Address: at.address,
    Port: expression<string>(`$string(${at.port.body})`),
    Database: database.name,
    SslMode: database.sslMode,
    CaFile: database.caFile,
    MasterSecretArn: database.masterSecretArn,
  };
}

export const loginList = expression<string>(
  "$join([$map($description.database.logins, function($login) { $login.role & '=' & $login.secretArn })], ' ')",
);

/** Who has to be able to connect to the replacement: those who could before, and every login of the description. */
export const granteeList = expression<string>(
  "$join($distinct($append($grantees, [$description.database.logins.role])), ' ')",
);

/**
 * The checks as the probe's document takes them. Up to the key that the baseline's checksum is over, so that the copy's can
 * be held against it.
 */
export const checkList = expression<string>(
  '$join([$map($description.database.integrityChecks, function($check) {(' +
    ' $through := $lookup($baselineThrough, $check.table);' +
    " $check.table & ':' & $check.key & ':' & $join($check.columns, ',')" +
    " & ($exists($through) ? ':' & $through : '')" +
    " & ($exists($check.references) ? '|references=' & $check.references.column & '>' & $check.references.table & '.' & $check.references.key : '')" +
    " & ($exists($check.range) ? '|range=' & $check.range.column & '>' & $check.range.minimum & '..' & $check.range.maximum : '')" +
    " )})], ' ')",
);

export const schemaVersion = expression<string>(
  "$description.database.schemaVersion.table & '.' & $description.database.schemaVersion.column",
);

export const settings: Path<InstanceSettings> = current.settings;
