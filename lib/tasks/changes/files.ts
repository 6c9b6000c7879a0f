import type { fileChanges } from '../../../contract/changes/files';
import type { DocumentName } from '../../../contract/documents';
import type { ChangeGrants } from './grants';

/** What changes of files call beside their documents. */
export const fileChangeGrants: ChangeGrants<keyof typeof fileChanges> = {
  'files-staged': () => [],
  files: () => [],
};

/** The documents that they run. */
export const fileChangeDocuments: Record<keyof typeof fileChanges, readonly DocumentName[]> = {
  'files-staged': ['stage-files', 'unstage-files'],
  files: [
    'stop-services',
    'start-services',
    'check-health',
    'close-volume',
    'open-volume',
    'merge-snapshot',
    'await-merge',
    'check-volume',
    'undo-merge',
    'swap-files',
    'put-back-files',
  ],
};
