import fc from 'fast-check';
import { CompiledExpression, isExpressionText } from '../../asl/expressions';
import { type Json, NotJsonError, jsonBytes, toJson } from '../../asl/json';
import { containing, thrownBy } from './machines';

const run = async (text: string, variables: Record<string, Json> = {}): Promise<Json> =>
  await new CompiledExpression(text).evaluate(
    { variable: (name) => variables[name], states: { input: { a: 1 } }, now: 1_893_456_000_000 },
    'Output',
  );

describe('expressions', () => {
  test.each<[string, unknown]>([
    ['$partition([1,2,3,4,5], 2)', [[1, 2], [3, 4], [5]]],
    ['$range(0, 10, 5)', [0, 5, 10]],
    ['$range(3, 1, -1)', [3, 2, 1]],
    ["$hash('x', 'SHA-256')", '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881'],
    ['$parse(\'{"a": [1]}\').a[0]', 1],
    ['$random(7) = $random(7)', true],
    ['$random() < 1', true],
    ["$match($uuid(), /^[0-9a-f-]{36}$/) ? 'uuid' : 'no'", 'uuid'],
    ['$now()', '2030-01-01T00:00:00.000Z'],
    ["$now('[Y0001]')", '2030'],
    ['$millis()', 1_893_456_000_000],
    ['$states.input.a + $x', 3],
    ['[$x]', [2]],
    ['{"a": $x, "b": $missing}', { a: 2 }],
  ])('%s', async (text, expected) => {
    expect(await run(text, { x: 2 })).toEqual(expected);
  });

  test.each([
    ['$missing', 'returned nothing'],
    ['$states.input.b', 'returned nothing'],
    ['$', 'returned nothing'],
    ['$$.input', 'returned nothing'],
    ['$nothing(1)', 'T1006'],
    ["$eval('1')", '$eval is not a function'],
    ['$range(1, 5000)', 'at most 1000'],
    ['$range(1, 5, 0)', 'step other than 0'],
    ['$partition([1], 0)', 'at least 1'],
    ["$hash('x', 'CRC')", 'MD5'],
    ["$parse('{')", 'JSON'],
    ["'a' + 1", 'T2001'],
    ['$sum', 'returned'],
    ['function($a){$a}', 'which JSON cannot hold'],
    ["$error('stop')", 'stop'],
  ])('%s fails by name', async (text, cause) => {
    await expect(run(text)).rejects.toMatchObject({
      name: 'States.QueryEvaluationError',
      cause: containing(cause),
      location: 'Output',
    });
  });

  test('leaves the values that it reads as they were', async () => {
    const list = [1, 2];
    await run('[$list[], $sort($list), $append($list, 1), $list ~> |$|{}|]', { list });
    expect(Object.getOwnPropertyNames(list)).toEqual(['0', '1', 'length']);
  });

  test('an expression has no blanks around it; half of one is malformed', () => {
    expect(isExpressionText('{% 1 %}')).toBe(true);
    expect(isExpressionText('plain')).toBe(false);
    expect(isExpressionText(' {% 1 %}')).toBeUndefined();
    expect(isExpressionText('{% 1')).toBeUndefined();
    expect(isExpressionText('{%}')).toBeUndefined();
  });
});

describe('toJson', () => {
  test('copies any JSON value as it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.stringify(toJson(value))).toBe(JSON.stringify(value));
      }),
      // A member that plain assignment takes for the prototype.
      { examples: [[JSON.parse('{"__proto__": [1]}')]] },
    );
  });

  test.each<[string, unknown]>([
    ['$.a', { a: Number.NaN }],
    ['$.a[1]', { a: [1, undefined] }],
    ['$', undefined],
    ['$', new Date()],
    ['$.a', { a: () => 1 }],
    ['$', 10n],
  ])('names the place %s', (path, value) => {
    const thrown = thrownBy(() => toJson(value));
    expect(thrown).toBeInstanceOf(NotJsonError);
    expect(thrown).toMatchObject({ path });
  });

  test('leaves out absent members and counts bytes of UTF-8', () => {
    expect(toJson({ a: undefined, b: 1 })).toEqual({ b: 1 });
    expect(jsonBytes('é')).toBe(4);
  });
});
