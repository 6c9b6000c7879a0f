import { type CheckOptions, checkDefinition } from '../../../asl';
import { machine, task } from '../machines';

const found = (definition: unknown, options: CheckOptions = {}): string[] =>
  checkDefinition('plan', definition, options).map(
    ({ check, state, message }) => `${check} ${state ?? '-'}: ${message}`,
  );

const retry = [{ ErrorEquals: ['Busy'], MaxAttempts: 2 }];
const guarded = { TimeoutSeconds: 60, Retry: retry };

/** A machine that passes every check; each test breaks one thing in it. */
const sound = (): {
  definition: ReturnType<typeof machine>;
  states: Record<string, Record<string, unknown>>;
  options: CheckOptions;
} => {
  const states: Record<string, Record<string, unknown>> = {
    Begin: task({
      ...guarded,
      Assign: { database: '{% $states.result.id %}', rounds: 0 },
      Catch: toFailed(),
      Next: 'Pause',
    }),
    Pause: { Type: 'Wait', Seconds: '{% $rounds < 3 ? 10 : 60 %}', Next: 'Look' },
    Look: task({
      ...guarded,
      Arguments: { id: '{% $database %}' },
      Assign: { rounds: '{% $rounds + 1 %}', found: '{% $states.result.found %}' },
      Catch: toFailed(),
      Next: 'Ready?',
    }),
    'Ready?': {
      Type: 'Choice',
      Choices: [
        { Condition: '{% $found = "yes" %}', Next: 'Each' },
        { Condition: '{% $rounds >= 20 %}', Next: 'Failed', Assign: { why: 'late' } },
      ],
      Default: 'Pause',
    },
    Each: {
      Type: 'Map',
      Items: '{% [$database] %}',
      ItemProcessor: {
        StartAt: 'One',
        States: { One: task({ ...guarded, Arguments: { item: '{% $states.input %}', id: '{% $database %}' } }) },
      },
      Catch: toFailed(),
      Next: 'Done',
    },
    Done: { Type: 'Succeed' },
    Failed: { Type: 'Fail', Error: 'Failed', Cause: '{% $why %}' },
  };
  return {
    states,
    definition: machine(states),
    options: { guards: { failurePath: 'Failed' }, events: { rounds: { Pause: 20 }, items: { Each: 5 } } },
  };
};

const toFailed = (): Record<string, unknown>[] => [
  { ErrorEquals: ['States.ALL'], Next: 'Failed', Assign: { why: '{% $states.errorOutput.Error %}' } },
];

/** What is found after breaking one thing in the sound machine. */
const afterBreaking = (breaking: (states: Record<string, Record<string, unknown>>) => void): string[] => {
  const { definition, states, options } = sound();
  breaking(states);
  return found(definition, options);
};

test('a sound machine has no findings', () => {
  const { definition, options } = sound();
  expect(found(definition, options)).toEqual([]);
});

test('a definition that does not load gives its problems', () => {
  expect(checkDefinition('plan', machine({ A: { Type: 'Pass', Next: 'B' } }))).toEqual([
    {
      check: 'definition',
      machine: 'plan',
      state: 'A',
      message: '$.States.A Next leads to "B", which is not a state here.',
    },
  ]);
});

describe('reachability', () => {
  test('finds a state that nothing leads to, inside a Map too', () => {
    expect(
      afterBreaking((states) => {
        states['Orphan'] = { Type: 'Succeed' };
        states['Each']!['ItemProcessor'] = {
          StartAt: 'One',
          States: { One: { Type: 'Succeed' }, Two: { Type: 'Succeed' } },
        };
      }),
    ).toEqual([
      'reachability Two: Nothing leads to this state: remove it, or lead to it.',
      'reachability Orphan: Nothing leads to this state: remove it, or lead to it.',
    ]);
  });
});

