import { seeded, unforeseeable, within } from '../../../sandbox/scenarios';

const draw = (random: () => number) => Array.from({ length: 1000 }, random);

test('a seed repeats a drill, another makes another', () => {
  expect(draw(seeded(1))).toEqual(draw(seeded(1)));
  expect(draw(seeded(1))).not.toEqual(draw(seeded(2)));
  expect(draw(unforeseeable())).not.toEqual(draw(unforeseeable()));
});

test.each([
  ['seeded', seeded(3)],
  ['unforeseeable', unforeseeable()],
])('%s numbers are spread over the whole window', (_name, random) => {
  const moments = Array.from({ length: 1000 }, () => within(random, 30, 90));
  expect(Math.min(...moments)).toBeGreaterThanOrEqual(30);
  expect(Math.max(...moments)).toBeLessThan(90);
  const tenths = new Set(moments.map((moment) => Math.floor((moment - 30) / 6)));
  expect(tenths.size).toBe(10);
});
