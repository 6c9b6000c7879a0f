import type { Phase } from './report';

/** The machines whose histories make a report's time line. */
export const reportMachines = ['recovery', 'database-recovery', 'settlement'] as const;
export type ReportMachine = (typeof reportMachines)[number];

function phase<P extends Phase>(of: P, ...states: string[]): Record<string, P> {
  return Object.fromEntries(states.map((state) => [state, of]));
}

/**
 * The phase to which each state belongs, by machine and state name. A state that asks again for what another began
 * (`<name>: in force?`, `<name>: ended?`, its pauses) is not listed and belongs to the phase of the state before it.
 */
export const stepPhases: Record<ReportMachine, Readonly<Record<string, Phase>>> = {
  recovery: {
    ...phase('decide', 'Open the run', 'Take the lease', 'Announce the run'),
    ...phase('restore', 'Run database-recovery'),
    ...phase('settle', 'Settle'),
  },
  'database-recovery': {
    ...phase(
      'decide',
      'Check the right to run',
      'Find the hosts',
      'Look at the hosts',
      'Look at the database and its backups',
      'Choose source and moment',
    ),
    ...phase(
      'restore',
      'Restore, and meanwhile close the old database',
      'Wait until the moment can be restored',
      'Restore beside the old instance',
      'Carry over what a restore cannot take',
      'Compare every setting',
      'Suspend Auto Scaling',
      'Put the maintenance page up',
      'Stop the services',
      'Ask who may connect',
      'Fence the old database',
      "Fence the old instance's network",
    ),
    ...phase(
      'validate',
      "Give the copy today's master login",
      'Open the copy to its logins',
      "Give the logins today's passwords",
      'Log in from a host by the name that the application uses',
      'Measure the copy',
      'Hold the copy against the baseline',
    ),
    ...phase(
      'cut over',
      'Move the record',
      "Wait for the record's time to live",
      'Take the name from the old instance',
      'Give the name to the replacement',
      'Start the services',
      'Note that the services run again',
      'Ask each host whether it is healthy',
      'Take the maintenance page down',
      'All targets healthy',
      'Healthy from outside',
    ),
    ...phase(
      'settle',
      'Resume Auto Scaling',
      'Let the alarms follow',
      'Take the first backup',
      'Keep the replaced instance',
    ),
  },
  settlement: {
    ...phase(
      'settle',
      'Claim the settling',
      'Nothing of the run goes on',
      'Read the journal backwards',
      'Take back what must not stay',
      'Take it back',
      'Are all targets healthy again?',
      'Take back auto-scaling-processes',
      'Take back maintenance-page',
      'Take back services',
      'Take back database-fence',
      'Take back network-fence',
      'Take back dns-record',
      'Take back instance-rename',
      'Record that it stays',
      'Is the application healthy from outside?',
      'Write the report',
      'Tell the people',
      'Give the lease back',
    ),
  },
};
