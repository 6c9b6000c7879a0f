import { phase, type StepPhases } from './phase';
import { rehearsing } from './rehearsal';

const decide = phase(
  'decide',
  'Check the right to run',
  'Find the hosts',
  'Look at the hosts',
  'Find the host of the database',
  'Say which moment is wanted',
  'Look for a sound backup',
  'Choose the backup',
);
const validate = phase(
  'validate',
  'Measure the copy',
  'Hold the copy against the baseline',
  'Open the copy to its logins',
  'Log in from a host by the name that the application uses',
);
const cutOver = phase(
  'cut over',
  'Give the name to the copy',
  'Start the services',
  'Note that the services run again',
  'Ask each host whether it is healthy',
  'Take the maintenance page down',
  'All targets healthy',
  'Healthy from outside',
);
const close = [
  'Suspend Auto Scaling',
  'Put the maintenance page up',
  'Stop the services',
  'Ask who may connect',
  'Fence the old database',
];
const settle = phase('settle', 'Resume Auto Scaling');

const rehearsed = rehearsing(
  'auto-scaling-processes',
  'database-fence',
  'database-swap',
  'maintenance-page',
  'services',
  'side-database',
);

/** The application is closed only once the copy stands and is what it should be. */
export const selfHostedRecoveryPhases: StepPhases = {
  ...decide,
  ...rehearsed,
  ...phase('restore', 'Restore beside the old database'),
  ...validate,
  ...phase('cut over', ...close, 'Open the copy to whoever could connect'),
  ...cutOver,
  ...settle,
};
