import { databaseRecovery } from './database-recovery';
import type { Variant } from './variant';

/** What a database recovery meets, and the hosts besides. */
export const fullSystemRecovery: readonly Variant[] = [
  ...databaseRecovery,
  {
    name: 'new instances boot with it already',
    script: { functions: { 'template-inspect': { present: { version: '2', release: 'v1.2.0' }, refreshing: false } } },
  },
];
