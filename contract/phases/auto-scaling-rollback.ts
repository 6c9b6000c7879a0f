import { phase, type StepPhases } from './phase';
import { rehearsing } from './rehearsal';

export const autoScalingRollbackPhases: StepPhases = {
  ...phase('decide', 'Check the right to run', 'Choose the launch template version'),
  ...rehearsing('refresh-cancellation', 'launch-template-version', 'instance-refresh'),
  ...phase(
    'restore',
    'Cancel the refresh that runs',
    'Make a launch template version from the earlier one',
    'Replace the instances',
  ),
  ...phase('cut over', 'All targets healthy', 'Healthy from outside'),
};
