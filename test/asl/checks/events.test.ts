import fc from 'fast-check';
import { type TaskHandler, loadDefinition, worstCaseEvents } from '../../../asl';
import { type EventOptions } from '../../../asl/checks';
import { failure, machine, start, startNested, task } from '../machines';

const worst = (
  definition: Record<string, unknown>,
  options: EventOptions = {},
): { events: number; found: string[] } => {
  const { events, found } = worstCaseEvents(loadDefinition(definition), options);
  return { events, found: found.map(({ state, message }) => `${state ?? '-'}: ${message}`) };
};

const failing: TaskHandler = async () => await Promise.reject(failure('Busy'));

/** Polls until the n-th round, as a Choice counts them. */
const polling = (rounds: number): Record<string, unknown> =>
  machine({
    Begin: { Type: 'Pass', Assign: { rounds: 0 }, Next: 'Pause' },
    Pause: { Type: 'Wait', Seconds: 30, Next: 'Look' },
    Look: task({ Assign: { rounds: '{% $rounds + 1 %}' }, Next: 'Ready?' }),
    'Ready?': {
      Type: 'Choice',
      Choices: [{ Condition: `{% $rounds >= ${rounds} %}`, Next: 'Done' }],
      Default: 'Pause',
    },
    Done: { Type: 'Succeed' },
  });

