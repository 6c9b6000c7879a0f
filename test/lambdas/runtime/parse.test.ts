import * as z from 'zod';
import { ContractViolationError } from '../../../contract/errors';
import { parse, parseJson } from '../../../lambdas/runtime/parse';

const schema = z.strictObject({ plan: z.enum(['a', 'b']), inside: z.strictObject({ rows: z.number() }) });
const good = { plan: 'a', inside: { rows: 1 } };

test('gives what the schema gives', () => {
  expect(parse(schema, good, 'it')).toEqual(good);
  expect(parseJson(schema, JSON.stringify(good), 'it')).toEqual(good);
});

test.each([
  [{ ...good, plan: 'c' }, 'it broke the contract: plan: should be one of a, b'],
  [{ ...good, more: 1 }, 'it broke the contract: unknown field "more"'],
  [{ ...good, inside: { rows: 1, extra: 2 } }, 'it broke the contract: unknown field "extra" in inside'],
  [{ ...good, inside: { rows: 'x' } }, 'it broke the contract: inside.rows: '],
  ['text', 'it broke the contract: (top): '],
])('names the path of the mistake in %j', (value, words) => {
  expect(() => parse(schema, value, 'it')).toThrow(ContractViolationError);
  expect(() => parse(schema, value, 'it')).toThrow(words);
});

test('says of text that it is not JSON', () => {
  expect(() => parseJson(schema, '{', 'the item')).toThrow('the item is not JSON');
});
