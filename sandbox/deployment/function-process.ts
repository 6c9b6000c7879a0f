import { type Writable } from 'node:stream';
import { BundleError } from './errors';
import { member, method } from './reflection';

/** The `process.env` of one function: its own, and texts only. */
function ownEnvironment(variables: Readonly<Record<string, string>>): Record<string, string> {
  const target: Record<string, string> = { ...variables };
  return new Proxy(target, {
    set: (own, key, value) => Reflect.set(own, key, String(value)),
    defineProperty: (own, key, descriptor) => Reflect.defineProperty(own, key, descriptor),
    deleteProperty: (own, key) => Reflect.deleteProperty(own, key),
    // Nothing of Object.prototype: `process.env.constructor` is undefined in Node.
    get: (own, key) => (Object.hasOwn(own, key) ? member(own, key) : undefined),
  });
}

const refused = new Set<string | symbol>(
  'abort addListener chdir dlopen exit kill on once prependListener reallyExit setUncaughtExceptionCaptureCallback'.split(
    ' ',
  ),
);

/** The `process` that a function's bundle sees: its own environment and output, and no way to end or hook the sandbox's. */
export function functionProcess(
  variables: Readonly<Record<string, string>>,
  outlets: { readonly stdout: Writable; readonly stderr: Writable },
): NodeJS.Process {
  const own = new Map<string | symbol, unknown>([
    ['env', ownEnvironment(variables)],
    ['stdout', outlets.stdout],
    ['stderr', outlets.stderr],
  ]);
  return new Proxy(process, {
    get: (real, key) => {
      if (own.has(key)) return own.get(key);
      if (refused.has(key)) {
        return () => {
          throw new BundleError(`A function called process.${String(key)}, which the sandbox does not simulate`);
        };
      }
      const value = member(real, key);
      return typeof value === 'function' && typeof key === 'string' ? method(real, key) : value;
    },
    set: (_real, key, value) => {
      own.set(key, value);
      return true;
    },
    deleteProperty: (_real, key) => own.delete(key),
  });
}
