import { databaseRecovery } from './database-recovery';
import { integrityProbe } from './integrity-probe';
import { recovery } from './recovery';
import { settlement } from './settlement';
import { validation } from './validation';
import type { Variant } from './variant';

export type { Variant } from './variant';

export const variants: Readonly<Record<string, readonly Variant[]>> = {
  recovery,
  'database-recovery': databaseRecovery,
  validation,
  settlement,
  'integrity-probe': integrityProbe,
};
