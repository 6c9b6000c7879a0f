import * as z from 'zod';
import type { ApprovalRecord } from '../../contract/approval';
import { runIdSchema } from '../../contract/run';
import { approvalTasks } from '../../contract/tasks/approval';
import { answerToken } from '../gateways/machines';
import { findRun } from '../gateways/runs';
import { handler as task } from '../runtime/handler';
import { mistakes } from '../runtime/parse';
import { changesInWords, costInWords } from './approval-request';
import { decideApproval, findApproval, listApprovals } from './approvals';

const bodySchema = z.strictObject({
  run: runIdSchema,
  digest: z.string().regex(/^[0-9a-f]{64}$/, 'should be the digest that the question showed'),
  decision: z.enum(['approve', 'deny']),
  reason: z
    .string()
    .max(500)
    .regex(/^[^<>`$\\]*$/, 'should be plain text without < > ` $ \\')
    .optional(),
});

interface Answer {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

const answer = (statusCode: number, value: Record<string, unknown>): Answer => ({
  statusCode,
  headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
  body: `${JSON.stringify(value, null, 2)}\n`,
});

/** What waits, as a page for people and programs: never its token. */
const shown = (runId: string, { token: _token, planned, prediction, ...approval }: ApprovalRecord) => ({
  run: runId,
  ...approval,
  cost: costInWords(prediction),
  changes: changesInWords(planned),
});

/** GET, HEAD and everything else that is not a decision: shows, never acts. */
async function show(runId: string | undefined): Promise<Answer> {
  const parsed = runIdSchema.safeParse(runId);
  if (!parsed.success) return answer(400, { error: 'say which run: ?run=<its name>' });
  const last = (await listApprovals(parsed.data)).at(-1);
  if (last === undefined) return answer(404, { error: `${parsed.data} waits for nobody` });
  return answer(200, shown(parsed.data, last));
}

/** A decision that is already there is told again, and its answer sent again where that had been lost. */
async function decided(runId: string, round: number, wanted: string, by: string): Promise<Answer> {
  const approval = await findApproval(runId, round);
  const same = approval?.decision === wanted && approval.by === by;
  return same
    ? await handOver(runId, approval)
    : answer(409, {
        error: `${runId} was decided already`,
        decision: approval?.decision,
        by: approval?.by,
        at: approval?.at,
      });
}

async function handOver(runId: string, approval: ApprovalRecord): Promise<Answer> {
  const { decision, by, at, round } = approval;
  const taken = await answerToken(approval.token, { decision, by, at });
  return taken
    ? answer(200, { run: runId, round, decision, by, at })
    : answer(410, { error: `${runId} does not wait any more`, decision, by, at });
}

async function decide(by: string, text: string): Promise<Answer> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return answer(400, { error: 'the body should be JSON such as {"run": …, "digest": …, "decision": "approve"}' });
  }
  const parsed = bodySchema.safeParse(value);
  if (!parsed.success) return answer(400, { error: mistakes(parsed.error) });
  const { run: runId, digest, reason } = parsed.data;
  const decision = parsed.data.decision === 'approve' ? 'approved' : 'denied';
  const last = (await listApprovals(runId)).at(-1);
  if (last === undefined) return answer(404, { error: `${runId} waits for nobody` });
  if (last.digest !== digest)
    return answer(409, { error: `${runId} would change something else now: look again`, digest: last.digest });
  if (last.decision !== undefined) return await decided(runId, last.round, decision, by);
  if (Date.now() > Date.parse(last.expiresAt))
    return answer(410, { error: `it could be decided until ${last.expiresAt}` });
  const starter = (await findRun(runId))?.request?.startedBy;
  if (decision === 'approved' && starter === by)
    return answer(403, { error: `${by} started ${runId}: somebody else has to approve it` });
  const first = await decideApproval(runId, last.round, { decision, by, ...(reason === undefined ? {} : { reason }) });
  if (!first) return await decided(runId, last.round, decision, by);
  const approval = await findApproval(runId, last.round);
  return approval === undefined ? answer(404, { error: `${runId} is gone` }) : await handOver(runId, approval);
}

/**
 * The address where a person decides. AWS has checked the signature (auth type AWS_IAM) and says whose it is; a call without
 * one is refused. Only POST acts, once; the decision is written before the run hears of it.
 */
export const handler = task(approvalTasks['approval-decide'], async (event, { log }) => {
  const { http, authorizer } = event.requestContext;
  const by = authorizer?.iam?.userArn ?? '';
  if (by === '') return answer(403, { error: 'the call has to be signed (AWS Signature Version 4)' });
  if (http.method !== 'POST') return await show(event.queryStringParameters?.['run']);
  const body = event.body ?? '';
  const text = event.isBase64Encoded === true ? Buffer.from(body, 'base64').toString('utf8') : body;
  const decision = await decide(by, text);
  log.info('asked to decide', { by, statusCode: decision.statusCode });
  return decision;
});
