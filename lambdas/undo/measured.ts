import type { Check } from '../../contract/run';

/** The rows of a table as a run measured them on its copy, behind the fence and before anything led to it; null where it did not. */
export function measuredThen(checks: readonly Check[], table: string): number | null {
  const found = checks.find(({ name, evidence }) => name === `rows of ${table}` && evidence.includes('on the copy'));
  const rows = /^\d+$/.exec(found?.actual ?? '');
  return rows === null ? null : Number(rows[0]);
}
