import { type TaskHandler } from '../../../asl';
import { isRecord } from '../../../asl/json';
import { failure, machine, start, startNested, task, types } from '../machines';

const branch = (name: string, state: Record<string, unknown>): Record<string, unknown> => ({
  StartAt: name,
  States: { [name]: { End: true, ...state } },
});

/** Waits as many seconds as its arguments say by the clock, then answers or fails; counts what was aborted. */
const slow =
  (aborted: unknown[] = []): TaskHandler =>
  async (_resource, taskArguments, { clock, signal }) =>
    await new Promise((resolve, reject) => {
      const { seconds, fails } = isRecord(taskArguments) ? taskArguments : {};
      signal.addEventListener('abort', () => aborted.push(taskArguments));
      clock.after(Number(seconds) * 1000, () => {
        if (fails === true) reject(failure('Broken', 'on purpose'));
        else resolve(seconds);
      });
    });

describe('Parallel', () => {
  test('runs branches at once on the arguments; they read outer variables, and their own stay inside', async () => {
    const execution = start(
      machine({
        A: { Type: 'Pass', Assign: { outer: 'o' }, Next: 'B' },
        B: {
          Type: 'Parallel',
          Arguments: { n: 1 },
          Branches: [
            branch('X', { Type: 'Pass', Assign: { own: 'x' }, Output: '{% $outer & $string($states.input.n) %}' }),
            branch('Y', { Type: 'Wait', Seconds: 30, Assign: { own: 'y' } }),
            branch('Z', { Type: 'Wait', Seconds: 20 }),
          ],
          Next: 'C',
        },
        C: { Type: 'Pass', Output: '{% {"result": $states.input, "own": $exists($own)} %}', End: true },
      }),
    );
    expect((await execution.done).output).toEqual({ result: ['o1', { n: 1 }, { n: 1 }], own: false });
    expect(execution.clock.elapsed()).toBe(30_000);
    const parts = types(execution);
    expect(parts.indexOf('ParallelStateSucceeded')).toBe(parts.indexOf('ParallelStateExited') - 1);
    expect(execution.edges().filter((edge) => edge.kind === 'StartAt' && edge.from === 'B')).toHaveLength(3);
  });

  test('the first failure aborts the others, then its name can be retried and caught', async () => {
    const aborted: unknown[] = [];
    const execution = start(
      machine({
        A: {
          Type: 'Parallel',
          Branches: [
            branch('X', task({ Resource: startNested, Arguments: { seconds: 5, fails: true } })),
            branch('Y', task({ Resource: startNested, Arguments: { seconds: 50 } })),
            branch('Z', { Type: 'Wait', Seconds: 60 }),
          ],
          Retry: [{ ErrorEquals: ['Broken'], MaxAttempts: 1, IntervalSeconds: 7 }],
          Catch: [{ ErrorEquals: ['Broken'], Next: 'B' }],
          End: true,
        },
        B: { Type: 'Pass', End: true },
      }),
      { handler: slow(aborted) },
    );
    expect((await execution.done).output).toEqual({ Error: 'Broken', Cause: 'on purpose' });
    expect(aborted).toEqual([{ seconds: 50 }, { seconds: 50 }]);
    expect(execution.clock.elapsed()).toBe(5000 + 7000 + 5000);
    const parts = types(execution);
    expect(parts.filter((type) => type === 'ParallelStateStarted')).toHaveLength(2);
    expect(parts.slice(parts.lastIndexOf('TaskFailed'))).toEqual([
      'TaskFailed',
      'TaskStateAborted',
      'WaitStateAborted',
      'ParallelStateFailed',
      'ParallelStateExited',
      'PassStateEntered',
      'PassStateExited',
      'ExecutionSucceeded',
    ]);
    expect(execution.listeners).toBe(0);
  });
});

describe('Map', () => {
  const map = (
    extra: Record<string, unknown>,
    state: Record<string, unknown> = { Type: 'Pass' },
  ): Record<string, unknown> => machine({ A: { Type: 'Map', ItemProcessor: branch('X', state), End: true, ...extra } });

  test('runs the processor for every item, in order, with selector and index', async () => {
    const execution = start(
      map(
        {
          Items: '{% $states.input.list %}',
          ItemSelector: { at: '{% $states.context.Map.Item.Index %}', it: '{% $states.context.Map.Item.Value %}' },
          Output: '{% $states.result.s %}',
        },
        { Type: 'Pass', Output: { s: '{% $states.input.it & $string($states.context.Map.Item.Index) %}' } },
      ),
      { input: { list: ['a', 'b'] } },
    );
    expect((await execution.done).output).toEqual(['a0', 'b1']);
    const parts = types(execution);
    expect(parts).toHaveLength(14);
    expect(parts.slice(0, 4)).toEqual([
      'ExecutionStarted',
      'MapStateEntered',
      'MapStateStarted',
      'MapIterationStarted',
    ]);
    expect(parts.slice(-4)).toEqual([
      'MapIterationSucceeded',
      'MapStateSucceeded',
      'MapStateExited',
      'ExecutionSucceeded',
    ]);
    expect(execution.history()[2]?.mapStateStartedEventDetails).toEqual({ length: 2 });
  });

  test.each([
    [1, 60],
    [2, 40],
    [0, 20],
  ])('with concurrency %p three waits of 20 seconds take %p', async (concurrency, seconds) => {
    const execution = start(map({ Items: [1, 2, 3], MaxConcurrency: concurrency }, { Type: 'Wait', Seconds: 20 }));
    expect((await execution.done).output).toEqual([1, 2, 3]);
    expect(execution.clock.elapsed()).toBe(seconds * 1000);
  });

  test('a failure aborts the iterations under way and begins no other', async () => {
    const execution = start(
      map(
        { Items: [{ seconds: 9 }, { seconds: 5, fails: true }, { seconds: 1 }, { seconds: 1 }], MaxConcurrency: 2 },
        task({ Arguments: '{% $states.input %}' }),
      ),
      { handler: slow() },
    );
    expect(await execution.done).toMatchObject({ status: 'FAILED', error: 'Broken' });
    const parts = types(execution);
    expect(parts.filter((type) => type === 'MapIterationStarted')).toHaveLength(2);
    expect(parts.slice(-6)).toEqual([
      'TaskFailed',
      'MapIterationFailed',
      'TaskStateAborted',
      'MapIterationAborted',
      'MapStateFailed',
      'ExecutionFailed',
    ]);
  });

  test('an iteration that has succeeded is not aborted afterwards', async () => {
    const execution = start(
      map({ Items: [{ seconds: 1 }, { seconds: 5, fails: true }] }, task({ Arguments: '{% $states.input %}' })),
      { handler: slow() },
    );
    await execution.done;
    expect(types(execution)).not.toContain('MapIterationAborted');
  });

  test('takes an empty list, its input where it has no Items, and nothing else', async () => {
    expect((await start(map({ Items: [] })).done).output).toEqual([]);
    expect((await start(map({}), { input: [7] }).done).output).toEqual([7]);
    expect(await start(map({}), { input: {} }).done).toMatchObject({ error: 'States.QueryEvaluationError' });
  });
});
