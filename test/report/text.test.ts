import { duration, grouped, inWords, utc } from '../../report/text';

test.each<[number, string]>([
  [0, '0 s'],
  [0.04, '0 s'],
  [4.24, '4.2 s'],
  [9.96, '10 s'],
  [59.6, '1 min'],
  [60, '1 min'],
  [772, '12 min 52 s'],
  [3599.7, '1 h'],
  [14_400, '4 h'],
  [14_700, '4 h 5 min'],
  [86_390, '1 d'],
  [97_200, '1 d 3 h'],
  [Number.NaN, 'unknown'],
])('%d seconds are %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

test('times have their zone, numbers their groups, values their names', () => {
  expect(utc('2026-11-23T03:29:02+01:00')).toBe('2026-11-23 02:29:02 UTC');
  expect(grouped(412_881)).toBe('412,881');
  expect(inWords({ a: 1, b: [true, { c: null }], d: {}, e: { f: 'x', g: 'y' } })).toBe(
    'a: 1; b: true, c: none; d: none; e: {f: x, g: y}',
  );
});
