import { type Problem } from '../errors';
import { CompiledExpression, type Template, isExpressionText } from '../expressions';
import { type Json, type JsonObject, NotJsonError, isList, isRecord, toJson } from '../json';

const jsonPathFields = new Set(
  `InputPath OutputPath ResultPath Parameters ResultSelector Result ItemsPath TimeoutSecondsPath HeartbeatSecondsPath
  SecondsPath TimestampPath ErrorPath CausePath MaxConcurrencyPath Variable`.split(/\s+/),
);

/** Everything wrong with a definition, collected so that an author sees it at once. */
export class Problems {
  readonly found: Problem[] = [];

  add(path: string, state: string | undefined, message: string): void {
    this.found.push({ path, state, message });
  }
}

/** Reads the fields of one object of a definition, and says which it was not asked for. */
export class Fields {
  readonly #read = new Set<string>();

  constructor(
    private readonly source: Readonly<Record<string, unknown>>,
    readonly path: string,
    readonly state: string | undefined,
    readonly problems: Problems,
  ) {}

  has(name: string): boolean {
    return this.source[name] !== undefined;
  }

  problem(name: string, message: string): void {
    this.problems.add(`${this.path}.${name}`, this.state, message);
  }

  raw(name: string): unknown {
    this.#read.add(name);
    return this.source[name];
  }

  text(name: string): string | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (typeof value === 'string') return value;
    this.problem(name, 'must be a text.');
    return undefined;
  }

  requiredText(name: string): string {
    const value = this.text(name);
    if (value === undefined && !this.has(name)) this.problem(name, 'is missing.');
    return value ?? '';
  }

  /** A number within bounds. */
  number(name: string, least: number, most: number, whole = true): number | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (typeof value === 'number' && value >= least && value <= most && (!whole || Number.isInteger(value)))
      return value;
    this.problem(name, `must be a ${whole ? 'whole ' : ''}number from ${least} to ${most}.`);
    return undefined;
  }

  /** A list of objects; undefined where the field is absent. */
  objects(name: string, state = this.state): Fields[] | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (!isList(value)) {
      this.problem(name, 'must be a list.');
      return undefined;
    }
    return value.flatMap((item, index) => {
      const path = `${this.path}.${name}[${index}]`;
      if (isRecord(item)) return [new Fields(item, path, state, this.problems)];
      this.problems.add(path, state, 'must be an object.');
      return [];
    });
  }

  object(name: string): Fields | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (isRecord(value)) return new Fields(value, `${this.path}.${name}`, this.state, this.problems);
    this.problem(name, 'must be an object.');
    return undefined;
  }

  texts(name: string): string[] {
    const value = this.raw(name);
    if (isList(value) && value.length > 0 && value.every((item) => typeof item === 'string')) return [...value];
    this.problem(name, 'must be a list of at least one text.');
    return [];
  }

  entries(): [string, unknown][] {
    return Object.entries(this.source);
  }

  /** A value whose texts may be expressions. */
  template(name: string): Template | undefined {
    const value = this.raw(name);
    return value === undefined ? undefined : this.compile(value, `${this.path}.${name}`);
  }

  /** A template that is an expression, or a number within bounds. */
  numberOrExpression(name: string, least: number, most: number): Template | undefined {
    if (typeof this.raw(name) === 'string') return this.expression(name);
    const value = this.number(name, least, most);
    return value === undefined ? undefined : { kind: 'value', value };
  }

  /** A template that must be one expression. */
  expression(name: string): Template | undefined {
    const template = this.template(name);
    if (template === undefined || template.kind === 'expression') return template;
    this.problem(name, 'must be an expression, "{% … %}".');
    return undefined;
  }

  /** A template that is a text or an expression. */
  textOrExpression(name: string): Template | undefined {
    return this.text(name) === undefined ? undefined : this.template(name);
  }

  compile(value: unknown, path: string): Template {
    const nothing: Template = { kind: 'value', value: null };
    if (typeof value === 'string') return this.#compileText(value, path);
    if (isList(value)) {
      return simplify({ kind: 'list', items: value.map((item, index) => this.compile(item, `${path}[${index}]`)) });
    }
    if (isRecord(value)) {
      const entries = Object.entries(value).map(
        ([name, member]) => [name, this.compile(member, `${path}.${name}`)] as const,
      );
      return simplify({ kind: 'object', entries });
    }
    try {
      return { kind: 'value', value: toJson(value, path) };
    } catch (thrown) {
      if (!(thrown instanceof NotJsonError)) throw thrown;
      this.problems.add(path, this.state, thrown.message);
      return nothing;
    }
  }

  /** Reports what the definition says and nobody asked for: an interpreter that ignores a field runs something else. */
  finish(context: string): void {
    for (const name of Object.keys(this.source)) {
      if (this.#read.has(name)) continue;
      this.problem(
        name,
        jsonPathFields.has(name)
          ? `belongs to JSONPath; ${context} in JSONata has no such field.`
          : `is not a field that this interpreter knows of ${context}.`,
      );
    }
  }

  #compileText(text: string, path: string): Template {
    const isExpression = isExpressionText(text);
    if (isExpression === false) return { kind: 'value', value: text };
    if (isExpression === undefined) {
      this.problems.add(path, this.state, `is malformed: an expression begins with "{%" and ends with "%}": ${text}`);
      return { kind: 'value', value: text };
    }
    try {
      return { kind: 'expression', expression: new CompiledExpression(text.slice(2, -2).trim()) };
    } catch (thrown) {
      this.problems.add(
        path,
        this.state,
        `does not parse: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
      );
      return { kind: 'value', value: text };
    }
  }
}

/** A list or object without any expression in it is a plain value. */
function simplify(template: Template): Template {
  if (template.kind === 'list') {
    const items: Json[] = [];
    for (const item of template.items) {
      if (item.kind !== 'value') return template;
      items.push(item.value);
    }
    return { kind: 'value', value: items };
  }
  if (template.kind === 'object') {
    const members: Record<string, Json> = {};
    for (const [name, member] of template.entries) {
      if (member.kind !== 'value') return template;
      members[name] = member.value;
    }
    const value: JsonObject = members;
    return { kind: 'value', value };
  }
  return template;
}