describe('variables', () => {
  test.each<[string, (states: Record<string, Record<string, unknown>>) => void, string[]]>([
    [
      'a misspelt name',
      (states) => (states['Look']!['Arguments'] = { id: '{% $databse %}' }),
      ['variables Look: Arguments/id uses $databse, which nothing before assigns'],
    ],
    [
      'one path that does not set it',
      (states) => (states['Look']!['Catch'] = [{ ErrorEquals: ['States.ALL'], Next: 'Failed' }]),
      ['variables Failed: Cause uses $why, which is not set on every path to here'],
    ],
    [
      'a Choice that does not set it',
      (states) => {
        states['Ready?']!['Choices'] = [
          { Condition: '{% $found = "yes" %}', Next: 'Each' },
          { Condition: '{% $rounds >= 20 %}', Next: 'Failed' },
        ];
      },
      ['variables Failed: Cause uses $why, which is not set on every path to here'],
    ],
    [
      'use in the state that assigns it',
      (states) => (states['Begin']!['Arguments'] = '{% {"a": $database} %}'),
      ['variables Begin: Arguments uses $database, which is not set on every path to here'],
    ],
    [
      'an unset variable in a Map',
      (states) => (states['Begin']!['Assign'] = { rounds: 0 }),
      [
        'variables Look: Arguments/id uses $database, which nothing before assigns',
        'variables Each: Items uses $database, which nothing before assigns',
        'variables One: Arguments/id uses $database, which nothing before assigns',
      ],
    ],
    [
      "a Map's own variable used after it",
      (states) => {
        states['Each']!['ItemProcessor'] = {
          StartAt: 'One',
          States: { One: { Type: 'Pass', Assign: { own: 1 }, End: true } },
        };
        states['Done']!['Output'] = '{% $own %}';
      },
      ['variables Done: Output uses $own, which nothing before assigns'],
    ],
    [
      'a result where there is none yet',
      (states) => (states['Look']!['Arguments'] = '{% $states.result.id %}'),
      ['variables Look: Arguments uses $states.result, which has no value there; input, context have.'],
    ],
    [
      'an error outside a Catch',
      (states) => (states['Look']!['Output'] = '{% $states.errorOutput %}'),
      ['variables Look: Output uses $states.errorOutput, which has no value there; input, context, result have.'],
    ],
  ])('finds %s', (_name, breaking, expected) => {
    const findings = afterBreaking(breaking);
    expect(findings).toHaveLength(expected.length);
    expected.forEach((start, index) => {
      expect(findings[index]).toContain(start);
    });
  });

  test('a variable set on one branch of a loop only is not certain at its head', () => {
    const definition = machine({
      A: { Type: 'Choice', Choices: [{ Condition: '{% $states.input.x %}', Next: 'B' }], Default: 'C' },
      B: { Type: 'Pass', Assign: { x: 1 }, Next: 'C' },
      C: { Type: 'Pass', Output: '{% $x %}', End: true },
    });
    expect(found(definition)).toEqual([
      expect.stringMatching(/^variables C: Output uses \$x, which is not set on every/),
    ]);
  });
});

