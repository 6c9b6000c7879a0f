import * as z from 'zod';
import { TemplateError, UnknownPropertyError } from '../errors';
import { type Infrastructure } from '../infrastructure';
import { type Created } from '../template/intrinsics';

/** What a resource is made with beside its properties. */
export interface CreationContext extends Infrastructure {
  readonly logicalId: string;
  /** A physical name as CloudFormation makes one up. */
  readonly physicalName: (longest: number, lowerCase?: boolean) => string;
  /** The folder or file that is uploaded under a key. */
  readonly asset: (objectKey: string) => string;
  /** Makes the resources of another template inside this stack; answers with its outputs. */
  readonly nested: (
    templateFile: string,
    parameters: Readonly<Record<string, string>>,
  ) => Promise<Readonly<Record<string, unknown>>>;
}

export interface ResourceKind {
  readonly type: string;
  /** @throws UnknownPropertyError, TemplateError, or what the service says */
  create(properties: Readonly<Record<string, unknown>>, context: CreationContext): Promise<Created>;
}

/**
 * A type of resource.
 * @param shape the properties that are simulated
 * @param noEffect those that change nothing inside a sandbox; any other is refused by name
 */
export function kind<S extends z.ZodRawShape>(
  type: string,
  shape: S,
  noEffect: readonly string[],
  create: (properties: z.infer<z.ZodObject<S>>, context: CreationContext) => Created | Promise<Created>,
): ResourceKind {
  const schema = z.strictObject(shape);
  return {
    type,
    create: async (properties, context) => {
      const simulated = Object.fromEntries(Object.entries(properties).filter(([name]) => !noEffect.includes(name)));
      const parsed = schema.safeParse(simulated);
      if (parsed.success) return await create(parsed.data, context);
      const unknown = parsed.error.issues.flatMap((issue) =>
        issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key].join('.')) : [],
      );
      const where = `${context.logicalId} (${type})`;
      if (unknown.length > 0) throw new UnknownPropertyError(`${where}: ${unknown.join(', ')} is not simulated`);
      throw new TemplateError(`${where}: ${z.prettifyError(parsed.error)}`);
    },
  };
}

/** A type that a template may have and that does nothing inside a sandbox. */
export function inert(type: string, properties: readonly string[]): ResourceKind {
  return kind(type, {}, properties, (_, { logicalId }) => ({ ref: logicalId, attributes: {} }));
}

/** The key of the customer that a property names: by ARN, or by id; AWS's own keys need no permission. */
export function customerKey(value: string | undefined, context: CreationContext): string | undefined {
  if (value === undefined || /(^|:)alias\/aws\//.test(value)) return undefined;
  const key = context.keys.find(({ arn, id, aliases }) => arn === value || id === value || aliases.includes(value));
  if (key === undefined) throw new TemplateError(`${context.logicalId}: the key ${value} is not in this stack`);
  return key.arn;
}
