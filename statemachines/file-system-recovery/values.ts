import type { FileSource } from '../../contract/changes';
import type { FoundFiles } from '../../contract/documents';
import { expression, variable } from '../../contract/expressions';
import type { StoredFiles } from '../../contract/tasks/files';
import { description, request } from '../fragments/values';

/** The variables of the plan, with their types. */
export const source = variable<FileSource>('source');
export const mounted = variable<string[]>('mounted');
export const lossSeconds = variable<number>('lossSeconds');
export const restoreSeconds = variable<number>('restoreSeconds');
export const prepareSeconds = variable<number>('prepareSeconds');
/** The names under which a volume group is put aside, and a volume or a group keeps what was in use. */
export const aside = variable<string>('aside');
export const before = variable<string>('before');
export type Found = { host: string; result: FoundFiles }[];
export const found = variable<Found>('found');
export const stored = variable<StoredFiles>('stored');
/** `key=version` of each object, separated by blanks, as a document takes them. */
export const objects = variable<string>('objects');

export const { files } = description;
export const isArchive = expression<boolean>("$source.kind in ['file-backup', 'bucket']");
export const isDisk = expression<boolean>("$source.kind = 'ebs-snapshot'");
export const bucket = expression<string>(`$exists(${files.bucket.body}) ? ${files.bucket.body} : ''`);

const { restoreTime, incident, fileSource } = request;
/** In UTC, as documents take it; empty where there is no bound (lambdas/volumes/moment.ts). */
export const notAfter = expression<string>(
  `$exists(${restoreTime.body}) ? (${restoreTime.body} = 'latest' ? '' : $fromMillis($toMillis(${restoreTime.body})))` +
    ` : $exists(${incident.body}.fault) ? $fromMillis($toMillis(${incident.body}.fault)) : ''`,
);
/** What is asked for by a name that no file of a folder has is not found there. */
export const onlyBackup = expression<string>(
  `$exists(${fileSource.body}.name) and ${fileSource.body}.kind = 'file-backup' and $contains(${fileSource.body}.name, /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/) ? ${fileSource.body}.name : ''`,
);
