import type { Description } from '../../contract/description';
import type { InspectedRelease } from '../../contract/documents';
import type { ReleaseSighting } from '../../contract/tasks/releases';

/** What was seen of one host before, against whose counters its figures are held. */
export type SeenHost = ReleaseSighting['hosts'][number];

/**
 * Judges how well a host serves its release: its health address at 200, and by its own figures no more errors and no slower
 * answers than the service levels allow. A release can answer its health check and still fail its users.
 * @param last the same host at the probe before; the errors since then count, where it is still the same process.
 */
export function judgeRelease(
  now: InspectedRelease,
  levels: Description['serviceLevels'],
  last?: SeenHost,
): { readonly healthy: boolean; readonly because: string } {
  if (now.status !== 200) {
    const status = now.status === 0 ? 'no answer' : `status ${now.status}`;
    return { healthy: false, because: `its health address gave ${status}` };
  }
  if (now.metrics === null) return { healthy: true, because: 'its health address gave 200; it tells no figures' };
  const { requests, errors, p95Milliseconds } = now.metrics;
  // Counters that went back are those of another process.
  const goesOn = last?.release === now.release && last.requests <= requests && last.errors <= errors;
  const [served, failed] = goesOn ? [requests - last.requests, errors - last.errors] : [requests, errors];
  const allowed = (100 - levels.availabilityPercent) / 100;
  if (failed > served * allowed) {
    return {
      healthy: false,
      because: `${failed} of ${served} requests failed; ${levels.availabilityPercent} % have to succeed`,
    };
  }
  if (served > 0 && p95Milliseconds > levels.requestsWithinMilliseconds) {
    return {
      healthy: false,
      because: `95 % of its requests took up to ${Math.round(p95Milliseconds)} ms; ${levels.requestsWithinMilliseconds} ms are allowed`,
    };
  }
  return {
    healthy: true,
    because: `${failed} of ${served} requests failed, 95 % within ${Math.round(p95Milliseconds)} ms`,
  };
}
