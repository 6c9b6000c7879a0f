/** A JSON value: what crosses every boundary of a state machine. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [name: string]: Json;
}

/** A value that JSON cannot hold; `path` says where in the value it sits. */
export class NotJsonError extends Error {
  override readonly name = 'NotJsonError';
  constructor(
    readonly path: string,
    what: string,
  ) {
    super(`${path} is ${what}, which JSON cannot hold.`);
  }
}

/** Narrows to an object that is neither null nor a list. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return Object.prototype.toString.call(value) === '[object Object]';
}

/** Narrows a JSON value to an object. */
export function isJsonObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !isList(value);
}

/** `Array.isArray` does not narrow a union with a read-only list. */
export function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/**
 * Deep copy of a value as JSON. Absent (undefined) members of objects are left out as `JSON.stringify` does;
 * functions, non-finite numbers, undefined elsewhere and other objects (a Date) are refused.
 * @throws NotJsonError with the path of the first offender.
 */
export function toJson(value: unknown, path = '$'): Json {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      if (!Number.isFinite(value)) throw new NotJsonError(path, String(value));
      return value;
    case 'undefined':
      throw new NotJsonError(path, 'undefined');
    case 'object':
      return objectToJson(value, path);
    default:
      throw new NotJsonError(path, `a ${typeof value}`);
  }
}

function objectToJson(value: object | null, path: string): Json {
  if (value === null) return null;
  if (isList(value)) return value.map((item, index) => toJson(item, `${path}[${index}]`));
  if (!isRecord(value)) throw new NotJsonError(path, `a ${Object.prototype.toString.call(value)}`);
  // JSONata marks its functions and lambdas with these members.
  if ('_jsonata_lambda' in value || '_jsonata_function' in value) throw new NotJsonError(path, 'a function');
  // Not by assignment, which takes a member called __proto__ for the prototype.
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([name, member]) => [name, toJson(member, `${path}.${name}`)]),
  );
}

/** Size in bytes of a value written as JSON in UTF-8: what Step Functions' payload limits count. */
export function jsonBytes(value: Json): number {
  return Buffer.byteLength(JSON.stringify(value), 'utf8');
}
