import type { DocumentResult } from '../../contract/documents';
import { expression, variable } from '../../contract/expressions';
import type { HostResult } from '../fragments/document';
import { description } from '../fragments/values';

/** The variables of the plans that change the release, with their types. */
export const inspected = variable<HostResult<'inspect-release'>[]>('inspected');
export const release = variable<string>('release');
/** Host to what it serves now. */
export type Serving = Record<string, { release: string; folder: string; healthy: boolean }>;
export const serving = variable<Serving>('serving');
/** What the hosts know of the release's schema; the hosts are given the same release, so that one of them speaks for all. */
export const schema = variable<DocumentResult<'find-release'>['schema']>('schema');
export const versions = variable<string[]>('versions');
/** Host to the name of the folder in which the release lies there. */
export const folders = variable<Record<string, string>>('folders');

const { hosts, releases } = description;
export const artefacts = expression<string>(`$exists(${releases.artefacts.body}) ? ${releases.artefacts.body} : ''`);
export const carried = expression<string>(`$join([${releases.carried.body}], ' ')`);
/** How a document finds the releases on a host. */
export const where = { Folder: hosts.folder, Releases: releases.folder };

const { database } = description;
/** How a document reaches the database by the name that the application uses. */
export const databaseParameters = {
  Address: database.address,
  Port: expression<string>(`$string(${database.port.body})`),
  Database: database.name,
  SslMode: database.sslMode,
  CaFile: database.caFile,
  MasterSecretArn: database.masterSecretArn,
  SchemaVersion: expression<string>(
    `${database.schemaVersion.table.body} & '.' & ${database.schemaVersion.column.body}`,
  ),
};
