import * as z from 'zod';
import { AwsError } from '../service';

/** A template as far as it is simulated: resources without conditions, and `Ref` of parameters and resources alone. */

const resourceSchema = z.strictObject({
  Type: z.string().regex(/^AWS::[A-Za-z0-9]+::[A-Za-z0-9]+$/),
  Properties: z.record(z.string(), z.unknown()).default({}),
  DeletionPolicy: z.enum(['Delete', 'Retain', 'Snapshot']).default('Delete'),
});
const templateSchema = z.strictObject({
  AWSTemplateFormatVersion: z.literal('2010-09-09').optional(),
  Description: z.string().optional(),
  Parameters: z
    .record(z.string(), z.strictObject({ Type: z.literal('String'), Default: z.string().optional() }))
    .default({}),
  Resources: z.record(z.string().regex(/^[A-Za-z0-9]+$/), resourceSchema),
});

export interface TemplateResource {
  readonly type: string;
  /** With references to other resources. */
  readonly properties: Readonly<Record<string, unknown>>;
  readonly deletionPolicy: 'Delete' | 'Retain' | 'Snapshot';
}

export interface Template {
  readonly body: string;
  readonly parameters: ReadonlyMap<string, string>;
  /** In the order of the template, which is the order in which they are made. */
  readonly resources: ReadonlyMap<string, TemplateResource>;
}

const invalid = (words: string): AwsError => new AwsError('ValidationError', words);

/** What `Ref` stands for by its name; undefined where that is not known, and the reference stays. */
type Known = (name: string) => string | undefined;

/** A value in which every reference that is known is what it stands for. */
export function resolve(value: unknown, known: Known): unknown {
  if (Array.isArray(value)) return value.map((item) => resolve(item, known));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [only] = entries;
  if (only !== undefined && entries.length === 1 && only[0] === 'Ref') return known(String(only[1])) ?? value;
  const intrinsic = entries.find(([key]) => key.startsWith('Fn::'));
  if (intrinsic !== undefined) throw invalid(`${intrinsic[0]} is not simulated`);
  return Object.fromEntries(entries.map(([key, item]) => [key, resolve(item, known)]));
}

/** The properties of a resource, resolved. */
export const resolved = (
  properties: Readonly<Record<string, unknown>>,
  known: Known,
): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, resolve(value, known)]));

/** The names that are referred to, and not resolved, in a value. */
export function references(value: unknown): string[] {
  const found: string[] = [];
  resolve(value, (name) => {
    found.push(name);
    return undefined;
  });
  return found;
}

/**
 * Reads a template with the parameters that are given.
 * @throws AwsError ValidationError, as CloudFormation for a template that is none, and for a parameter without a value
 */
export function readTemplate(body: string, given: Readonly<Record<string, string>>): Template {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    throw invalid('Template format error: JSON not well-formed.');
  }
  const parsed = templateSchema.safeParse(json);
  if (!parsed.success) throw invalid(`Template format error: ${z.prettifyError(parsed.error)}`);
  const { Parameters, Resources } = parsed.data;
  const strange = Object.keys(given).filter((name) => !(name in Parameters));
  if (strange.length > 0) throw invalid(`Parameters: [${strange.join(', ')}] do not exist in the template`);
  const parameters = new Map<string, string>();
  for (const [name, { Default }] of Object.entries(Parameters)) {
    const value = given[name] ?? Default;
    if (value === undefined) throw invalid(`Parameters: [${name}] must have values`);
    parameters.set(name, value);
  }
  const resources = Object.entries(Resources).map(([id, { Type, Properties, DeletionPolicy }]) => {
    const properties = resolved(Properties, (name) => parameters.get(name));
    const strange = references(properties).find((name) => !(name in Resources));
    if (strange !== undefined) throw invalid(`Template format error: Unresolved resource dependencies [${strange}]`);
    return [id, { type: Type, properties, deletionPolicy: DeletionPolicy }] as const;
  });
  return { body, parameters, resources: new Map(resources) };
}
