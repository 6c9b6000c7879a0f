import { DefinitionError, loadDefinition } from '../../../asl';
import { invoke, invokeWithToken, machine, task } from '../machines';

const problems = (definition: unknown): string[] => {
  try {
    loadDefinition(definition);
  } catch (thrown) {
    if (thrown instanceof DefinitionError) return thrown.problems.map(({ path, message }) => `${path} ${message}`);
    throw thrown;
  }
  return [];
};

const pass = { Type: 'Pass', End: true };
const alone = (state: Record<string, unknown>): unknown => machine({ A: state, B: pass });

describe('loadDefinition', () => {
  test('loads what it knows, from a value and from text, with defaults', () => {
    const definition = machine({
      A: task({
        Comment: 'c',
        TimeoutSeconds: '{% $states.input.t %}',
        Retry: [{ ErrorEquals: ['States.ALL'] }],
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'B', Assign: { caught: '{% $states.errorOutput.Error %}' } }],
        Next: 'B',
      }),
      B: { Type: 'Succeed', Output: 'done' },
    });
    expect(problems(definition)).toEqual([]);
    const loaded = loadDefinition(JSON.stringify({ ...definition, TimeoutSeconds: 60, Comment: 'm', Version: '1.0' }));
    expect(loaded.timeoutSeconds).toBe(60);
    expect(loaded.states.get('A')).toMatchObject({
      resource: { service: 'lambda', action: 'invoke', integration: 'requestResponse' },
      retry: [{ intervalSeconds: 1, maxAttempts: 3, backoffRate: 2, jitter: 'NONE' }],
    });
  });

  test.each<[string, unknown, string]>([
    ['another language', { ...machine({ A: pass }), QueryLanguage: 'JSONPath' }, '$.QueryLanguage is JSONPath'],
    ['no language', { StartAt: 'A', States: { A: pass } }, '$.QueryLanguage is missing'],
    [
      'a state in another language',
      alone({ ...pass, QueryLanguage: 'JSONPath' }),
      '$.States.A.QueryLanguage is JSONPath',
    ],
    ['an unknown type', alone({ Type: 'Loop' }), '$.States.A.Type is Loop'],
    ['an unknown field of the machine', machine({ A: pass }, { Tags: [] }), '$.Tags is not a field'],
    ['an unknown field', alone({ ...pass, Colour: 'red' }), '$.States.A.Colour is not a field'],
    ['a field of JSONPath', alone({ ...pass, ResultPath: '$.a' }), '$.States.A.ResultPath belongs to JSONPath'],
    [
      'an unknown field of a retry',
      alone(task({ Retry: [{ ErrorEquals: ['A'], Colour: 1 }] })),
      'Retry[0].Colour is not',
    ],
    [
      'an unknown field of a catch',
      alone(task({ Catch: [{ ErrorEquals: ['A'], Next: 'B', ResultPath: '$' }] })),
      'Catch[0].ResultPath',
    ],
    ['Next and End', alone({ ...pass, Next: 'B' }), '$.States.A.Next or else'],
    ['neither Next nor End', alone({ Type: 'Pass' }), '$.States.A.Next or else'],
    ['a target that is not there', alone({ Type: 'Pass', Next: 'C' }), '$.States.A Next leads to "C"'],
    ['a start that is not there', { ...machine({ A: pass }), StartAt: 'Z' }, '$.StartAt leads to "Z"'],
    ['a malformed expression', alone({ ...pass, Output: { a: ['{% $x'] } }), '$.States.A.Output.a[0] is malformed'],
    [
      'an expression that does not parse',
      alone({ ...pass, Output: '{% $x + %}' }),
      '$.States.A.Output does not parse: S0207',
    ],
    [
      'activities',
      alone(task({ Resource: 'arn:aws:states:eu-west-1:1:activity:x' })),
      'Resource is not a service integration',
    ],
    [
      "a function's own ARN",
      alone(task({ Resource: 'arn:aws:lambda:eu-west-1:1:function:x' })),
      'Resource is not a service',
    ],
    [
      'a distributed Map',
      alone({
        Type: 'Map',
        End: true,
        ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED' }, StartAt: 'X', States: { X: pass } },
      }),
      'Mode is DISTRIBUTED',
    ],
    [
      'a Map over an object',
      alone({ Type: 'Map', End: true, Items: { a: 1 }, ItemProcessor: { StartAt: 'X', States: { X: pass } } }),
      'Items must be a list',
    ],
    ['no processor', alone({ Type: 'Map', End: true }), 'ItemProcessor is missing'],
    ['no branches', alone({ Type: 'Parallel', End: true, Branches: [] }), 'Branches must be a list of at least one'],
    ['no rules', alone({ Type: 'Choice', Choices: [] }), 'Choices must be a list of at least one'],
    [
      'a condition that is text',
      alone({ Type: 'Choice', Choices: [{ Condition: 'true', Next: 'B' }] }),
      'Condition must be an expression',
    ],
    [
      'two ways to wait',
      alone({ Type: 'Wait', Seconds: 1, Timestamp: '2030-01-01T00:00:00Z', Next: 'B' }),
      'Seconds or else Timestamp',
    ],
    ['a wait for no time', alone({ Type: 'Wait', Timestamp: 'tomorrow', Next: 'B' }), 'Timestamp must be a time'],
    ['a negative wait', alone({ Type: 'Wait', Seconds: -1, Next: 'B' }), 'Seconds must be a whole number from 0'],
    ['a time-out that is text', alone(task({ TimeoutSeconds: '60' })), 'TimeoutSeconds must be an expression'],
    ['a time-out of 0', alone(task({ TimeoutSeconds: 0 })), 'TimeoutSeconds must be a whole number from 1'],
    ['a heart-beat without token', alone(task({ HeartbeatSeconds: 5 })), 'HeartbeatSeconds has no effect'],
    [
      'a heart-beat as long as the time-out',
      alone(task({ Resource: invokeWithToken, HeartbeatSeconds: 5, TimeoutSeconds: 5 })),
      'HeartbeatSeconds must be less',
    ],
    ['States.ALL beside others', alone(task({ Retry: [{ ErrorEquals: ['States.ALL', 'A'] }] })), 'States.ALL alone'],
    [
      'States.ALL before others',
      alone(task({ Retry: [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['A'] }] })),
      'States.ALL alone',
    ],
    [
      'an error that does not exist',
      alone(task({ Retry: [{ ErrorEquals: ['States.TimedOut'] }] })),
      'names States.TimedOut',
    ],
    ['no errors', alone(task({ Retry: [{ ErrorEquals: [] }] })), 'ErrorEquals must be a list'],
    [
      'a longest delay that is no longer',
      alone(task({ Retry: [{ ErrorEquals: ['A'], IntervalSeconds: 5, MaxDelaySeconds: 5 }] })),
      'MaxDelaySeconds must be greater',
    ],
    [
      'unknown jitter',
      alone(task({ Retry: [{ ErrorEquals: ['A'], JitterStrategy: 'SOME' }] })),
      'JitterStrategy must be',
    ],
    ['setting $states', alone({ ...pass, Assign: { states: 1 } }), 'cannot set $states'],
    ["setting a function's name", alone({ ...pass, Assign: { count: 1 } }), 'would hide the function $count'],
    ['a name with a hyphen', alone({ ...pass, Assign: { 'a-b': 1 } }), 'cannot set "a-b"'],
    ['credentials', alone(task({ Credentials: { RoleArn: 'x' } })), 'Credentials is not a field'],
    ['Assign on Succeed', alone({ Type: 'Succeed', Assign: { a: 1 } }), 'Assign is not a field'],
    ['no states', machine({}, { StartAt: 'A' }), 'States must be an object of at least one state'],
    ['a state that is no object', machine({ A: 1 }), '$.States.A must be an object'],
    ['no object', [], '$ is not an object'],
    ['no JSON', '{', '$ is not JSON'],
  ])('refuses %s', (_name, definition, expected) => {
    expect(problems(definition)).toContainEqual(expect.stringContaining(expected));
  });

  test('says everything that is wrong at once', () => {
    expect(
      problems(machine({ A: { Type: 'Pass', Next: 'B', Colour: 1 }, C: { Type: 'Fail', Shape: 1 } })),
    ).toHaveLength(3);
  });

  test('state names are unique across the machine', () => {
    const branch = { StartAt: 'A', States: { A: pass } };
    expect(problems(machine({ A: { Type: 'Parallel', Branches: [branch], End: true } }))).toEqual([
      '$.States.A.Branches[0].States.A has the name of $.States.A; names are unique in a machine.',
    ]);
  });

  test('an inner body sets no variable of the body around it; siblings share names freely', () => {
    const inner = (name: string, variable: string): unknown => ({
      StartAt: name,
      States: { [name]: { ...pass, Assign: { [variable]: 1 } } },
    });
    const around = (variable: string): unknown =>
      machine({
        A: { Type: 'Parallel', Branches: [inner('X', variable), inner('Y', variable)], Next: 'B' },
        B: { ...pass, Assign: { own: 1 } },
      });
    expect(problems(around('other'))).toEqual([]);
    expect(problems(around('own'))).toEqual([
      expect.stringContaining('States.X sets $own'),
      expect.stringContaining('States.Y sets $own'),
    ]);
  });

  test('knows the partition as a token of CloudFormation, and SDK integrations', () => {
    expect(problems(alone(task({ Resource: invoke.replace('aws', '${AWS::Partition}') })))).toEqual([]);
    expect(problems(alone(task({ Resource: 'arn:aws:states:::aws-sdk:rds:describeDBInstances' })))).toEqual([]);
  });
});
