import { expression, literal, orElse, path, variable, type Expression, type Input } from '../../contract/expressions';

interface Run {
  id: string;
  token: number;
  note?: string;
  parts: { name: string }[];
}
const run = variable<Run>('run');

describe('typed expressions', () => {
  test('a path writes JSONata, also for names that need quoting', () => {
    expect(run.id.toString()).toBe('{% $run.id %}');
    expect(path<{ 'a-b': { c: number } }>('$states.result')['a-b'].c.toString()).toBe('{% $states.result.`a-b`.c %}');
  });

  test('what is not there falls back', () => {
    expect(orElse<string>(run.note, 'none').toString()).toBe('{% $exists($run.note) ? $run.note : "none" %}');
  });

  test('a literal keeps the expressions inside it', () => {
    expect(literal({ id: run.id, list: [1, 'two'], none: null })).toBe(
      '{"id": ($run.id), "list": [1, "two"], "none": null}',
    );
  });

  test('what the contract does not allow does not compile', () => {
    const text: Expression<string> = run.id;
    // @ts-expect-error a number is no text
    const wrongType: Expression<string> = run.token;
    // @ts-expect-error the run has no such field
    const wrongField: unknown = run.identifier;
    // @ts-expect-error an object without a field that the contract wants
    const missing: Input<{ id: string; token: number }> = { id: run.id };
    // @ts-expect-error a raw string is not a number's expression
    const raw: Input<number> = '{% $run.token %}';
    // @ts-expect-error the author has to say the type
    const untyped: Expression<string> = expression('$x');
    expect([text, wrongType, wrongField, missing, raw, untyped]).toHaveLength(6);
  });
});
