import { type Body, type Machine, type State, allStates, innerBodies } from '../definition';
import { edgesFrom } from '../edges';
import { type Problems } from './fields';

/** What only the whole definition shows: targets that exist, names used once, variables that no inner body hides. */
export function checkWhole(machine: Machine, problems: Problems): void {
  checkTargets(machine, problems);
  checkNames(machine, problems);
  checkScopes(machine, new Set(), problems);
}

function checkTargets(body: Body, problems: Problems): void {
  if (!body.states.has(body.startAt)) {
    problems.add(`${body.path}.StartAt`, undefined, `leads to "${body.startAt}", which is not a state here.`);
  }
  for (const state of body.states.values()) {
    for (const edge of edgesFrom(state)) {
      if (body.states.has(edge.to)) continue;
      problems.add(state.path, state.name, `${edge.kind} leads to "${edge.to}", which is not a state here.`);
    }
    for (const inner of innerBodies(state)) checkTargets(inner, problems);
  }
}

function checkNames(machine: Machine, problems: Problems): void {
  const seen = new Map<string, string>();
  for (const state of allStates(machine)) {
    const other = seen.get(state.name);
    if (other !== undefined)
      problems.add(state.path, state.name, `has the name of ${other}; names are unique in a machine.`);
    seen.set(state.name, state.path);
  }
}

/**
 * An inner body reads the variables around it and cannot set them.
 * Source: https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html (scope)
 */
function checkScopes(body: Body, outer: ReadonlySet<string>, problems: Problems): void {
  const own = new Set<string>();
  for (const state of body.states.values()) {
    for (const name of assignedNames(state)) {
      if (outer.has(name)) {
        problems.add(state.path, state.name, `sets $${name}, which the body around it sets too; choose another name.`);
      }
      own.add(name);
    }
  }
  const visible = new Set([...outer, ...own]);
  for (const state of body.states.values()) {
    for (const inner of innerBodies(state)) checkScopes(inner, visible, problems);
  }
}

function assignedNames(state: State): string[] {
  const assigns = [state.assign];
  if ('catch' in state) assigns.push(...state.catch.map((catcher) => catcher.assign));
  if (state.type === 'Choice') assigns.push(...state.choices.map((rule) => rule.assign));
  return [...new Set(assigns.flat().map(([name]) => name))];
}
