import { isHere, SOURCES } from '../sandbox/databases/machine';

/** Drills need real PostgreSQL; where there is none they show as skipped, with the reason in their name. */
export function describeDrill(title: string, tests: () => void): void {
  if (SOURCES.some(isHere)) describe(title, tests);
  else describe.skip(`${title}: SKIPPED, no PostgreSQL is on this machine`, tests);
}
