import type { selfHostedChanges } from '../../../contract/changes/self-hosted';
import type { DocumentName } from '../../../contract/documents';
import type { ChangeGrants } from './grants';

type Kind = keyof typeof selfHostedChanges;

/** Changes of a self-hosted database are made by documents alone. */
export const selfHostedChangeGrants: ChangeGrants<Kind> = {
  'side-database': () => [],
  'database-swap': () => [],
  'safety-dump': () => [],
};

/** The documents that they run. */
export const selfHostedChangeDocuments: Record<Kind, readonly DocumentName[]> = {
  'side-database': ['restore-backup'],
  'database-swap': ['swap-databases'],
  'safety-dump': ['backup-database'],
};
