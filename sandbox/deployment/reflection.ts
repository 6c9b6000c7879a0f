/** A member of any value, without a type that nobody checked. */
export function member(value: unknown, key: string | symbol): unknown {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined;
  const found: unknown = Reflect.get(value, key);
  return found;
}

/** A method of any value, bound to it. @throws TypeError where it has none of that name */
export function method(value: unknown, key: string): (...values: readonly unknown[]) => unknown {
  const found = member(value, key);
  if (typeof found !== 'function') throw new TypeError(`There is no method ${key}`);
  return (...values) => {
    const result: unknown = Reflect.apply(found, value, values);
    return result;
  };
}

/** A function of any signature as one that gives nothing away about its types. */
export function callable(value: unknown): ((...values: readonly unknown[]) => unknown) | undefined {
  if (typeof value !== 'function') return undefined;
  return (...values) => {
    const result: unknown = Reflect.apply(value, undefined, values);
    return result;
  };
}
