import { DefinitionError } from '../errors';
import { loadDefinition } from '../load/definition';
import { type EventOptions, worstCaseEvents } from './events';
import { checkExpressions } from './expressions';
import { type Finding, type Found } from './findings';
import { type GuardOptions, checkGuards } from './guards';
import { checkReachability } from './reachability';
import { checkVariables } from './variables';

export { type EventOptions, type WorstCase, worstCaseEvents } from './events';
export { type CheckName, type Finding } from './findings';
export { type GuardOptions } from './guards';

/** What the checks have to be told of one machine. */
export interface CheckOptions {
  readonly guards?: GuardOptions;
  readonly events?: EventOptions;
}

/**
 * Everything that the static checks find in a definition, rendered to JSON (text or value); an empty list is a pass.
 * A definition that does not load gives the reasons as findings, and no others.
 */
export function checkDefinition(machine: string, definition: unknown, options: CheckOptions = {}): Finding[] {
  return find(definition, options).map((found) => ({ ...found, machine }));
}

function find(definition: unknown, options: CheckOptions): Found[] {
  try {
    const loaded = loadDefinition(definition);
    return [
      ...checkReachability(loaded),
      ...checkVariables(loaded),
      ...checkExpressions(loaded),
      ...checkGuards(loaded, options.guards),
      ...worstCaseEvents(loaded, options.events).found,
    ];
  } catch (thrown) {
    if (!(thrown instanceof DefinitionError)) throw thrown;
    return thrown.problems.map(({ path, state, message }) => ({
      check: 'definition',
      state,
      message: `${path} ${message}`,
    }));
  }
}
