/** What the observer counted, in the shape of the report. */
import type { Instant } from '../../asl';
import { type Observation } from '../../contract/report';
import type { Observer } from './observer';
import { spanBetween } from './outages';
import type { Comparison, Moment } from './rows';

/** The clock's ledger of skipped seconds, by real time of day in milliseconds. */
export interface SkippedSeconds {
  skippedAt(realTime: number): number;
}

const iso = (milliseconds: number): string => new Date(milliseconds).toISOString();

/**
 * The observer's part of a report.
 * @param moment what was restored to; the loss window runs from there to the commit of the last write that was lost
 */
export function observationOf(
  observer: Pick<Observer, 'outages' | 'downtime' | 'totalRequests' | 'failedRequests'>,
  comparison: Comparison,
  moment: Moment,
  clock: SkippedSeconds,
  fault: { readonly at: Date; readonly what: string } | null,
): Observation {
  const instant = (at: number): Instant => ({ at, skipped: clock.skippedAt(at) });
  const { lastLost } = comparison;
  return {
    fault: fault === null ? null : { at: fault.at.toISOString(), what: fault.what },
    downtime: observer.downtime(),
    outages: observer.outages().map(({ from, to }) => ({
      from: iso(from.at),
      to: iso(to.at),
      duration: spanBetween(from, to),
    })),
    requests: { total: observer.totalRequests, failed: observer.failedRequests },
    rows: comparison.rows,
    lossWindow:
      lastLost === undefined || moment === 'latest'
        ? null
        : spanBetween(instant(moment.getTime()), instant(lastLost / 1000)),
  };
}
