import { type Body, type Machine, type State } from '../definition';
import { DefinitionError, asError } from '../errors';
import { isRecord } from '../json';
import { Fields, Problems } from './fields';
import { LONGEST_SECONDS } from './guards';
import { readState, refuseOtherLanguages } from './state';
import { checkWhole } from './whole';

/**
 * A machine from its definition in the Amazon States Language, as JSON text or as the value of one. What the
 * interpreter does not know is refused, never ignored.
 * @throws DefinitionError with every problem and its JSON path.
 */
export function loadDefinition(definition: unknown): Machine {
  const problems = new Problems();
  const value = typeof definition === 'string' ? parseText(definition) : definition;
  if (!isRecord(value)) throw refused('is not an object.');
  const fields = new Fields(value, '$', undefined, problems);
  const comment = fields.text('Comment');
  const version = fields.text('Version');
  if (version !== undefined && version !== '1.0') fields.problem('Version', 'must be 1.0.');
  refuseOtherLanguages(fields);
  if (!fields.has('QueryLanguage'))
    fields.problem('QueryLanguage', 'is missing, which means JSONPath; only JSONata is run.');
  const timeoutSeconds = fields.number('TimeoutSeconds', 1, LONGEST_SECONDS);
  const machine: Machine = { ...readBody(fields), comment, timeoutSeconds };
  fields.finish('a state machine');
  checkWhole(machine, problems);
  if (problems.found.length > 0) throw new DefinitionError(problems.found);
  return machine;
}

function readBody(fields: Fields): Body {
  fields.text('Comment');
  const startAt = fields.requiredText('StartAt');
  const states = new Map<string, State>();
  const listed = fields.object('States');
  if (listed === undefined || listed.entries().length === 0)
    fields.problem('States', 'must be an object of at least one state.');
  for (const [name, raw] of listed?.entries() ?? []) {
    const path = `${fields.path}.States.${name}`;
    // Step Functions' limit for a state's name.
    if (name.length > 80) fields.problems.add(path, name, 'has a name of more than 80 characters.');
    if (!isRecord(raw)) {
      fields.problems.add(path, name, 'must be an object.');
      continue;
    }
    const state = readState(name, new Fields(raw, path, name, fields.problems), readBody);
    if (state !== undefined) states.set(name, state);
  }
  return { startAt, states, path: fields.path };
}

function parseText(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch (thrown) {
    throw refused(`is not JSON: ${asError(thrown).message}`);
  }
}

function refused(message: string): DefinitionError {
  return new DefinitionError([{ path: '$', state: undefined, message }]);
}
