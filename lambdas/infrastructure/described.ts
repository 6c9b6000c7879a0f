import type { InfrastructureDescription } from '../../contract/description';
import { InfrastructureUnfitError } from '../../contract/errors';

/** @throws InfrastructureUnfitError where the description has no infrastructure */
export function requireDescribed(infrastructure: InfrastructureDescription | null): InfrastructureDescription {
  if (infrastructure !== null) return infrastructure;
  throw new InfrastructureUnfitError(
    'The description has no infrastructure: it is not known from what the hosts could be provisioned. Nothing was changed.',
  );
}
