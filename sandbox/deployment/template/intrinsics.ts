import { TemplateError } from '../errors';
import { type Template } from './schema';

/** What a resource is to the others: `Ref` and `Fn::GetAtt`. */
export interface Created {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface ResolverOptions {
  readonly template: Template;
  readonly pseudo: Readonly<Record<string, string>>;
  readonly parameters: Readonly<Record<string, string>>;
  readonly created: (logicalId: string) => Created | undefined;
}

/** `AWS::NoValue`: the property is as if it had not been written. */
const nothing = Symbol('AWS::NoValue');

/** A single-key object is an intrinsic function if its key is one of these. */
type Intrinsic = (argument: unknown, path: string) => unknown;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Resolves the intrinsic functions of a template. Every failure is a TemplateError that names the place. */
export class Resolver {
  readonly #conditions = new Map<string, boolean>();

  constructor(private readonly options: ResolverOptions) {}

  /** The value with every intrinsic function replaced. */
  resolve(value: unknown, path: string): unknown {
    const resolved = this.#value(value, path);
    return resolved === nothing ? undefined : resolved;
  }

  /** Whether a condition of the template holds. */
  condition(name: string): boolean {
    const known = this.#conditions.get(name);
    if (known !== undefined) return known;
    if (!Object.hasOwn(this.options.template.Conditions, name)) {
      throw new TemplateError(`The condition ${name} is not in the template`);
    }
    const value = this.#boolean(this.options.template.Conditions[name], `Conditions.${name}`);
    this.#conditions.set(name, value);
    return value;
  }

