import { ApprovalDeniedError, ContractViolationError } from '../../contract/errors';
import { approvalTasks } from '../../contract/tasks/approval';
import { handler as task } from '../runtime/handler';
import { decideApproval, findApproval } from './approvals';
import { recordDecision } from './journal';

/**
 * What was decided. Where nobody did in time, that is written down as the decision, so that none can come behind it; the
 * description says what it means. Recorded among the decisions of the run.
 * @throws ApprovalDeniedError in words: who denied it and why, or that nobody decided
 */
export const handler = task(approvalTasks['approval-conclude'], async ({ run, round }) => {
  await decideApproval(run.id, round, { decision: 'timed-out' });
  const approval = await findApproval(run.id, round);
  if (approval?.decision === undefined) throw new ContractViolationError(`${run.id} was not asked a question ${round}`);
  const { decision, by = 'nobody', reason = 'no reason given', expiresAt, onTimeout } = approval;
  const goesOn = decision === 'approved' || (decision === 'timed-out' && onTimeout === 'go-on');
  await recordDecision(run.id, {
    at: approval.at ?? new Date().toISOString(),
    subject: `approval ${round}`,
    choice: goesOn ? 'go on' : 'do not go on',
    reason:
      decision === 'timed-out'
        ? `nobody decided by ${expiresAt}, which the description takes for ${onTimeout === 'go-on' ? 'a yes' : 'a no'}`
        : `${decision} by ${by}: ${reason}`,
    alternatives: [],
  });
  if (goesOn) return { goesOn: true as const };
  throw new ApprovalDeniedError(
    decision === 'denied'
      ? `${by} denied it: ${reason}. Nothing was changed.`
      : `Nobody decided by ${expiresAt}, and silence means no. Nothing was changed.`,
  );
});
