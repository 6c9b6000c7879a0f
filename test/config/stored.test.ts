import { createHash } from 'node:crypto';
import { describe as viewOf } from '../../config/describe';
import { interviewDrills } from '../../config/interview-drills';
import { descriptionSchema } from '../../config/schema';
import { stored, unstored } from '../../config/stored';

const described = viewOf(interviewDrills, 'production');

test('what is stored is read again as it was', () => {
  expect(descriptionSchema.parse(JSON.parse(unstored(stored(described))))).toEqual(described);
});

test('Interview Drills takes less than half of what a parameter holds', () => {
  expect(stored(described).length).toBeLessThan(4096);
});

test('a description that Parameter Store would not take is refused, with what makes it long', () => {
  // Names without a pattern, since compressing takes patterns away.
  const name = (at: number) => createHash('sha256').update(String(at)).digest('hex');
  const integrityChecks = Array.from({ length: 200 }, (_, at) => ({
    ...described.database.integrityChecks[0]!,
    table: name(at),
  }));
  const long = { ...described, database: { ...described.database, integrityChecks } };
  expect(() => stored(long)).toThrow(
    /production has \d+ characters when compressed; Parameter Store takes 8192\. Most of it is database \(\d+ bytes\)/,
  );
});

test('what was not stored by the stack is no description', () => {
  for (const value of ['{}', '', stored(described).slice(0, 100)]) expect(() => unstored(value)).toThrow();
});
