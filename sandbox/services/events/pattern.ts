import { PatternError } from './errors';

type Json = unknown;
type Test = (value: Json) => boolean;

/** Whether an event matches; made once for each rule. */
export type EventTest = (event: Readonly<Record<string, unknown>>) => boolean;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Compiles an event pattern (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html).
 * @throws PatternError for an operator that is not known, by name and place
 */
export function compilePattern(pattern: unknown, path = '$'): EventTest {
  if (!isObject(pattern) || Object.keys(pattern).length === 0)
    throw new PatternError(`${path} is not an object of fields`);
  const tests = Object.entries(pattern).map(([field, wanted]): EventTest => {
    const place = `${path}.${field}`;
    if (field === '$or') {
      if (!Array.isArray(wanted) || wanted.length < 2) throw new PatternError(`${place} is not a list of at least two`);
      const choices = wanted.map((choice: unknown, index) => compilePattern(choice, `${place}[${index}]`));
      return (event) => choices.some((choice) => choice(event));
    }
    if (isObject(wanted)) {
      const inner = compilePattern(wanted, place);
      return (event) => {
        const value = event[field];
        return isObject(value) ? inner(value) : inner({});
      };
    }
    if (!Array.isArray(wanted) || wanted.length === 0) throw new PatternError(`${place} is not a list of values`);
    const values = wanted.map((item: unknown) => compileValue(item, place));
    return (event) => values.some((test) => test(event[field]));
  });
  return (event) => tests.every((test) => test(event));
}

function compileValue(wanted: unknown, path: string): Test {
  if (!isObject(wanted)) {
    if (wanted !== null && !['string', 'number', 'boolean'].includes(typeof wanted))
      throw new PatternError(`${path}: no value`);
    return anyOf((value) => value === wanted);
  }
  const [[operator, operand] = ['', undefined], ...more] = Object.entries(wanted);
  if (more.length > 0) throw new PatternError(`${path}: one operator to a value`);
  switch (operator) {
    case 'exists':
      if (typeof operand !== 'boolean') throw new PatternError(`${path}: exists takes true or false`);
      return (value) => (value !== undefined) === operand;
    case 'anything-but':
      return anythingBut(operand, path);
    case 'numeric':
      return anyOf(numeric(operand, path));
    default:
      return anyOf(textOperator(operator, operand, path));
  }
}

/** A list in the event matches where one of its items does. */
const anyOf =
  (test: Test): Test =>
  (value) =>
    Array.isArray(value) ? value.some(test) : value !== undefined && test(value);

function textOperator(operator: string, operand: unknown, path: string): Test {
  const ignoring = isObject(operand) ? operand['equals-ignore-case'] : undefined;
  const text = ignoring ?? operand;
  if (typeof text !== 'string') throw new PatternError(`${path}: ${operator} takes a text`);
  const fold = (value: string): string => (ignoring === undefined ? value : value.toLowerCase());
  const onText =
    (test: (value: string) => boolean): Test =>
    (value) =>
      typeof value === 'string' && test(fold(value));
  switch (operator) {
    case 'prefix':
      return onText((value) => value.startsWith(fold(text)));
    case 'suffix':
      return onText((value) => value.endsWith(fold(text)));
    case 'equals-ignore-case':
      return onText((value) => value.toLowerCase() === text.toLowerCase());
    case 'wildcard': {
      const expression = new RegExp(
        `^${text
          .split('*')
          .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
          .join('[\\s\\S]*')}$`,
      );
      return onText((value) => expression.test(value));
    }
    default:
      throw new PatternError(`${path}: the operator ${operator} is not known`);
  }
}

function anythingBut(operand: unknown, path: string): Test {
  if (isObject(operand)) {
    const [[operator, inner] = ['', undefined], ...more] = Object.entries(operand);
    if (more.length > 0) throw new PatternError(`${path}: one operator to anything-but`);
    const tests = (Array.isArray(inner) ? inner : [inner]).map((item: unknown) => textOperator(operator, item, path));
    return anyOf((value) => !tests.some((test) => test(value)));
  }
  const values: readonly unknown[] = Array.isArray(operand) ? operand : [operand];
  if (values.some((value) => typeof value !== 'string' && typeof value !== 'number')) {
    throw new PatternError(`${path}: anything-but takes texts or numbers`);
  }
  return anyOf((value) => !values.includes(value));
}

function numeric(operand: unknown, path: string): Test {
  const parts: unknown[] = Array.isArray(operand) ? operand : [];
  const tests: ((value: number) => boolean)[] = [];
  for (let index = 0; index < parts.length; index += 2) {
    const [operator, limit] = [parts[index], parts[index + 1]];
    if (typeof limit !== 'number') throw new PatternError(`${path}: numeric takes operators and numbers`);
    tests.push(comparison(operator, limit, path));
  }
  if (tests.length === 0) throw new PatternError(`${path}: numeric takes operators and numbers`);
  return (value) => typeof value === 'number' && tests.every((test) => test(value));
}

function comparison(operator: unknown, limit: number, path: string): (value: number) => boolean {
  switch (operator) {
    case '<':
      return (value) => value < limit;
    case '<=':
      return (value) => value <= limit;
    case '>':
      return (value) => value > limit;
    case '>=':
      return (value) => value >= limit;
    case '=':
      return (value) => value === limit;
    default:
      throw new PatternError(`${path}: the numeric operator ${String(operator)} is not known`);
  }
}