  readonly #intrinsics: Readonly<Record<string, Intrinsic>> = {
    Ref: (argument, path) => this.#ref(text(argument, path), path),
    'Fn::GetAtt': (argument, path) => {
      if (typeof argument === 'string') return this.#attribute(argument, path);
      return this.#attribute(
        list(argument, path, 2)
          .map((part) => text(part, path))
          .join('.'),
        path,
      );
    },
    'Fn::Join': (argument, path) => {
      const [separator, parts] = list(argument, path, 2);
      const resolved = list(this.#value(parts, path), path);
      return resolved.map((part) => scalar(part, path)).join(text(separator, path));
    },
    'Fn::Split': (argument, path) => {
      const [separator, source] = list(argument, path, 2);
      return text(this.#value(source, path), path).split(text(separator, path));
    },
    'Fn::Select': (argument, path) => {
      const [index, from] = list(argument, path, 2);
      const items = list(this.#value(from, path), path);
      const item = items[Number(index)];
      if (item === undefined) throw new TemplateError(`${path}: Fn::Select finds nothing at ${String(index)}`);
      return item;
    },
    'Fn::Sub': (argument, path) => this.#substitute(argument, path),
    'Fn::If': (argument, path) => {
      const [condition, yes, no] = list(argument, path, 3);
      return this.#value(this.condition(text(condition, path)) ? yes : no, path);
    },
    'Fn::FindInMap': (argument, path) => {
      const [map, first, second] = list(argument, path, 3).map((part) => text(this.#value(part, path), path));
      const found = this.options.template.Mappings[map ?? '']?.[first ?? '']?.[second ?? ''];
      if (found === undefined)
        throw new TemplateError(`${path}: no mapping ${map ?? ''}.${first ?? ''}.${second ?? ''}`);
      return found;
    },
    'Fn::Equals': (argument, path) => this.#boolean({ 'Fn::Equals': argument }, path),
    'Fn::And': (argument, path) => this.#boolean({ 'Fn::And': argument }, path),
    'Fn::Or': (argument, path) => this.#boolean({ 'Fn::Or': argument }, path),
    'Fn::Not': (argument, path) => this.#boolean({ 'Fn::Not': argument }, path),
  };

  #value(value: unknown, path: string): unknown {
    if (Array.isArray(value)) {
      return value.map((item, index) => this.#value(item, `${path}[${index}]`)).filter((item) => item !== nothing);
    }
    if (!isObject(value)) return value;
    const [only, ...more] = Object.keys(value);
    if (only !== undefined && more.length === 0 && (only === 'Ref' || only.startsWith('Fn::'))) {
      const intrinsic = Object.hasOwn(this.#intrinsics, only) ? this.#intrinsics[only] : undefined;
      if (intrinsic === undefined) throw new TemplateError(`${path}: ${only} is not simulated`);
      return intrinsic(value[only], path);
    }
    const members: Record<string, unknown> = {};
    for (const [key, item] of Object.entries(value)) {
      const resolved = this.#value(item, `${path}.${key}`);
      if (resolved !== nothing) members[key] = resolved;
    }
    return members;
  }

  #ref(name: string, path: string): unknown {
    if (name === 'AWS::NoValue') return nothing;
    const { pseudo, parameters, template } = this.options;
    if (Object.hasOwn(pseudo, name)) return pseudo[name];
    if (Object.hasOwn(template.Parameters, name)) {
      const declared = template.Parameters[name];
      const value = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
      if (value !== undefined) return value;
      // The default of such a parameter is not the value but where it would be read from.
      if (declared?.Type.startsWith('AWS::SSM::Parameter::Value') === true || declared?.Default === undefined) {
        throw new TemplateError(`${path}: the parameter ${name} has no value`);
      }
      return String(declared.Default);
    }
    return this.#created(name, path).ref;
  }

  #attribute(name: string, path: string): string {
    const dot = name.indexOf('.');
    const { attributes } = this.#created(name.slice(0, dot), path);
    const attribute = name.slice(dot + 1);
    const value = Object.hasOwn(attributes, attribute) ? attributes[attribute] : undefined;
    if (value === undefined) throw new TemplateError(`${path}: the sandbox knows no attribute ${name}`);
    return value;
  }

  #created(logicalId: string, path: string): Created {
    const created = this.options.created(logicalId);
    if (created === undefined) throw new TemplateError(`${path}: nothing is called ${logicalId}`);
    return created;
  }

  #substitute(argument: unknown, path: string): string {
    const [template, given] = Array.isArray(argument) ? list(argument, path, 2) : [argument, {}];
    const variables = this.#value(given, path);
    if (!isObject(variables)) throw new TemplateError(`${path}: Fn::Sub needs an object of variables`);
    return text(template, path).replace(/\$\{(!?)([^}]+)\}/g, (_whole, literal: string, name: string) => {
      if (literal !== '') return `\${${name}}`;
      if (Object.hasOwn(variables, name)) return scalar(variables[name], path);
      return name.includes('.') ? this.#attribute(name, path) : scalar(this.#ref(name, path), path);
    });
  }

  #boolean(value: unknown, path: string): boolean {
    if (!isObject(value)) throw new TemplateError(`${path} is not a condition`);
    const [[operator, argument] = ['', undefined], ...more] = Object.entries(value);
    if (more.length > 0) throw new TemplateError(`${path} is not one condition`);
    switch (operator) {
      case 'Fn::Equals': {
        const [left, right] = list(argument, path, 2).map((side) => scalar(this.#value(side, path), path));
        return left === right;
      }
      case 'Fn::And':
        return list(argument, path).every((part) => this.#boolean(part, path));
      case 'Fn::Or':
        return list(argument, path).some((part) => this.#boolean(part, path));
      case 'Fn::Not':
        return !this.#boolean(list(argument, path, 1)[0], path);
      case 'Condition':
        return this.condition(text(argument, path));
      default:
        throw new TemplateError(`${path}: ${operator} is not a condition function that is simulated`);
    }
  }
}

function list(value: unknown, path: string, length?: number): readonly unknown[] {
  if (!Array.isArray(value) || (length !== undefined && value.length !== length)) {
    throw new TemplateError(`${path} is not a list${length === undefined ? '' : ` of ${length}`}`);
  }
  const items: readonly unknown[] = value;
  return items;
}

function text(value: unknown, path: string): string {
  if (typeof value !== 'string') throw new TemplateError(`${path} is not a text`);
  return value;
}

function scalar(value: unknown, path: string): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new TemplateError(`${path} is not a text, a number or a boolean`);
}
