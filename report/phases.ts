import { stepPhases } from '../contract/phases';
import type { Phase } from '../contract/report';

/**
 * The phase of a state. A state that contract/phases.ts does not name belongs to the phase of the step before it in its
 * machine; before the first known one that is `settle` for the settlement and `decide` for every other machine.
 */
export function phaseOf(machine: string, state: string, before: Phase | null): Phase {
  const table = Object.entries(stepPhases).find(([name]) => name === machine)?.[1] ?? {};
  return table[state] ?? before ?? (machine === 'settlement' ? 'settle' : 'decide');
}
