import type { Phase } from './report';

/** The machines whose histories make a report's time line. */
export const reportMachines = ['recovery', 'database-recovery', 'settlement'] as const;
export type ReportMachine = (typeof reportMachines)[number];

/**
 * The phase to which each state belongs, by machine and state name. A state that is not listed belongs to the phase of
 * the state before it.
 */
export const stepPhases: Record<ReportMachine, Readonly<Record<string, Phase>>> = {
  recovery: {},
  'database-recovery': {},
  settlement: {},
};
