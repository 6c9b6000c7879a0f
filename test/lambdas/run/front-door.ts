import { openArguments, openedRun } from '../fixtures';
import { execution } from '../quiet';
import type { Outcome, RunRef } from '../../../contract/run';
import { handler as open } from '../../../lambdas/run/run-open';
import { handler as take } from '../../../lambdas/run/lease-take';
import { handler as claim } from '../../../lambdas/run/settle-claim';

/** A run that is open and has the lease, as its plan gets it. */
export async function begin(id: string): Promise<RunRef> {
  await open(openArguments(id));
  return take({ run: openedRun(id) });
}

/** Claims the settling of a run by an execution of the settlement machine of that name. */
export const claimFor = (
  id: string,
  outcome: Outcome = { status: 'failed', error: 'RestoreFailedError', cause: 'why' },
  by = id,
) => claim({ runId: id, settlementArn: execution('settlement', by), outcome });
