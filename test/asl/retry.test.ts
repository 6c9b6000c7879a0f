import fc from 'fast-check';
import { Retries, type Retrier, longestDelay, matchesError } from '../../asl/retry';

const retrier = (extra: Partial<Retrier> = {}): Retrier => ({
  errorEquals: ['States.ALL'],
  intervalSeconds: 1,
  maxAttempts: 3,
  backoffRate: 2,
  maxDelaySeconds: undefined,
  jitter: 'NONE',
  ...extra,
});

describe('matchesError', () => {
  test.each([
    ['States.ALL', 'Anything', true],
    ['States.ALL', 'States.Timeout', true],
    ['States.ALL', 'States.DataLimitExceeded', false],
    ['States.ALL', 'States.Runtime', false],
    ['States.Runtime', 'States.Runtime', false],
    ['States.DataLimitExceeded', 'States.DataLimitExceeded', true],
    ['States.TaskFailed', 'Anything', true],
    ['States.TaskFailed', 'States.Timeout', false],
    ['States.TaskFailed', 'States.HeartbeatTimeout', true],
    ['States.Timeout', 'States.HeartbeatTimeout', false],
    ['Throttled', 'Throttled', true],
    ['Throttled', 'throttled', false],
  ])('%s with %s: %p', (rule, error, matches) => {
    expect(matchesError([rule], error)).toBe(matches);
  });
});

describe('Retries', () => {
  const arbitrary = fc.record({
    errorEquals: fc.constant(['States.ALL']),
    intervalSeconds: fc.integer({ min: 1, max: 60 }),
    maxAttempts: fc.integer({ min: 0, max: 8 }),
    backoffRate: fc.double({ min: 1, max: 3, noNaN: true }),
    maxDelaySeconds: fc.option(fc.integer({ min: 61, max: 200 }), { nil: undefined }),
    jitter: fc.constantFrom('FULL', 'NONE'),
  });

  test('grants exactly MaxAttempts retries, whose delays add up to at most the sum of the longest ones', () => {
    fc.assert(
      fc.property(arbitrary, fc.double({ min: 0, max: 0.999, noNaN: true }), (rule, chance) => {
        const typed = retrier({ ...rule, jitter: rule.jitter === 'FULL' ? 'FULL' : 'NONE' });
        const retries = new Retries([typed], () => chance);
        const delays: number[] = [];
        for (let delay = retries.delayAfter('X'); delay !== undefined; delay = retries.delayAfter('X'))
          delays.push(delay);
        expect(delays).toHaveLength(typed.maxAttempts);
        const bound = delays.map((_, index) => longestDelay(typed, index + 1)).reduce((sum, each) => sum + each, 0);
        const total = delays.reduce((sum, each) => sum + each, 0);
        expect(total).toBeLessThanOrEqual(bound);
        if (typed.jitter === 'NONE') expect(total).toBeCloseTo(bound);
        else expect(total).toBeCloseTo(bound * chance);
        for (const delay of delays)
          expect(delay).toBeLessThanOrEqual(typed.maxDelaySeconds ?? Number.POSITIVE_INFINITY);
      }),
    );
  });

  test('the first rule that matches decides, each rule counting for itself', () => {
    const retries = new Retries(
      [retrier({ errorEquals: ['A'], maxAttempts: 1, intervalSeconds: 5 }), retrier({ maxAttempts: 2 })],
      Math.random,
    );
    expect(retries.delayAfter('A')).toBe(5);
    expect(retries.delayAfter('B')).toBe(1);
    expect(retries.delayAfter('A')).toBeUndefined();
    expect(retries.delayAfter('B')).toBe(2);
    expect(retries.delayAfter('B')).toBeUndefined();
  });
});
