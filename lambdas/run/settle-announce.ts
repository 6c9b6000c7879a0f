import type { JournalEntry } from '../../contract/changes';
import type { FinalStatus } from '../../contract/run';
import { runTasks } from '../../contract/tasks/run';
import { reportKey } from '../gateways/reports';
import type { RunRecord } from '../gateways/runs';
import { environment } from '../runtime/environment';
import { handler as task } from '../runtime/handler';
import { listChanges } from './journal';
import { aftermath, nextCommand } from './aftermath';
import { causeInWords, sendOnce, whereabouts, wordOf, type Message } from './messages';
import { pointOfNoReturnPassed } from './undo';

/** A person has to act now: the run did not come to an end that leaves things in order. */
function callsForPerson(status: FinalStatus, passed: boolean): boolean {
  return status === 'failed' || (passed && status !== 'succeeded');
}

function nextSteps(status: FinalStatus, passed: boolean, failed: readonly string[], isRehearsal: boolean): string[] {
  const lines: string[] = [];
  if (failed.length > 0) {
    lines.push(
      `Could not be taken back: ${failed.join(', ')}. The report has the state before each. Put them back by hand, last first.`,
    );
  }
  if (passed && status !== 'succeeded') {
    lines.push(
      'The point of no return was passed: the replacement may have accepted writes, and going back would lose them.',
      'Do not switch back. Read the report, see that the application works on the replacement, and repair forward.',
    );
    return lines;
  }
  switch (status) {
    case 'succeeded':
      if (isRehearsal) {
        lines.push('Nothing was changed. Read the report: what a live run would change, and what stands against it.');
        break;
      }
      lines.push('Read the report: chosen moment, data loss, checks. What was replaced is kept until it expires.');
      break;
    case 'rejected':
      lines.push('Nothing was changed. Correct what the error names, and start again.');
      break;
    case 'denied':
      lines.push('Nothing was changed. Start again where the decision changes.');
      break;
    case 'aborted':
      lines.push(
        'The run was stopped, and what it had changed was put back. Start again where recovery is still needed.',
      );
      break;
    case 'failed':
      lines.push(
        'The run failed before its point of no return, and what protects the application was put back as described.',
        'Read the failed step in the report, remove its cause, and start again.',
      );
  }
  return lines;
}

/** What people read when a run is settled. */
export function outcomeMessage(run: RunRecord, journal: readonly JournalEntry[], bucket: string): Message {
  const word = wordOf(run);
  const status: FinalStatus = run.status === 'running' ? 'failed' : run.status;
  const passed = pointOfNoReturnPassed(journal);
  const failed = run.undoFailed ?? [];
  const call = callsForPerson(status, passed) ? 'ACT NOW: ' : '';
  const { error, cause = 'no cause given' } =
    run.unhealthy === undefined
      ? (run.outcome ?? {})
      : { error: 'ApplicationUnhealthyError', cause: `the run had done its work, but from outside: ${run.unhealthy}` };
  const now = aftermath(journal);
  return {
    subject: `[${word}] ${call}${status}: ${run.plan ?? 'run'} of ${run.environment}`,
    text: [
      `${word}: ${run.plan ?? 'the run'} of ${run.description?.title ?? 'the application'} ${status}.`,
      '',
      ...whereabouts(run),
      `Started:     ${run.startedAt}`,
      `Status:      ${status}`,
      ...(error === undefined ? [] : [`Error:       ${error}: ${causeInWords(cause)}`.slice(0, 2000)]),
      `Report:      s3://${bucket}/${reportKey(run.id, 'html')}`,
      ...(now.length === 0 ? [] : ['', 'What is there now:', ...now.map((line) => `- ${line}`)]),
      '',
      'What to do now:',
      ...nextSteps(status, passed, failed, run.mode === 'rehearse').map((line) => `- ${line}`),
      `- Next command: ${nextCommand(run, status, passed, bucket)}`,
    ].join('\n'),
  };
}

/** Sends the one message with the outcome (`sendOnce` says when it may come twice). */
export const handler = task(runTasks['settle-announce'], async ({ runId }) => {
  const compose = async (run: RunRecord) => outcomeMessage(run, await listChanges(run.id), environment('reportBucket'));
  return { sent: await sendOnce(runId, 'outcomeSent', compose) };
});
