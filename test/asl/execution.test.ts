import {
  type Execution,
  type HistoryEvent,
  InvalidExecutionInput,
  SkippingClock,
  type TaskHandler,
  definitionEdges,
  edgeKey,
  loadDefinition,
  startExecution,
} from '../../asl';
import { echo, identity, invoke, machine, silent, start, startNested, task, types } from './machines';

const wait = machine({ A: { Type: 'Wait', Seconds: 60, Next: 'B' }, B: { Type: 'Succeed' } });

describe('an execution', () => {
  test('says how it stands, and gives its history in the shape of GetExecutionHistory', async () => {
    const heard: HistoryEvent[] = [];
    const later: string[] = [];
    const execution = start(wait, { input: { a: 1 }, onEvent: (event) => heard.push(event) });
    execution.subscribe((event) => later.push(event.type));
    const leave = execution.subscribe(() => later.push('never'));
    leave();
    expect(execution.status).toBe('RUNNING');
    expect(execution.endedAt).toBeUndefined();
    expect(await execution.done).toEqual({ status: 'SUCCEEDED', output: { a: 1 } });
    expect(execution).toMatchObject({ status: 'SUCCEEDED', output: { a: 1 }, error: undefined, cause: undefined });
    const history = execution.history();
    expect(heard).toEqual(history);
    expect(later).toEqual(types(execution).slice(1));
    expect(history.map((event) => event.id)).toEqual([1, 2, 3, 4, 5, 6]);
    // The first state's event follows none, as on AWS.
    expect(history.map((event) => event.previousEventId)).toEqual([0, 0, 2, 3, 4, 5]);
    expect(history[0]).toMatchObject({
      type: 'ExecutionStarted',
      executionStartedEventDetails: { input: '{"a":1}', roleArn: identity.roleArn },
    });
    expect(history[1]).toMatchObject({ state: 'A', stateEnteredEventDetails: { name: 'A', input: '{"a":1}' } });
    expect(history[2]?.timestamp.toISOString()).toBe('2030-01-01T00:01:00.000Z');
    expect(history[2]?.instant).toEqual({ at: execution.startedAt.at + 60_000, skipped: 0 });
    expect(history[5]?.executionSucceededEventDetails).toEqual({ output: '{"a":1}' });
  });

  test('shows all of its context', async () => {
    const execution = start(machine({ A: { Type: 'Pass', Output: '{% $states.context %}', End: true } }), {
      input: { a: 1 },
    });
    expect((await execution.done).output).toEqual({
      Execution: {
        Id: identity.executionArn,
        Name: 'run-1',
        Input: { a: 1 },
        RoleArn: identity.roleArn,
        StartTime: '2030-01-01T00:00:00.000Z',
        RedriveCount: 0,
      },
      State: { Name: 'A', EnteredTime: '2030-01-01T00:00:00.000Z', RetryCount: 0 },
      StateMachine: { Id: identity.stateMachineArn, Name: 'plan' },
    });
  });

  test('a listener that fails harms nothing and is heard of', async () => {
    const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const execution = start(wait, {
      onEvent: () => {
        throw new Error('display');
      },
    });
    expect((await execution.done).status).toBe('SUCCEEDED');
    expect(warned).toHaveBeenCalledTimes(6);
    warned.mockRestore();
  });

  test('refuses an input that is no JSON or too large', () => {
    expect(() => start(wait, { input: undefined })).toThrow(InvalidExecutionInput);
    expect(() => start(wait, { input: 'x'.repeat(262_144) })).toThrow(InvalidExecutionInput);
  });

  test('calls no handler before its caller has it', () => {
    let called = false;
    start(machine({ A: { Type: 'Task', Resource: invoke, End: true } }), {
      handler: async (...call) => {
        called = true;
        return await echo(...call);
      },
    });
    expect(called).toBe(false);
  });
});

