import { NormalizedSchema } from '@smithy/core/schema';
import { type $SchemaRef } from '@smithy/types';

/** One thing about a value that a service's model does not allow. */
export interface Mismatch {
  readonly kind: 'missing' | 'unknown' | 'type';
  readonly path: string;
  readonly message: string;
}

/**
 * Compares a value with the shape that the service's model gives it in the SDK.
 * @param requireMembers whether members that the model requires have to be there (an input's, not an answer's)
 */
export function mismatches(shape: $SchemaRef, value: unknown, requireMembers: boolean): Mismatch[] {
  const found: Mismatch[] = [];
  check(NormalizedSchema.of(shape), value, '', requireMembers, found);
  return found;
}

function check(
  schema: NormalizedSchema,
  value: unknown,
  path: string,
  requireMembers: boolean,
  found: Mismatch[],
): void {
  if (schema.isDocumentSchema() || schema.isUnitSchema()) return;
  if (schema.isStructSchema()) {
    checkStructure(schema, value, path, requireMembers, found);
    return;
  }
  if (schema.isListSchema()) {
    if (!Array.isArray(value)) return void found.push(wrongType(path, 'a list'));
    const item = schema.getValueSchema();
    value.forEach((member: unknown, index) => {
      check(item, member, `${path}[${index}]`, requireMembers, found);
    });
    return;
  }
  if (schema.isMapSchema()) {
    if (!isPlain(value)) return void found.push(wrongType(path, 'an object'));
    const item = schema.getValueSchema();
    for (const [key, member] of Object.entries(value)) check(item, member, `${path}.${key}`, requireMembers, found);
    return;
  }
  const expected = scalarMismatch(schema, value);
  if (expected !== undefined) found.push(wrongType(path, expected));
}

function checkStructure(
  schema: NormalizedSchema,
  value: unknown,
  path: string,
  requireMembers: boolean,
  found: Mismatch[],
): void {
  if (!isPlain(value)) return void found.push(wrongType(path, 'an object'));
  const members = new Map(schema.structIterator());
  for (const [name, member] of Object.entries(value)) {
    const memberSchema = members.get(name);
    if (member === undefined) continue;
    const memberPath = path === '' ? name : `${path}.${name}`;
    if (memberSchema !== undefined) check(memberSchema, member, memberPath, requireMembers, found);
    else found.push({ kind: 'unknown', path: memberPath, message: `${memberPath} is not in the service's model` });
  }
  if (!requireMembers) return;
  for (const name of requiredMembers(schema)) {
    if (value[name] !== undefined || members.get(name)?.isIdempotencyToken() === true) continue;
    const memberPath = path === '' ? name : `${path}.${name}`;
    found.push({ kind: 'missing', path: memberPath, message: `${memberPath} is required and missing` });
  }
}

/** A static structure is `[kind, namespace, name, traits, member names, members, how many of the first are required]`. */
function requiredMembers(schema: NormalizedSchema): readonly string[] {
  const raw: unknown = schema.getSchema();
  if (!Array.isArray(raw)) return [];
  const names: unknown = raw[4];
  const count: unknown = raw[6];
  if (!Array.isArray(names) || typeof count !== 'number') return [];
  return names.slice(0, count).map(String);
}

function scalarMismatch(schema: NormalizedSchema, value: unknown): string | undefined {
  if (schema.isBlobSchema()) {
    const isBytes = typeof value === 'string' || ArrayBuffer.isView(value);
    return isBytes || (schema.isStreaming() && typeof value === 'object' && value !== null) ? undefined : 'bytes';
  }
  if (schema.isTimestampSchema()) return tag(value) === '[object Date]' ? undefined : 'a Date';
  if (schema.isStringSchema()) return typeof value === 'string' ? undefined : 'a text';
  if (schema.isBooleanSchema()) return typeof value === 'boolean' ? undefined : 'a boolean';
  if (schema.isNumericSchema() || schema.isBigIntegerSchema() || schema.isBigDecimalSchema()) {
    return typeof value === 'number' || typeof value === 'bigint' ? undefined : 'a number';
  }
  return undefined;
}

const wrongType = (path: string, expected: string): Mismatch => ({
  kind: 'type',
  path,
  message: `${path === '' ? 'The value' : path} is not ${expected}`,
});

const tag = (value: unknown): string => Object.prototype.toString.call(value);
const isPlain = (value: unknown): value is Record<string, unknown> => tag(value) === '[object Object]';
