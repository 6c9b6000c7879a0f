/** From single probes to intervals without service. */
import type { Instant, Span } from '../../asl';

/** One look at the application: what the probe asked was answered rightly, or not. */
export interface Probe {
  readonly sent: Instant;
  readonly ended: Instant;
  /** Why it failed; undefined where the application served. */
  readonly failure: string | undefined;
}

export interface Outage {
  readonly from: Instant;
  readonly to: Instant;
  /** No probe has succeeded since: `to` is only how far it was observed. */
  readonly open: boolean;
  /** Why its first probe failed. */
  readonly because: string;
}

/**
 * The intervals in which the application did not serve. An outage runs from the *sending* of the first probe that
 * failed (it was asked then and did not answer rightly) to the *answer* of the next one, in the order of sending, that
 * succeeded; so one failed probe is an outage as well, and each is rather too long than too short. Overlapping ones
 * (slow answers) are merged. An outage that is open at the end runs to `until`, or to its last probe if that is later.
 */
export function outagesOf(probes: readonly Probe[], until: Instant): readonly Outage[] {
  const sorted = [...probes].sort((a, b) => total(a.sent) - total(b.sent));
  const outages: Outage[] = [];
  let first: { from: Instant; because: string } | undefined;
  for (const { sent, ended, failure } of sorted) {
    if (failure !== undefined) first ??= { from: sent, because: failure };
    else if (first !== undefined) {
      outages.push({ ...first, to: ended, open: false });
      first = undefined;
    }
  }
  if (first !== undefined) {
    const to = sorted.reduce((latest, { ended }) => later(latest, ended), until);
    outages.push({ ...first, to, open: true });
  }
  return merged(outages);
}

/** Measured seconds between two instants, and those that the clock skipped meanwhile. */
export function spanBetween(from: Instant, to: Instant): Span {
  return { measuredSeconds: (to.at - from.at) / 1000, skippedSeconds: to.skipped - from.skipped };
}

export function sumOf(spans: readonly Span[]): Span {
  return spans.reduce(
    (sum, span) => ({
      measuredSeconds: sum.measuredSeconds + span.measuredSeconds,
      skippedSeconds: sum.skippedSeconds + span.skippedSeconds,
    }),
    { measuredSeconds: 0, skippedSeconds: 0 },
  );
}

/** Milliseconds, real and skipped: the order of instants within the same millisecond of the day. */
const total = ({ at, skipped }: Instant): number => at + skipped * 1000;
const later = (a: Instant, b: Instant): Instant => (total(a) >= total(b) ? a : b);

function merged(outages: readonly Outage[]): readonly Outage[] {
  const result: Outage[] = [];
  for (const outage of outages) {
    const before = result.at(-1);
    if (before === undefined || total(before.to) < total(outage.from)) result.push(outage);
    else result.splice(-1, 1, { ...before, to: later(before.to, outage.to), open: outage.open });
  }
  return result;
}
