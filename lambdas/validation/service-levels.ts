import * as z from 'zod';
import type { Description } from '../../contract/description';
import { made, unmade, type Answers, type Judged, type On } from './checks';

type Levels = Description['serviceLevels'];

/** What `/api/metrics` serves; an application that counts otherwise is not held against it. */
const metricsSchema = z.object({
  uptimeSeconds: z.number(),
  requests: z.number(),
  errors: z.number(),
  latencyMs: z.object({ p50: z.number(), p95: z.number(), p99: z.number() }),
});
type Metrics = z.infer<typeof metricsSchema>;

function metricsIn(text: string | null): Metrics | null {
  if (text === null) return null;
  try {
    return metricsSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

const percent = (part: number, whole: number) => (100 * part) / whole;
const shown = (value: number) => `${Number(value.toFixed(2))} %`;

/** The requests that were made on the hosts themselves: how many of them were quick enough. */
function askedNow(levels: Levels, on: readonly On<'measure-application'>[]): Judged {
  const { requestsWithinPercent: wanted, requestsWithinMilliseconds: limit } = levels;
  const times = on.flatMap(({ result }) => result.milliseconds);
  const requests = on.reduce((sum, { result }) => sum + result.requests, 0);
  const quick = times.filter((time) => time <= limit).length;
  return made(
    'requests in time',
    percent(quick, requests) >= wanted,
    `at least ${wanted} % within ${limit} ms`,
    `${shown(percent(quick, requests))} of ${requests} requests, the slowest ${Math.max(0, ...times)} ms`,
    'measure-application: health, asked on each host',
  );
}

/** The application's own percentile on its slowest host. One from before the run may tell of the disaster. */
function byItsMetrics(
  levels: Levels,
  metrics: readonly { host: string; after: Metrics }[],
  when: { readonly began: string | null; readonly at: string },
): Judged {
  const { requestsWithinPercent: wanted, requestsWithinMilliseconds: limit } = levels;
  const name = 'requests in time, by the metrics';
  const expected = `${wanted} % within ${limit} ms`;
  const evidence = 'the last requests, as the metrics of each host count them';
  const percentiles: Readonly<Record<number, keyof Metrics['latencyMs']>> = { 50: 'p50', 95: 'p95', 99: 'p99' };
  const key = percentiles[wanted];
  const [first, ...others] = metrics;
  if (key === undefined || first === undefined) {
    return unmade(name, expected, `the metrics have no figure for ${wanted} %`, evidence, false);
  }
  const slowest = others.reduce(
    (worst, one) => (one.after.latencyMs[key] > worst.after.latencyMs[key] ? one : worst),
    first,
  );
  const actual = `${wanted} % within ${Number(slowest.after.latencyMs[key].toFixed(1))} ms on ${slowest.host}`;
  const good = slowest.after.latencyMs[key] <= limit;
  const since = Date.parse(when.at) - slowest.after.uptimeSeconds * 1000;
  if (!good && when.began !== null && since < Date.parse(when.began)) {
    return unmade(name, expected, `${actual}, but it counts from before the run`, evidence, false);
  }
  return made(name, good, expected, actual, evidence);
}

/** Errors among what everybody asked while the hosts were measured. */
function errors(levels: Levels, metrics: readonly { before: Metrics | null; after: Metrics }[]): Judged {
  const name = 'errors';
  const allowed = 100 - levels.availabilityPercent;
  const expected = `at most ${shown(allowed)} of requests`;
  const evidence = 'the metrics of each host before and after it was asked';
  const windows = metrics.map(({ before, after }) => ({
    requests: after.requests - (before?.requests ?? after.requests),
    errors: after.errors - (before?.errors ?? after.errors),
  }));
  const requests = windows.reduce((sum, window) => sum + window.requests, 0);
  if (windows.some((window) => window.requests <= 0 || window.errors < 0)) {
    return unmade(name, expected, 'the application was started again while it was measured', evidence, false);
  }
  const failed = windows.reduce((sum, window) => sum + window.errors, 0);
  const actual = `${failed} of ${requests} requests: ${shown(percent(failed, requests))}`;
  return made(name, percent(failed, requests) <= allowed, expected, actual, evidence);
}

/**
 * The application against its service levels: the requests that were made on each host, and what its metrics say.
 * @param when.began when the run began, or null for a validation that was started alone
 */
export function serviceLevelChecks(
  levels: Levels,
  measured: Answers<'measure-application'>,
  when: { readonly began: string | null; readonly at: string },
): Judged[] {
  const names = ['requests in time', 'requests in time, by the metrics', 'errors'] as const;
  const [first, ...byMetrics] = names;
  if ('missing' in measured) {
    const why = measured.missing;
    return names.map((name) => unmade(name, 'the service levels', why, 'measure-application', name === first));
  }
  const read = measured.on.map(({ host, result }) => ({
    host,
    before: metricsIn(result.metrics.before),
    after: metricsIn(result.metrics.after),
    problem: result.metrics.problem,
  }));
  const silent = read.find(({ after }) => after === null);
  if (silent !== undefined) {
    const why = `${silent.problem || 'what the metrics address says has another shape'} on ${silent.host}`;
    const unread = byMetrics.map((name) => unmade(name, 'the service levels', why, 'measure-application', false));
    return [askedNow(levels, measured.on), ...unread];
  }
  const metrics = read.flatMap(({ host, before, after }) => (after === null ? [] : [{ host, before, after }]));
  return [askedNow(levels, measured.on), byItsMetrics(levels, metrics, when), errors(levels, metrics)];
}
