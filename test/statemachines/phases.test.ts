import { reportMachines, stepPhases } from '../../contract/phases';
import { definitions } from './committed';

/** Names of the states in which something happens or is waited for. */
function steps(definition: unknown): Set<string> {
  const names = new Set<string>();
  JSON.stringify(definition, (key, value: unknown) => {
    const type: unknown = typeof value === 'object' && value !== null && 'Type' in value ? value.Type : undefined;
    if (typeof type === 'string' && ['Task', 'Wait', 'Parallel', 'Map'].includes(type))
      names.add(key.replace(/: .*$/, ''));
    return value;
  });
  return names;
}

test.each(reportMachines)('%s: every step has a phase, and no phase is for a step that is gone', (machine) => {
  expect([...steps(definitions.get(machine))].sort()).toEqual(Object.keys(stepPhases[machine]).sort());
});
