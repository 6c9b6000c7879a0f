import { StateError, type TaskContext, type TaskHandler, TaskTokens } from '../../../asl';
import {
  containing,
  thrownBy,
  failure,
  invokeWithToken,
  machine,
  silent,
  start,
  startNested,
  task,
  types,
} from '../machines';

const seconds = (execution: { clock: { elapsed: () => number } }): number => execution.clock.elapsed() / 1000;

/** Fails with the given errors in turn, then answers. */
const failing = (...errors: string[]): TaskHandler => {
  const left = [...errors];
  return async () => {
    const error = left.shift();
    return await (error === undefined ? Promise.resolve('done') : Promise.reject(failure(error, `${error} it is`)));
  };
};

describe('Task', () => {
  test('hands arguments and context over, and shapes the result by Output and Assign', async () => {
    const seen: [string, unknown, TaskContext][] = [];
    const execution = start(
      machine({
        A: task({
          Arguments: { who: '{% $states.input.who %}', run: '{% $states.context.Execution.Name %}' },
          TimeoutSeconds: '{% 10 * 2 %}',
          Output: { got: '{% $states.result.answer %}', state: '{% $states.context.State.Name %}' },
          Assign: { answer: '{% $states.result.answer %}' },
          Next: 'B',
        }),
        B: { Type: 'Pass', Output: '{% [$answer, $states.input.got] %}', End: true },
      }),
      {
        input: { who: 'me' },
        handler: async (...call) => {
          seen.push(call);
          return await Promise.resolve({ answer: 42 });
        },
      },
    );
    expect(await execution.done).toEqual({ status: 'SUCCEEDED', output: [42, 42] });
    expect(seen).toHaveLength(1);
    const [resource, taskArguments, context] = seen[0]!;
    expect(resource).toBe('arn:aws:states:::lambda:invoke');
    expect(taskArguments).toEqual({ who: 'me', run: 'run-1' });
    expect(context).toMatchObject({ token: undefined, timeoutSeconds: 20, state: { name: 'A', retryCount: 0 } });
    expect(types(execution)).toEqual([
      'ExecutionStarted',
      'TaskStateEntered',
      'TaskScheduled',
      'TaskStarted',
      'TaskSucceeded',
      'TaskStateExited',
      'PassStateEntered',
      'PassStateExited',
      'ExecutionSucceeded',
    ]);
    expect(execution.history()[5]?.stateExitedEventDetails).toEqual({
      name: 'A',
      output: '{"got":42,"state":"A"}',
      assignedVariables: { answer: '42' },
    });
    expect(execution.history()[2]?.taskScheduledEventDetails).toMatchObject({
      resourceType: 'lambda',
      resource: 'invoke',
      region: 'eu-west-1',
      timeoutInSeconds: 20,
    });
  });

  test('retries after growing waits, then gives up with the error and its cause', async () => {
    const execution = start(
      machine({ A: task({ Retry: [{ ErrorEquals: ['Busy'], IntervalSeconds: 2, MaxAttempts: 3, BackoffRate: 3 }] }) }),
      { handler: failing('Busy', 'Busy', 'Busy', 'Busy') },
    );
    expect(await execution.done).toEqual({ status: 'FAILED', error: 'Busy', cause: 'Busy it is' });
    expect(seconds(execution)).toBe(2 + 6 + 18);
    expect(types(execution).filter((type) => type === 'TaskFailed')).toHaveLength(4);
    expect(types(execution).filter((type) => type === 'TaskStateEntered')).toHaveLength(1);
  });

  test('jitter takes a part of the wait; RetryCount counts', async () => {
    const counts: number[] = [];
    const answers = failing('Busy', 'Busy');
    const handler: TaskHandler = async (resource, taskArguments, context) => {
      counts.push(context.state.retryCount);
      return await answers(resource, taskArguments, context);
    };
    const retry = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 10, JitterStrategy: 'FULL', MaxDelaySeconds: 15 }];
    const execution = start(machine({ A: task({ Retry: retry }) }), { handler, random: () => 0.5 });
    expect((await execution.done).output).toBe('done');
    expect(counts).toEqual([0, 1, 2]);
    expect(seconds(execution)).toBe(5 + 7.5);
  });

  test('a Catch takes the error, assigns, and goes on', async () => {
    const execution = start(
      machine({
        A: task({
          Catch: [
            { ErrorEquals: ['Other'], Next: 'C' },
            {
              ErrorEquals: ['States.ALL'],
              Next: 'B',
              Assign: { why: '{% $states.errorOutput.Cause %}' },
              Output: '{% $states.errorOutput.Error %}',
            },
          ],
        }),
        B: { Type: 'Pass', Output: '{% $states.input & ": " & $why %}', End: true },
        C: { Type: 'Fail' },
      }),
      { handler: failing('Broken') },
    );
    expect((await execution.done).output).toBe('Broken: Broken it is');
    expect(types(execution).slice(4, 7)).toEqual(['TaskFailed', 'TaskStateExited', 'PassStateEntered']);
  });

  test('without an Output a Catch hands the error on', async () => {
    const execution = start(
      machine({
        A: task({ Catch: [{ ErrorEquals: ['States.TaskFailed'], Next: 'B' }] }),
        B: { Type: 'Succeed' },
      }),
      { handler: failing('Broken') },
    );
    expect((await execution.done).output).toEqual({ Error: 'Broken', Cause: 'Broken it is' });
  });

  test('times out a handler that never settles, telling it by its signal', async () => {
    let reason: unknown;
    const handler: TaskHandler = async (resource, taskArguments, context) => {
      context.signal.addEventListener('abort', () => {
        reason = context.signal.reason;
      });
      return await silent(resource, taskArguments, context);
    };
    const execution = start(machine({ A: task({ TimeoutSeconds: 900 }) }), { handler });
    expect(await execution.done).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
    expect(seconds(execution)).toBe(900);
    expect(reason).toBeInstanceOf(StateError);
    expect(types(execution)).toContain('TaskTimedOut');
  });

  test('what it cannot be: results over 256 KiB, which States.ALL does not take, and no JSON', async () => {
    const caught = { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'B' }] };
    const states = { A: task(caught), B: { Type: 'Succeed' } };
    const big = start(machine(states), { handler: async () => await Promise.resolve('x'.repeat(262_144)) });
    expect(await big.done).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
    const odd = start(machine(states), { handler: async () => await Promise.resolve({ at: new Date() }) });
    expect(await odd.done).toMatchObject({
      status: 'FAILED',
      error: 'States.Runtime',
      cause: containing('result.at'),
    });
  });

  test('an expression that fails is recorded, and can be caught', async () => {
    const execution = start(
      machine({
        A: task({
          Arguments: { a: ['{% $missing %}'] },
          Catch: [{ ErrorEquals: ['States.QueryEvaluationError'], Next: 'B' }],
        }),
        B: { Type: 'Succeed', Output: '{% $states.input.Error %}' },
      }),
    );
    expect((await execution.done).output).toBe('States.QueryEvaluationError');
    expect(types(execution)).not.toContain('TaskScheduled');
    expect(execution.history()[2]).toMatchObject({
      type: 'EvaluationFailed',
      evaluationFailedEventDetails: {
        state: 'A',
        location: 'Arguments',
        cause: containing('Arguments/a[0]'),
      },
    });
  });

  test('leaves no timer behind', async () => {
    const execution = start(machine({ A: task({ TimeoutSeconds: 900 }) }));
    expect((await execution.done).status).toBe('SUCCEEDED');
    await execution.clock.settle();
    await execution.clock.settle();
    expect(execution.clock.elapsed()).toBe(0);
  });

  test('a .sync handler says what it started', async () => {
    const execution = start(machine({ A: task({ Resource: startNested }) }), {
      handler: async (_resource, _arguments, context) => {
        context.submitted({ ExecutionArn: 'arn' });
        return await Promise.resolve({ Status: 'SUCCEEDED' });
      },
    });
    await execution.done;
    expect(types(execution)).toContain('TaskSubmitted');
  });
});

