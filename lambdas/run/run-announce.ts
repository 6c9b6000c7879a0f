import type { RecoveryRequest } from '../../contract/run';
import { runTasks } from '../../contract/tasks/run';
import type { RunRecord } from '../gateways/runs';
import { handler as task } from '../runtime/handler';
import { sendOnce, whereabouts, wordOf, type Message } from './messages';

function goal(request: RecoveryRequest): string {
  if (request.run !== undefined) return `take back what ${request.run} has changed`;
  if (request.source !== undefined) return `restore the snapshot ${request.source.snapshot}`;
  if (request.restoreTime === 'latest') return 'restore everything that was committed before the fence';
  if (request.restoreTime !== undefined) return `restore the moment ${request.restoreTime}`;
  return 'restore the last moment at which the integrity probe passed';
}

/** What people read when a run has begun. */
export function announcement(run: RunRecord, request: RecoveryRequest, title: string): Message {
  const word = wordOf(run);
  return {
    subject: `[${word}] begins: ${request.plan} of ${run.environment}`,
    text: [
      `${word}: ${request.plan} of ${title} has begun.`,
      '',
      ...whereabouts(run),
      `Started:     ${run.startedAt}`,
      `Started by:  ${request.trigger}`,
      `Reason:      ${request.reason ?? 'none given'}`,
      `Goal:        ${goal(request)}`,
      '',
      'What to do now: nothing. Do not deploy, and do not change the database, its record or its hosts until the message',
      'with the outcome has come. To stop the run, stop its execution; it is settled then.',
    ].join('\n'),
  };
}

/** Tells the people on the notification topic that the run has begun, and why. */
export const handler = task(runTasks['run-announce'], async ({ run, request, title }) => ({
  announced: await sendOnce(run.id, 'announced', (record) => announcement(record, request, title)),
}));
