import { APPROVAL_ROUNDS } from '../../contract/approval';
import { ApprovalDeniedError, ContractViolationError } from '../../contract/errors';
import { approvalTasks } from '../../contract/tasks/approval';
import { requireRun } from '../gateways/runs';
import { handler as task } from '../runtime/handler';
import { listApprovals, ruleOf } from './approvals';
import { digestOf } from './rehearsal';

/**
 * Whether a person has to decide about these changes. What was approved (or let through at the expiry) is good for the
 * same changes until the time that the question gave has passed once more; a difference asks again.
 * @throws ApprovalDeniedError where what the run would change differs each time
 */
export const handler = task(approvalTasks['approval-ask'], async ({ run, planned }, { log }) => {
  const { description, request } = await requireRun(run.id);
  if (description === null || request === null) throw new ContractViolationError(`${run.id} has no description`);
  const rule = await ruleOf(description, request);
  const asked = await listApprovals(run.id);
  const last = asked.at(-1);
  const round = (last?.round ?? 0) + 1;
  const timeoutSeconds = (rule?.expiresMinutes ?? 1) * 60;
  if (rule === null) return { needed: false, round, timeoutSeconds };
  const digest = digestOf(planned);
  const goodUntil = Date.parse(last?.at ?? '') + timeoutSeconds * 1000;
  if (last?.decision !== undefined && last.digest === digest && Date.now() <= goodUntil) {
    log.info('decided already', { decision: last.decision, round: last.round });
    return { needed: false, round: last.round, timeoutSeconds };
  }
  if (last !== undefined && last.decision === undefined) {
    // A repeated call: the question of this round was recorded, and its answer lost.
    return { needed: true, round: last.round, timeoutSeconds };
  }
  if (round > APPROVAL_ROUNDS) {
    throw new ApprovalDeniedError(
      `What ${run.id} would change was different each of ${APPROVAL_ROUNDS} times that it was resolved; nothing was changed. Start again when things hold still.`,
    );
  }
  return { needed: true, round, timeoutSeconds };
});