describe('Task with a token', () => {
  const withToken = (extra: Record<string, unknown> = {}): Record<string, unknown> =>
    task({ Resource: invokeWithToken, Arguments: { token: '{% $states.context.Task.Token %}' }, ...extra });

  const begin = (
    definition: Record<string, unknown>,
  ): { execution: ReturnType<typeof start>; tokens: TaskTokens; token: Promise<string> } => {
    const tokens = new TaskTokens();
    let hand: (token: string) => void = () => undefined;
    const token = new Promise<string>((resolve) => {
      hand = resolve;
    });
    const handler: TaskHandler = async (_resource, taskArguments, context) => {
      expect(taskArguments).toEqual({ token: context.token });
      hand(context.token ?? '');
      return await Promise.resolve(null);
    };
    return { execution: start(machine({ A: withToken(), ...definition }), { tokens, handler }), tokens, token };
  };

  test('ends with what is sent, once', async () => {
    const { execution, tokens, token } = begin({});
    tokens.sendTaskSuccess(await token, '{"approved":true}');
    expect((await execution.done).output).toEqual({ approved: true });
    expect(types(execution)).toContain('TaskSubmitted');
    const again = await token;
    expect(
      thrownBy(() => {
        tokens.sendTaskSuccess(again, '1');
      }),
    ).toMatchObject({ name: 'TaskDoesNotExist' });
    expect(tokens.size).toBe(0);
  });

  test('fails with what is sent', async () => {
    const { execution, tokens, token } = begin({});
    tokens.sendTaskFailure(await token, { error: 'Denied', cause: 'not today' });
    expect(await execution.done).toEqual({ status: 'FAILED', error: 'Denied', cause: 'not today' });
  });

  test('refuses what is not JSON and goes on waiting', async () => {
    const { execution, tokens, token } = begin({});
    const known = await token;
    for (const output of ['{', undefined, '"' + 'x'.repeat(262_144) + '"']) {
      expect(
        thrownBy(() => {
          tokens.sendTaskSuccess(known, output);
        }),
      ).toMatchObject({ name: 'InvalidOutput' });
    }
    tokens.sendTaskSuccess(known, 'null');
    expect((await execution.done).status).toBe('SUCCEEDED');
  });

  test('times out without a heart-beat, and not with one', async () => {
    const { execution, tokens, token } = begin({ A: withToken({ HeartbeatSeconds: 60, TimeoutSeconds: 600 }) });
    const known = await token;
    for (const at of [40, 80, 120]) {
      execution.clock.after(at * 1000, () => {
        tokens.sendTaskHeartbeat(known);
      });
    }
    expect(await execution.done).toMatchObject({ status: 'FAILED', error: 'States.HeartbeatTimeout' });
    expect(seconds(execution)).toBe(180);
    expect(
      thrownBy(() => {
        tokens.sendTaskHeartbeat(known);
      }),
    ).toMatchObject({ name: 'TaskTimedOut' });
  });

  test('a heart-beat that its expression makes too long is an error', async () => {
    const { execution } = begin({ A: withToken({ HeartbeatSeconds: '{% 60 %}', TimeoutSeconds: 60 }) });
    expect(await execution.done).toMatchObject({ error: 'States.QueryEvaluationError' });
  });
});
