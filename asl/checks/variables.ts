import { type Assign, type Body, type State, innerBodies } from '../definition';
import { type Found } from './findings';
import { needsOf } from './names';
import { usesOf } from './uses';

/** The variables that are certainly set on every path to a state. */
type Known = ReadonlySet<string>;

/**
 * Finds every variable that some path reaches unset: an expression with it fails with States.QueryEvaluationError.
 * Certain before a state is what every edge into it brings, an edge bringing what was certain before it and what it
 * assigns; an inner body begins with what is certain at its state, and what it sets ends with it.
 */
export function checkVariables(body: Body, outer: Known = new Set()): Found[] {
  const known = knownBefore(body, outer);
  const everSet = new Set([...outer, ...[...body.states.values()].flatMap((state) => exits(state).flatMap(names))]);
  return [...body.states.values()].flatMap((state) => {
    const certain = known.get(state.name);
    // An unreachable state is the reachability check's finding.
    if (certain === undefined) return [];
    return [
      ...missingIn(state, certain, everSet),
      ...innerBodies(state).flatMap((inner) => checkVariables(inner, certain)),
    ];
  });
}

function missingIn(state: State, certain: Known, everSet: Known): Found[] {
  return usesOf(state).flatMap(({ field, expression, states }) => {
    const needs = needsOf(expression.ast);
    const missing = [...needs.variables].filter((name) => !certain.has(name));
    const absent = [...needs.states].filter((name) => !states.includes(name));
    return [
      ...missing.map((name) => finding(state, `${field} uses $${name}, ${adviceFor(name, everSet)}`)),
      ...absent.map((name) =>
        finding(state, `${field} uses $states.${name}, which has no value there; ${states.join(', ')} have.`),
      ),
    ];
  });
}

function adviceFor(name: string, everSet: Known): string {
  return everSet.has(name)
    ? 'which is not set on every path to here: assign it on the other paths too (each Catch and Choice has an Assign).'
    : 'which nothing before assigns: assign it in an earlier state, or correct the name.';
}

function finding(state: State, message: string): Found {
  return { check: 'variables', state: state.name, message };
}

interface Exit {
  readonly to: string;
  readonly assign: Assign;
}

function exits(state: State): Exit[] {
  switch (state.type) {
    case 'Succeed':
    case 'Fail':
      return [];
    case 'Choice':
      return [
        ...state.choices.map((rule) => ({ to: rule.next, assign: rule.assign })),
        ...(state.default === undefined ? [] : [{ to: state.default, assign: state.assign }]),
      ];
    case 'Task':
    case 'Parallel':
    case 'Map':
      return [...flowing(state), ...state.catch.map((catcher) => ({ to: catcher.next, assign: catcher.assign }))];
    case 'Wait':
    case 'Pass':
      return flowing(state);
  }
}

function flowing(state: { readonly next: string | undefined; readonly assign: Assign }): Exit[] {
  return state.next === undefined ? [] : [{ to: state.next, assign: state.assign }];
}

function names(exit: Exit): string[] {
  return exit.assign.map(([name]) => name);
}

function knownBefore(body: Body, outer: Known): ReadonlyMap<string, Known> {
  const known = new Map<string, Known>([[body.startAt, outer]]);
  const work = [body.startAt];
  for (let name = work.pop(); name !== undefined; name = work.pop()) {
    const state = body.states.get(name);
    const certain = known.get(name);
    if (state === undefined || certain === undefined) continue;
    for (const exit of exits(state)) {
      const brought = new Set([...certain, ...names(exit)]);
      const other = known.get(exit.to);
      const met = other === undefined ? brought : new Set([...other].filter((variable) => brought.has(variable)));
      // Sets only shrink, so this ends.
      if (met.size === other?.size) continue;
      known.set(exit.to, met);
      work.push(exit.to);
    }
  }
  return known;
}
