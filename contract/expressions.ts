/**
 * Typed JSONata. An `Expression<T>` is text that yields a T when the machine runs; a task's arguments accept, at every
 * place where the contract wants a T, a T or an Expression<T>. A wrong key, a wrong type or a missing field does not
 * compile. (A branded string is unsound: a brand of a union swallows every string. docs/adr/0001.)
 */
export class Expression<out T> {
  /** Only for the compiler; never set. */
  declare readonly yields: T;
  constructor(readonly body: string) {}
  /** As a state machine definition writes it. */
  toString(): string {
    return `{% ${this.body} %}`;
  }
  toJSON(): string {
    return this.toString();
  }
}

/** JSONata written by hand, with the type that the author vouches for. */
export function expression<T = unknown>(body: string): Expression<NoInfer<T>> {
  return new Expression<T>(body);
}

/** Where a T is wanted: a T, an expression of it, or an object or array of such. */
export type Input<T> =
  | Expression<T>
  | (T extends string | number | boolean | null | undefined
      ? T
      : T extends readonly (infer E)[]
        ? readonly Input<E>[]
        : T extends object
          ? { readonly [K in keyof T]: Input<T[K]> }
          : T);

/** A variable and, for objects, its fields: `$run.id` is `variable<RunRef>('run').id`. */
export type Path<T> = Expression<T> &
  (NonNullable<T> extends readonly unknown[]
    ? unknown
    : NonNullable<T> extends object
      ? {
          readonly [
            K in keyof NonNullable<T> & string as K extends 'body' | 'yields' | 'toString' | 'toJSON' ? never : K
          ]-?: Path<NonNullable<T>[K]>;
        }
      : unknown);

/** A typed path that starts at any JSONata, e.g. `$states.result.Payload`. */
export function path<T>(body: string): Path<T> {
  const target = new Expression<T>(body);
  const proxy: unknown = new Proxy(target, {
    get(self, key) {
      // oxlint-disable-next-line typescript/consistent-type-assertions -- Reflect.get yields any
      if (typeof key === 'symbol' || key in self) return Reflect.get(self, key) as unknown;
      return path(`${body}.${/^[A-Za-z_][A-Za-z0-9_]*$/.test(key) ? key : `\`${key}\``}`);
    },
  });
  // A Proxy's type is its target's; what the handler adds is what Path says.
  // oxlint-disable-next-line typescript/consistent-type-assertions
  return proxy as Path<T>;
}

/** The state machine's variable of that name. */
export function variable<T>(name: string): Path<T> {
  return path<T>(`$${name}`);
}

/** `value` where it exists, else `fallback`: an undefined result is an error in Step Functions. */
export function orElse<T>(value: Expression<T | undefined>, fallback: Input<T>): Expression<T> {
  return new Expression<T>(`$exists(${value.body}) ? ${value.body} : ${literal(fallback)}`);
}

/** JSONata text of a value: nested expressions stay expressions. */
export function literal(value: unknown): string {
  if (value instanceof Expression) return `(${value.body})`;
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([key, item]) => `${JSON.stringify(key)}: ${literal(item)}`)
      .join(', ')}}`;
  }
  return JSON.stringify(value);
}
