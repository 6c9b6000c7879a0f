import type { Decision } from '../../contract/run';
import { regionTasks } from '../../contract/tasks/regions';
import { recordDecision } from '../run/journal';
import { handler as task } from '../runtime/handler';
import { secondsLost } from './choose';

const fences = {
  inside: 'fenced in the database itself: it accepts nothing any more',
  network: 'fenced around its network only: connections that were open may still write',
  none: 'not fenced: neither its database nor RDS there can be reached, and what it may still accept is lost',
} as const;

/**
 * Records, right before there is no way back for the data, what the primary is fenced by and how far this region has come:
 * that, and nothing else, is what is lost.
 */
export const handler = task(regionTasks['loss-record'], async ({ run, request, there, source, replication, fence }) => {
  const now = new Date().toISOString();
  const record = (decision: Omit<Decision, 'at' | 'alternatives'>) =>
    recordDecision(run.id, { at: now, alternatives: [], ...decision });
  await record({
    subject: `the fence of ${there.instanceIdentifier}`,
    choice: fence,
    reason: `${there.instanceIdentifier} in ${there.region} is ${fences[fence]}. ${there.words}`,
  });
  const { caughtUp, measured } = replication;
  const moment = measured?.replayedTo ?? ('moment' in source && source.moment !== 'latest' ? source.moment : null);
  const lossSeconds = caughtUp ? 0 : moment === null ? null : secondsLost(request, moment, now);
  const far =
    measured === null
      ? `restored to ${String(source.moment)}`
      : `at ${measured.position}, commits up to ${measured.replayedTo ?? 'an unknown moment'}, ${measured.waitingBytes} bytes received and not replayed`;
  await record({
    subject: 'the lag',
    choice: caughtUp
      ? 'nothing is lost'
      : lossSeconds === null
        ? 'the loss is not known'
        : `at most ${Math.ceil(lossSeconds)} s are lost`,
    reason: caughtUp ? `everything that the fenced primary had written is here: ${far}` : far,
  });
  return { lossSeconds };
});
