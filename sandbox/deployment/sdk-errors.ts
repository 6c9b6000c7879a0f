import { TypeRegistry } from '@smithy/core/schema';
import { type AwsError } from '../services/service';

/**
 * An error as the SDK's deserializer would throw it: an instance of the service's own class where the model has that
 * error, else of the service's base class, so that `instanceof` and `name` both hold.
 * @param namespace of the command's model, `com.amazonaws.ssm`
 */
export function asSdkError(error: AwsError, namespace: string): Error {
  const { name, message, $fault, $metadata } = error;
  const modelled = errorClass(namespace, name);
  const base = modelled ?? errorClass(`smithy.ts.sdk.synthetic.${namespace}`);
  if (base === undefined) return error;
  const made: unknown = Reflect.construct(base, [{ name, message, $fault, $metadata }]);
  if (!(made instanceof Error)) return error;
  made.name = name;
  return made;
}

/** The class registered for an error; without a name, the namespace's first. */
function errorClass(namespace: string, name?: string): (new (...args: never[]) => unknown) | undefined {
  if (!TypeRegistry.registries.has(namespace)) return undefined;
  const registry = TypeRegistry.for(namespace);
  let found: unknown;
  registry.find((schema) => {
    if (!Array.isArray(schema) || schema.length === 2 || schema[0] !== -3) return false;
    if (name !== undefined && schema[2] !== name) return false;
    found = registry.getErrorCtor(schema);
    return true;
  });
  return isClass(found) ? found : undefined;
}

const isClass = (value: unknown): value is new (...args: never[]) => unknown => typeof value === 'function';
