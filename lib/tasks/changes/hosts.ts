import type { hostChanges } from '../../../contract/changes/hosts';
import type { DocumentName } from '../../../contract/documents';
import type { ChangeGrants } from './grants';

/** What changes on hosts call beside their documents. */
export const hostChangeGrants: ChangeGrants<keyof typeof hostChanges> = {
  services: () => [],
  release: () => [],
};

/** The documents that they run. */
export const hostChangeDocuments: Record<keyof typeof hostChanges, readonly DocumentName[]> = {
  services: ['stop-services', 'start-services'],
  release: ['switch-release'],
};
