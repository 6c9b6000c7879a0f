import * as z from 'zod';
import { configurationDocuments } from './configuration';
import { databaseDocuments } from './database';
import { hostDocuments } from './hosts';
import { validationDocuments } from './validation';
import { selfHostedDocuments } from './self-hosted';
import { volumeDocuments } from './volumes';
import { fileDocuments } from './files';
import { regionDocuments } from './regions';
import { releaseDocuments } from './releases';

export {
  examinedSchema,
  inForceSchema,
  unsoundSchema,
  type Examined,
  type InForce,
  type Unsound,
} from './configuration';
export { integrityMeasureSchema, tableMeasureSchema, type IntegrityMeasure, type TableMeasure } from './database';
export { applicationMeasureSchema, type ApplicationMeasure } from './validation';
export { foundFilesSchema, type FoundFiles } from './files';
export { inspectedVolumeSchema, type InspectedVolume } from './volumes';
export { replicationSchema, type Replication } from './regions';
export type { DocumentContract } from './document';
export {
  inspectedReleaseSchema,
  releaseTag,
  schemaRangeSchema,
  type InspectedRelease,
  type SchemaRange,
} from './releases';
export { foundBackupSchema, type FoundBackup } from './self-hosted';

/** The SSM Command documents by name. */
export const documents = {
  ...hostDocuments,
  ...releaseDocuments,
  ...databaseDocuments,
  ...selfHostedDocuments,
  ...configurationDocuments,
  ...validationDocuments,
  ...volumeDocuments,
  ...fileDocuments,
  ...regionDocuments,
} as const;

export type DocumentName = keyof typeof documents;
const isDocument = (name: string): name is DocumentName => name in documents;
export const documentNames: readonly DocumentName[] = Object.keys(documents).filter(isDocument);
export const documentNameSchema = z.enum(documentNames);
export type DocumentParameters<N extends DocumentName> = z.infer<(typeof documents)[N]['parameters']>;
export type DocumentResult<N extends DocumentName> = z.infer<(typeof documents)[N]['result']>;

/** Documents that change nothing, neither on their host nor in the database: nobody has to wait for their end. */
export const readOnlyDocuments: readonly DocumentName[] = documentNames.filter((name) => documents[name].readOnly);

/** Exit codes of documents that mean something of their own; every other one but 0 is DocumentFailedError. */
export const DOCUMENT_EXIT = {
  /** the database cannot be reached: DatabaseUnreachableError */
  databaseUnreachable: 7,
  /** a write that had to fail did not: FenceFailedError */
  fenceFailed: 8,
  /** the application is not healthy: ApplicationUnhealthyError */
  unhealthy: 9,
  /** a version has not every file, or not in its kind's syntax: ConfigurationInvalidError */
  configurationInvalid: 20,
  /** a certificate is not valid today: CertificateExpiredError */
  certificateExpired: 21,
  /** a private key is not its certificate's: CertificateKeyMismatchError */
  keyMismatch: 22,
  /** `nginx -t` refuses: WebServerRefusedError */
  webServerRefused: 23,
  /** no sound backup: RecoverySourceMissingError */
  backupMissing: 40,
  /** tools or backup of another major version than the server: MajorVersionError */
  majorVersion: 41,
  /** no room for a second copy: DiskTooSmallError */
  diskTooSmall: 42,
  /** a database or file of that name is there, and not this run's: ChangeConflictError */
  taken: 43,
  /** connections that will not end: SessionsRemainError */
  sessionsRemain: 44,
  /** a replica has not replayed what it should: ReplicaBehindError */
  replicaBehind: 50,
  /** a snapshot is missing, another volume's, overflowed or not clean: SnapshotUnsoundError */
  snapshotUnsound: 60,
  /** something has the volume open: VolumeBusyError */
  volumeBusy: 61,
  /** the file system has errors: FileSystemDamagedError */
  fileSystemDamaged: 62,
  /** the volume group has no room: VolumeFullError */
  volumeFull: 63,
  /** there is no such release: ReleaseMissingError */
  releaseMissing: 30,
  /** a release could not be built: BuildFailedError */
  buildFailed: 31,
  /** no room on the disk: DiskFullError */
  diskFull: 32,
} as const;

/** The physical name of a document in an account. */
export const documentPhysicalName = (environment: string, document: DocumentName): string =>
  `lifeboat-${environment}-${document}`;
