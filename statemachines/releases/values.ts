import type { DocumentResult } from '../../contract/documents';
import { expression, variable } from '../../contract/expressions';
import type { ArgumentsOf, releaseTasks } from '../../contract/tasks';
import type { HostResult } from '../fragments/document';
import { description } from '../fragments/values';

/** The variables of the plans that change the release, with their types. */
export const inspected = variable<HostResult<'inspect-release'>[]>('inspected');
export const release = variable<string>('release');
/** Host to what it serves now. */
export type Serving = Record<string, { release: string; folder: string; healthy: boolean }>;
export const serving = variable<Serving>('serving');
/** Which release is looked for (lambdas/application/release-choose.ts). */
export type Purpose = ArgumentsOf<(typeof releaseTasks)['release-choose']>['purpose'];
/** What the hosts know of the release's schema; the hosts are given the same release, so that one of them speaks for all. */
export const schema = variable<DocumentResult<'find-release'>['schema']>('schema');
export const versions = variable<string[]>('versions');
/** Host to the name of the folder in which the release lies there. */
export const folders = variable<Record<string, string>>('folders');

/** What the first host knows of the releases and their schemas. */
export type Known = DocumentResult<'list-releases'>;
export const known = variable<Known>('known');

const { hosts, releases } = description;
export const artefacts = expression<string>(`$exists(${releases.artefacts.body}) ? ${releases.artefacts.body} : ''`);
export const carried = expression<string>(`$join([${releases.carried.body}], ' ')`);
/** How a document finds the releases on a host. */
export const where = { Folder: hosts.folder, Releases: releases.folder };

const { database } = description;
/** How a document reaches the database by the name that the application uses. */
export const connectionParameters = {
  Address: database.address,
  Port: expression<string>(`$string(${database.port.body})`),
  Database: database.name,
  SslMode: database.sslMode,
  CaFile: database.caFile,
  MasterSecretArn: database.masterSecretArn,
};
/** The same, for a document that asks for the schema. */
export const databaseParameters = {
  ...connectionParameters,
  SchemaVersion: expression<string>(
    `${database.schemaVersion.table.body} & '.' & ${database.schemaVersion.column.body}`,
  ),
};