describe('worstCaseEvents', () => {
  test('takes the costliest way, with every retry used up', async () => {
    const retry = [
      { ErrorEquals: ['Busy'], MaxAttempts: 4 },
      { ErrorEquals: ['Other'], MaxAttempts: 0 },
    ];
    const definition = machine({
      A: { Type: 'Choice', Choices: [{ Condition: '{% true %}', Next: 'B' }], Default: 'C' },
      B: task({ Retry: retry, Catch: [{ ErrorEquals: ['States.ALL'], Next: 'C' }], Next: 'C' }),
      C: { Type: 'Succeed' },
    });
    // Start and end, Choice, five attempts of three, the task's own two and two failed evaluations, Succeed.
    expect(worst(definition)).toEqual({ events: 2 + 2 + (2 + 5 * 3 + 2) + 2, found: [] });
    const execution = start(definition, { handler: failing });
    await execution.done;
    expect(execution.history()).toHaveLength(2 + 2 + 2 + 5 * 3 + 2);
  });

  test.each([1, 7, 40])(
    'bounds a polling loop of %p rounds, a round at most being counted too many',
    async (rounds) => {
      const { events, found } = worst(polling(rounds), { rounds: { Pause: rounds } });
      expect(found).toEqual([]);
      const execution = start(polling(rounds));
      await execution.done;
      const made = execution.history().length;
      expect(made).toBeLessThanOrEqual(events);
      // Start and end, Begin and Done; the way in as far as the bounded state; in a round Wait, Choice, Task with its two
      // failed evaluations, which do not happen here.
      expect(events).toBe(2 + 2 + 2 + 9 + rounds * (2 + 2 + 7));
    },
  );

  test('refuses a state that leads to itself without a bound', () => {
    const definition = machine({
      A: { Type: 'Choice', Choices: [{ Condition: '{% false %}', Next: 'B' }], Default: 'A' },
      B: { Type: 'Succeed' },
    });
    expect(worst(definition).found).toEqual([expect.stringContaining('The loop through A has no bound')]);
    expect(worst(definition, { rounds: { A: 10 } })).toEqual({ events: 2 + 20 + 2, found: [] });
  });

  test('a bound on the outer of two loops does not bound the inner one', () => {
    const definition = machine({
      Outer: { Type: 'Pass', Next: 'Inner' },
      Inner: { Type: 'Wait', Seconds: 1, Next: 'Again?' },
      'Again?': {
        Type: 'Choice',
        Choices: [
          { Condition: '{% $states.input.inner %}', Next: 'Inner' },
          { Condition: '{% $states.input.outer %}', Next: 'Outer' },
        ],
        Default: 'Done',
      },
      Done: { Type: 'Succeed' },
    });
    expect(worst(definition, { rounds: { Outer: 3 } }).found).toEqual([
      expect.stringContaining('through Again?, Inner has no bound'),
    ]);
    expect(worst(definition, { rounds: { Outer: 3, Inner: 9 } }).found).toEqual([]);
    expect(worst(definition, { rounds: { Inner: 9 } }).events).toBeLessThan(100);
  });

  test('finds a loop that costs more than the quota, and says by how much', () => {
    const day = worst(polling(3000), { rounds: { Pause: 3000 } });
    expect(day.events).toBeGreaterThan(25_000);
    expect(day.found).toEqual([
      expect.stringContaining(`-: The longest run makes ${day.events} history events, more than 24999`),
    ]);
    expect(worst(polling(20), { rounds: { Pause: 20 }, limit: 100 }).found).toHaveLength(1);
  });

  test('multiplies what a Parallel or a Map with a Retry runs again', async () => {
    const broken = task({ Resource: startNested });
    const definition = machine({
      A: {
        Type: 'Map',
        Items: [1, 2],
        ItemProcessor: { StartAt: 'X', States: { X: broken } },
        Retry: [{ ErrorEquals: ['Busy'], MaxAttempts: 2 }],
        End: true,
      },
    });
    // An iteration: its two, the task's two, four of an attempt and two failed evaluations.
    expect(worst(definition)).toEqual({ events: 2 + 2 + 3 * (2 + 2 * (2 + 2 + 4 + 2)) + 2, found: [] });
    const execution = start(definition, { handler: failing });
    await execution.done;
    expect(execution.history().length).toBeLessThanOrEqual(worst(definition).events);
  });

  test('refuses a Map without a bound, and a bound that nothing needs', () => {
    const definition = machine({
      A: {
        Type: 'Map',
        Items: '{% $states.input %}',
        ItemProcessor: { StartAt: 'X', States: { X: { Type: 'Succeed' } } },
        End: true,
      },
    });
    expect(worst(definition).found).toEqual([expect.stringContaining('A: This Map has no bound')]);
    expect(worst(definition, { items: { A: 10 } })).toEqual({ events: 2 + 2 + 2 + 10 * 4 + 2, found: [] });
    expect(worst(definition, { items: { A: 1 }, rounds: { A: 1, B: 2 } }).found).toEqual([
      expect.stringContaining('B: A bound is given for this state, which needs none'),
    ]);
  });

  test('is never less than what a run makes, whatever fails on the way', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('Busy', 'Slow', 'Odd', ''), { minLength: 0, maxLength: 30 }),
        fc.integer({ min: 1, max: 6 }),
        async (answers, rounds) => {
          const definition = machine({
            Begin: { Type: 'Pass', Assign: { rounds: 0 }, Next: 'Pause' },
            Pause: { Type: 'Wait', Seconds: 30, Next: 'Both' },
            Both: {
              Type: 'Parallel',
              Branches: [
                { StartAt: 'X', States: { X: task({ Retry: [{ ErrorEquals: ['Busy'], MaxAttempts: 2 }] }) } },
                { StartAt: 'Y', States: { Y: task({ Output: '{% $states.result.ok %}' }) } },
              ],
              Retry: [{ ErrorEquals: ['Slow'], MaxAttempts: 1 }],
              Catch: [
                { ErrorEquals: ['Odd'], Next: 'Count' },
                { ErrorEquals: ['States.ALL'], Next: 'Done' },
              ],
              Next: 'Count',
            },
            Count: { Type: 'Pass', Assign: { rounds: '{% $rounds + 1 %}' }, Next: 'Ready?' },
            'Ready?': {
              Type: 'Choice',
              Choices: [{ Condition: `{% $rounds >= ${rounds} %}`, Next: 'Done' }],
              Default: 'Pause',
            },
            Done: { Type: 'Succeed' },
          });
          const left = [...answers];
          const execution = start(definition, {
            handler: async () => {
              const error = left.shift() ?? '';
              return await (error === '' ? Promise.resolve({ ok: true }) : Promise.reject(failure(error)));
            },
          });
          await execution.done;
          const { events, found } = worst(definition, { rounds: { Pause: rounds } });
          expect(found).toEqual([]);
          expect(execution.history().length).toBeLessThanOrEqual(events);
        },
      ),
      { numRuns: 25 },
    );
  });
});
