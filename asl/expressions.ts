import jsonata from 'jsonata';
import { EvaluationError } from './errors';
import { registerFunctions } from './functions';
import { type Json, NotJsonError, isList, isRecord, toJson } from './json';

/** What an expression can see. */
export interface Bindings {
  /** A variable's value by its name without `$`, or undefined. */
  readonly variable: (name: string) => Json | undefined;
  /** `$states`. */
  readonly states: Json;
  /** Milliseconds since the epoch for `$now()` and `$millis()`. */
  readonly now: number;
}

/** A `{% … %}` text, parsed. */
export class CompiledExpression {
  readonly ast: unknown;
  /** Every name that occurs after a `$`, those bound inside the expression included. */
  readonly names: ReadonlySet<string>;
  readonly #compiled: jsonata.Expression;

  /** @throws Error with JSONata's message where the text does not parse. */
  constructor(readonly text: string) {
    try {
      this.#compiled = jsonata(text);
    } catch (thrown) {
      throw new Error(explain(thrown));
    }
    registerFunctions(this.#compiled);
    this.ast = this.#compiled.ast();
    this.names = variableNames(this.ast);
  }

  /**
   * The expression's value as JSON. `field` names the place for the cause and the event.
   * @throws EvaluationError where it fails, has no result, or has one that JSON cannot hold.
   */
  async evaluate(bindings: Bindings, field: string): Promise<Json> {
    let result: unknown;
    try {
      result = await this.#compiled.evaluate(undefined, this.#frame(bindings));
    } catch (thrown) {
      throw this.#failure(field, `threw an error during evaluation. ${explain(thrown)}`);
    }
    if (result === undefined) throw this.#failure(field, 'returned nothing (undefined).');
    try {
      return toJson(result);
    } catch (thrown) {
      if (thrown instanceof NotJsonError) throw this.#failure(field, `returned ${thrown.message}`);
      throw thrown;
    }
  }

  #failure(field: string, what: string): EvaluationError {
    return new EvaluationError(
      `The JSONata expression '${this.text}' specified for the field '${field}' ${what}`,
      field,
    );
  }

  #frame(bindings: Bindings): Record<string, unknown> {
    const frame: Record<string, unknown> = { millis: () => bindings.now, now: clockText(bindings.now) };
    for (const name of this.names) {
      const value = name === 'states' ? bindings.states : bindings.variable(name);
      if (value !== undefined) frame[name] = value;
    }
    return frame;
  }
}

const formatted = jsonata('$fromMillis($at, $picture, $zone)');

/** `$now(picture, zone)`, at the clock's time instead of the machine's. */
function clockText(at: number): (picture?: string, zone?: string) => Promise<unknown> {
  return async (picture, zone): Promise<unknown> => await formatted.evaluate(undefined, { at, picture, zone });
}

/** JSONata throws plain objects as well as errors. */
function explain(thrown: unknown): string {
  if (typeof thrown !== 'object' || thrown === null) return String(thrown);
  const message = 'message' in thrown ? String(thrown.message) : JSON.stringify(thrown);
  return 'code' in thrown ? `${String(thrown.code)}: ${message}` : message;
}

function variableNames(ast: unknown): ReadonlySet<string> {
  const names = new Set<string>();
  const seen = new Set<unknown>();
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null || seen.has(node)) return;
    seen.add(node);
    if (isList(node)) {
      node.forEach(walk);
    } else if (isRecord(node)) {
      if (node['type'] === 'variable' && typeof node['value'] === 'string') names.add(node['value']);
      Object.values(node).forEach(walk);
    }
  };
  walk(ast);
  names.delete('');
  names.delete('$');
  return names;
}

/** A JSON value whose texts may be expressions: Arguments, Output, Assign, … */
export type Template =
  | { readonly kind: 'value'; readonly value: Json }
  | { readonly kind: 'expression'; readonly expression: CompiledExpression }
  | { readonly kind: 'list'; readonly items: readonly Template[] }
  | { readonly kind: 'object'; readonly entries: readonly (readonly [string, Template])[] };

/** Whether a text is an expression; undefined for one that only begins or only ends as one, which is refused. */
export function isExpressionText(text: string): boolean | undefined {
  const opens = text.startsWith('{%');
  const closes = text.endsWith('%}') && text.length >= 4;
  return opens === closes ? opens : undefined;
}

/** The template's value with every expression in it evaluated. */
export async function evaluateTemplate(template: Template, bindings: Bindings, field: string): Promise<Json> {
  switch (template.kind) {
    case 'value':
      return template.value;
    case 'expression':
      return await template.expression.evaluate(bindings, field);
    case 'list': {
      const items: Json[] = [];
      for (const [index, item] of template.items.entries()) {
        items.push(await evaluateTemplate(item, bindings, `${field}[${index}]`));
      }
      return items;
    }
    case 'object': {
      const members: Record<string, Json> = {};
      for (const [name, member] of template.entries) {
        members[name] = await evaluateTemplate(member, bindings, `${field}/${name}`);
      }
      return members;
    }
  }
}

/** Every expression in a template with the place it has in it, beginning with `field`. */
export function expressionsIn(template: Template, field: string): { field: string; expression: CompiledExpression }[] {
  switch (template.kind) {
    case 'value':
      return [];
    case 'expression':
      return [{ field, expression: template.expression }];
    case 'list':
      return template.items.flatMap((item, index) => expressionsIn(item, `${field}[${index}]`));
    case 'object':
      return template.entries.flatMap(([name, member]) => expressionsIn(member, `${field}/${name}`));
  }
}
