import { phase, type StepPhases } from './phase';
import { rehearsing } from './rehearsal';

export const schemaRollbackPhases: StepPhases = {
  ...phase(
    'decide',
    'Check the right to run',
    'Find the hosts',
    'Look at the hosts',
    'Look at the releases',
    'Ask the database for its schema',
    'Ask which releases know the way',
    'May the schema go back?',
    'Look at the database',
  ),
  ...rehearsing('auto-scaling-processes', 'database-fence', 'first-backup', 'maintenance-page', 'schema', 'services'),
  ...phase(
    'restore',
    'Prepare the release that knows the way',
    'Suspend Auto Scaling',
    'Put the maintenance page up',
    'Stop the services',
    'Ask who may connect',
    'Fence the database',
    'Measure what is there',
    'Keep the measure of what is there',
    'Take the safety snapshot',
  ),
  ...phase(
    'cut over',
    'Roll the schema back',
    'Measure what is left',
    'Keep the measure of what is left',
    'Open the database again',
    'Start the services',
    'Ask each host whether it is healthy',
    'Note that the services run again',
    'Take the maintenance page down',
    'All targets healthy',
    'Healthy from outside',
  ),
  ...phase('settle', 'Resume Auto Scaling'),
};
