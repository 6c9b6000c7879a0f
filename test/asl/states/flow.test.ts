import { machine, start, types } from '../machines';

describe('Pass, Succeed, Fail', () => {
  test('hand their input on without an Output; what is assigned is visible from the next state on', async () => {
    const execution = start(
      machine({
        A: { Type: 'Pass', Assign: { x: 1 }, Next: 'B' },
        B: { Type: 'Pass', Assign: { x: '{% $x + 1 %}', old: '{% $x %}' }, Output: '{% [$x] %}', Next: 'C' },
        C: { Type: 'Succeed', Output: { input: '{% $states.input %}', x: '{% $x %}', old: '{% $old %}' } },
      }),
    );
    expect((await execution.done).output).toEqual({ input: [1], x: 2, old: 1 });
  });

  test('a variable that is null is null, and not the one outside of that name nor nothing', async () => {
    const execution = start(
      machine({
        A: { Type: 'Pass', Assign: { x: null }, Next: 'B' },
        B: { Type: 'Succeed', Output: { x: '{% $x %}', none: '{% $x = null %}' } },
      }),
    );
    expect((await execution.done).output).toEqual({ x: null, none: true });
  });

  test('Fail ends with its error and cause, evaluated', async () => {
    const execution = start(machine({ A: { Type: 'Fail', Error: 'Stop', Cause: '{% "at " & $states.input.at %}' } }), {
      input: { at: 'dawn' },
    });
    expect(await execution.done).toEqual({ status: 'FAILED', error: 'Stop', cause: 'at dawn' });
    expect(types(execution)).toEqual(['ExecutionStarted', 'FailStateEntered', 'ExecutionFailed']);
    expect(execution.history()[2]?.executionFailedEventDetails).toEqual({ error: 'Stop', cause: 'at dawn' });
  });

  test('a cause that is no text fails by name', async () => {
    const execution = start(machine({ A: { Type: 'Fail', Cause: '{% 1 %}' } }));
    expect(await execution.done).toMatchObject({ error: 'States.QueryEvaluationError' });
  });

  test('variables and outputs over 256 KiB fail by name', async () => {
    const big = "{% $pad('x', 300000, 'x') %}";
    for (const field of [{ Assign: { x: big } }, { Output: big }]) {
      const execution = start(machine({ A: { Type: 'Pass', End: true, ...field } }));
      expect(await execution.done).toMatchObject({ error: 'States.DataLimitExceeded' });
    }
  });
});

describe('Choice', () => {
  const choice = (extra: Record<string, unknown> = {}): Record<string, unknown> =>
    machine({
      A: {
        Type: 'Choice',
        Choices: [
          { Condition: '{% $states.input.n > 10 %}', Next: 'Many', Assign: { size: 'many' }, Output: 'rule' },
          { Condition: '{% $states.input.n > 5 %}', Next: 'Some' },
        ],
        ...extra,
      },
      Many: { Type: 'Pass', Output: '{% $size & $states.input %}', End: true },
      Some: { Type: 'Pass', End: true },
      Few: { Type: 'Pass', Output: '{% $size %}', End: true },
    });
  const fallback = { Default: 'Few', Assign: { size: 'few' } };

  test.each([
    [11, 'manyrule', { from: 'A', to: 'Many', kind: 'Choice', index: 0 }],
    [6, { n: 6 }, { from: 'A', to: 'Some', kind: 'Choice', index: 1 }],
    [1, 'few', { from: 'A', to: 'Few', kind: 'Default' }],
  ])('%p', async (n, output, edge) => {
    const execution = start(choice(fallback), { input: { n } });
    expect((await execution.done).output).toEqual(output);
    expect(execution.edges()[1]).toEqual(edge);
  });

  test('no rule and no Default fails by name', async () => {
    const execution = start(choice(), { input: { n: 1 } });
    expect(await execution.done).toMatchObject({ error: 'States.NoChoiceMatched' });
  });

  test('a condition that is neither true nor false fails by name', async () => {
    const definition = machine({
      A: { Type: 'Choice', Choices: [{ Condition: '{% 1 %}', Next: 'B' }] },
      B: { Type: 'Succeed' },
    });
    const execution = start(definition);
    expect(await execution.done).toMatchObject({ error: 'States.QueryEvaluationError' });
    expect(types(execution)).toContain('EvaluationFailed');
  });
});

describe('Wait', () => {
  test.each([
    [{ Seconds: 90 }, 90],
    [{ Seconds: '{% $states.input.s * 2 %}' }, 60],
    [{ Timestamp: '2030-01-01T01:00:00Z' }, 3600],
    [{ Timestamp: '{% $fromMillis($millis() + 5000) %}' }, 5],
    [{ Timestamp: '2020-01-01T00:00:00Z' }, 0],
  ])('%p', async (until, seconds) => {
    const execution = start(machine({ A: { Type: 'Wait', ...until, End: true } }), { input: { s: 30 } });
    expect((await execution.done).status).toBe('SUCCEEDED');
    expect(execution.clock.elapsed()).toBe(seconds * 1000);
  });

  test.each([[{ Seconds: '{% 1.5 %}' }], [{ Seconds: "{% '5' %}" }], [{ Timestamp: "{% 'soon' %}" }]])(
    '%p fails by name',
    async (until) => {
      const execution = start(machine({ A: { Type: 'Wait', ...until, End: true } }));
      expect(await execution.done).toMatchObject({ error: 'States.QueryEvaluationError' });
    },
  );
});
