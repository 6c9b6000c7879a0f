import * as z from 'zod';
import { databaseDocuments } from './database';
import { hostDocuments } from './hosts';

export { integrityMeasureSchema, tableMeasureSchema, type IntegrityMeasure, type TableMeasure } from './database';
export type { DocumentContract } from './document';

/** The SSM Command documents by name. */
export const documents = { ...hostDocuments, ...databaseDocuments } as const;

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
} as const;

/** The physical name of a document in an account. */
export const documentPhysicalName = (environment: string, document: DocumentName): string =>
  `lifeboat-${environment}-${document}`;