describe('stopping', () => {
  test('aborts what is under way, at once, and records it', async () => {
    const execution = start(wait);
    await execution.clock.settle();
    expect(execution.stop('Denied', 'by hand')).toBe(true);
    expect(execution).toMatchObject({ status: 'ABORTED', error: 'Denied', cause: 'by hand' });
    expect(types(execution).slice(-2)).toEqual(['WaitStateAborted', 'ExecutionAborted']);
    expect(execution.stop()).toBe(false);
    expect(await execution.done).toEqual({ status: 'ABORTED', error: 'Denied', cause: 'by hand' });
    await execution.clock.advance(120_000);
    expect(types(execution).at(-1)).toBe('ExecutionAborted');
  });

  test('at once after the start runs nothing', async () => {
    const execution = start(wait);
    execution.stop();
    expect(await execution.done).toEqual({ status: 'ABORTED' });
    await execution.clock.settle();
    expect(types(execution)).toEqual(['ExecutionStarted', 'ExecutionAborted']);
  });

  test('cannot be caught or retried', async () => {
    const guards = { Retry: [{ ErrorEquals: ['States.ALL'] }], Catch: [{ ErrorEquals: ['States.ALL'], Next: 'B' }] };
    const execution = start(machine({ A: task(guards), B: { Type: 'Succeed' } }), { handler: silent });
    await execution.clock.settle();
    execution.stop();
    await execution.clock.settle();
    expect(execution.status).toBe('ABORTED');
    expect(types(execution).slice(-2)).toEqual(['TaskStateAborted', 'ExecutionAborted']);
  });

  test('may be asked for again by what is told of it', async () => {
    let again: boolean | undefined;
    const handler: TaskHandler = async (resource, taskArguments, context) => {
      context.signal.addEventListener('abort', () => {
        again = execution.stop('again');
      });
      return await silent(resource, taskArguments, context);
    };
    const execution: Execution = start(machine({ A: task() }), { handler });
    await new Promise(setImmediate);
    execution.stop('first');
    expect(again).toBe(false);
    expect(execution.error).toBe('first');
  });
});

describe('nested executions', () => {
  /** Runs a nested machine for startExecution.sync:2, as a sandbox does. */
  const nesting = (definition: Record<string, unknown>, order: string[], nested: Execution[]): TaskHandler => {
    const loaded = loadDefinition(definition);
    return async (_resource, taskArguments, { clock, signal }) => {
      const execution = startExecution({
        machine: loaded,
        input: taskArguments,
        clock,
        signal,
        identity: { ...identity, executionName: 'nested' },
        handler: echo,
        onEvent: (event) => order.push(`nested ${event.type}`),
      });
      nested.push(execution);
      const { status, output, error } = await execution.done;
      if (status !== 'SUCCEEDED')
        throw Object.assign(new Error('nested'), { name: 'States.TaskFailed', cause: error ?? status });
      return { Status: status, Output: output };
    };
  };
  const parent = machine({ P: task({ Resource: startNested, Arguments: { n: 1 } }) });

  test('give their output to the parent', async () => {
    const execution = start(parent, { handler: nesting(wait, [], []) });
    expect((await execution.done).output).toEqual({ Status: 'SUCCEEDED', Output: { n: 1 } });
    expect(execution.clock.elapsed()).toBe(60_000);
  });

  test('end before their parent, which stops them', async () => {
    const order: string[] = [];
    const nested: Execution[] = [];
    const execution = start(parent, {
      handler: nesting(wait, order, nested),
      onEvent: (event) => order.push(event.type),
    });
    await execution.clock.settle();
    execution.stop();
    expect(order.slice(-4)).toEqual([
      'nested WaitStateAborted',
      'nested ExecutionAborted',
      'TaskStateAborted',
      'ExecutionAborted',
    ]);
    expect(nested[0]).toMatchObject({ status: 'ABORTED', error: 'States.TaskAborted', listeners: 0 });
    expect(execution.listeners).toBe(0);
  });

  test("end when their parent's task times out", async () => {
    const nested: Execution[] = [];
    const definition = machine({ P: task({ Resource: startNested, TimeoutSeconds: 30 }) });
    const execution = start(definition, { handler: nesting(wait, [], nested) });
    expect(await execution.done).toMatchObject({ error: 'States.Timeout' });
    expect(nested[0]?.status).toBe('ABORTED');
  });

  test('do not begin under a signal that has aborted, and leave no listener on one', async () => {
    const signal = AbortSignal.abort();
    const aborted = start(wait, { signal });
    expect((await aborted.done).status).toBe('ABORTED');
    const controller = new AbortController();
    const removed = jest.spyOn(controller.signal, 'removeEventListener');
    await start(wait, { signal: controller.signal }).done;
    expect(removed).toHaveBeenCalledWith('abort', expect.any(Function));
  });
});

