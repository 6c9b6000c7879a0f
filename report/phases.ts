import type { ReportMachine, stepPhases } from '../contract/phases';
import type { Phase } from '../contract/report';

export type PhaseTable = typeof stepPhases;

/**
 * The phase of a state. A state that contract/phases.ts does not name belongs to the phase of the step before it in its
 * machine; before the first known one that is `settle` for the settlement and `decide` for every other machine.
 */
export function phaseOf(table: PhaseTable, machine: ReportMachine, state: string, before: Phase | null): Phase {
  return table[machine][state] ?? before ?? (machine === 'settlement' ? 'settle' : 'decide');
}