describe('expressions', () => {
  const outputs = (text: string): string[] =>
    found(
      machine({ A: { Type: 'Pass', Assign: { x: [1] }, Next: 'B' }, B: { Type: 'Pass', Output: text, End: true } }),
    );

  test.each([
    '{% $map($x, function($v, $i) { $v + $i }) %}',
    '{% ($a := 1; $b := $a + 1; $a + $b) %}',
    '{% ($f := function($n) { $n = 0 ? 1 : $n * $f($n - 1) }; $f(3)) %}',
    '{% $x#$i.{"i": $i, "v": $} %}',
    '{% $states.input.list@$l.items@$i[$l.id = $i.id].{"a": $l.a, "b": $i.b} %}',
    '{% $states.input.list[name = "a" and $x[0] = 1]^(>size, name){kind: $sum(size)} %}',
    '{% $states.input ~> |list|{"a": name}, ["b"]| %}',
    '{% $x ~> $sum %}',
    '{% $reduce($x, function($i, $j){$i + $j}) %}',
    '{% ($add := $append(?, [1]); $add($x)) %}',
    '{% $states.input.order.product.%.id %}',
    '{% $uuid() & $hash("a", "MD5") %}',
    '{% $exists($x) ? $x : [1..3] %}',
    '{% $replace("a", /a/, "b") %}',
    '{% $sort($x, function($l, $r) { $l > $r })[0] %}',
    '{% -$x[0] %}',
    '{% $states.input.list@$l.sizes{$l.name: $sum($)} %}',
  ])('finds nothing in %s', (text) => {
    expect(outputs(text)).toEqual([]);
  });

  test.each([
    ['{% $nope($x) %}', 'there is no function $nope'],
    ["{% $eval('1') %}", '$eval does not exist in Step Functions'],
    ['{% sum($x) %}', 'a function is called without its $'],
    ['{% name %}', '"name" has no context at the top'],
    ['{% input.name %}', '"input" has no context at the top'],
    ['{% $sum($) %}', '$ has no meaning at the top'],
    ['{% $$.a %}', '$$ has no meaning in a state machine'],
    ['{% ($states := 1; $states) %}', '$states is reserved'],
    ['a {% $x %}', '$.States.B.Output is malformed'],
    ['see {% $x %} there', 'the text is no expression'],
    ['{% ($f := function($v) { $v }; $v) %}', 'uses $v, which nothing before assigns'],
    ['{% (($a := 1); $a) %}', 'uses $a, which nothing before assigns'],
    ['{% $x ~> $nope %}', 'uses $nope, which nothing before assigns'],
  ])('finds in %s: %s', (text, message) => {
    expect(outputs(text)).toEqual([expect.stringContaining(message)]);
  });

  test('finds half an expression deep in a text', () => {
    const findings = afterBreaking((states) => (states['Begin']!['Arguments'] = { a: [{ b: 'is {% $x %} here' }] }));
    expect(findings).toEqual([expect.stringContaining('expressions Begin: Arguments: the text is no expression')]);
  });
});

describe('guards', () => {
  test.each<[string, (states: Record<string, Record<string, unknown>>) => void, string]>([
    [
      'no time-out',
      (states) => delete states['Look']!['TimeoutSeconds'],
      'guards Look: This task may last for ever: give it TimeoutSeconds.',
    ],
    ['no retry', (states) => delete states['Look']!['Retry'], 'guards Look: This task gives up at the first failure'],
    [
      'no catch',
      (states) => delete states['Look']!['Catch'],
      'guards Look: The failure of this task does not reach Failed',
    ],
    [
      'a catch inside a branch only',
      (states) => {
        delete states['Each']!['Catch'];
        const one = task({ ...guarded, Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Two' }] });
        states['Each']!['ItemProcessor'] = { StartAt: 'One', States: { One: one, Two: { Type: 'Succeed' } } };
      },
      'guards One: The failure of this task does not reach Failed',
    ],
    [
      'no catch around a branch',
      (states) => delete states['Each']!['Catch'],
      'guards One: The failure of this task does not reach Failed',
    ],
    [
      'a catch of some errors only',
      (states) => {
        states['Look']!['Catch'] = [{ ...toFailed()[0], ErrorEquals: ['Busy'] }];
      },
      'guards Look: The failure of this task does not reach Failed',
    ],
    [
      'a catch that leads elsewhere',
      (states) => {
        states['Look']!['Catch'] = [{ ...toFailed()[0], Next: 'Done' }];
      },
      'guards Look: The failure of this task does not reach Failed',
    ],
  ])('finds %s', (_name, breaking, expected) => {
    expect(afterBreaking(breaking)).toEqual([expect.stringContaining(expected)]);
  });

  test('takes exceptions with a reason, and finds those that are not needed', () => {
    const { definition, states, options } = sound();
    delete states['Look']!['Retry'];
    const withoutRetry = { Look: 'it is polled anyway' };
    expect(found(definition, { ...options, guards: { failurePath: 'Failed', withoutRetry } })).toEqual([]);
    const guards = { failurePath: 'Failed', withoutRetry, withoutTimeout: { Look: 'none' } };
    expect(found(definition, { ...options, guards })).toEqual([
      'guards Look: The exception withoutTimeout is not needed here: take it away.',
    ]);
  });
});