describe('limits', () => {
  test("a machine's time-out ends it, whatever catches", async () => {
    const definition = machine({
      A: task({ Catch: [{ ErrorEquals: ['States.ALL'], Next: 'B' }] }),
      B: { Type: 'Succeed' },
    });
    const execution = start({ ...definition, TimeoutSeconds: 120 }, { handler: silent });
    expect(await execution.done).toMatchObject({ status: 'TIMED_OUT', error: 'States.Timeout' });
    expect(execution.clock.elapsed()).toBe(120_000);
    expect(types(execution).slice(-2)).toEqual(['TaskStateAborted', 'ExecutionTimedOut']);
  });

  test("a machine's time-out leaves no timer behind", async () => {
    const execution = start({ ...wait, TimeoutSeconds: 120 });
    await execution.done;
    await execution.clock.settle();
    expect(execution.clock.elapsed()).toBe(60_000);
  });

  test('the 25,000th event is the failure, and nothing catches it', async () => {
    const loop = { StartAt: 'X', States: { X: { Type: 'Pass', Next: 'Y' }, Y: { Type: 'Pass', Next: 'X' } } };
    const definition = machine({
      A: { Type: 'Parallel', Branches: [loop], Catch: [{ ErrorEquals: ['States.ALL'], Next: 'B' }], End: true },
      B: { Type: 'Succeed' },
    });
    const execution = start(definition);
    expect(await execution.done).toMatchObject({
      status: 'FAILED',
      error: 'States.Runtime',
      cause: 'The execution reached the maximum number of history events (25000).',
    });
    expect(execution.history()).toHaveLength(25_000);
    expect(types(execution).at(-1)).toBe('ExecutionFailed');
  });
});

test('on a SkippingClock work takes its real time and waiting none', async () => {
  const clock = new SkippingClock();
  const handler: TaskHandler = async () =>
    await new Promise((resolve) => {
      setTimeout(resolve, 20, 'worked');
    });
  const definition = machine({ A: { Type: 'Wait', Seconds: 3600, Next: 'B' }, B: task({ TimeoutSeconds: 60 }) });
  const execution = startExecution({ machine: loadDefinition(definition), input: {}, clock, handler, identity });
  expect((await execution.done).output).toBe('worked');
  const { startedAt, endedAt } = execution;
  expect(endedAt!.skipped - startedAt.skipped).toBeCloseTo(3600, 0);
  expect(endedAt!.at - startedAt.at).toBeGreaterThanOrEqual(18);
  expect(endedAt!.at - startedAt.at).toBeLessThan(1000);
  clock.close();
});

test('on a SkippingClock a handler that never settles times out in real time, and then holds nothing up', async () => {
  const clock = new SkippingClock();
  const definition = machine({
    A: task({ TimeoutSeconds: 1, Catch: [{ ErrorEquals: ['States.Timeout'], Next: 'B' }], Next: 'B' }),
    B: { Type: 'Wait', Seconds: 3600, End: true },
  });
  const execution = startExecution({
    machine: loadDefinition(definition),
    input: {},
    clock,
    handler: silent,
    identity,
  });
  expect((await execution.done).status).toBe('SUCCEEDED');
  expect(execution.endedAt!.at - execution.startedAt.at).toBeGreaterThanOrEqual(990);
  expect(clock.now().skipped).toBeCloseTo(3600, 0);
  clock.close();
});

describe('edges', () => {
  const definition = machine({
    A: { Type: 'Choice', Choices: [{ Condition: '{% $states.input.n = 1 %}', Next: 'B' }], Default: 'C' },
    B: task({ Catch: [{ ErrorEquals: ['States.ALL'], Next: 'C' }], Next: 'C' }),
    C: {
      Type: 'Map',
      Items: [1, 2],
      ItemProcessor: { StartAt: 'X', States: { X: { Type: 'Pass', Next: 'Y' }, Y: { Type: 'Succeed' } } },
      Next: 'D',
    },
    D: { Type: 'Fail' },
  });

  test('are enumerated in the form in which an execution records them', async () => {
    const all = definitionEdges(loadDefinition(definition)).map(edgeKey);
    expect(all).toEqual([
      '(start) -StartAt-> A',
      'A -Choice[0]-> B',
      'A -Default-> C',
      'B -Next-> C',
      'B -Catch[0]-> C',
      'C -Next-> D',
      'C -StartAt[0]-> X',
      'X -Next-> Y',
    ]);
    const taken = new Set<string>();
    const visit = async (n: number, handler: TaskHandler): Promise<void> => {
      const execution = start(definition, { input: { n }, handler });
      await execution.done;
      for (const edge of execution.edges()) taken.add(edgeKey(edge));
    };
    await visit(1, echo);
    expect(all.filter((edge) => !taken.has(edge))).toEqual(['A -Default-> C', 'B -Catch[0]-> C']);
    await visit(1, async () => await Promise.reject(new Error('no')));
    await visit(2, echo);
    expect([...taken].sort()).toEqual([...all].sort());
  });
});
