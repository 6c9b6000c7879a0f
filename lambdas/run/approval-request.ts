import type { ApprovalRecord } from '../../contract/approval';
import { ApprovalDeniedError, ContractViolationError } from '../../contract/errors';
import type { PlannedChange, Prediction } from '../../contract/planned';
import { approvalTasks } from '../../contract/tasks/approval';
import { notify } from '../gateways/notifications';
import { requireRun, setRun, type RunRecord } from '../gateways/runs';
import { environment } from '../runtime/environment';
import { handler as task } from '../runtime/handler';
import { findApproval, putApproval, ruleOf } from './approvals';
import { whereabouts, wordOf, type Message } from './messages';
import { digestOf } from './rehearsal';

const minutes = (seconds: number) => `${Math.ceil(seconds / 60)} minutes`;

/** What the run would cost, in the words that the message and the page have. */
export function costInWords({ durationSeconds, downtimeSeconds, lossSeconds, because }: Prediction): string[] {
  const loss =
    lossSeconds === null
      ? 'not known; rows are counted only while it works'
      : `writes of at most ${minutes(lossSeconds)}`;
  return [
    `Takes:       ${minutes(durationSeconds)}, the application down for ${minutes(downtimeSeconds)}`,
    `Loses:       ${loss}`,
    `Because:     ${because}`,
  ];
}

/** The changes, first what cannot be taken back. */
export function changesInWords(planned: readonly PlannedChange[]): string[] {
  const line = ({ step, kind, pointOfNoReturn, insteadOf }: PlannedChange) =>
    `${pointOfNoReturn ? '!! ' : '-  '}${step} (${kind}${insteadOf === undefined ? '' : `, only where ${insteadOf} is impossible`})${pointOfNoReturn ? ': the point of no return' : ''}`;
  const never = planned.filter(({ pointOfNoReturn }) => pointOfNoReturn);
  return [...never, ...planned.filter(({ pointOfNoReturn }) => !pointOfNoReturn)].map(line);
}

/** The moment to which something is restored, where the plan restores one. */
function momentOf(planned: readonly PlannedChange[]): string[] {
  const found = /"moment":"([^"]+)"/.exec(JSON.stringify(planned))?.[1];
  return found === undefined ? [] : [`Moment:      ${found}`];
}

/** The commands that decide: signed by whoever types them. */
function commands(run: RunRecord, approval: ApprovalRecord, url: string): string[] {
  const region = run.description?.region ?? '';
  const command = (decision: string) =>
    `curl --aws-sigv4 "aws:amz:${region}:lambda" --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" -H "x-amz-security-token: $AWS_SESSION_TOKEN" -d '${JSON.stringify({ run: run.id, digest: approval.digest, decision, reason: 'why' })}' ${url}`;
  return ['To approve:', `  ${command('approve')}`, 'To deny:', `  ${command('deny')}`];
}

export function question(run: RunRecord, approval: ApprovalRecord, differs: boolean, url: string): Message {
  const { planned, prediction, expiresAt, onTimeout, digest } = approval;
  const word = wordOf(run);
  const then = onTimeout === 'deny' ? 'the run ends as denied, and nothing is changed' : 'the run goes on by itself';
  return {
    subject: `[${word}] DECIDE: ${run.plan ?? 'run'} of ${run.environment} by ${expiresAt.slice(11, 16)} UTC`,
    text: [
      `${word}: ${run.plan ?? 'a run'} of ${run.description?.title ?? 'the application'} waits for a person. Nothing was changed yet.`,
      ...(differs ? ['What it would change is no longer what was approved before: please look again.'] : []),
      '',
      ...whereabouts(run),
      `Started by:  ${run.request?.startedBy ?? run.request?.trigger ?? 'unknown'}`,
      `Reason:      ${run.request?.reason ?? 'none given'}`,
      ...momentOf(planned),
      ...costInWords(prediction),
      `Decide by:   ${expiresAt}; if nobody does, ${then}`,
      `Digest:      ${digest}`,
      '',
      'It would change, first what cannot be taken back:',
      ...changesInWords(planned),
      '',
      'Who may: whoever has the policy of approvers, but not who started it.',
      ...commands(run, approval, url),
    ].join('\n'),
  };
}

/**
 * Asks a person: records the token with what is shown and its digest, then sends the message. A repeated call sends it
 * again: to be asked twice costs a glance.
 */
export const handler = task(
  approvalTasks['approval-request'],
  async ({ run, planned, prediction, round, token }, { log }) => {
    const record = await requireRun(run.id);
    const { description, request } = record;
    if (description === null || request === null) throw new ContractViolationError(`${run.id} has no description`);
    const rule = await ruleOf(description, request);
    if (rule === null) throw new ApprovalDeniedError(`No rule says who is asked about ${run.id}.`);
    const askedAt = new Date();
    await putApproval(run.id, {
      round,
      digest: digestOf(planned),
      askedAt: askedAt.toISOString(),
      expiresAt: new Date(askedAt.getTime() + rule.expiresMinutes * 60_000).toISOString(),
      onTimeout: rule.onTimeout,
      planned,
      prediction,
      token,
    });
    // Whatever is resolved after this is looked at anew (lambdas/run/commands.ts).
    await setRun(run.id, { asked: round });
    const approval = await findApproval(run.id, round);
    if (approval === undefined) throw new ContractViolationError(`the question ${round} of ${run.id} was not recorded`);
    const { subject, text } = question(record, approval, round > 1, environment('approvalUrl'));
    await notify(subject, text);
    log.info('asked', { round, digest: approval.digest, expiresAt: approval.expiresAt });
    return { asked: true };
  },
);
