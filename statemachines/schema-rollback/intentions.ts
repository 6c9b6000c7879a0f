import { expression, variable } from '../../contract/expressions';
import { closing } from '../fragments/application';
import { intend, unread, type Intention } from '../fragments/intention';
import { safetySnapshot, takingTheSafetySnapshot } from '../fragments/safety';
import * as is from '../fragments/values';
import { databaseParameters } from '../releases/values';

export const grantees = variable<string[]>('grantees');
/** The release out of which the schema is rolled back, and the folder in which it lies on the first host. */
export const migrator = variable<string>('migrator');
export const migratorFolder = variable<string>('migratorFolder');
export const instance = variable<string>('instance');
export const versions = variable<string[]>('versions');

const { database, releases } = is.description;
const {
  Address: address,
  Database: name,
  SslMode: sslMode,
  CaFile: caFile,
  MasterSecretArn: masterSecretArn,
} = databaseParameters;
const connection = { address, port: database.port, name, sslMode, caFile, masterSecretArn };
const host = expression<string>('$hosts[0]');

export const fencing = intend('database-fence', {
  step: 'Fence the database',
  key: 'fence-database',
  target: { host, connection, logins: database.logins },
  before: { grantees },
});
export const backingUp = takingTheSafetySnapshot(instance);
/** Past this what the migrations drop is in the snapshot only. */
export const rollingBack = intend('schema', {
  step: 'Roll the schema back',
  key: 'schema',
  pointOfNoReturn: true,
  target: {
    host,
    connection,
    versions: databaseParameters.SchemaVersion,
    releasesFolder: releases.folder,
    release: migratorFolder,
    version: expression<string>('$request.schemaVersion'),
    snapshot: safetySnapshot,
  },
  foreseen: {
    host,
    connection,
    versions: databaseParameters.SchemaVersion,
    releasesFolder: releases.folder,
    release: migrator,
    version: expression<string>('$request.schemaVersion'),
    snapshot: safetySnapshot,
  },
  before: { versions },
});

/** In the order in which they are made; who may connect is asked right before the fence. */
export const intentions: readonly Intention[] = [...closing, unread(fencing), backingUp, rollingBack];
