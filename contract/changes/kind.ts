import type * as z from 'zod';
import type { ErrorName } from '../errors';

/**
 * A kind of change that a run can make; lambdas/changes/<kind>.ts reads, applies, confirms and undoes it.
 */
export interface ChangeKindContract {
  /**
   * When settling takes it back:
   *   `always`      it only protects while the run works (a maintenance page, suspended processes);
   *   `on-failure`  it is taken back where the run fails before its point of no return (stopped services, the fence, the record);
   *   `until-confirmed` the same, but what was confirmed stays (a host that is healthy with its new configuration; one on which
   *                nobody asked for health, since the application stood still, gets its old one back);
   *   `never`       it stays (a restored instance: kept and tagged, removed only by the janitor after its expiry).
   */
  readonly lifted: 'always' | 'on-failure' | 'until-confirmed' | 'never';
  /** Errors of its own, beside those that every change may throw (contract/tasks/changes.ts). */
  readonly throws: readonly ErrorName[];
  /** What is to be changed and into what. */
  readonly target: z.ZodType;
  /** The state before, recorded in the journal before anything is done. */
  readonly before: z.ZodType;
}
