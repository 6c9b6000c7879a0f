import type { configurationChanges } from '../../../contract/changes/configuration';
import type { DocumentName } from '../../../contract/documents';
import type { ChangeGrants } from './grants';

/** Everything is done by documents. */
export const configurationChangeGrants: ChangeGrants<keyof typeof configurationChanges> = {
  configuration: () => [],
};

/** The documents that they run. */
export const configurationChangeDocuments: Record<keyof typeof configurationChanges, readonly DocumentName[]> = {
  configuration: ['place-configuration', 'put-back-configuration'],
};
