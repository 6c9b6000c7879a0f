import { emptyTables, startTables, stopTables } from '../../lambdas/tables';
import { description, HOST, measure, openedRun, OTHER_HOST, startedAt, table } from '../fixtures';
import { resetAws } from '../run/aws';
import { openRun } from '../../../lambdas/gateways/runs';
import { listChecks } from '../../../lambdas/run/journal';
import { takeLease } from '../../../lambdas/run/lease';
import { handler } from '../../../lambdas/validation/validation-judge';
import { execution } from '../quiet';
import type { Check } from '../../../contract/run';

beforeAll(startTables);
afterAll(stopTables);
beforeEach(async () => {
  resetAws();
  await emptyTables();
});

const metrics = (more: object = {}) =>
  JSON.stringify({ uptimeSeconds: 30, requests: 300, errors: 0, latencyMs: { p50: 2, p95: 9, p99: 40 }, ...more });
const measured = (more: object = {}) => ({
  health: { status: 200, body: '{"status":"healthy"}' },
  requests: 100,
  failed: 0,
  milliseconds: Array.from({ length: 100 }, () => 3),
  metrics: { before: metrics({ requests: 199 }), after: metrics(), problem: '' },
  ...more,
});
const inspected = (more: object = {}) => ({
  services: { nginx: 'active', 'interview-app': 'active' },
  release: 'v1.3.0',
  freeMegabytes: 900,
  missingTools: [],
  ...more,
});
const ran = (more: object = {}) => ({ ran: true, because: '', exitCode: 0, seconds: 1, tail: '# pass 2', ...more });
const on = (...results: unknown[]) => ({
  results: results.map((result, index) => ({ host: [HOST, OTHER_HOST][index] ?? '', result })),
  failure: null,
});
const failed = { results: null, failure: { Error: 'HostSilentError', Cause: 'it did not take it' } };

const whole = {
  run: null,
  description,
  hosts: [HOST, OTHER_HOST],
  unheard: [],
  tests: 'test:critical',
  inspected: on(inspected(), inspected()),
  measured: on(measured(), measured()),
  probed: on(measure(startedAt)),
  tested: on({ tests: ran(), consistency: ran() }),
  targets: { healthy: 2, registered: 2 },
  outside: { healthy: true, status: 200, detail: '200 OK' },
};
const judged = async (more: object = {}) => {
  const { passed, words, checks } = await handler({ ...whole, ...more });
  const of = (name: string): Check | undefined => checks.find((check) => check.name === name);
  return { passed, words, checks, of };
};

test('an application that is whole passes every check, each with its figure', async () => {
  const { passed, words, checks, of } = await judged();
  expect({ passed, words }).toEqual({ passed: true, words: '' });
  expect(checks.filter(({ status }) => status !== 'passed')).toEqual([]);
  expect(checks.map(({ name }) => name)).toEqual([
    'health from outside',
    'targets of the load balancer',
    `health on ${HOST}`,
    `health on ${OTHER_HOST}`,
    'services',
    'release',
    'requests in time',
    'requests in time, by the metrics',
    'errors',
    'rows',
    'rules of evaluations',
    'schema version',
    'tests',
    'data consistency',
  ]);
  expect(of('requests in time')?.actual).toBe('100 % of 200 requests, the slowest 3 ms');
  expect(of('requests in time, by the metrics')?.actual).toBe(`95 % within 9 ms on ${HOST}`);
  expect(of('errors')?.actual).toBe('0 of 202 requests: 0 %');
  expect(of('rows')?.actual).toBe('100 in users, 1000 in evaluations, 7 in schema_migrations');
  expect(of('schema version')?.actual).toBe('7');
});

/** As node:test ends: what failed, and after it more than anybody reads. */
const TAP = `ok 1 - healthy
not ok 2 - what was acknowledged can be read
  ---
  duration_ms: 9
  error: '500 !== 201'
  code: 'ERR_ASSERTION'
  stack: |-
${'    process.processTicksAndRejections (node:internal/process/task_queues:95:5)\n'.repeat(10)}  ...
1..2
# fail 1`;

