import { phase, type StepPhases } from './phase';
import { rehearsing } from './rehearsal';

/** Of `application-recovery` and `application-rollback`, which take the same steps. */
export const releasePhases: StepPhases = {
  ...phase(
    'decide',
    'Check the right to run',
    'Find the hosts',
    'Look at the hosts',
    'Look at the releases',
    'Choose the release',
    'Look for the release',
    'Ask the database for its schema',
    'Hold the release against the schema',
    'Look at what new instances boot with',
  ),
  ...rehearsing('auto-scaling-processes', 'group-launch-template', 'launch-template-version', 'release', 'standby'),
  ...phase('restore', 'Suspend Auto Scaling', 'Compare the hosts', 'Prepare the release on every host'),
  ...phase('validate', 'Ask again for the schema', 'Hold the release against the schema again'),
  ...phase(
    'cut over',
    'Batch after batch',
    'Take the hosts out of service',
    'Switch the release',
    'Put the hosts back into service',
    'Targets of the batch healthy',
    'Ask each host whether it is healthy',
    'All targets healthy',
    'Healthy from outside',
  ),
  ...phase(
    'settle',
    'Make a launch template version with the release',
    'Let new instances boot with the release',
    'Compare the hosts again',
    'Resume Auto Scaling',
  ),
};
