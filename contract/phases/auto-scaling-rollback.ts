import { phase, type StepPhases } from './phase';
import { rehearsing } from './rehearsal';

export const autoScalingRollbackPhases: StepPhases = {
  ...phase(
    'decide',
    'Check the right to run',
    'Find the hosts',
    'Look at the hosts',
    'Choose the launch template version',
    'Look for the release',
    'Ask the database for its schema',
    'Hold the release against the schema',
  ),
  ...rehearsing('refresh-cancellation', 'launch-template-version', 'instance-refresh'),
  ...phase(
    'restore',
    'Cancel the refresh that runs',
    'Make a launch template version from the earlier one',
    'Replace the instances',
  ),
  ...phase('cut over', 'All targets healthy', 'Healthy from outside'),
};