const slow = [...Array.from({ length: 94 }, () => 3), ...Array.from({ length: 6 }, () => 900)];
test.each([
  ['health from outside', { outside: { healthy: false, status: 503, detail: '503 no' } }, '503 no'],
  ['targets of the load balancer', { targets: { healthy: 1, registered: 2 } }, '1 of 2'],
  ['targets of the load balancer', { targets: { healthy: 0, registered: 0 } }, '0 of 0'],
  [`health on ${OTHER_HOST}`, { measured: on(measured(), measured({ health: { status: 503, body: 'no' } })) }, '503'],
  ['services', { inspected: on(inspected(), inspected({ services: { nginx: 'failed' } })) }, 'nginx is failed'],
  ['release', { inspected: on(inspected(), inspected({ release: 'v1.2.0' })) }, 'v1.2.0'],
  ['requests in time', { measured: on(measured({ milliseconds: slow }), measured({ milliseconds: slow })) }, '94 %'],
  // Those that nobody answered were not in time either.
  ['requests in time', { measured: on(measured({ milliseconds: [] })) }, '0 % of 100'],
  [
    'requests in time, by the metrics',
    {
      measured: on(
        measured({
          metrics: { before: null, after: metrics({ latencyMs: { p50: 1, p95: 501, p99: 900 } }), problem: '' },
        }),
      ),
    },
    '501 ms',
  ],
  [
    'errors',
    {
      measured: on(
        measured({ metrics: { before: metrics({ requests: 200 }), after: metrics({ errors: 1 }), problem: '' } }),
      ),
    },
    '1 of 100 requests: 1 %',
  ],
  ['rows', { probed: on(measure(startedAt, [table('users', 3)])) }, '3 in users'],
  [
    'rules of evaluations',
    {
      probed: on(
        measure(startedAt, [
          table('users', 3),
          table('evaluations', 9, { violations: 2 }),
          table('schema_migrations', 1),
        ]),
      ),
    },
    '2 rows',
  ],
  ['schema version', { probed: on({ ...measure(startedAt), schemaVersion: '' }) }, 'none'],
  ['tests', { tested: on({ tests: ran({ exitCode: 1, tail: '# fail 1' }), consistency: ran() }) }, '# fail 1'],
  [
    'tests',
    { tested: on({ tests: ran({ exitCode: 1, tail: TAP }), consistency: ran() }) },
    "s: not ok 2 - what was acknowledged can be read --- duration_ms: 9 error: '500 !== 201' code:",
  ],
  ['data consistency', { tested: on({ tests: ran(), consistency: ran({ exitCode: 4 }) }) }, 'exit code 4'],
])('%s fails, and so does the validation, by its words', async (name, more, figure) => {
  const { passed, words, of } = await judged(more);
  expect(passed).toBe(false);
  expect(of(name)).toMatchObject({ status: 'failed' });
  expect(of(name)?.actual).toContain(figure);
  expect(words).toContain(name);
});

test.each([
  ['inspected', ['services', 'release']],
  ['measured', [`health on ${HOST}`, `health on ${OTHER_HOST}`, 'requests in time']],
  ['probed', ['integrity', 'schema version']],
  ['tested', ['tests', 'data consistency']],
])('where %s could not be asked, nothing of it is passed and the validation fails', async (what, names) => {
  const { passed, words, of } = await judged({ [what]: failed });
  expect(passed).toBe(false);
  for (const name of names) {
    expect(of(name)).toMatchObject({ status: 'not-checkable', actual: 'HostSilentError: it did not take it' });
    expect(words).toContain(`${name} could not be checked`);
  }
});

test('what the release or the description does not have is said and keeps nothing from passing', async () => {
  const none = ran({ ran: false, because: 'the release has no script' });
  const { passed, of } = await judged({
    tested: on({ tests: none, consistency: none }),
    inspected: on(inspected({ release: 'unknown' }), inspected({ release: 'unknown' })),
    measured: on(measured({ metrics: { before: null, after: null, problem: '/metrics answered 404' } })),
  });
  expect(passed).toBe(true);
  for (const name of ['tests', 'data consistency', 'release', 'errors', 'requests in time, by the metrics'])
    expect([name, of(name)?.status]).toEqual([name, 'not-checkable']);
  expect(of('errors')?.actual).toBe(`/metrics answered 404 on ${HOST}`);
});

test('metrics of another shape, or of an application that was started meanwhile, say nothing', async () => {
  const shape = await judged({ measured: on(measured({ metrics: { before: '{}', after: '<html>', problem: '' } })) });
  expect(shape.of('errors')?.actual).toContain('another shape');
  const again = await judged({
    measured: on(measured({ metrics: { before: metrics({ requests: 900 }), after: metrics(), problem: '' } })),
  });
  expect(again.of('errors')).toMatchObject({ status: 'not-checkable' });
  expect([shape.passed, again.passed]).toEqual([true, true]);
});

test('a host that is silent matters where the load balancer sends users to it', async () => {
  const unheard = [{ host: OTHER_HOST, why: 'SSM says ConnectionLost' }];
  const one = { hosts: [HOST], unheard, inspected: on(inspected()), measured: on(measured()) };
  await expect(judged(one)).resolves.toMatchObject({ passed: false });
  const { passed, of } = await judged({ ...one, targets: { healthy: 1, registered: 1 } });
  expect(passed).toBe(true);
  expect(of(`health on ${OTHER_HOST}`)).toMatchObject({ status: 'not-checkable', actual: 'SSM says ConnectionLost' });
});

test('checks of a run are recorded in its journal; a percentile from before the run is not held against it', async () => {
  await openRun({
    id: 'night-1',
    environment: 'production',
    executionArn: execution('recovery', 'night-1'),
    startedAt: new Date(Date.now() - 60_000).toISOString(),
    input: {},
  });
  const run = await takeLease(openedRun('night-1'));
  const old = metrics({ uptimeSeconds: 9000, latencyMs: { p50: 1, p95: 2000, p99: 3000 } });
  const { passed, checks, of } = await judged({
    run,
    measured: on(measured({ metrics: { before: metrics({ requests: 1 }), after: old, problem: '' } })),
  });
  expect(passed).toBe(true);
  expect(of('requests in time, by the metrics')).toMatchObject({ status: 'not-checkable' });
  expect(await listChecks('night-1')).toEqual(checks);
});
