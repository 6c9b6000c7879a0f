import type { RecoveryRequest } from '../../contract/run';

/**
 * Until when what is gone back to may have been taken: the moment that is asked for; else the fault, where the caller knows it.
 * Undefined for no bound. What is asked for by its name is taken whatever its age.
 */
export function until({ restoreTime, fileSource, incident }: RecoveryRequest): string | undefined {
  if (fileSource?.name !== undefined || restoreTime === 'latest') return undefined;
  return restoreTime ?? incident.fault;
}
