import { createHash, randomUUID } from 'node:crypto';
import { type Expression } from 'jsonata';
import { isList } from './json';

/** The functions of JSONata 2.0.6 (its static frame, `$now` and `$millis`) without `$eval`, which Step Functions refuses. */
const jsonataFunctions = `sum count max min average string substring substringBefore substringAfter lowercase uppercase
  length trim pad match contains replace split join formatNumber formatBase formatInteger parseInteger number floor
  ceil round abs sqrt power random boolean not map zip filter single reduce sift keys lookup append exists spread merge
  reverse each error assert type sort shuffle distinct base64encode base64decode encodeUrlComponent encodeUrl
  decodeUrlComponent decodeUrl toMillis fromMillis clone now millis`.split(/\s+/);

/** What Step Functions adds: https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html */
const addedFunctions = ['partition', 'range', 'hash', 'random', 'uuid', 'parse'];

/** Every function that an expression may call, without the `$`. */
export const builtinFunctions: ReadonlySet<string> = new Set([...jsonataFunctions, ...addedFunctions]);

/** `$range` makes at most this many elements, as `States.ArrayRange` does. */
const RANGE_LIMIT = 1000;

const algorithms = new Map([
  ['MD5', 'md5'],
  ['SHA-1', 'sha1'],
  ['SHA-256', 'sha256'],
  ['SHA-384', 'sha384'],
  ['SHA-512', 'sha512'],
]);

/** Adds to a compiled expression what Step Functions adds to JSONata, and takes `$eval` away. */
export function registerFunctions(expression: Expression): void {
  expression.registerFunction('partition', partition, '<an:a>');
  expression.registerFunction('range', range, '<nnn?:a<n>>');
  expression.registerFunction('hash', hash, '<ss:s>');
  expression.registerFunction('random', random, '<n?:n>');
  expression.registerFunction('uuid', () => randomUUID(), '<:s>');
  expression.registerFunction('parse', parse, '<s:x>');
  expression.registerFunction('eval', () => {
    throw new Error('$eval is not a function of Step Functions; use $parse for JSON.');
  });
}

function partition(list: unknown, size: number): unknown[][] | undefined {
  if (list === undefined) return undefined;
  const items = isList(list) ? list : [list];
  if (!Number.isInteger(size) || size < 1) throw new Error(`$partition needs a whole size of at least 1, not ${size}.`);
  const parts: unknown[][] = [];
  for (let start = 0; start < items.length; start += size) parts.push(items.slice(start, start + size));
  return parts;
}

function range(first: number, last: number, step = 1): number[] {
  if (![first, last, step].every(Number.isInteger)) throw new Error('$range needs whole numbers.');
  if (step === 0) throw new Error('$range needs a step other than 0.');
  const length = Math.max(0, Math.floor((last - first) / step) + 1);
  if (length > RANGE_LIMIT) throw new Error(`$range makes at most ${RANGE_LIMIT} elements, not ${length}.`);
  return Array.from({ length }, (_, index) => first + index * step);
}

function hash(text: string, algorithm: string): string {
  const known = algorithms.get(algorithm);
  if (known === undefined) {
    throw new Error(`$hash knows ${[...algorithms.keys()].join(', ')}, not "${algorithm}".`);
  }
  return createHash(known).update(text, 'utf8').digest('hex');
}

/** A number from 0 to below 1; with a seed always the same one (mulberry32's first number). */
function random(seed?: number): number {
  if (seed === undefined) return Math.random();
  let mixed = (Math.trunc(seed) + 0x6d2b79f5) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

function parse(text: string): unknown {
  return JSON.parse(text);
}
