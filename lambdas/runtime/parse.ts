import type * as z from 'zod';
import { ContractViolationError } from '../../contract/errors';

type Issue = z.ZodError['issues'][number];

/** One mistake: the field's path and what it should be. */
function sentence(issue: Issue): string {
  const path = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    const names = issue.keys.map((key) => `"${key}"`).join(', ');
    return `unknown field ${names}${path === '' ? '' : ` in ${path}`}`;
  }
  const words =
    issue.code === 'invalid_value' ? `should be one of ${issue.values.map(String).join(', ')}` : issue.message;
  return `${path === '' ? '(top)' : path}: ${words}`;
}

/** Every mistake that a schema found, in one line: `restoreTime: should be …; unknown field "x"`. */
export function mistakes(error: z.ZodError): string {
  return error.issues.map(sentence).join('; ');
}

/**
 * Parses what crosses a boundary inside the system: arguments, results, stored items.
 * @param what names the thing in the message, e.g. "the arguments of run-open".
 * @throws ContractViolationError with each field's path and what it should be.
 */
export function parse<S extends z.ZodType>(schema: S, value: unknown, what: string): z.output<S> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    throw new ContractViolationError(`${what} broke the contract: ${mistakes(parsed.error)}`, { cause: parsed.error });
  }
  return parsed.data;
}

/** Parses a line of JSON by a schema. @throws ContractViolationError where it is no JSON or has not the shape. */
export function parseJson<S extends z.ZodType>(schema: S, text: string, what: string): z.output<S> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ContractViolationError(`${what} is not JSON`, { cause });
  }
  return parse(schema, value, what);
}
