import { databaseRecovery } from './database-recovery';
import { infrastructureRecovery } from './infrastructure-recovery';
import type { Variant } from './variant';

/** What a database recovery and one of the infrastructure meet, and the hosts besides. */
export const fullSystemRecovery: readonly Variant[] = [
  // Hosts are looked at once all of them stand, which is after the work has begun.
  ...databaseRecovery.map((variant) =>
    variant.ends === 'HostUnfitError' ? { ...variant, failsAtWork: true } : variant,
  ),
  // That nothing of the infrastructure is missing is no reason to end here.
  ...infrastructureRecovery.map(({ name, script, ends }) => ({
    name,
    script,
    ...(ends === undefined || ends === 'InfrastructureIntactError' ? {} : { ends }),
  })),
  {
    name: 'new instances boot with it already',
    script: { functions: { 'template-inspect': { present: { version: '2', release: 'v1.2.0' }, refreshing: false } } },
  },
];
