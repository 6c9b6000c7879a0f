import { builtinFunctions } from '../functions';
import { isList, isRecord } from '../json';

/** What an expression needs from outside itself. */
export interface Needs {
  /** Variables that nothing inside the expression binds, `states` and functions left out. */
  readonly variables: ReadonlySet<string>;
  /** Members of `$states` that it reads, as far as they are spelled out. */
  readonly states: ReadonlySet<string>;
  /** What is wrong with it whatever is around it. */
  readonly problems: readonly string[];
}

/** Where in an expression a node stands. */
interface Place {
  readonly bound: ReadonlySet<string>;
  /** Whether `$` and plain names mean something here: inside a path, not at the top. */
  readonly context: boolean;
}

/** Reads the needs of an expression from JSONata's syntax tree (`jsonata(x).ast()`). */
export function needsOf(ast: unknown): Needs {
  const reader = new Reader();
  reader.visit(ast, { bound: new Set(), context: false });
  return reader;
}

class Reader implements Needs {
  readonly variables = new Set<string>();
  readonly states = new Set<string>();
  readonly problems: string[] = [];

  visit(node: unknown, place: Place): Place {
    if (isList(node)) {
      return node.reduce<Place>((current, item) => this.visit(item, current), place);
    }
    if (!isRecord(node)) return place;
    const after = this.#visitNode(node, place);
    const context = this.#stages(node, after);
    // A path has seen to its own, with what its steps bind.
    if (node['type'] !== 'path') this.#group(node, context);
    return after;
  }

  #visitNode(node: Readonly<Record<string, unknown>>, place: Place): Place {
    switch (node['type']) {
      case 'variable':
        this.#variable(String(node['value']), place);
        return place;
      case 'name':
      case 'wildcard':
      case 'descendant':
        if (!place.context) {
          this.problems.push(
            `"${String(node['value'])}" has no context at the top; begin with $states.input or a variable`,
          );
        }
        return place;
      case 'path':
        this.#path(node, place);
        return place;
      case 'bind':
        return this.#bind(node, place);
      case 'block':
        this.visit(node['expressions'], place);
        return place;
      case 'lambda':
        this.visit(node['body'], { ...place, bound: union(place.bound, variableValues(node['arguments'])) });
        return place;
      case 'function':
      case 'partial':
        this.#call(node, place);
        return place;
      case 'sort':
        for (const term of records(node['terms'])) this.visit(term['expression'], { ...place, context: true });
        return place;
      case 'transform':
        for (const part of ['pattern', 'update', 'delete']) this.visit(node[part], { ...place, context: true });
        return place;
      default:
        for (const part of ['lhs', 'rhs', 'expression', 'expressions', 'condition', 'then', 'else']) {
          this.visit(node[part], place);
        }
        return place;
    }
  }

  #variable(name: string, place: Place): void {
    if (name === '$') this.problems.push('$$ has no meaning in a state machine; use $states.input');
    else if (name === '') {
      if (!place.context) this.problems.push('$ has no meaning at the top; use $states.input');
    } else if (!place.bound.has(name) && name !== 'states' && !builtinFunctions.has(name)) this.variables.add(name);
  }

  #path(node: Readonly<Record<string, unknown>>, place: Place): void {
    let current = place;
    const steps = records(node['steps']);
    const [first, second] = steps;
    if (first?.['type'] === 'variable' && first['value'] === 'states' && second?.['type'] === 'name') {
      this.states.add(String(second['value']));
    }
    for (const step of steps) {
      this.visit(step, current);
      current = { bound: union(current.bound, stepNames(step)), context: true };
    }
    this.#group(node, current);
  }

  /** The name is bound from here on, and in the value itself where that is a function that calls itself. */
  #bind(node: Readonly<Record<string, unknown>>, place: Place): Place {
    const names = variableValues([node['lhs']]);
    const after = { ...place, bound: union(place.bound, names) };
    if (names.some((name) => name === 'states')) this.problems.push('$states is reserved');
    const { rhs } = node;
    this.visit(rhs, isRecord(rhs) && rhs['type'] === 'lambda' ? after : place);
    return after;
  }

  #call(node: Readonly<Record<string, unknown>>, place: Place): void {
    const { procedure } = node;
    if (isRecord(procedure) && procedure['type'] === 'variable') {
      const name = String(procedure['value']);
      if (!place.bound.has(name) && !builtinFunctions.has(name)) this.problems.push(noSuchFunction(name));
    } else if (isRecord(procedure) && procedure['type'] === 'path') {
      this.problems.push('a function is called without its $');
    } else {
      this.visit(procedure, place);
    }
    for (const argument of records(node['arguments'])) this.visit(argument, place);
  }

  /** Filters and positions that hang on a node. */
  #stages(node: Readonly<Record<string, unknown>>, place: Place): Place {
    let current: Place = { bound: union(place.bound, stepNames(node)), context: true };
    for (const stage of [...records(node['stages']), ...records(node['predicate'])]) {
      if (stage['type'] === 'index') current = { ...current, bound: union(current.bound, [String(stage['value'])]) };
      else this.visit(stage['expr'], current);
    }
    return current;
  }

  #group(node: Readonly<Record<string, unknown>>, place: Place): void {
    const { group } = node;
    if (isRecord(group)) this.visit(group['lhs'], place);
  }
}

function noSuchFunction(name: string): string {
  if (name === 'eval') return '$eval does not exist in Step Functions; use $parse for JSON';
  return `there is no function $${name}; see the functions of JSONata 2.0.6 and $partition $range $hash $random $uuid $parse`;
}

/** The names that `@$focus` and `#$index` bind for what follows. */
function stepNames(step: Readonly<Record<string, unknown>>): string[] {
  const indexes = records(step['stages']).filter((stage) => stage['type'] === 'index');
  return [step['focus'], step['index'], ...indexes.map((stage) => stage['value'])].filter(
    (name) => typeof name === 'string',
  );
}

function variableValues(nodes: unknown): string[] {
  return records(nodes).map((node) => String(node['value']));
}

function records(value: unknown): Readonly<Record<string, unknown>>[] {
  return isList(value) ? value.filter(isRecord) : [];
}

function union(first: ReadonlySet<string>, second: readonly string[]): ReadonlySet<string> {
  return second.length === 0 ? first : new Set([...first, ...second]);
}
