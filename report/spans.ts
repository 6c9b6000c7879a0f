import type { Span } from '../contract/report';

/** Tells what passed between two ISO times: seconds that were measured and seconds that a sandbox skipped. */
export type Stopwatch = (from: string, to: string) => Span;

/** Seconds between two ISO times; never negative. */
export const secondsBetween = (from: string, to: string): number =>
  Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000);

/** Where nothing is skipped, as on AWS. */
export const realStopwatch: Stopwatch = (from, to) => ({
  measuredSeconds: secondsBetween(from, to),
  skippedSeconds: 0,
});

/** Where waits are skipped. `skippedBetween` answers in seconds for two ISO times. */
export const skippingStopwatch =
  (skippedBetween: (from: string, to: string) => number): Stopwatch =>
  (from, to) => ({
    measuredSeconds: secondsBetween(from, to),
    skippedSeconds: Date.parse(to) > Date.parse(from) ? Math.max(0, skippedBetween(from, to)) : 0,
  });

/** Objectives are judged on this sum, seconds. */
export const total = (span: Span): number => span.measuredSeconds + span.skippedSeconds;

export const noSpan: Span = { measuredSeconds: 0, skippedSeconds: 0 };

export const plus = (a: Span, b: Span): Span => ({
  measuredSeconds: a.measuredSeconds + b.measuredSeconds,
  skippedSeconds: a.skippedSeconds + b.skippedSeconds,
});

/** The later of two ISO times. */
export const later = (a: string, b: string): string => (Date.parse(a) >= Date.parse(b) ? a : b);

/** Overlapping or touching intervals made one, in order. */
export function union(intervals: readonly { from: string; to: string }[]): { from: string; to: string }[] {
  const merged: { from: string; to: string }[] = [];
  for (const next of [...intervals].sort((a, b) => Date.parse(a.from) - Date.parse(b.from))) {
    const last = merged.at(-1);
    if (last && Date.parse(next.from) <= Date.parse(last.to)) last.to = later(last.to, next.to);
    else merged.push({ ...next });
  }
  return merged;
}
