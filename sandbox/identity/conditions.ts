import { PolicyError } from './errors';
import { matchesArn, matchesPattern } from './pattern';

/**
 * The condition keys of a request. A key with an empty list is known and absent; a key that is not there is not known,
 * which never helps the caller: it neither fulfils an Allow nor keeps a Deny away. A key that ends with `/` and an empty
 * list says that the whole family (`aws:ResourceTag/`) is known.
 */
export type Context = ReadonlyMap<string, readonly string[]>;

export type Truth = 'true' | 'false' | 'unknown';

export interface Condition {
  readonly operator: string;
  readonly set: 'ForAllValues' | 'ForAnyValue' | undefined;
  readonly ifExists: boolean;
  readonly key: string;
  readonly values: readonly string[];
  readonly negated: boolean;
  readonly matches: Matcher;
}

type Matcher = (wanted: string, actual: string) => boolean;

const numeric =
  (compare: (actual: number, wanted: number) => boolean): Matcher =>
  (wanted, actual) =>
    actual.trim() !== '' && wanted.trim() !== '' && compare(Number(actual), Number(wanted));
const date =
  (compare: (actual: number, wanted: number) => boolean): Matcher =>
  (wanted, actual) =>
    compare(instant(actual), instant(wanted));
const instant = (text: string): number => (/^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text));
const equal: Matcher = (wanted, actual) => wanted === actual;
const equalIgnoringCase: Matcher = (wanted, actual) => wanted.toLowerCase() === actual.toLowerCase();
const like: Matcher = (wanted, actual) => matchesPattern(wanted, actual);

const operators: Readonly<Record<string, { matches: Matcher; negated?: true }>> = {
  StringEquals: { matches: equal },
  StringNotEquals: { matches: equal, negated: true },
  StringEqualsIgnoreCase: { matches: equalIgnoringCase },
  StringNotEqualsIgnoreCase: { matches: equalIgnoringCase, negated: true },
  StringLike: { matches: like },
  StringNotLike: { matches: like, negated: true },
  ArnEquals: { matches: matchesArn },
  ArnLike: { matches: matchesArn },
  ArnNotEquals: { matches: matchesArn, negated: true },
  ArnNotLike: { matches: matchesArn, negated: true },
  Bool: { matches: equalIgnoringCase },
  NumericEquals: { matches: numeric((a, b) => a === b) },
  NumericNotEquals: { matches: numeric((a, b) => a === b), negated: true },
  NumericLessThan: { matches: numeric((a, b) => a < b) },
  NumericLessThanEquals: { matches: numeric((a, b) => a <= b) },
  NumericGreaterThan: { matches: numeric((a, b) => a > b) },
  NumericGreaterThanEquals: { matches: numeric((a, b) => a >= b) },
  DateEquals: { matches: date((a, b) => a === b) },
  DateNotEquals: { matches: date((a, b) => a === b), negated: true },
  DateLessThan: { matches: date((a, b) => a < b) },
  DateLessThanEquals: { matches: date((a, b) => a <= b) },
  DateGreaterThan: { matches: date((a, b) => a > b) },
  DateGreaterThanEquals: { matches: date((a, b) => a >= b) },
};

/** @throws PolicyError for an operator that is not known and for policy variables, by name. */
export function parseConditions(
  policy: string,
  raw: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>,
): Condition[] {
  return Object.entries(raw).flatMap(([written, keys]) =>
    Object.entries(keys).map(([key, values]) => condition(policy, written, key, values)),
  );
}

function condition(policy: string, written: string, key: string, values: readonly string[]): Condition {
  const [, prefix, name = '', suffix] = /^(?:(ForAllValues|ForAnyValue):)?(.+?)(IfExists)?$/.exec(written) ?? [];
  const known = Object.hasOwn(operators, name) ? operators[name] : undefined;
  if (known === undefined && (name !== 'Null' || prefix !== undefined || suffix !== undefined)) {
    throw new PolicyError(`${policy}: the condition operator ${written} is not known`);
  }
  for (const value of values) {
    if (value.includes('${')) throw new PolicyError(`${policy}: policy variables are not simulated: ${value}`);
  }
  return {
    operator: name,
    set: prefix === 'ForAllValues' || prefix === 'ForAnyValue' ? prefix : undefined,
    ifExists: suffix !== undefined,
    key: key.toLowerCase(),
    values,
    negated: known?.negated ?? false,
    matches: known?.matches ?? equal,
  };
}

/** Whether a condition holds for a request. */
export function holds(condition: Condition, context: Context): Truth {
  const actual = context.get(condition.key);
  if (actual === undefined && !familyKnown(condition.key, context)) return 'unknown';
  const present = actual ?? [];
  if (condition.operator === 'Null') {
    return truth(condition.values.every((value) => (value.toLowerCase() === 'true') === (present.length === 0)));
  }
  if (present.length === 0) {
    if (condition.ifExists) return 'true';
    if (condition.set !== undefined) return truth(condition.set === 'ForAllValues');
    return truth(condition.negated);
  }
  const one = (value: string): boolean =>
    condition.values.some((wanted) => condition.matches(wanted, value)) !== condition.negated;
  if (condition.set === 'ForAllValues') return truth(present.every(one));
  if (condition.set === 'ForAnyValue') return truth(present.some(one));
  // Several values without ForAllValues or ForAnyValue: IAM leaves open what that means.
  return present.length > 1 ? 'unknown' : truth(present.every(one));
}

function familyKnown(key: string, context: Context): boolean {
  const slash = key.indexOf('/');
  return slash > 0 && context.has(key.slice(0, slash + 1));
}

const truth = (value: boolean): Truth => (value ? 'true' : 'false');
