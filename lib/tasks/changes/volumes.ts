import type { volumeChanges } from '../../../contract/changes/volumes';
import type { DocumentName } from '../../../contract/documents';
import type { ChangeGrants } from './grants';

/** What changes of volumes call beside their documents. */
export const volumeChangeGrants: ChangeGrants<keyof typeof volumeChanges> = {
  'volume-snapshot': () => [],
  'volume-expiry': () => [],
  'volume-closed': () => [],
  'volume-merge': () => [],
};

/** The documents that they run. */
export const volumeChangeDocuments: Record<keyof typeof volumeChanges, readonly DocumentName[]> = {
  'volume-snapshot': ['take-snapshot'],
  'volume-expiry': ['remove-snapshots'],
  'volume-closed': ['close-volume', 'open-volume'],
  'volume-merge': ['merge-snapshot', 'await-merge', 'undo-merge'],
};
