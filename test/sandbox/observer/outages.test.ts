import type { Instant } from '../../../asl';
import { outagesOf, type Probe, spanBetween, sumOf } from '../../../sandbox/observer';

const instant = (at: number, skipped = 0): Instant => ({ at, skipped });
const probe = (sent: number, ended: number, failure?: string): Probe => ({
  sent: instant(sent),
  ended: instant(ended),
  failure,
});
const intervals = (probes: readonly Probe[], until = 10_000) =>
  outagesOf(probes, instant(until)).map(({ from, to, open }) => [from.at, to.at, open]);

test('an outage runs from the sending of the first probe that failed to the answer of the next that succeeded', () => {
  const probes = [probe(0, 5), probe(100, 103, 'a'), probe(200, 2200, 'b'), probe(300, 304), probe(400, 405)];
  expect(intervals(probes)).toEqual([[100, 304, false]]);
  expect(outagesOf(probes, instant(500))[0]?.because).toBe('a');
});

test('no failed probe is no outage, and one is one', () => {
  expect(intervals([])).toEqual([]);
  expect(intervals([probe(0, 5), probe(100, 105)])).toEqual([]);
  expect(intervals([probe(0, 5), probe(100, 105, 'x'), probe(200, 203)])).toEqual([[100, 203, false]]);
});

test('one that is open at the end runs to the end of observation, or of its last probe', () => {
  expect(intervals([probe(0, 5), probe(100, 105, 'x')], 400)).toEqual([[100, 400, true]]);
  expect(intervals([probe(0, 5), probe(100, 900, 'x')], 400)).toEqual([[100, 900, true]]);
});

test('the order is that of sending, and outages that overlap are one', () => {
  // The slow success was sent before the failure: it does not end it.
  expect(intervals([probe(100, 101, 'x'), probe(0, 150), probe(200, 210)])).toEqual([[100, 210, false]]);
  const slow = [probe(0, 1, 'x'), probe(100, 400), probe(200, 201, 'y'), probe(300, 310)];
  expect(intervals(slow)).toEqual([[0, 400, false]]);
  expect(intervals([probe(0, 1, 'x'), probe(100, 400), probe(200, 201, 'y')], 600)).toEqual([[0, 600, true]]);
});

test('skipped seconds count where they fell, also within one millisecond', () => {
  const probes: Probe[] = [
    { sent: instant(0, 0), ended: instant(1, 0), failure: undefined },
    { sent: instant(1, 20), ended: instant(1, 20), failure: 'x' },
    { sent: instant(1, 320), ended: instant(2, 320), failure: undefined },
  ];
  const spans = outagesOf(probes, instant(5, 400)).map(({ from, to }) => spanBetween(from, to));
  expect(sumOf(spans)).toEqual({ measuredSeconds: 0.001, skippedSeconds: 300 });
});
