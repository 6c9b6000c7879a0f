import { reportMachines, stepPhases } from '../../contract/phases';
import { phases } from '../../contract/report';
import { phaseOf } from '../../report/phases';
import { samplePhases } from './fixtures';

test('a state has its own phase, else that of the one before it, else the beginning of its machine', () => {
  expect(phaseOf(samplePhases, 'database-recovery', 'Move the record', 'decide')).toBe('cut over');
  expect(phaseOf(samplePhases, 'database-recovery', 'Unheard of', 'validate')).toBe('validate');
  expect(phaseOf(samplePhases, 'database-recovery', 'Unheard of', null)).toBe('decide');
  expect(phaseOf(samplePhases, 'settlement', 'Unheard of', null)).toBe('settle');
});

test('the table has every machine and only phases that a report knows', () => {
  expect(Object.keys(stepPhases).sort()).toEqual([...reportMachines].sort());
  for (const table of Object.values(stepPhases))
    for (const phase of Object.values(table)) expect(phases).toContain(phase);
});
