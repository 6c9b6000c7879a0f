import type { Variant } from './variant';

export const integrityProbe: readonly Variant[] = [
  { name: 'measures', script: {} },
  { name: 'a run is on', script: { functions: { 'probe-open': { probe: false, because: 'a run holds the lease' } } } },
];
